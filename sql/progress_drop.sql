-- Takes out what progress.sql and refusals.sql have made, once no pipeline is left. A schema that holds other things besides, or that
-- every database has, stays.
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
BEGIN
    IF '@schema@' <> '"public"' AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend WHERE refobjid = '@schema@'::regnamespace) THEN
        DROP SCHEMA @schema@;
    END IF;
END $$;
