-- Double quotes around a word that names no column: a string to SQLite in a schema, but an error in a trigger where the
-- application has switched such strings off. The probes write it as a string; around a column's name they stay.

-- [schema]
CREATE TABLE item(id INTEGER PRIMARY KEY, owner TEXT, state TEXT NOT NULL DEFAULT "open");
CREATE UNIQUE INDEX item_open ON item("owner") WHERE state = "open";
CREATE UNIQUE INDEX item_label ON item("owner" || "it's /" || id);
INSERT INTO item(owner) VALUES('ann'), ('ben');

-- [writes]
REPLACE INTO item VALUES(3, 'ann', NULL);
REPLACE INTO item VALUES(4, 'cid', 'done');
UPDATE OR REPLACE item SET owner = 'ann', state = 'open' WHERE id = 4;
UPDATE OR IGNORE item SET state = NULL, owner = 'ben' WHERE id = 4;
DELETE FROM item;

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE ("owner" || 'it''s /' || id) = (SELECT "owner" || 'it''s /' || id FROM (SELECT (SELECT NEW."id") AS "id", (SELECT NEW."owner") AS "owner")) COLLATE "BINARY") OR EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open')) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE ("owner" || 'it''s /' || id) = (SELECT "owner" || 'it''s /' || id FROM (SELECT (SELECT NEW."id") AS "id", (SELECT NEW."owner") AS "owner")) COLLATE "BINARY") FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE ("owner" || 'it''s /' || id) = (SELECT "owner" || 'it''s /' || id FROM (SELECT (SELECT NEW."id") AS "id", (SELECT NEW."owner") AS "owner")) COLLATE "BINARY");
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open')) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open'));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE ("owner" || 'it''s /' || id) = (SELECT "owner" || 'it''s /' || id FROM (SELECT (SELECT NEW."id") AS "id", (SELECT NEW."owner") AS "owner")) COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "owner") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE ("owner" || 'it''s /' || id) = (SELECT "owner" || 'it''s /' || id FROM (SELECT (SELECT NEW."id") AS "id", (SELECT NEW."owner") AS "owner")) COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "owner") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE ("owner" || 'it''s /' || id) = (SELECT "owner" || 'it''s /' || id FROM (SELECT (SELECT NEW."id") AS "id", (SELECT NEW."owner") AS "owner")) COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_pu1" BEFORE UPDATE ON "item" WHEN (SELECT EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open') AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 1, 'r', random(), (SELECT "id" FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open') AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "owner", NULL AS "state") AS NEW WHERE EXISTS(SELECT 1 FROM "item" WHERE "owner" = (SELECT NEW."owner") COLLATE "BINARY" AND (state = 'open') AND rowid <> (SELECT OLD.rowid));
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
