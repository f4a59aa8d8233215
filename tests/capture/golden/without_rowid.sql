-- WITHOUT ROWID: no hidden rowid, and a row is told from the others by the bytes of its key.

-- [schema]
CREATE TABLE item(region TEXT, number INTEGER, name TEXT UNIQUE, PRIMARY KEY(region, number)) WITHOUT ROWID;
INSERT INTO item VALUES('n', 1, 'a'), ('s', 1, 'b'), ('s', 2, 'c');

-- [writes]
REPLACE INTO item VALUES('w', 1, 'a');
UPDATE OR REPLACE item SET name = 'c' WHERE number = 1 AND region = 's';
UPDATE item SET number = number + 1;
DELETE FROM item WHERE region = 's';

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY") FROM (SELECT NULL AS "name") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "region" FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY"), (SELECT "number" FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY") FROM (SELECT NULL AS "name") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY");
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "name" ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY" AND ("region" IS NOT (SELECT OLD."region") COLLATE BINARY OR "number" IS NOT (SELECT OLD."number") COLLATE BINARY)) FROM (SELECT NULL AS "name") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "region" FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY" AND ("region" IS NOT (SELECT OLD."region") COLLATE BINARY OR "number" IS NOT (SELECT OLD."number") COLLATE BINARY)), (SELECT "number" FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY" AND ("region" IS NOT (SELECT OLD."region") COLLATE BINARY OR "number" IS NOT (SELECT OLD."number") COLLATE BINARY)) FROM (SELECT NULL AS "name") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "name" = (SELECT NEW."name") COLLATE "BINARY" AND ("region" IS NOT (SELECT OLD."region") COLLATE BINARY OR "number" IS NOT (SELECT OLD."number") COLLATE BINARY));
END;
CREATE TRIGGER "_sluice_1_d" BEFORE DELETE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'd', random(), OLD."region", OLD."number");
END;
CREATE TRIGGER "_sluice_1_u" BEFORE UPDATE ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), OLD."region", OLD."number");
END;
CREATE TRIGGER "_sluice_1_k" BEFORE UPDATE ON "item" WHEN OLD."region" IS NOT NEW."region" COLLATE BINARY OR OLD."number" IS NOT NEW."number" COLLATE BINARY BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), NEW."region", NEW."number");
END;
CREATE TRIGGER "_sluice_1_i" AFTER INSERT ON "item" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'i', random(), NEW."region", NEW."number");
END;
