-- A unique column. Probes look for another row with its new value, on insert and on an update that names it. They name
-- it as (SELECT NEW."email") beside a row of NULLs also called NEW: once the column is dropped, the name falls through
-- to that row, and neither the ALTER nor any later statement fails.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, email TEXT, name TEXT);
CREATE UNIQUE INDEX item_email ON item(email);
INSERT INTO item VALUES(1, 'a', ''), (2, 'b', ''), (3, NULL, ''), (4, NULL, '');

-- [writes]
REPLACE INTO item(email) VALUES('a');
UPDATE OR REPLACE item SET email = 'a' WHERE id = 2;
UPDATE OR IGNORE item SET email = 'a' WHERE id = 3;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item WHERE id = 4;

-- [a dropped column]
DROP INDEX item_email;
ALTER TABLE item DROP COLUMN email;
INSERT INTO item(name) VALUES('d');
UPDATE item SET name = 'D' WHERE id = 3;
REPLACE INTO item VALUES(3, 'E');
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "BINARY") FROM (SELECT NULL AS "email") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "BINARY") FROM (SELECT NULL AS "email") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "BINARY");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "email" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "email") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "email") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_d" BEFORE DELETE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'd', random(), OLD."id");
END;
CREATE TRIGGER "_sluice_1_u" BEFORE UPDATE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'u', random(), OLD."id");
END;
CREATE TRIGGER "_sluice_1_k" BEFORE UPDATE ON "item" WHEN OLD."id" IS NOT NEW."id" COLLATE BINARY BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'u', random(), NEW."id");
END;
CREATE TRIGGER "_sluice_1_i" AFTER INSERT ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'i', random(), NEW."id");
END;
