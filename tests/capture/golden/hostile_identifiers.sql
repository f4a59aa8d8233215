-- Names are quoted by doubling quotes, and never looked at again; a table called NEW is not the row called NEW.

-- [schema]
CREATE TABLE "NEW"("a ""b""" TEXT, "@src@" TEXT, "select" TEXT, [it's] TEXT UNIQUE, `OLD` TEXT,
  PRIMARY KEY("a ""b""", "@src@"));
CREATE UNIQUE INDEX "in;dex" ON "NEW"("select" || [OLD] || ')') WHERE `OLD` <> '--';
INSERT INTO "NEW" VALUES('a', '1', 's', 'u', 'o'), ('b', '2', 't', 'v', 'p'), ('c', '3', 'w', 'x', 'y');

-- [writes]
REPLACE INTO "NEW" VALUES('d', '4', 's', 'v', 'o');
UPDATE OR REPLACE "NEW" SET "it's" = 'v' WHERE "@src@" = '3';
UPDATE "NEW" SET "a ""b""" = 'z';
INSERT INTO "NEW" VALUES('e', '5', 'm', 'n', 'q'), ('f', '6', 'k', 'l', 'q');
UPDATE OR REPLACE "NEW" SET "select" = 'm' WHERE "@src@" = '6';
UPDATE OR REPLACE "NEW" SET rowid = 3 WHERE "@src@" = '6';
DELETE FROM "NEW";

-- [triggers]
CREATE TRIGGER "_sluice_1_pi" BEFORE INSERT ON "NEW" WHEN (SELECT EXISTS(SELECT 1 FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY") OR EXISTS(SELECT 1 FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--')) OR EXISTS(SELECT 1 FROM "NEW" WHERE rowid = (SELECT NEW.rowid)) FROM (SELECT NULL AS "select", NULL AS "it's", NULL AS "OLD") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "a ""b""" FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY"), (SELECT "@src@" FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY") FROM (SELECT NULL AS "select", NULL AS "it's", NULL AS "OLD") AS NEW WHERE EXISTS(SELECT 1 FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY");
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "a ""b""" FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--')), (SELECT "@src@" FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--')) FROM (SELECT NULL AS "select", NULL AS "it's", NULL AS "OLD") AS NEW WHERE EXISTS(SELECT 1 FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--'));
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "a ""b""" FROM "NEW" WHERE rowid = (SELECT NEW.rowid)), (SELECT "@src@" FROM "NEW" WHERE rowid = (SELECT NEW.rowid)) FROM (SELECT NULL AS "select", NULL AS "it's", NULL AS "OLD") AS NEW WHERE EXISTS(SELECT 1 FROM "NEW" WHERE rowid = (SELECT NEW.rowid));
END;
CREATE TRIGGER "_sluice_1_pu0" BEFORE UPDATE OF "it's" ON "NEW" WHEN (SELECT EXISTS(SELECT 1 FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "it's") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "a ""b""" FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)), (SELECT "@src@" FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "it's") AS NEW WHERE EXISTS(SELECT 1 FROM "NEW" WHERE "it's" = (SELECT NEW."it's") COLLATE "BINARY" AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_pu1" BEFORE UPDATE ON "NEW" WHEN (SELECT EXISTS(SELECT 1 FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--') AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "select", NULL AS "OLD") AS NEW) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "a ""b""" FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--') AND rowid <> (SELECT OLD.rowid)), (SELECT "@src@" FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--') AND rowid <> (SELECT OLD.rowid)) FROM (SELECT NULL AS "select", NULL AS "OLD") AS NEW WHERE EXISTS(SELECT 1 FROM "NEW" WHERE ("select" || [OLD] || ')') = (SELECT "select" || [OLD] || ')' FROM (SELECT (SELECT NEW."select") AS "select", (SELECT NEW."OLD") AS "OLD")) COLLATE "BINARY" AND (`OLD` <> '--') AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_pu2" BEFORE UPDATE OF rowid, oid, _rowid_ ON "NEW" WHEN (SELECT EXISTS(SELECT 1 FROM "NEW" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid))) BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) SELECT 1, 'r', random(), (SELECT "a ""b""" FROM "NEW" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)), (SELECT "@src@" FROM "NEW" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid)) WHERE EXISTS(SELECT 1 FROM "NEW" WHERE rowid = (SELECT NEW.rowid) AND rowid <> (SELECT OLD.rowid));
END;
CREATE TRIGGER "_sluice_1_d" BEFORE DELETE ON "NEW" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'd', random(), OLD."a ""b""", OLD."@src@");
END;
CREATE TRIGGER "_sluice_1_u" BEFORE UPDATE ON "NEW" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), OLD."a ""b""", OLD."@src@");
END;
CREATE TRIGGER "_sluice_1_k" BEFORE UPDATE ON "NEW" WHEN OLD."a ""b""" IS NOT NEW."a ""b""" COLLATE BINARY OR OLD."@src@" IS NOT NEW."@src@" COLLATE BINARY BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'u', random(), NEW."a ""b""", NEW."@src@");
END;
CREATE TRIGGER "_sluice_1_i" AFTER INSERT ON "NEW" BEGIN
  INSERT INTO _sluice_changelog(src, op, nonce, k0, k1) VALUES(1, 'i', random(), NEW."a ""b""", NEW."@src@");
END;
