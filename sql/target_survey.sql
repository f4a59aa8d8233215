-- All that the server knows of the tables that source tables are written to, in one round trip: a row each, with its place
-- in the list and one JSON document. What is asked for are rows of a number and three literals. `fires` is the letter of the
-- triggers and rules that fire in this session, besides those that always do: O in ordinary mode, R in replica mode.
WITH tables (place, schema, name, fires) AS (
    VALUES {asked}
)
SELECT tables.place, (
WITH RECURSIVE asked AS (
    SELECT tables.schema, tables.name, tables.fires
),
named AS (
    SELECT c.oid, c.relname, c.relname = asked.name AS exact
      FROM asked
      JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND lower(c.relname::text COLLATE "C") = lower(asked.name::text COLLATE "C")
),
chosen AS (
    SELECT c.*
      FROM pg_catalog.pg_class c
      JOIN named ON named.oid = c.oid
     WHERE named.exact OR (SELECT count(*) FROM named) = 1
),
-- A partition has triggers and indexes of its own.
tree AS (
    SELECT oid AS relid FROM chosen
    UNION
    SELECT p.relid FROM chosen, LATERAL pg_catalog.pg_partition_tree(chosen.oid) p
),
-- What a foreign key of a partition's parent says holds for the partition, and what one of a child says for the parent.
above AS (
    SELECT oid AS relid FROM chosen
    UNION
    SELECT p.relid FROM chosen, LATERAL pg_catalog.pg_partition_ancestors(chosen.oid) p
),
below (relid) AS (
    SELECT oid FROM chosen
    UNION
    SELECT h.inhrelid FROM below JOIN pg_catalog.pg_inherits h ON h.inhparent = below.relid
),
family AS (
    SELECT relid FROM above UNION SELECT relid FROM below
),
base (attnum, type, modifier, not_null, has_default) AS (
    SELECT a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef OR a.attidentity <> ''
      FROM pg_catalog.pg_attribute a
      JOIN chosen ON chosen.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attnum, t.typbasetype, CASE b.modifier WHEN -1 THEN t.typtypmod ELSE b.modifier END,
           b.not_null OR t.typnotnull, b.has_default OR t.typdefault IS NOT NULL
      FROM base b
      JOIN pg_catalog.pg_type t ON t.oid = b.type
     WHERE t.typtype = 'd'
),
columns AS (
    SELECT json_agg(json_build_object(
               'name', a.attname,
               'type', format_type(a.atttypid, a.atttypmod),
               'base', t.oid::bigint,
               'base_name', t.typname,
               'is_array', t.typcategory = 'A',
               'is_enum', t.typtype = 'e',
               'modifier', b.modifier,
               'modified', a.atttypmod <> -1 OR a.atttypid <> t.oid,
               'generated', a.attgenerated <> '',
               'identity_always', a.attidentity = 'a',
               'deterministic', coalesce(k.collisdeterministic, true),
               'bytewise', CASE WHEN k.collname = 'default' THEN (SELECT d.datcollate IN ('C', 'POSIX')
                                      AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
                                     FROM pg_catalog.pg_database d WHERE d.datname = current_database())
                                ELSE coalesce(k.collcollate IN ('C', 'POSIX'), false) END
                           AND pg_catalog.getdatabaseencoding() = 'UTF8',
               'not_null', b.not_null,
               'has_default', b.has_default,
               'in_key', EXISTS (SELECT 1 FROM pg_catalog.pg_index i
                                  WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
           ) ORDER BY a.attnum) AS list
      FROM chosen
      JOIN pg_catalog.pg_attribute a ON a.attrelid = chosen.oid
      JOIN base b ON b.attnum = a.attnum
      JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
      LEFT JOIN pg_catalog.pg_collation k ON k.oid = a.attcollation
),
-- Each index that keeps values apart: the columns that it names, and those that its expressions and its condition use.
uniques AS (
    SELECT json_agg(json_build_object(
               'name', ic.relname,
               'constraint', coalesce(co.conname, ''),
               'immediate', i.indimmediate,
               'whole', i.indrelid = chosen.oid AND i.indisunique AND i.indisvalid,
               'plain', i.indexprs IS NULL AND i.indpred IS NULL,
               'columns', (SELECT json_agg(a.attname ORDER BY k.place)
                             FROM generate_series(0, i.indnkeyatts - 1) k(place)
                             JOIN pg_catalog.pg_attribute a
                               ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place]),
               'used', (SELECT json_agg(DISTINCT a.attname)
                          FROM pg_catalog.pg_depend d
                          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = d.refobjsubid
                         WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = i.indrelid
                           AND d.refobjsubid > 0
                           AND (d.classid, d.objid) IN (('pg_catalog.pg_class'::regclass, i.indexrelid),
                                                        ('pg_catalog.pg_constraint'::regclass, co.oid))),
               'operators', (SELECT json_agg('OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')'
                                             ORDER BY k.place)
                               FROM generate_series(0, i.indnkeyatts - 1) k(place)
                               JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[k.place]
                               LEFT JOIN pg_catalog.pg_amop ao
                                 ON NOT i.indisexclusion AND ao.amopfamily = oc.opcfamily
                                AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
                                AND ao.amopstrategy = 3
                               JOIN pg_catalog.pg_operator o ON o.oid = coalesce(co.conexclop[k.place + 1], ao.amopopr)
                               JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace)
           ) ORDER BY ic.relname) AS list
      FROM chosen
      JOIN pg_catalog.pg_index i ON i.indrelid IN (SELECT relid FROM tree)
      JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
      LEFT JOIN pg_catalog.pg_constraint co ON co.conindid = i.indexrelid AND co.contype IN ('p', 'u', 'x')
     WHERE (i.indisunique OR i.indisexclusion)
       AND (i.indrelid = chosen.oid
            OR NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid))
),
foreign_keys AS (
    SELECT json_agg(json_build_object(
               'outgoing', co.conrelid IN (SELECT relid FROM family),
               'incoming', co.confrelid IN (SELECT relid FROM family),
               'on_delete', co.confdeltype,
               'on_update', co.confupdtype,
               'parents', (SELECT json_agg(p.relid::bigint)
                             FROM (SELECT co.confrelid::oid AS relid
                                   UNION SELECT relid FROM pg_catalog.pg_partition_ancestors(co.confrelid)
                                   UNION SELECT relid FROM pg_catalog.pg_partition_tree(co.confrelid)) p),
               -- Read whole where this role may, else by the partitions that have the rows.
               'children', (SELECT json_agg(json_build_object(
                                       'oid', r.oid::bigint, 'schema', n.nspname, 'table', r.relname,
                                       'below', (SELECT coalesce(json_agg(relid::bigint), '[]')
                                                   FROM pg_catalog.pg_partition_tree(r.oid))) ORDER BY r.oid)
                              FROM (SELECT co.conrelid::oid AS relid
                                     WHERE has_table_privilege(co.conrelid, 'SELECT')
                                    UNION
                                    SELECT p.relid FROM pg_catalog.pg_partition_tree(co.conrelid) p
                                     WHERE p.isleaf AND NOT has_table_privilege(co.conrelid, 'SELECT')
                                    UNION
                                    SELECT c.oid FROM pg_catalog.pg_class c
                                     WHERE c.oid = co.conrelid AND c.relkind <> 'p') child
                              JOIN pg_catalog.pg_class r ON r.oid = child.relid
                              JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace),
               'child_columns', (SELECT json_agg(a.attname ORDER BY k.place)
                                   FROM unnest(co.conkey) WITH ORDINALITY k(num, place)
                                   JOIN pg_catalog.pg_attribute a ON a.attrelid = co.conrelid AND a.attnum = k.num),
               'columns', (SELECT json_agg(a.attname ORDER BY k.place)
                             FROM unnest(co.confkey) WITH ORDINALITY k(num, place)
                             JOIN pg_catalog.pg_attribute a ON a.attrelid = co.confrelid AND a.attnum = k.num)
           ) ORDER BY co.conname) AS list
      FROM chosen
      JOIN pg_catalog.pg_constraint co
        ON co.conrelid IN (SELECT relid FROM family) OR co.confrelid IN (SELECT relid FROM family)
     WHERE co.contype = 'f' AND co.conparentid = 0
),
-- Of a trigger's type, bit 1 says that it is for each row, 2 before, 4 insert.
triggers AS (
    SELECT bool_or(t.tgenabled <> 'D' AND t.tgrelid = chosen.oid) AS any_,
           bool_or(t.tgenabled::text IN (asked.fires, 'A') AND t.tgtype & 3 = 3) AS before_row,
           bool_or(t.tgenabled::text IN (asked.fires, 'A') AND t.tgtype & 7 = 7) AS before_insert
      FROM asked, chosen
      JOIN pg_catalog.pg_trigger t ON t.tgrelid IN (SELECT relid FROM tree)
     WHERE NOT t.tgisinternal
)
SELECT json_build_object(
           'names', (SELECT json_agg(relname ORDER BY exact DESC, relname) FROM named),
           'table', (SELECT json_build_object(
                         'name', c.relname,
                         'oid', c.oid::bigint,
                         'below', (SELECT json_agg(relid::bigint ORDER BY relid) FROM below),
                         'kind', c.relkind,
                         'owner', quote_ident(pg_get_userbyid(c.relowner)),
                         'owned', pg_has_role(c.relowner, 'USAGE'),
                         'schema_usable', has_schema_privilege(c.relnamespace, 'USAGE'),
                         'writable', (SELECT bool_and(has_table_privilege(c.oid, p))
                                        FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p),
                         'row_security', row_security_active(c.oid),
                         'replaced_by', (SELECT json_agg(w.rulename ORDER BY w.rulename)
                                           FROM pg_catalog.pg_rewrite w
                                          WHERE w.ev_class = c.oid AND w.is_instead AND w.ev_type <> '1'
                                            AND w.ev_enabled::text IN (asked.fires, 'A')),
                         'has_triggers', coalesce(t.any_, false),
                         'may_swallow', coalesce(t.before_row, false),
                         'may_fill', coalesce(t.before_insert, false),
                         'columns', (SELECT list FROM columns),
                         'uniques', coalesce((SELECT list FROM uniques), '[]'),
                         'foreign_keys', coalesce((SELECT list FROM foreign_keys), '[]'))
                       FROM asked, chosen c, triggers t))
) FROM tables ORDER BY tables.place
