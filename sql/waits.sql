-- Whom a session of ours waits for: one row, or none where the server knows no such session. Asked from another session
-- of the same role and application name. @pid@ is the server's process of that session; 0, behind a pooler, means the one
-- of that name that waits for a lock or else is at work.
--   kind      lock, commit (for a synchronous standby), work, or idle: the server waits for us
--   locktype  of the lock, as pg_locks has it
--   relation  the table that it is on, or whose row it is on, as people write it; NULL where that is not known
--   blockers  how many sessions stand before ours without waiting for anybody themselves
--   pid, name, role, since: of the one among them whose transaction is the oldest. pid 0 is a prepared transaction, and
--             name its name; since is NULL where the server does not tell us
WITH RECURSIVE ours AS (
    SELECT a.pid, a.state, a.wait_event_type, a.wait_event
      FROM pg_catalog.pg_stat_activity a
     WHERE a.application_name = current_setting('application_name') AND a.usename = current_user
       AND a.pid <> pg_catalog.pg_backend_pid() AND @pid@ IN (0, a.pid)
     ORDER BY a.wait_event_type = 'Lock' DESC NULLS LAST, a.state = 'active' DESC NULLS LAST
     LIMIT 1
),
waited AS (
    SELECT l.pid, l.locktype, l.relation
      FROM pg_catalog.pg_locks l
      JOIN ours ON ours.pid = l.pid
     WHERE NOT l.granted
     LIMIT 1
),
-- Who stands before ours, and before those.
chain (pid) AS (
    SELECT unnest(pg_catalog.pg_blocking_pids(waited.pid)) FROM waited
    UNION
    SELECT unnest(pg_catalog.pg_blocking_pids(chain.pid)) FROM chain WHERE chain.pid <> 0
),
holders AS (
    SELECT DISTINCT c.pid, coalesce(nullif(a.application_name, ''), a.backend_type) AS name, a.usename AS role,
           a.xact_start AS since
      FROM chain c
      LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = c.pid
     WHERE c.pid = 0 OR cardinality(pg_catalog.pg_blocking_pids(c.pid)) = 0
),
holder AS (
    SELECT pid, name, role, since FROM holders WHERE pid <> 0
    UNION ALL
    SELECT 0, x.gid, x.owner, x.prepared
      FROM holders
     CROSS JOIN LATERAL (SELECT p.gid, p.owner, p.prepared FROM pg_catalog.pg_prepared_xacts p
                          WHERE p.database = current_database() ORDER BY p.prepared LIMIT 1) x
     WHERE pid = 0
     ORDER BY since
     LIMIT 1
),
-- Whose row it is that is locked, only the lock on the row itself says, which the first to wait for it holds; else it is
-- of a table that both have written to.
locked AS (
    SELECT coalesce(
               waited.relation,
               (SELECT l.relation FROM pg_catalog.pg_locks l
                 WHERE l.pid = waited.pid AND l.locktype = 'tuple' LIMIT 1),
               (SELECT l.relation
                  FROM pg_catalog.pg_locks l
                  JOIN pg_catalog.pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
                  JOIN pg_catalog.pg_locks h ON h.relation = l.relation AND h.database = l.database
                  JOIN holder ON holder.pid = coalesce(h.pid, 0)
                 WHERE l.pid = waited.pid AND l.granted AND h.granted
                   AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND h.mode IN ('RowShareLock', 'RowExclusiveLock')
                 ORDER BY l.relation LIMIT 1)) AS relation
      FROM waited
)
SELECT CASE WHEN waited.pid IS NOT NULL THEN 'lock'
            WHEN ours.wait_event = 'SyncRep' THEN 'commit'
            WHEN ours.state = 'active' THEN 'work'
            ELSE 'idle'
       END AS kind,
       coalesce(waited.locktype, ''),
       (SELECT n.nspname || '.' || c.relname
          FROM locked
          LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = locked.relation
          JOIN pg_catalog.pg_class c ON c.oid = coalesce(i.indrelid, locked.relation)
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace),
       (SELECT count(*) FROM holders),
       holder.pid, holder.name, holder.role,
       to_char(holder.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       current_setting('synchronous_standby_names')
  FROM ours
  LEFT JOIN waited ON true
  LEFT JOIN holder ON true
