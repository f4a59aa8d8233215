-- Every kind of column, constraint and name that a schema is made of, with rows that belie some declarations.

CREATE TABLE packages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(64) NOT NULL,
  parent_id INT REFERENCES packages(id) ON DELETE CASCADE,
  kind TEXT NOT NULL DEFAULT 'lib' CHECK (kind IN ('lib', 'app')),
  weight REAL DEFAULT 1.5 CHECK (weight >= 0),
  price DECIMAL(10,2) DEFAULT 0,
  is_open INTEGER NOT NULL DEFAULT 1 CHECK (is_open IN (0, 1)),
  flag BOOLEAN DEFAULT FALSE,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
  made_on DATE DEFAULT (date('now')),
  stamp INTEGER DEFAULT (strftime('%s', 'now')),
  odd DEFAULT (random()),
  UNIQUE (name, parent_id),
  CONSTRAINT "name is short" CHECK (length(name) <= 64)
);
CREATE INDEX packages_by_kind ON packages (kind DESC, weight) WHERE is_open = 1;
CREATE INDEX packages_by_lower ON packages (lower(name));
CREATE UNIQUE INDEX packages_by_nocase ON packages (name COLLATE NOCASE, id);

CREATE TABLE files (
  uid CHAR(36) PRIMARY KEY,
  package INTEGER NOT NULL REFERENCES packages ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  size BIGINT,
  size_in_kb INTEGER GENERATED ALWAYS AS (size / 1024) STORED,
  meta JSON,
  body BLOB,
  seen TIMESTAMP,
  measured TIMESTAMP,
  said INTEGER,
  anything
) WITHOUT ROWID;
CREATE INDEX files_by_package ON files (package);

CREATE TABLE "order" ("select" INTEGER PRIMARY KEY, "from" TEXT UNIQUE, "xmin" TEXT, "Mixed Case" TEXT);
CREATE TABLE lines ("order" INTEGER REFERENCES "order", place INTEGER, note TEXT, PRIMARY KEY ("order", place));
CREATE TABLE a_table_with_a_name_that_is_much_longer_than_what_postgres_would_keep_of_it_1 (
  id INTEGER PRIMARY KEY,
  a_column_with_a_name_that_is_much_longer_than_what_postgres_would_keep_of_it_1 TEXT UNIQUE,
  a_column_with_a_name_that_is_much_longer_than_what_postgres_would_keep_of_it_2 TEXT
);
CREATE TABLE a_table_with_a_name_that_is_much_longer_than_what_postgres_would_keep_of_it_2 (id INTEGER PRIMARY KEY);
CREATE TABLE empty (id INTEGER PRIMARY KEY, t TEXT);

-- As Django writes it.
CREATE TABLE "django_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "is_staff" bool NOT NULL,
  "joined" datetime NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)),
  "age" integer unsigned NOT NULL CHECK ("age" >= 0), "ref" char(32) NOT NULL UNIQUE,
  "boss_id" bigint NULL REFERENCES "django_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "django_user_boss_id_1f" ON "django_user" ("boss_id");

INSERT INTO packages (id, name, parent_id, kind, weight, price, flag, odd) VALUES
  (1, 'root', NULL, 'lib', 0.1, 9.99, TRUE, 1), (2, 'leaf', 1, 'app', 0.30000000000000004, 10, FALSE, 'two'),
  (9007199254740993, 'leaf', 2, 'lib', 3, 0.5, NULL, 3);
INSERT INTO files (uid, package, size, meta, body, seen, measured, said, anything) VALUES
  ('123e4567-e89b-12d3-a456-426614174000', 1, 4096, '{"a": [1]}', x'00ff', 1600000000, 1.5, 7, 12),
  ('123e4567-e89b-12d3-a456-426614174001', 2, NULL, '"x"', NULL, 1709209815, 2.5, 'seven', 13);
INSERT INTO "order" VALUES (1, 'a', 'x', 'M'), (2, 'b', NULL, NULL);
INSERT INTO lines VALUES (1, 1, 'first'), (1, 2, NULL);
INSERT INTO a_table_with_a_name_that_is_much_longer_than_what_postgres_would_keep_of_it_1 VALUES (1, 'one', 'two');
INSERT INTO django_user VALUES (1, 1, '2024-01-01 10:00:00.123456', '{}', 40, '123e4567e89b12d3a456426614174000', NULL),
  (2, 0, '2024-01-02 10:00:00', '[]', 41, '123e4567e89b12d3a456426614174001', 1);

-- Named as Postgres names the key and the sequence of another table.
CREATE TABLE packages_pkey (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE packages_id_seq (id INTEGER PRIMARY KEY, v TEXT, unlikely UUID DEFAULT 'nope', far REAL DEFAULT 1e999);
CREATE INDEX packages_id_seq_pkey ON packages_id_seq (v);
INSERT INTO packages_pkey VALUES (1, 'a');
INSERT INTO packages_id_seq (id, v, unlikely) VALUES (1, 'a', NULL);
CREATE VIEW "a view
SELECT 1;" AS SELECT 1;
