"""What Python's own sqlite3 module answers; $SHOP_FILE has the table note(id INTEGER PRIMARY KEY, word TEXT UNIQUE, n)."""

import os
import sqlite3

shop = sqlite3.connect(os.environ["SHOP_FILE"])


def tell(sql, parameters=()):
    cursor = shop.execute(sql, parameters)
    print(sql, "->", cursor.fetchall(), cursor.rowcount, cursor.lastrowid)


def tell_many(sql, rows):
    cursor = shop.executemany(sql, rows)
    print(sql, "->", cursor.rowcount)


tell("INSERT INTO note(word, n) VALUES('one', 1)")
tell("INSERT INTO note(word, n) VALUES('two', 2), ('three', 3)")
tell_many("INSERT INTO note(word, n) VALUES(?, ?)", [(f"many {n}", n) for n in range(9)])
tell("INSERT INTO note(word, n) VALUES('four', 4) RETURNING id, word, n")
tell("INSERT OR IGNORE INTO note(word, n) VALUES('one', 9)")
tell("INSERT OR REPLACE INTO note(word, n) VALUES('two', 22)")
tell("INSERT INTO note(word, n) VALUES('one', 9) ON CONFLICT(word) DO UPDATE SET n = n + 1 RETURNING id, n")
tell("UPDATE note SET n = n + 1 WHERE n < 5")
tell("UPDATE note SET n = n + 1 WHERE n = 6 RETURNING word")
tell("UPDATE note SET n = 0 WHERE n = -1")
shop.commit()
tell("DELETE FROM note WHERE n = 7 RETURNING id")
shop.rollback()
tell("DELETE FROM note WHERE word LIKE 'many%'")
shop.commit()
tell("SELECT last_insert_rowid(), changes()")
tell("SELECT * FROM note ORDER BY id")
