-- What Postgres refuses, and how the refused rows are found. Part of the state schema since its format 2; run after
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

-- Runs statements over a batch, by halves where they are refused, until the rows that are refused stand alone; the
-- others are written. Each statement takes two parameters: the places of the first and the last row it is to write.
-- Ends early when `a_most` rows have been refused: then the rest has not been tried. Returns the refused rows with
-- what the server says of them, but for DETAIL, which carries whole rows.
CREATE FUNCTION @schema@.write_by_halves(a_statements text[], a_places bigint[], a_most integer)
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
CREATE FUNCTION @schema@.columns_of(a_schema text, a_table text, a_constraint text)
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
CREATE FUNCTION @schema@.first_refused(a_statements text[])
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
CREATE FUNCTION @schema@.refuse_swallowed(a_missing bigint, a_table text)
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
CREATE FUNCTION @schema@.refuse_duplicates(a_count bigint, a_constraint text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF a_count > 0 THEN
        RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = a_constraint,
            MESSAGE = a_count || ' row(s) break the deferrable constraint "' || a_constraint
                      || '", which the server itself does not check in replica mode';
    END IF;
END $$;
