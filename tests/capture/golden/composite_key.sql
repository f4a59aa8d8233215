-- A key of two columns on a rowid table. The columns are compared each, byte by byte; a statement can meet another
-- row by the hidden rowid as well.

-- [schema]
CREATE TABLE item(region TEXT, number INTEGER, name TEXT, PRIMARY KEY(number, region));
INSERT INTO item VALUES('n', 1, 'a'), ('s', 1, 'b'), ('s', 2, 'c');

-- [writes]
REPLACE INTO item VALUES('n', 1, 'A');
REPLACE INTO item(rowid, region, number) VALUES(2, 'w', 9);
UPDATE item SET number = number + 1;
UPDATE OR REPLACE item SET rowid = 3 WHERE region = 'w';
DELETE FROM item;

-- [a dropped column]
ALTER TABLE item DROP COLUMN name;
INSERT INTO item VALUES('e', 1);
UPDATE item SET number = 7 WHERE region = 'e';
DELETE FROM item WHERE region = 'e';

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "number" FROM "item" WHERE rowid = (SELECT NEW.rowid)), (SELECT "region" FROM "item" WHERE rowid = (SELECT NEW.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF rowid, oid, _rowid_ ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "number" FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)), (SELECT "region" FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_d" BEFORE DELETE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'd', random(), OLD."number", OLD."region");
END;
CREATE TRIGGER "_sluice_1_u" BEFORE UPDATE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), OLD."number", OLD."region");
END;
CREATE TRIGGER "_sluice_1_k" BEFORE UPDATE ON "item" WHEN OLD."number" IS NOT NEW."number" COLLATE BINARY OR OLD."region" IS NOT NEW."region" COLLATE BINARY BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), NEW."number", NEW."region");
END;
CREATE TRIGGER "_sluice_1_i" AFTER INSERT ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'i', random(), NEW."number", NEW."region");
END;
