-- All three names of the rowid are columns: it can be named by nothing and nobody, so there is no probe for it, and
-- a row is told from the others by its key.

-- [schema]
CREATE TABLE item(code TEXT PRIMARY KEY, rowid TEXT UNIQUE, oid TEXT, _rowid_ TEXT);
INSERT INTO item VALUES('a', 'r1', '', ''), ('b', 'r2', '', '');

-- [writes]
REPLACE INTO item VALUES('c', 'r1', '', '');
UPDATE OR REPLACE item SET rowid = 'r1' WHERE code = 'b';
UPDATE item SET oid = 'x', code = 'd';
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY") FROM (SELECT NULL AS "rowid") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY") FROM (SELECT NULL AS "rowid") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "rowid" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY" AND ("code" IS NOT (SELECT OLD."code") COLLATE BINARY)) FROM (SELECT NULL AS "rowid") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY" AND ("code" IS NOT (SELECT OLD."code") COLLATE BINARY)) FROM (SELECT NULL AS "rowid") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY" AND ("code" IS NOT (SELECT OLD."code") COLLATE BINARY));
END;
CREATE TRIGGER "_sluice_1_d" BEFORE DELETE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'd', random(), OLD."code");
END;
CREATE TRIGGER "_sluice_1_u" BEFORE UPDATE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'u', random(), OLD."code");
END;
CREATE TRIGGER "_sluice_1_k" BEFORE UPDATE ON "item" WHEN OLD."code" IS NOT NEW."code" COLLATE BINARY BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'u', random(), NEW."code");
END;
CREATE TRIGGER "_sluice_1_i" AFTER INSERT ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(1, 'i', random(), NEW."code");
END;
