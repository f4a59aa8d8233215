-- What the tables of one schema are, as the server itself words it, so that two of them can be compared: one JSON
-- document, an object by the tables' names. {schema} is an expression for the oid of the schema. Foreign keys name the
-- table that they point at without its schema.
SELECT coalesce(json_object_agg(c.relname, json_build_object(
    'columns', (
        SELECT coalesce(json_object_agg(a.attname, json_build_object(
                   'type', format_type(a.atttypid, a.atttypmod),
                   'not_null', a.attnotnull,
                   'identity', a.attidentity <> '',
                   'default', CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), '')
                                   ELSE '' END)), '{}')
          FROM pg_catalog.pg_attribute a
          LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'key', (
        SELECT coalesce(min(pg_get_constraintdef(k.oid)), '')
          FROM pg_catalog.pg_constraint k
         WHERE k.conrelid = c.oid AND k.contype = 'p'),
    'checks', (
        SELECT coalesce(json_agg(pg_get_constraintdef(k.oid) ORDER BY k.oid), '[]')
          FROM pg_catalog.pg_constraint k
         WHERE k.conrelid = c.oid AND k.contype = 'c'),
    'indexes', (
        SELECT coalesce(json_agg(CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
                                 || regexp_replace(pg_get_indexdef(i.indexrelid), '^.*? USING ', 'USING ')
                                 ORDER BY i.indexrelid), '[]')
          FROM pg_catalog.pg_index i
         WHERE i.indrelid = c.oid AND NOT i.indisprimary AND i.indisvalid),
    'foreign_keys', (
        SELECT coalesce(json_agg(json_build_object(
                   'name', k.conname,
                   'validated', k.convalidated,
                   'text', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY n.place)
                              FROM unnest(k.conkey) WITH ORDINALITY n(num, place)
                              JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.num)
                           || ' -> ' || quote_ident(p.relname) || '('
                           || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY n.place)
                                 FROM unnest(k.confkey) WITH ORDINALITY n(num, place)
                                 JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.num)
                           || ') update ' || k.confupdtype::text || ' delete ' || k.confdeltype::text
                           || CASE WHEN k.condeferred THEN ' deferred' ELSE '' END)
                   ORDER BY k.oid), '[]')
          FROM pg_catalog.pg_constraint k
          JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
         WHERE k.conrelid = c.oid AND k.contype = 'f')
    )), '{}')
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace = {schema} AND c.relkind IN ('r', 'p')
