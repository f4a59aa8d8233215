-- Several unique indexes, one of two columns: one probe each on insert, one trigger each on update.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, shelf TEXT, place INTEGER, code TEXT UNIQUE, UNIQUE(shelf, place));
INSERT INTO item VALUES(1, 'a', 1, 'x'), (2, 'a', 2, 'y'), (3, 'b', 1, 'z');

-- [writes]
REPLACE INTO item VALUES(4, 'a', 1, 'y');
UPDATE OR REPLACE item SET shelf = 'a', place = 1 WHERE id = 3;
UPDATE OR REPLACE item SET place = place + 1;
INSERT INTO item VALUES(5, 'c', 5, 'q');
UPDATE OR REPLACE item SET code = 'q' WHERE id = 3;
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "BINARY") OR EXISTS(SELECT 1 FROM "item" WHERE "shelf" = (SELECT NEW."shelf") COLLATE "BINARY" AND "place" = (SELECT NEW."place") COLLATE "BINARY") FROM (SELECT NULL AS "shelf", NULL AS "place", NULL AS "code") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "BINARY") FROM (SELECT NULL AS "shelf", NULL AS "place", NULL AS "code") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "BINARY");
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "shelf" = (SELECT NEW."shelf") COLLATE "BINARY" AND "place" = (SELECT NEW."place") COLLATE "BINARY") FROM (SELECT NULL AS "shelf", NULL AS "place", NULL AS "code") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "shelf" = (SELECT NEW."shelf") COLLATE "BINARY" AND "place" = (SELECT NEW."place") COLLATE "BINARY");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "code" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "code") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "code") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "code" = (SELECT NEW."code") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_pu1" BEFORE UPDATE OF "shelf", "place" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "shelf" = (SELECT NEW."shelf") COLLATE "BINARY" AND "place" = (SELECT NEW."place") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "shelf", NULL AS "place") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "shelf" = (SELECT NEW."shelf") COLLATE "BINARY" AND "place" = (SELECT NEW."place") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "shelf", NULL AS "place") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "shelf" = (SELECT NEW."shelf") COLLATE "BINARY" AND "place" = (SELECT NEW."place") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
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
