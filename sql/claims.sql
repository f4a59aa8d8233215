-- Which table of the server each table is written to. Part of the state schema since its format 4; run after scans.sql, or
-- by itself where format 3 is there. One more column of table_copy:
--
--   target      that table, schema and name in double quotes: a claim, which no other pipeline may have on it as well, nor
--               on a partition, a child, a parent or a view of it. Empty before the first look at it

UPDATE @schema@.format SET version = 4;

ALTER TABLE @schema@.table_copy ADD COLUMN target text NOT NULL DEFAULT '';
