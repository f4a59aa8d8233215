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

-- The fence, at the start of a transaction of several messages: holds the row of a pipeline where its daemon believes
-- it, until the transaction ends, or raises SL001.
CREATE FUNCTION @schema@.hold(
    a_name text, a_source_id text, a_epoch bigint, a_position bigint, a_nonce bigint, a_entry text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM @schema@.pipeline
     WHERE name = a_name AND source_id = a_source_id AND epoch = a_epoch AND position = a_position
       AND nonce = a_nonce AND entry = a_entry AND finished_at IS NULL
       FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'SL001',
            MESSAGE = 'pipeline ' || pg_catalog.quote_ident(a_name) || ' is not where this daemon left it';
    END IF;
END $$;

-- The fence. Moves the position of a pipeline from what its daemon believes to what it has just written, or
-- raises SL001: another daemon, a session of its own that outlived its connection, or a restored server has been
-- there. Called once in every transaction that commits; waits for whoever holds the row.
CREATE FUNCTION @schema@.advance(
    a_name text, a_source_id text, a_epoch bigint, a_position bigint, a_nonce bigint, a_entry text,
    a_new_position bigint, a_new_nonce bigint, a_new_entry text, a_new_whole boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE @schema@.pipeline
       SET position = a_new_position, nonce = a_new_nonce, entry = a_new_entry, whole = a_new_whole,
           epoch = epoch + 1,
           last_commit_at = pg_catalog.clock_timestamp()
     WHERE name = a_name AND source_id = a_source_id AND epoch = a_epoch AND position = a_position
       AND nonce = a_nonce AND entry = a_entry AND finished_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'SL001',
            MESSAGE = 'pipeline ' || pg_catalog.quote_ident(a_name) || ' is not where this daemon left it';
    END IF;
END $$;

-- The guard before deletes where the server's own foreign keys would change other rows: raises SL002 when a row
-- of another table still points at a key about to be deleted, which the source has allowed and the server would
-- answer by deleting or changing that row.
CREATE FUNCTION @schema@.refuse_cascade(a_count bigint, a_child text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF a_count > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'SL002',
            MESSAGE = a_count || ' row(s) of ' || a_child || ' still point at a row that the source has deleted; '
                      || 'deleting it would cascade to them';
    END IF;
END $$;
