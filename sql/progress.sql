-- What Postgres remembers of each pipeline. Made once, in a schema of its own, "sluice" by default.
--
--   format      one row: the version of everything below. A newer daemon migrates it, an older one refuses.
--   pipeline    one row a pipeline: which source, how far it has been applied, and how to prove it.
--                 position, nonce, entry   the anchor: the newest change that the target holds
--                 epoch                    raised by every commit: also one that moves nothing but a copy is told
--                                          from the one before it
--                 whole                    false while a backlog is brought over in several transactions
--   table_copy  one row a table: how far its first copy has come.
--                 frontier                 the last key copied, one word a value
--                 version                  the source table's, when the copy began: another one now means to copy again
--                 ours                     every row in the target table was written by this pipeline
--
-- Written in the same transaction as the rows they speak of, and by nobody else.

CREATE TABLE @schema@.format (
    version integer NOT NULL
);
INSERT INTO @schema@.format VALUES (1);

CREATE TABLE @schema@.pipeline (
    name           text PRIMARY KEY,
    source_id      text NOT NULL,
    source_path    text NOT NULL,
    source_host    text NOT NULL,
    position       bigint NOT NULL,
    nonce          bigint NOT NULL,
    entry          text NOT NULL,
    epoch          bigint NOT NULL DEFAULT 0,
    whole          boolean NOT NULL DEFAULT true,
    last_commit_at timestamptz,
    finished_at    timestamptz
);

CREATE TABLE @schema@.table_copy (
    pipeline     text NOT NULL REFERENCES @schema@.pipeline ON DELETE CASCADE,
    source_table text NOT NULL,
    phase        text NOT NULL,
    frontier     text NOT NULL DEFAULT '',
    rows_copied  bigint NOT NULL DEFAULT 0,
    version      text NOT NULL DEFAULT '',
    ours         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (pipeline, source_table)
);
