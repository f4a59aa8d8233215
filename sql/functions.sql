-- What the daemon calls in its transactions. Part of the state schema since its format 1 or 2; run after the tables
-- are made or migrated, and again where one of the functions is missing: they hold nothing.

-- The fence, at the start of a transaction of several messages: holds the row of a pipeline where its daemon believes
-- it, until the transaction ends, or raises SL001.
CREATE OR REPLACE FUNCTION @schema@.hold(
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
CREATE OR REPLACE FUNCTION @schema@.advance(
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
CREATE OR REPLACE FUNCTION @schema@.refuse_cascade(a_count bigint, a_child text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF a_count > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'SL002',
            MESSAGE = a_count || ' row(s) of ' || a_child || ' still point at a row that the source has deleted; '
                      || 'deleting it would cascade to them';
    END IF;
END $$;

-- Runs statements over a batch, by halves where they are refused, until the rows that are refused stand alone; the
-- others are written. Each statement takes two parameters: the places of the first and the last row it is to write.
-- Ends early when `a_most` rows have been refused: then the rest has not been tried. Returns the refused rows with
-- what the server says of them, but for DETAIL, which carries whole rows.
CREATE OR REPLACE FUNCTION @schema@.bisect(a_statements text[], a_places bigint[], a_most integer)
RETURNS TABLE (place bigint, state text, message text, column_name text, constraint_name text)
LANGUAGE plpgsql AS $$
DECLARE
    firsts integer[] := ARRAY[1];
    lasts integer[] := ARRAY[pg_catalog.cardinality(a_places)];
    depth integer := 1;
    lo integer;
    hi integer;
    refused integer := 0;
    statement text;
    table_name text;
    table_schema text;
BEGIN
    WHILE depth > 0 LOOP
        lo := firsts[depth];
        hi := lasts[depth];
        depth := depth - 1;
        BEGIN
            FOREACH statement IN ARRAY a_statements LOOP
                EXECUTE statement USING a_places[lo], a_places[hi];
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            IF lo < hi THEN
                -- The lower half is tried first: it holds the parents of the upper one.
                firsts[depth + 1] := (lo + hi) / 2 + 1;
                lasts[depth + 1] := hi;
                firsts[depth + 2] := lo;
                lasts[depth + 2] := (lo + hi) / 2;
                depth := depth + 2;
            ELSE
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, column_name = COLUMN_NAME,
                    constraint_name = CONSTRAINT_NAME, table_name = TABLE_NAME, table_schema = SCHEMA_NAME;
                place := a_places[lo];
                IF column_name = '' AND constraint_name <> '' THEN
                    column_name := @schema@.columns_of(table_schema, table_name, constraint_name);
                END IF;
                RETURN NEXT;
                refused := refused + 1;
                EXIT WHEN refused >= a_most;
            END IF;
        END;
    END LOOP;
END $$;

-- The columns that a constraint speaks of: 'a' or 'a, b'.
CREATE OR REPLACE FUNCTION @schema@.columns_of(a_schema text, a_table text, a_constraint text)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(pg_catalog.string_agg(a.attname::text, ', ' ORDER BY k.place), '')
      FROM pg_catalog.pg_constraint c
      JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
      CROSS JOIN LATERAL pg_catalog.unnest(c.conkey) WITH ORDINALITY k(number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
     WHERE n.nspname = a_schema AND r.relname = a_table AND c.conname = a_constraint
$$;

-- Which of the statements is refused first, counted from 1; 0 where none is. What the others have written is the
-- caller's to undo. Tells the column of a value that its type refuses, which the server's own message does not.
CREATE OR REPLACE FUNCTION @schema@.first_refused(a_statements text[])
RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. pg_catalog.cardinality(a_statements) LOOP
        BEGIN
            EXECUTE a_statements[i];
        EXCEPTION WHEN OTHERS THEN
            RETURN i;
        END;
    END LOOP;
    RETURN 0;
END $$;

-- Raises SL003 where fewer rows were written than were sent: a trigger or rule of the server has swallowed them.
CREATE OR REPLACE FUNCTION @schema@.refuse_swallowed(a_missing bigint, a_table text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF a_missing > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'SL003',
            MESSAGE = a_missing || ' write(s) to ' || a_table || ' were swallowed by the server: a trigger or rule of it'
                      || ' made them do nothing';
    END IF;
END $$;

-- Raises 23505 where rows just written break a deferrable constraint: the server does not look at those in replica
-- mode.
CREATE OR REPLACE FUNCTION @schema@.refuse_duplicates(a_count bigint, a_constraint text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF a_count > 0 THEN
        RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = a_constraint,
            MESSAGE = a_count || ' row(s) break the deferrable constraint "' || a_constraint
                      || '", which the server itself does not check in replica mode';
    END IF;
END $$;
