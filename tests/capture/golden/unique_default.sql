-- A unique column that is NOT NULL with a default: the probe looks for the default where the new value is NULL.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, slot TEXT NOT NULL DEFAULT "main" UNIQUE, name TEXT);
INSERT INTO item(name) VALUES('a');

-- [writes]
REPLACE INTO item VALUES(7, NULL, 'b');
INSERT INTO item VALUES(8, 'other', 'c');
UPDATE OR REPLACE item SET slot = NULL WHERE id = 8;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "slot" = coalesce((SELECT NEW."slot"), 'main') COLLATE "BINARY") FROM (SELECT NULL AS "slot") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "slot" = coalesce((SELECT NEW."slot"), 'main') COLLATE "BINARY") FROM (SELECT NULL AS "slot") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "slot" = coalesce((SELECT NEW."slot"), 'main') COLLATE "BINARY");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "slot" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "slot" = coalesce((SELECT NEW."slot"), 'main') COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "slot") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "slot" = coalesce((SELECT NEW."slot"), 'main') COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "slot") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "slot" = coalesce((SELECT NEW."slot"), 'main') COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
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
