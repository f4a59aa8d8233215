"""An application that goes on writing to the large table while it is copied."""

import random
import sqlite3
import threading
import time


class Writer(threading.Thread):
    """Small transactions all over the table, as fast as they go; notes how long the longest has had to wait."""

    def __init__(self, path, rows, seed):
        super().__init__(daemon=True)
        self.path, self.rows, self.dice = path, rows, random.Random(seed)
        self.enough = threading.Event()
        self.transactions = 0
        self.longest_wait = 0.0  # seconds, until a transaction had its lock or was committed
        self.failure = None

    def run(self):
        # A wait is noted by us: SQLite's own would only look every now and then.
        file = sqlite3.connect(self.path, isolation_level=None, timeout=0)
        file.execute("PRAGMA synchronous = off")
        try:
            while not self.enough.is_set():
                self.patiently(file, "BEGIN IMMEDIATE")
                for _ in range(self.dice.randrange(1, 5)):
                    file.execute(*self.statement())
                self.patiently(file, "COMMIT")
                self.transactions += 1
                time.sleep(self.dice.random() * 0.004)
        except sqlite3.Error as error:
            self.failure = error
        finally:
            file.close()

    def patiently(self, file, statement):
        begin = time.monotonic()
        while True:
            try:
                file.execute(statement)
                self.longest_wait = max(self.longest_wait, time.monotonic() - begin)
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() - begin > 5:
                    raise
                time.sleep(0.0002)

    def statement(self):
        key = self.dice.randrange(1, self.rows + 1)
        match self.dice.randrange(4):
            case 0:
                return "DELETE FROM orders WHERE id = ?", [key]
            case 1:
                values = (key, 1, f"R-again-{key}", "new", 1, 0.5, True, "2024-02-29 12:00:00", None, b"new")
                return f"REPLACE INTO orders VALUES ({','.join('?' * 10)})", values
            case 2:
                return "UPDATE OR IGNORE orders SET id = id + ?, state = 'moved' WHERE id = ?", [self.dice.randrange(-9999, 9999), key]
            case _:
                return "UPDATE orders SET price = price + 0.25, note = ? WHERE id = ?", [f"changed {key}", key]

    def finish(self):
        self.enough.set()
        self.join()
