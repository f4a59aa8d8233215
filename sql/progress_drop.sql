-- Takes out what progress.sql, refusals.sql and scans.sql have made, once no pipeline is left. A schema that holds other
-- things besides, or that every database has, stays.
DROP FUNCTION @schema@.hold(text, text, bigint, bigint, bigint, text);
DROP FUNCTION @schema@.advance(text, text, bigint, bigint, bigint, text, bigint, bigint, text, boolean);
DROP FUNCTION @schema@.refuse_cascade(bigint, text);
DROP FUNCTION @schema@.write_by_halves(text[], bigint[], integer);
DROP FUNCTION @schema@.columns_of(text, text, text);
DROP FUNCTION @schema@.first_refused(text[]);
DROP FUNCTION @schema@.refuse_swallowed(bigint, text);
DROP FUNCTION @schema@.refuse_duplicates(bigint, text);
DROP TABLE @schema@.quarantine, @schema@.table_copy, @schema@.pipeline, @schema@.format;
DO $$
DECLARE
    seen regclass;
BEGIN
    FOR seen IN SELECT oid FROM pg_catalog.pg_class
                 WHERE relnamespace = @schema_as_text@::regnamespace AND relkind = 'r' AND relname ~ '^seen_[0-9]+$' LOOP
        EXECUTE 'DROP TABLE ' || seen;
    END LOOP;
    IF @schema_as_text@ <> '"public"' AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend WHERE refobjid = @schema_as_text@::regnamespace) THEN
        DROP SCHEMA @schema@;
    END IF;
END $$;
