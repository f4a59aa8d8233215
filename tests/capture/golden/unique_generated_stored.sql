-- The same, stored; one that is computed from another generated column.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, low TEXT AS (lower(name)) VIRTUAL,
  label TEXT AS (low || '!') STORED);
CREATE UNIQUE INDEX item_label ON item(label);
INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c');

-- [writes]
REPLACE INTO item(name) VALUES('A');
UPDATE OR REPLACE item SET name = 'A' WHERE id = 2;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item;

-- [a dropped column]
DROP INDEX item_label;
ALTER TABLE item DROP COLUMN label;
ALTER TABLE item DROP COLUMN low;
INSERT INTO item(name) VALUES('d');
UPDATE item SET name = 'D';
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 END) FROM (SELECT NULL AS "name", NULL AS "label") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 END) FROM (SELECT NULL AS "name", NULL AS "label") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 END);
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 END AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "name", NULL AS "label") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 END AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "name", NULL AS "label") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 END AND rowid <> (SELECT OLD.rowid));
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
