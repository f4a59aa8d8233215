-- A partial unique index: its condition decides about the row that is there, and any column may bring a row under it,
-- so every update is looked at.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, owner TEXT, state TEXT, note TEXT);
CREATE UNIQUE INDEX item_open ON item(owner) WHERE state = 'open' /* one at a time */ AND id > 0;
INSERT INTO item VALUES(1, 'ann', 'open', ''), (2, 'ann', 'done', ''), (3, 'ben', 'open', '');

-- [writes]
REPLACE INTO item(owner, state) VALUES('ann', 'open');
UPDATE OR REPLACE item SET state = 'open' WHERE id = 2;
UPDATE item SET note = 'x';
UPDATE item SET id = 100 WHERE id = (SELECT min(id) FROM item);
DELETE FROM item;

-- [a dropped column]
DROP INDEX item_open;
ALTER TABLE item DROP COLUMN state;
INSERT INTO item VALUES(9, 'ann', '');
UPDATE item SET owner = 'cid';
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'   AND id > 0)) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'   AND id > 0)) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'   AND id > 0));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'   AND id > 0) AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'   AND id > 0) AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'   AND id > 0) AND rowid <> (SELECT OLD.rowid));
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
