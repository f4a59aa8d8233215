-- What is remembered of tables that Sluice makes, compares and follows. Part of the state schema since its format 3;
-- run after refusals.sql, or by itself where format 2 is there. More columns of table_copy:
--
--   compared    what becomes of rows that only the target has, where the copy goes over a table that held rows and
--               compares: deleted, kept or refused; empty where it only writes
--   made        this pipeline has created the target table
--   unfinished  its indexes and foreign keys are still to be made, after the copy
--   columns     the source's table when it was last looked at: its number, the owner's rule in short, and of each
--               column its name, declared type and whether it is NOT NULL
--   ddl         fingerprint of the DDL that the table was made by; behind a blank, of its indexes and foreign keys as they
--               were last followed

-- A scan of a table whose keys the server sorts in another way than the source notes every key that it comes by in a
-- table of its own, seen_ and the target table's oid: what the target has besides is only in the target. It is there
-- for as long as the scan takes.

UPDATE @schema@.format SET version = 3;

ALTER TABLE @schema@.table_copy
    ADD COLUMN compared   text NOT NULL DEFAULT '',
    ADD COLUMN made       boolean NOT NULL DEFAULT false,
    ADD COLUMN unfinished boolean NOT NULL DEFAULT false,
    ADD COLUMN columns    text NOT NULL DEFAULT '',
    ADD COLUMN ddl        text NOT NULL DEFAULT '';

-- Capture was taken out of the file for a schema migration of the application: what went by meanwhile was not noted.
ALTER TABLE @schema@.pipeline ADD COLUMN migrating boolean NOT NULL DEFAULT false;
