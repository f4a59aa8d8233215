-- Takes out what progress.sql has made, once no pipeline is left. A schema that holds other things besides, or that
-- every database has, stays.
DROP FUNCTION @schema@.hold(text, text, bigint, bigint, bigint, text);
DROP FUNCTION @schema@.advance(text, text, bigint, bigint, bigint, text, bigint, bigint, text, boolean);
DROP FUNCTION @schema@.refuse_cascade(bigint, text);
DROP TABLE @schema@.table_copy, @schema@.pipeline, @schema@.format;
DO $$
BEGIN
    IF '@schema@' <> '"public"' AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend WHERE refobjid = '@schema@'::regnamespace) THEN
        DROP SCHEMA @schema@;
    END IF;
END $$;
