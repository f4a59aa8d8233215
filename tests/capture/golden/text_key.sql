-- A text key beside the hidden rowid, by which a statement may replace a row of another key.

-- [schema]
CREATE TABLE item(code TEXT PRIMARY KEY, name TEXT);
INSERT INTO item VALUES('a', '1'), ('b', '2'), ('c', '3');

-- [writes]
REPLACE INTO item(rowid, code, name) VALUES(2, 'B', 'by its number');
UPDATE OR REPLACE item SET _rowid_ = 3 WHERE code = 'a';
UPDATE item SET code = 'z' WHERE code = 'B';
DELETE FROM item WHERE code = 'z';

-- [a dropped column]
ALTER TABLE item DROP COLUMN name;
INSERT INTO item VALUES('d');
REPLACE INTO item(oid, code) VALUES(1, 'e');

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE rowid = (SELECT NEW.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF rowid, oid, _rowid_ ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid));
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
