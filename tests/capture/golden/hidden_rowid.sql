-- A column called rowid hides the rowid under that name, which is then had under another; the list of an update's
-- columns names the column and the two other names.

-- [schema]
CREATE TABLE item(code TEXT PRIMARY KEY, rowid TEXT UNIQUE, name TEXT);
INSERT INTO item VALUES('a', 'r1', ''), ('b', 'r2', ''), ('c', 'r3', '');

-- [writes]
REPLACE INTO item(_rowid_, code) VALUES(1, 'by its number');
REPLACE INTO item VALUES('d', 'r2', '');
UPDATE OR REPLACE item SET oid = 3 WHERE code = 'd';
UPDATE item SET rowid = 'r9' WHERE code = 'd';
UPDATE item SET code = 'k' WHERE code = 'd';
UPDATE OR REPLACE item SET rowid = 'r9' WHERE code = 'by its number';
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY") OR EXISTS(SELECT 1 FROM "item" WHERE _rowid_ = (SELECT NEW._rowid_)) FROM (SELECT NULL AS "rowid") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY") FROM (SELECT NULL AS "rowid") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY");
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE _rowid_ = (SELECT NEW._rowid_)) FROM (SELECT NULL AS "rowid") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE _rowid_ = (SELECT NEW._rowid_));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "rowid" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY" AND _rowid_ <> (SELECT OLD._rowid_)) FROM (SELECT NULL AS "rowid") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY" AND _rowid_ <> (SELECT OLD._rowid_)) FROM (SELECT NULL AS "rowid") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "rowid" = (SELECT NEW."rowid") COLLATE "BINARY" AND _rowid_ <> (SELECT OLD._rowid_));
END;
CREATE TRIGGER "_sluice_1_pu1" BEFORE UPDATE OF "rowid", oid, _rowid_ ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE _rowid_ = (SELECT NEW._rowid_) AND _rowid_ <> (SELECT OLD._rowid_)) FROM (SELECT NULL AS "rowid") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE _rowid_ = (SELECT NEW._rowid_) AND _rowid_ <> (SELECT OLD._rowid_)) FROM (SELECT NULL AS "rowid") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE _rowid_ = (SELECT NEW._rowid_) AND _rowid_ <> (SELECT OLD._rowid_));
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
