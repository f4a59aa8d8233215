-- A unique index on an expression: its text stands as it is written, over a row of the new values.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size INTEGER NOT NULL DEFAULT 1);
CREATE UNIQUE INDEX item_name ON item(lower(trim(name)) DESC, size % 10);
INSERT INTO item VALUES(1, 'Tea', 1), (2, ' tea', 2), (3, 'rum', 3);

-- [writes]
REPLACE INTO item(name, size) VALUES('TEA ', 11);
REPLACE INTO item(id, name, size) VALUES(8, 'tea', NULL);
UPDATE OR REPLACE item SET size = 13, name = 'Rum' WHERE id = 2;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item WHERE id = 8;

-- [a dropped column]
DROP INDEX item_name;
ALTER TABLE item DROP COLUMN name;
INSERT INTO item VALUES(9, 1);
UPDATE item SET size = 5;
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE (lower(trim(name))) = (SELECT lower(trim(name)) FROM (SELECT (SELECT NEW."name") AS "name")) COLLATE "BINARY" AND (size % 10) = (SELECT size % 10 FROM (SELECT coalesce((SELECT NEW."size"), 1) AS "size")) COLLATE "BINARY") FROM (SELECT NULL AS "name", NULL AS "size") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE (lower(trim(name))) = (SELECT lower(trim(name)) FROM (SELECT (SELECT NEW."name") AS "name")) COLLATE "BINARY" AND (size % 10) = (SELECT size % 10 FROM (SELECT coalesce((SELECT NEW."size"), 1) AS "size")) COLLATE "BINARY") FROM (SELECT NULL AS "name", NULL AS "size") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE (lower(trim(name))) = (SELECT lower(trim(name)) FROM (SELECT (SELECT NEW."name") AS "name")) COLLATE "BINARY" AND (size % 10) = (SELECT size % 10 FROM (SELECT coalesce((SELECT NEW."size"), 1) AS "size")) COLLATE "BINARY");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE (lower(trim(name))) = (SELECT lower(trim(name)) FROM (SELECT (SELECT NEW."name") AS "name")) COLLATE "BINARY" AND (size % 10) = (SELECT size % 10 FROM (SELECT coalesce((SELECT NEW."size"), 1) AS "size")) COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "name", NULL AS "size") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE (lower(trim(name))) = (SELECT lower(trim(name)) FROM (SELECT (SELECT NEW."name") AS "name")) COLLATE "BINARY" AND (size % 10) = (SELECT size % 10 FROM (SELECT coalesce((SELECT NEW."size"), 1) AS "size")) COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "name", NULL AS "size") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE (lower(trim(name))) = (SELECT lower(trim(name)) FROM (SELECT (SELECT NEW."name") AS "name")) COLLATE "BINARY" AND (size % 10) = (SELECT size % 10 FROM (SELECT coalesce((SELECT NEW."size"), 1) AS "size")) COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
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
