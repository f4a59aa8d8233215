"""Writes to the tables item and word of a SQLite file and prints what the driver answers, a line a statement."""

import json
import sqlite3
import sys

STATEMENTS = [
    "INSERT INTO item(name) VALUES('p1'), ('p2'), ('p3')",
    "INSERT INTO item(name) VALUES('p4') RETURNING id, n, upper(name)",
    "INSERT OR REPLACE INTO item(id, name) VALUES(50, 'p1')",
    "INSERT OR REPLACE INTO item(name) VALUES('p2'), ('P2'), ('p5') RETURNING name",
    "INSERT OR IGNORE INTO item(name) VALUES('p3'), ('p6')",
    "INSERT OR FAIL INTO item(name) VALUES('p7'), ('p3'), ('p8')",
    "INSERT INTO item(name) VALUES('p3')",
    "INSERT INTO item(name) VALUES('p3') ON CONFLICT(name) DO UPDATE SET n = n + 1 RETURNING n",
    "INSERT INTO item(name) VALUES('p3') ON CONFLICT DO NOTHING",
    "UPDATE item SET n = n + 1 WHERE name LIKE 'p%'",
    "UPDATE OR REPLACE item SET name = 'p3' WHERE name = 'p4' RETURNING id",
    "UPDATE item SET name = 'p3' WHERE name = 'p6'",
    "UPDATE item SET n = 0 WHERE name = 'nobody'",
    "REPLACE INTO word VALUES('pa', '1'), ('pb', '2')",
    "REPLACE INTO word VALUES('pa', '3') RETURNING v",
    "UPDATE word SET word = 'pc' WHERE word = 'pa'",
    "DELETE FROM word WHERE word LIKE 'p%' RETURNING word",
    "DELETE FROM item WHERE n > 6",
    "DELETE FROM item",
    "SELECT changes(), last_insert_rowid(), count(*) FROM item",
]


def answer(cursor, execute):
    try:
        execute()
        rows = cursor.fetchall()
        return {"rows": rows, "rowcount": cursor.rowcount, "lastrowid": cursor.lastrowid}
    except sqlite3.Error as error:
        return {"error": type(error).__name__, "message": str(error)}


def main():
    for isolation_level in (None, "DEFERRED"):
        connection = sqlite3.connect(sys.argv[1], isolation_level=isolation_level)
        cursor = connection.cursor()
        for sql in STATEMENTS:
            print(json.dumps([sql, answer(cursor, lambda: cursor.execute(sql)), connection.in_transaction]))
        many = [("m%d" % number,) for number in range(20)]
        insert_many = lambda: cursor.executemany("INSERT OR REPLACE INTO item(name) VALUES(?)", many)
        print(json.dumps(["executemany", answer(cursor, insert_many)]))
        connection.commit()
        connection.close()


main()
