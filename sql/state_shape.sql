-- What the state schema (@schema_as_text@, a literal) has of its tables, columns and keys.
--   tables     how many of the tables are there
--   missing    one that is not there as format 5 has it, in words; empty where all of them are
WITH part(word) AS (
    VALUES ('column format.version integer'),
        ('column pipeline.name text'), ('column pipeline.source_id text'), ('column pipeline.source_path text'),
        ('column pipeline.source_host text'), ('column pipeline.position bigint'), ('column pipeline.nonce bigint'),
        ('column pipeline.entry text'), ('column pipeline.epoch bigint'), ('column pipeline.whole boolean'),
        ('column pipeline.last_commit_at timestamp with time zone'),
        ('column pipeline.finished_at timestamp with time zone'), ('column pipeline.migrating boolean'),
        ('column table_copy.pipeline text'), ('column table_copy.source_table text'), ('column table_copy.phase text'),
        ('column table_copy.frontier text'), ('column table_copy.rows_copied bigint'), ('column table_copy.version text'),
        ('column table_copy.ours boolean'), ('column table_copy.compared text'), ('column table_copy.made boolean'),
        ('column table_copy.unfinished boolean'), ('column table_copy.columns text'), ('column table_copy.ddl text'),
        ('column table_copy.target text'), ('column table_copy.units text'),
        ('column quarantine.id bigint identity'), ('column quarantine.pipeline text'),
        ('column quarantine.source_table text'), ('column quarantine.key text'), ('column quarantine.operation text'),
        ('column quarantine.columns text'), ('column quarantine.image text'), ('column quarantine.code text'),
        ('column quarantine.sqlstate text'), ('column quarantine.message text'), ('column quarantine.column_name text'),
        ('column quarantine.constraint_name text'), ('column quarantine.position bigint'),
        ('column quarantine.first_at timestamp with time zone'), ('column quarantine.last_at timestamp with time zone'),
        ('column quarantine.attempts bigint'),
        ('key of pipeline: name'), ('key of table_copy: pipeline, source_table'), ('key of quarantine: id'),
        ('key of quarantine: pipeline, source_table, key')
), own AS (
    SELECT c.oid, c.relname FROM pg_catalog.pg_class c
     WHERE c.relnamespace = pg_catalog.to_regnamespace(@schema_as_text@) AND c.relkind = 'r'
       AND c.relname IN ('format', 'pipeline', 'table_copy', 'quarantine')
), there(word) AS (
    SELECT 'column ' || own.relname || '.' || a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
      FROM own JOIN pg_catalog.pg_attribute a ON a.attrelid = own.oid
     WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'key of ' || own.relname || ': '
           || (SELECT pg_catalog.string_agg(a.attname::text, ', ' ORDER BY k.place)
                 FROM pg_catalog.unnest(u.conkey) WITH ORDINALITY k(number, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = own.oid AND a.attnum = k.number)
      FROM own JOIN pg_catalog.pg_constraint u ON u.conrelid = own.oid
     WHERE u.contype IN ('p', 'u')
)
SELECT (SELECT pg_catalog.count(*) FROM own) AS tables,
       coalesce((SELECT pg_catalog.min(word) FROM part WHERE word NOT IN (SELECT word FROM there)), '') AS missing
