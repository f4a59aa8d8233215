-- A unique generated column, computed when it is read. NEW."label" is NULL in a BEFORE UPDATE unless the trigger names
-- the columns that it is computed from, so all are named, in cases that are never reached.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size INTEGER, label TEXT AS (name || size) UNIQUE);
INSERT INTO item VALUES(1, 'a', 1), (2, 'a', 2), (3, 'b', 3);

-- [writes]
REPLACE INTO item(name, size) VALUES('a', 1);
UPDATE OR REPLACE item SET size = 1 WHERE id = 2;
UPDATE OR REPLACE item SET name = 'a', size = 1 WHERE id = 3;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 WHEN (SELECT NEW."size") THEN 1 END) FROM (SELECT NULL AS "name", NULL AS "size", NULL AS "label") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 WHEN (SELECT NEW."size") THEN 1 END) FROM (SELECT NULL AS "name", NULL AS "size", NULL AS "label") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 WHEN (SELECT NEW."size") THEN 1 END);
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 WHEN (SELECT NEW."size") THEN 1 END AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "name", NULL AS "size", NULL AS "label") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 WHEN (SELECT NEW."size") THEN 1 END AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "name", NULL AS "size", NULL AS "label") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "label" = (SELECT NEW."label") COLLATE "BINARY" AND CASE WHEN 1 THEN 1 WHEN (SELECT NEW."name") THEN 1 WHEN (SELECT NEW."size") THEN 1 END AND rowid <> (SELECT OLD.rowid));
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
