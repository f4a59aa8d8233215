-- The sequences behind some columns: those that a column owns (serial, identity), and those that its default takes
-- from. What is asked for are the columns: the oid of the table, the quoted name, and the largest number that the source
-- has given out, NULL where it keeps none.
WITH asked (relid, name, given_out) AS (
    VALUES {asked}
),
columns AS (
    SELECT a.attrelid, a.attnum, a.attname, asked.given_out
      FROM asked
      JOIN pg_catalog.pg_attribute a
        ON a.attrelid = asked.relid AND '"' || replace(a.attname, '"', '""') || '"' = asked.name
),
behind AS (
    SELECT columns.*, d.objid AS sequence
      FROM columns
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = attrelid AND d.refobjsubid = attnum
       AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION
    SELECT columns.*, d.refobjid
      FROM columns
      JOIN pg_catalog.pg_attrdef f ON f.adrelid = attrelid AND f.adnum = attnum
      JOIN pg_catalog.pg_depend d
        ON d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
       AND d.refclassid = 'pg_catalog.pg_class'::regclass
)
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), behind.attrelid::bigint,
       behind.attname, s.seqincrement > 0, s.seqmin, s.seqmax, behind.given_out,
       pg_catalog.has_sequence_privilege(s.seqrelid, 'UPDATE')
       AND pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT')
       AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
  FROM behind
  JOIN pg_catalog.pg_sequence s ON s.seqrelid = behind.sequence
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 ORDER BY 1, behind.attrelid, behind.attnum
