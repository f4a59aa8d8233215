-- A key column that is NOT NULL with a default: OR REPLACE puts the default in place of a NULL after the BEFORE
-- triggers have run, so they have to reckon with it.

-- [schema]
CREATE TABLE item(code TEXT NOT NULL DEFAULT 'none', size INTEGER NOT NULL DEFAULT (1 + 1), name TEXT,
  PRIMARY KEY(code, size));
INSERT INTO item(name) VALUES('first');

-- [writes]
INSERT INTO item VALUES('a', 1, 'second');
REPLACE INTO item VALUES(NULL, NULL, 'again');
UPDATE OR REPLACE item SET code = NULL, size = NULL WHERE code = 'a';
INSERT INTO item VALUES('b', 1, 'third');
REPLACE INTO item(rowid, code) VALUES(2, 'r');
UPDATE OR REPLACE item SET rowid = 2 WHERE code = 'b';
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE rowid = (SELECT NEW.rowid)), (SELECT "size" FROM "item" WHERE rowid = (SELECT NEW.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF rowid, oid, _rowid_ ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)), (SELECT "size" FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_d" BEFORE DELETE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'd', random(), OLD."code", OLD."size");
END;
CREATE TRIGGER "_sluice_1_u" BEFORE UPDATE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), OLD."code", OLD."size");
END;
CREATE TRIGGER "_sluice_1_k" BEFORE UPDATE ON "item" WHEN OLD."code" IS NOT NEW."code" COLLATE BINARY OR OLD."size" IS NOT NEW."size" COLLATE BINARY BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), coalesce(NEW."code", 'none'), coalesce(NEW."size", 1 + 1));
END;
CREATE TRIGGER "_sluice_1_i" AFTER INSERT ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'i', random(), NEW."code", NEW."size");
END;
