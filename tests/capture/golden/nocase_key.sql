-- A key that its index compares without case: 'ABC' replaces 'abc', so the key's own index gets a probe, for a key
-- that is equal there and not the same bytes.

-- [schema]
CREATE TABLE item(code TEXT COLLATE NOCASE PRIMARY KEY, name TEXT);
INSERT INTO item VALUES('abc', 'a'), ('def', 'b');

-- [writes]
REPLACE INTO item VALUES('ABC', 'A');
INSERT OR IGNORE INTO item VALUES('Def', 'ignored');
UPDATE item SET code = 'DEF' WHERE code = 'def';
UPDATE OR REPLACE item SET code = 'Abc' WHERE code = 'def';
INSERT INTO item VALUES('xyz', 'x');
UPDATE OR REPLACE item SET rowid = (SELECT rowid FROM item WHERE code = 'abc') WHERE code = 'xyz';
DELETE FROM item;

-- [a dropped column]
ALTER TABLE item DROP COLUMN name;
INSERT INTO item VALUES('ghi');
REPLACE INTO item VALUES('GHI');

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "NOCASE" AND ("code" IS NOT (SELECT NEW."code") COLLATE BINARY)) OR EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "NOCASE" AND ("code" IS NOT (SELECT NEW."code") COLLATE BINARY)) WHERE EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "NOCASE" AND ("code" IS NOT (SELECT NEW."code") COLLATE BINARY));
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE rowid = (SELECT NEW.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "code" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "NOCASE" AND ("code" IS NOT (SELECT NEW."code") COLLATE BINARY) AND rowid <> (SELECT OLD.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "code" FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "NOCASE" AND ("code" IS NOT (SELECT NEW."code") COLLATE BINARY) AND rowid <> (SELECT OLD.rowid)) WHERE EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "NOCASE" AND ("code" IS NOT (SELECT NEW."code") COLLATE BINARY) AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_pu1" BEFORE UPDATE OF rowid, oid, _rowid_ ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid))) BEGIN
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
