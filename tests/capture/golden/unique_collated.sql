-- Unique under collations, of the column or of the index: the probe compares as the index does.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, email TEXT COLLATE NOCASE UNIQUE, code TEXT);
CREATE UNIQUE INDEX item_code ON item(code COLLATE RTRIM ASC);
INSERT INTO item VALUES(1, 'a@x', 'one'), (2, 'b@x', 'two'), (3, 'c@x', 'three');

-- [writes]
REPLACE INTO item VALUES(4, 'A@X', NULL);
UPDATE OR REPLACE item SET code = 'three  ' WHERE id = 2;
UPDATE OR REPLACE item SET email = 'B@X' WHERE id = 4;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item;

-- [a dropped column]
DROP INDEX item_code;
ALTER TABLE item DROP COLUMN code;
INSERT INTO item VALUES(9, 'd@x');
REPLACE INTO item VALUES(10, 'D@X');
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "NOCASE") OR EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "RTRIM") FROM (SELECT NULL AS "email", NULL AS "code") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "NOCASE") FROM (SELECT NULL AS "email", NULL AS "code") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "NOCASE");
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "RTRIM") FROM (SELECT NULL AS "email", NULL AS "code") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "RTRIM");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "email" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "NOCASE" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "email") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "NOCASE" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "email") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "email" = (SELECT NEW."email") COLLATE "NOCASE" AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_pu1" BEFORE UPDATE OF "code" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "RTRIM" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "code") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "RTRIM" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "code") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "RTRIM" AND rowid <> (SELECT OLD.rowid));
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
