-- A plain table. Its key is the rowid, and nothing else is unique: no probes. Only the key is named, so that any
-- other column may be dropped.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, note TEXT);
INSERT INTO item(name) VALUES('a'), ('b'), ('c');

-- [writes]
REPLACE INTO item(id, name) VALUES(2, 'B');
UPDATE item SET note = 'x' WHERE id = 1;
UPDATE item SET rowid = 30 WHERE id = 3;
DELETE FROM item WHERE id = 1;

-- [a dropped column]
ALTER TABLE item DROP COLUMN note;
INSERT INTO item(name) VALUES('d');
UPDATE item SET name = 'D', id = 40 WHERE name = 'd';
DELETE FROM item WHERE id = 40;

-- [triggers]
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
