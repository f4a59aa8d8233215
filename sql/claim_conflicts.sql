-- Claims (see claims.sql) on what pipeline @pipeline@ of the state schema @schema_as_text@ wants to write: @wanted@, a list of
-- rows of an oid. @claims@ are those of all state schemas that the role may read. Two tables are in each other's way where
-- one is the other, or both reach a table in common: downwards to partitions and children, and from a view to what it shows.
WITH RECURSIVE claim(schema, pipeline, target, path, last_commit) AS (
    @claims@
),
held AS (
    SELECT claim.*, c.oid AS relation
      FROM claim
      JOIN pg_catalog.pg_namespace n ON true
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND @quoted_table@ = claim.target
     WHERE NOT (claim.schema = @schema_as_text@ AND claim.pipeline = @pipeline@)
),
wanted(relation) AS (
    VALUES @wanted@
),
step(upper, lower) AS (
    SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits
    UNION ALL
    SELECT r.ev_class, d.refobjid
      FROM pg_catalog.pg_rewrite r
      JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                                 AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class
),
reach(top, relation) AS (
    SELECT relation, relation FROM held
    UNION
    SELECT relation, relation FROM wanted
    UNION
    SELECT reach.top, step.lower FROM reach JOIN step ON step.upper = reach.relation
)
SELECT wanted.relation, held.schema, held.pipeline, held.target, held.path, held.last_commit
  FROM wanted
  JOIN held ON EXISTS (SELECT FROM reach ours JOIN reach theirs ON theirs.relation = ours.relation
                        WHERE ours.top = wanted.relation AND theirs.top = held.relation)
 ORDER BY wanted.relation, held.schema, held.pipeline
