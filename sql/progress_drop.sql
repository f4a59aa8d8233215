-- Takes out what progress.sql, refusals.sql, scans.sql, claims.sql, units.sql and functions.sql have made, once no pipeline
-- is left, or where it can be used no more. A schema that holds other things besides, that every database has, or that is not
-- the role's to drop, stays.
DROP FUNCTION IF EXISTS @schema@.hold(text, text, bigint, bigint, bigint, text);
DROP FUNCTION IF EXISTS @schema@.advance(text, text, bigint, bigint, bigint, text, bigint, bigint, text, boolean);
DROP FUNCTION IF EXISTS @schema@.refuse_cascade(bigint, text);
DROP FUNCTION IF EXISTS @schema@.bisect(text[], bigint[], integer);
DROP FUNCTION IF EXISTS @schema@.write_by_halves(text[], bigint[], integer);  -- its former name
DROP FUNCTION IF EXISTS @schema@.columns_of(text, text, text);
DROP FUNCTION IF EXISTS @schema@.first_refused(text[]);
DROP FUNCTION IF EXISTS @schema@.refuse_swallowed(bigint, text);
DROP FUNCTION IF EXISTS @schema@.refuse_duplicates(bigint, text);
DROP TABLE IF EXISTS @schema@.quarantine, @schema@.table_copy, @schema@.pipeline, @schema@.format;
DO $$
DECLARE
    seen regclass;
BEGIN
    FOR seen IN SELECT oid FROM pg_catalog.pg_class
                 WHERE relnamespace = @schema_as_text@::regnamespace AND relkind = 'r' AND relname ~ '^seen_[0-9]+$' LOOP
        EXECUTE 'DROP TABLE ' || seen;
    END LOOP;
    IF @schema_as_text@ <> '"public"' AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend WHERE refobjid = @schema_as_text@::regnamespace) AND EXISTS (
        SELECT 1 FROM pg_catalog.pg_namespace
         WHERE oid = @schema_as_text@::regnamespace AND pg_catalog.pg_has_role(nspowner, 'USAGE')) THEN
        DROP SCHEMA @schema@;
    END IF;
END $$;
