-- What the numbers in columns of times count. Part of the state schema since its format 5; run after claims.sql, or by itself
-- where format 4 is there. One more column of table_copy:
--
--   units       columns of the source's table, each with the rule by which its numbers are read: as they have been found to
--               count, where no rule of the owner says so. Written as keys are; empty where none is known

UPDATE @schema@.format SET version = 5;

ALTER TABLE @schema@.table_copy ADD COLUMN units text NOT NULL DEFAULT '';
