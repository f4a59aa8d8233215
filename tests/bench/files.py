"""The SQLite files that are brought over: made anew from a fixed seed, the same rows each time."""

import contextlib
import json
import random
import sqlite3
import struct
import uuid

STATES = ["new", "paid", "packed", "sent", "returned"]
WORDS = "amber birch cedar delta ember fjord grove heath inlet juniper käse 日本 naïve 🜁 quote\" tab\there back\\slash".split(" ")

MILLION = """
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, reference TEXT NOT NULL, state VARCHAR(20) NOT NULL,
  quantity INTEGER NOT NULL, price DOUBLE PRECISION, paid BOOLEAN NOT NULL, created_at DATETIME NOT NULL, note TEXT,
  payload BLOB);
CREATE INDEX orders_customer ON orders (customer_id);
"""

DJANGO = """
CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, password varchar(128) NOT NULL,
  last_login datetime NULL, is_superuser bool NOT NULL, username varchar(150) NOT NULL UNIQUE,
  email varchar(254) NOT NULL, date_joined datetime NOT NULL);
CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY, session_data text NOT NULL,
  expire_date datetime NOT NULL);
CREATE INDEX django_session_expire_date ON django_session (expire_date);
CREATE TABLE shop_product (id char(32) NOT NULL PRIMARY KEY, name varchar(80) NOT NULL, price decimal(10, 2) NOT NULL,
  weight real NULL, attributes text NOT NULL CHECK (JSON_VALID(attributes) OR attributes IS NULL), made_on date NULL,
  delivery bigint NOT NULL, owner_id integer NULL REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX shop_product_owner ON shop_product (owner_id);
CREATE UNIQUE INDEX shop_product_priced ON shop_product (name, made_on) WHERE price > 0;
"""

PRISMA = """
CREATE TABLE "Event" ("id" TEXT NOT NULL PRIMARY KEY, "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "isPublic" BOOLEAN NOT NULL DEFAULT false, "payload" JSONB NOT NULL, "ratio" REAL);
"""

NUMBERS = """
CREATE TABLE measurements (id INTEGER PRIMARY KEY, value DOUBLE NOT NULL, raw BIGINT);
CREATE TABLE counters (id INTEGER PRIMARY KEY AUTOINCREMENT, hits INT NOT NULL DEFAULT 0, percent FLOAT);
"""

ODD = """
CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '', content BLOB, checksum BLOB,
  uploaded_at DATETIME DEFAULT (datetime('now')));
CREATE TABLE comments (id INTEGER PRIMARY KEY AUTOINCREMENT, parent_id INTEGER REFERENCES comments (id) ON DELETE CASCADE,
  user_id INTEGER REFERENCES users (id), body TEXT NOT NULL, starts TIME);
CREATE TABLE empty_table (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE VIEW recent AS SELECT * FROM comments WHERE id > 10;
"""

KEYS = """
CREATE TABLE "Order Details" ("Order ID" INTEGER NOT NULL, "line" SMALLINT NOT NULL, "select" TEXT,
  "Unit Price" NUMERIC, PRIMARY KEY ("Order ID", "line"));
CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE readings (station INTEGER NOT NULL, taken_at TIMESTAMP NOT NULL, value REAL, PRIMARY KEY (station, taken_at));
"""

TYPES = """
CREATE TABLE samples (id INTEGER PRIMARY KEY, raw INT8, sum BINARY(16), small INT2, flag BIT(1), name NATIVE CHARACTER(70), guid GUID);
"""

NAMES = """
CREATE TABLE this_table_has_a_name_that_is_longer_than_any_identifier_that_postgres_would_ever_keep (
  id INTEGER PRIMARY KEY, a_column_with_a_name_longer_than_sixty_three_bytes_so_that_its_end_counts_1 TEXT,
  a_column_with_a_name_longer_than_sixty_three_bytes_so_that_its_end_counts_2 TEXT);
"""

SEARCH = "CREATE VIRTUAL TABLE notes USING fts5 (title, body);"

HARD = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, due DATETIME, amount INTEGER, tag);
"""


def million(path, rows, seed):
    """One table of ten columns and one index."""
    dice = random.Random(seed)

    def row(number):
        moment = f"20{number % 24:02}-{1 + number % 12:02}-{1 + number % 28:02} {number % 24:02}:{number % 60:02}:{number % 59:02}"
        return (number, dice.randrange(50000), f"R-{number:09}", STATES[number % 5], dice.randrange(1, 100),
                dice.randrange(100000) / 100, number % 3 != 0, moment,
                None if number % 4 == 0 else " ".join(dice.choices(WORDS[:10], k=6)), dice.randbytes(24))

    with opened(path, MILLION) as file:
        file.executemany(f"INSERT INTO orders VALUES ({','.join('?' * 10)})", (row(i) for i in range(1, rows + 1)))


def django(path, seed):
    """As Django's ORM declares and writes."""
    dice = random.Random(seed)
    with opened(path, DJANGO) as file:
        users = [(i, f"pbkdf2_sha256${dice.getrandbits(64)}", moment(dice) if i % 3 else None, i % 7 == 0, f"user{i}",
                  f"user{i}@example.org", moment(dice)) for i in range(1, 501)]
        fill(file, "auth_user", users)
        fill(file, "django_session", [(f"{dice.getrandbits(160):040x}", text(dice), moment(dice)) for _ in range(300)])
        fill(file, "shop_product", [product(dice, i) for i in range(1000)])


def prisma(path, seed):
    """As Prisma declares and writes."""
    dice = random.Random(seed)
    with opened(path, PRISMA) as file:
        fill(file, "Event", [event(dice) for _ in range(1000)])


def numbers(path, seed):
    """Every double, every integer of 64 bits."""
    dice = random.Random(seed)
    with opened(path, NUMBERS) as file:
        fill(file, "measurements", [measurement(dice, i) for i in range(2000)])
        fill(file, "counters", [(i, dice.choice([i, 2**31 + i, -2**31 - i]), dice.randrange(1000) / 10) for i in range(1, 201)])


def odd(path, seed):
    """What SQLite allows and people make use of; it does not mind a parent or a user who is gone."""
    dice = random.Random(seed)
    with opened(path, ODD) as file:
        file.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)")
        fill(file, "users", [(i,) for i in range(1, 501)])
        fill(file, "files", [stored_file(dice, i) for i in range(200)])
        fill(file, "comments", [(i, dice.choice([None, max(1, i - 3)]), 9999 if i == 77 else 1 + i % 500, text(dice),
                                 f"{i % 24:02}:{i % 60:02}:00") for i in range(1, 1001)])


def keys(path, seed):
    """Keys of several columns, of text, and of moments as Python's drivers write them."""
    dice = random.Random(seed)
    with opened(path, KEYS) as file:
        fill(file, "Order Details", [(i // 3, i % 3, text(dice), dice.choice([dice.randrange(1000), dice.randrange(10**6) / 100]))
                                     for i in range(600)])
        fill(file, "settings", [(f"name {i}", dice.choice([i, i / 7, text(dice), None, 2**60 + i, ""])) for i in range(200)])
        fill(file, "readings", [(i % 7, moment(dice)[:19] + f".{i:06}", dice.random()) for i in range(500)])


def types(path, seed):
    """Declared types that are spelled with digits, sizes and blanks."""
    dice = random.Random(seed)
    with opened(path, TYPES) as file:
        fill(file, "samples", [(i, dice.getrandbits(50), dice.randbytes(16), i % 100, i % 2, text(dice),
                                str(some_uuid(dice)).upper()) for i in range(200)])


def names(path, seed):
    """Names that are too long for Postgres, two of them alike as far as it keeps them."""
    dice = random.Random(seed)
    with opened(path, NAMES) as file:
        fill(file, "this_table_has_a_name_that_is_longer_than_any_identifier_that_postgres_would_ever_keep",
             [(i, text(dice), text(dice)) for i in range(50)])


def search(path, seed):
    """A small file with a full-text index beside an ordinary table."""
    dice = random.Random(seed)
    with opened(path, SEARCH + "CREATE TABLE pages (id INTEGER PRIMARY KEY, title TEXT, body TEXT);") as file:
        pages = [(i, text(dice), text(dice)) for i in range(1, 201)]
        fill(file, "pages", pages)
        file.executemany("INSERT INTO notes (rowid, title, body) VALUES (?, ?, ?)", pages)


def hard(path, seed):
    """Values that Postgres can't hold, or that no rule can read, among others that are sound."""
    dice = random.Random(seed)
    rows = [(i, text(dice), moment(dice), i, dice.choice([i, text(dice)])) for i in range(1, 1001)]
    rows[100] = (101, "a NUL \0 within", moment(dice), 101, "x")
    rows[300] = (301, text(dice), "0000-00-00 00:00:00", 301, "x")
    rows[400] = (401, text(dice), "", 401, "x")
    rows[500] = (501, text(dice), moment(dice), "many", "x")
    rows[600] = (601, text(dice), moment(dice), 2.5, "x")
    rows[700] = (701, text(dice), moment(dice), 701, b"\0\1bytes")
    with opened(path, HARD) as file:
        fill(file, "notes", rows)
        file.execute("UPDATE notes SET body = CAST(x'6c6174696e31e9' AS TEXT) WHERE id = 201")


def application(path, schema):
    """One of the applications of tests/e2e/apps, with the rows that its schema brings along."""
    with open(schema, encoding="utf-8") as sql, opened(path, sql.read()):
        pass


@contextlib.contextmanager
def opened(path, schema):
    """A new file with these tables; what is written to it is one transaction."""
    file = sqlite3.connect(path)
    file.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = off;" + schema)
    with file:
        yield file
    file.close()


def fill(file, table, rows):
    file.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(rows[0]))})', rows)


def text(dice):
    return " ".join(dice.choices(WORDS, k=dice.randrange(0, 9)))


def moment(dice):
    """As Django writes it."""
    day = f"{dice.randrange(1971, 2037)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
    time = f"{dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
    return f"{day} {time}" + (f".{dice.randrange(10**6):06}" if dice.random() < 0.7 else "")


def some_uuid(dice):
    return uuid.UUID(int=dice.getrandbits(128), version=4)


def product(dice, number):
    attributes = {"colour": dice.choice(WORDS), "sizes": [1, 2.5, None], "nested": {"a": text(dice)}}
    return (some_uuid(dice).hex, f"{number} {text(dice)}", dice.randrange(10**8) / 100, dice.random() * 10,
            json.dumps(attributes), dice.choice([None, moment(dice)[:10]]), dice.randrange(10**12),
            dice.choice([None, dice.randrange(1, 501)]))


def event(dice):
    """As Prisma writes it: moments in milliseconds since 1970, and the database's own default as text."""
    return (str(some_uuid(dice)), dice.choice([dice.randrange(10**12, 2 * 10**12), moment(dice)[:19]]), dice.random() < 0.5,
            json.dumps({"kind": dice.choice(WORDS), "at": dice.randrange(10**9)}), dice.random())


def measurement(dice, number):
    value = dice.choice([double(dice), 0.1 * number, -0.0, 5e-324, 1.7976931348623157e308, float(number)])
    raw = dice.choice([2**63 - 1, -2**63, 2**53 + 1, dice.getrandbits(40), None])
    return (number, value, raw)


def double(dice):
    """Any finite double."""
    bits = dice.getrandbits(64)
    while bits >> 52 & 0x7FF == 0x7FF:
        bits = dice.getrandbits(64)
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def stored_file(dice, number):
    content = dice.choice([None, b"", dice.randbytes(dice.randrange(2000)), b"\0\\\n\t\r" * 9])
    return (number, dice.choice(["", text(dice)]), content, dice.randbytes(16), moment(dice)[:19])
