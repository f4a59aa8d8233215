-- What Postgres refuses. Part of the state schema since its format 2; run after
-- progress.sql, or by itself where format 1 is there.
--
--   quarantine  one row a refused row that was put aside; the target keeps the row as it was before, if it had one.
--                 key, image    the source's key and row, one word a value; no image where the row is to be deleted.
--                               In a large backlog the image may be the row as it was to be written, all text
--                 columns       the names of the image's columns, one word each
--                 operation     write or delete
--                 position      of the batch in which it was refused last
--
-- Written in the transaction of the batch that puts a row aside or brings it over after all.

UPDATE @schema@.format SET version = 2;

CREATE TABLE @schema@.quarantine (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline        text NOT NULL REFERENCES @schema@.pipeline ON DELETE CASCADE,
    source_table    text NOT NULL,
    key             text NOT NULL,
    operation       text NOT NULL,
    columns         text NOT NULL DEFAULT '',
    image           text NOT NULL DEFAULT '',
    code            text NOT NULL DEFAULT '',
    sqlstate        text NOT NULL DEFAULT '',
    message         text NOT NULL DEFAULT '',
    column_name     text NOT NULL DEFAULT '',
    constraint_name text NOT NULL DEFAULT '',
    position        bigint NOT NULL,
    first_at        timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    last_at         timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    attempts        bigint NOT NULL DEFAULT 1,
    UNIQUE (pipeline, source_table, key)
);
