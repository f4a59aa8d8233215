-- The changelog inside the SQLite file. Made once by install; README.md in this folder describes the format.
--
--   _sluice_meta       one row: format version, a random id that tells this file's history from any other, and what
--                      the application's schema looked like when install last looked.
--   _sluice_table      the number of every table ever captured, never given away twice, and its generation: raised
--                      whenever its triggers are put in anew after a time in which changes may have gone by unseen.
--   _sluice_changelog  one row a change, in the order of commits: seq, src (number of the table), op
--                      (i insert, u update, d delete, r may have been replaced, b base), a random nonce, the key.
--   _sluice_moved      made by cutover, in the transaction that takes the triggers out: when the file has moved to
--                      Postgres, its last change, and whether writes are refused since.
--   _sluice_trim       makes the changelog a ring, inside the application's own transactions.
--
-- No table has a constraint but its rowid: the application's conflict policy overrides the one of a trigger's
-- statement, so under INSERT OR IGNORE any constraint here would drop a change without a word.
-- Words between @ signs are filled in; a line "-- [name]" starts a statement.

-- [meta]
CREATE TABLE _sluice_meta(format, source_id, schema_version, schema)

-- [widen_meta]
ALTER TABLE _sluice_meta ADD COLUMN @column@

-- [format_2]
UPDATE _sluice_meta SET format = 2

-- [objects]
SELECT type, name, tbl_name, sql,
    CASE WHEN type = 'table' AND rootpage > 0 THEN (SELECT count(*) FROM pragma_table_xinfo(s.name, 'main')) ELSE 0 END
  FROM main.sqlite_schema s
  WHERE sql IS NOT NULL AND name NOT GLOB '_sluice_*' AND name NOT GLOB 'sqlite_*'

-- [trace]
UPDATE _sluice_meta SET schema_version = ?, schema = ?

-- [fill_meta]
INSERT INTO _sluice_meta(format, source_id) VALUES(@format@, '')

-- [new_id]
UPDATE _sluice_meta SET source_id = lower(hex(randomblob(16)))

-- [known_id]
UPDATE _sluice_meta SET source_id = ?

-- [forget_id]
UPDATE _sluice_meta SET source_id = ''

-- [registry]
CREATE TABLE _sluice_table(src INTEGER PRIMARY KEY, name, generation)

-- [register]
INSERT INTO _sluice_table(src, name, generation) VALUES(?, ?, abs(random() / 4))
  ON CONFLICT(src) DO UPDATE SET name = excluded.name

-- [raise_generation]
UPDATE _sluice_table
  SET generation = CASE WHEN typeof(generation) = 'integer' AND generation BETWEEN 0 AND 4611686018427387904
    THEN generation + 1 ELSE abs(random() / 4) END
  WHERE src = ?

-- [changelog]
CREATE TABLE _sluice_changelog(seq INTEGER PRIMARY KEY, src, op, nonce)

-- [widen]
ALTER TABLE _sluice_changelog ADD COLUMN @column@

-- [base]
INSERT INTO _sluice_changelog(seq, src, op, nonce)
  VALUES(max(CAST(strftime('%s', 'now') AS INTEGER), @above@ + 1), 0, 'b', random())

-- [empty]
DELETE FROM _sluice_changelog

-- [moved]
CREATE TABLE _sluice_moved(at, position, fenced)

-- [note_moved]
INSERT INTO _sluice_moved
  SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), max(seq), @fenced@ FROM _sluice_changelog

-- [trim]
CREATE TRIGGER "_sluice_trim" AFTER INSERT ON _sluice_changelog WHEN NEW.seq % @every@ = 0 BEGIN
  DELETE FROM _sluice_changelog WHERE seq <= NEW.seq - @capacity@;
END
