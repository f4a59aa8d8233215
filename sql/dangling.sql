-- The foreign keys of a table, by its oid, each with the query that counts the rows which break it: rows whose parent
-- is missing, as they come of a source that does not enforce its own, or of a session in replica mode.
SELECT quote_ident(c.conname), c.confrelid::regclass, has_table_privilege(c.confrelid, 'SELECT'),
       pg_catalog.format(
           'SELECT count(*) FROM %s AS c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s)',
           c.conrelid::regclass, string_agg(pg_catalog.format('c.%I IS NOT NULL', child.attname), ' AND '),
           c.confrelid::regclass,
           string_agg(pg_catalog.format('c.%I = p.%I', child.attname, parent.attname), ' AND '))
  FROM pg_catalog.pg_constraint c
 CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS pair (child, parent)
  JOIN pg_catalog.pg_attribute child ON child.attrelid = c.conrelid AND child.attnum = pair.child
  JOIN pg_catalog.pg_attribute parent ON parent.attrelid = c.confrelid AND parent.attnum = pair.parent
 WHERE c.contype = 'f' AND c.conrelid = @table@
       -- A key that points at a partitioned table is there once more for each partition of it.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint above
                    WHERE above.oid = c.conparentid AND above.conrelid = c.conrelid)
 GROUP BY c.oid, c.conname, c.conrelid, c.confrelid
 ORDER BY c.conname
