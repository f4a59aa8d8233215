// Every SQLSTATE that has a rule, provoked on a real server: where a failure lands is decided by its state
// alone.

#include <doctest/doctest.h>

#include <optional>
#include <pqxx/pqxx>
#include <thread>
#include <tuple>

#include "applier/server/apply_error.h"
#include "applier/server/session.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/wait_until.h"

using namespace sluice;
using applier::ApplyError;
using applier::Fault;
using support::PostgresCluster;

namespace {

/// Statements of which the last is refused. They are one message, so that nothing of them stays.
struct Provocation {
  const char* state;
  const char* sql;
};

// What one row's values bring about: class 22 in the server's own input functions.
constexpr Provocation kValues[] = {
    {"22P02", "SELECT 'x'::bigint"},
    {"22P02", "SELECT '{'::jsonb"},
    {"22P02", "CREATE TYPE colour AS ENUM ('red'); SELECT 'blue'::colour"},
    {"22001", "CREATE TABLE t (a varchar(2)); INSERT INTO t VALUES ('abc')"},
    {"22003", "SELECT '40000'::smallint"},
    {"22003", "SELECT '1000'::numeric(3,0)"},
    {"22007", "SELECT 'someday'::date"},
    {"22008", "SELECT '2024-02-30'::date"},
    {"22000", "SELECT '[2,1]'::int4range"},
    {"22023", "SELECT '2024-01-01 00:00 Mars/Phobos'::timestamptz"},
    {"22023", "SELECT '\\xzz'::bytea"},
    {"22P05", "SELECT '\"\\u0000\"'::jsonb"},
    {"22021", "SELECT E'\\xff'"},
};

// Constraints, and what a trigger function raises.
constexpr Provocation kConstraints[] = {
    {"23502", "CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (NULL)"},
    {"23502", "CREATE DOMAIN d AS int NOT NULL; SELECT NULL::d"},
    {"23503",
     "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p);"
     "INSERT INTO t VALUES (1)"},
    {"23505", "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1), (1)"},
    {"23514", "CREATE TABLE t (a int CHECK (a > 0)); INSERT INTO t VALUES (0)"},
    {"23514", "CREATE DOMAIN d AS int CHECK (VALUE > 0); SELECT 0::d"},
    {"23514", "CREATE TABLE t (a int) PARTITION BY RANGE (a); INSERT INTO t VALUES (1)"},
    {"23P01",
     "CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&));"
     "INSERT INTO t VALUES ('[1,5)'), ('[2,3)')"},
    {"44000",
     "CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t WHERE a > 0 WITH CHECK OPTION;"
     "INSERT INTO v VALUES (0)"},
    {"21000",
     "CREATE TABLE t (a int PRIMARY KEY, b int);"
     "INSERT INTO t VALUES (1, 1), (1, 2) ON CONFLICT (a) DO UPDATE SET b = 2"},
    {"54000",
     "CREATE TABLE t (a text PRIMARY KEY);"
     "INSERT INTO t SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) AS i"},
    {"27000",
     "CREATE TABLE t (a int); INSERT INTO t VALUES (1);"
     "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
     " 'BEGIN UPDATE t SET a = 5; RETURN NEW; END';"
     "CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.a = 2) EXECUTE FUNCTION f();"
     "UPDATE t SET a = 2"},
    {"P0001", "DO 'BEGIN RAISE ''no''; END'"},
    {"P0002", "DO 'DECLARE a int; BEGIN SELECT 1 INTO STRICT a WHERE false; END'"},
    {"P0004", "DO 'BEGIN ASSERT false; END'"},
    {"09000", "DO 'BEGIN RAISE USING ERRCODE = ''09000''; END'"},
    {"38001", "DO 'BEGIN RAISE USING ERRCODE = ''38001''; END'"},
    {"39P01", "DO 'BEGIN RAISE USING ERRCODE = ''39P01''; END'"},
    {"SL002", "DO 'BEGIN RAISE USING ERRCODE = ''SL002''; END'"},
};

// What stands in the way of every row of a table.
constexpr Provocation kTables[] = {
    {"42P01", "INSERT INTO nowhere VALUES (1)"},
    {"42703", "CREATE TABLE t (a int); INSERT INTO t (b) VALUES (1)"},
    {"42703",
     "CREATE TABLE t (a int);"
     "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
     " 'BEGIN NEW.b = 1; RETURN NEW; END';"
     "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
     "INSERT INTO t VALUES (1)"},
    {"42804", "CREATE TABLE t (a date); INSERT INTO t SELECT 1"},
    {"42883", "CREATE TABLE t (a json); SELECT a = a FROM t"},
    {"42P10",
     "CREATE TABLE t (a int, b int) PARTITION BY LIST (a);"
     "INSERT INTO t VALUES (1, 1) ON CONFLICT (a) DO NOTHING"},
    {"42501", "INSERT INTO guarded VALUES (1)"},
    {"42501", "SET LOCAL row_security = off; DELETE FROM veiled"},
    {"42501", "INSERT INTO veiled VALUES (1)"},
    {"0A000",
     "CREATE TABLE t (a int PRIMARY KEY); CREATE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING;"
     "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1"},
    {"55000", "CREATE VIEW v AS SELECT 1 AS a; INSERT INTO v VALUES (1)"},
    {"55000",
     "CREATE TABLE t (a int PRIMARY KEY DEFERRABLE); INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING"},
    {"428C9", "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY); INSERT INTO t VALUES (1)"},
    {"428C9",
     "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED); INSERT INTO t VALUES (1, 1)"},
    {"2F005",
     "CREATE TABLE t (a int);"
     "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.a = 1; END';"
     "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
     "INSERT INTO t VALUES (1)"},
    {"3F000", "CREATE TABLE nowhere.t (a int)"},
    {"2BP01", "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t; ALTER TABLE t DROP COLUMN a"},
    {"54011",
     "DO 'BEGIN EXECUTE (SELECT ''CREATE TABLE t ('' || string_agg(''c'' || i || '' int'', '','')"
     " || '')'' FROM generate_series(1, 1601) AS i); END'"},
};

// Server, resources, other sessions. No row and no table is at fault.
constexpr Provocation kEnvironment[] = {
    {"25006", "SET TRANSACTION READ ONLY; CREATE TABLE t (a int)"},
    {"26000", "EXECUTE nothing"},
    {"42P05", "PREPARE one AS SELECT 1; PREPARE one AS SELECT 1"},
    {"53400",
     "SET LOCAL work_mem = '64kB'; SET LOCAL temp_file_limit = 0;"
     "SELECT count(DISTINCT i) FROM generate_series(1, 100000) AS i"},
    {"55006",
     "SET LOCAL session_replication_role = origin; CREATE TABLE p (a int PRIMARY KEY); INSERT INTO p VALUES "
     "(1);"
     "CREATE TABLE t (a int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1);"
     "ALTER TABLE t ADD COLUMN b int"},
    {"57014", "SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)"},
    {"58P01", "LOAD 'nowhere/nothing'"},
    {"08006", "DO 'BEGIN RAISE USING ERRCODE = ''08006''; END'"},
    {"08P01", "DO 'BEGIN RAISE USING ERRCODE = ''08P01''; END'"},
    {"53100", "DO 'BEGIN RAISE USING ERRCODE = ''53100''; END'"},
    {"53200", "DO 'BEGIN RAISE USING ERRCODE = ''53200''; END'"},
    {"57P03", "DO 'BEGIN RAISE USING ERRCODE = ''57P03''; END'"},
    {"58030", "DO 'BEGIN RAISE USING ERRCODE = ''58030''; END'"},
    {"XX000", "DO 'BEGIN RAISE USING ERRCODE = ''XX000''; END'"},
    {"ZZ999", "DO 'BEGIN RAISE USING ERRCODE = ''ZZ999''; END'"},
};

constexpr Provocation kInDoubt[] = {
    {"40003", "DO 'BEGIN RAISE USING ERRCODE = ''40003''; END'"},
    {"08007", "DO 'BEGIN RAISE USING ERRCODE = ''08007''; END'"},
};

applier::TargetOptions options_for(const std::string& url) {
  applier::TargetOptions options;
  options.pipeline = "shop";
  options.url = url;
  return options;
}

std::unique_ptr<applier::Session> connect(const std::string& url) {
  return std::make_unique<applier::Session>(options_for(url), std::make_shared<applier::Lifeline>());
}

template <typename Action>
ApplyError failure_of(const std::string& what, Action action) {
  try {
    action();
  } catch (const ApplyError& error) {
    return error;
  }
  FAIL(what << " has not failed");
  return ApplyError(Fault::row, "");
}

/// A database of its own, with one table that the role may not write and one whose rows it may not see.
struct Server {
  explicit Server(const std::string& role = PostgresCluster::kOwner)
      : database(cluster.create_database(role)), url(cluster.url(database, role)) {
    cluster.psql(database,
                 "GRANT CREATE ON SCHEMA public TO PUBLIC; CREATE TABLE guarded (a int);"
                 "CREATE TABLE veiled (a int); ALTER TABLE veiled ENABLE ROW LEVEL SECURITY;"
                 "GRANT ALL ON veiled TO PUBLIC");
  }

  PostgresCluster& cluster = support::shared_cluster();
  std::string database;
  std::string url;
};

template <std::size_t Count>
void check_all(const Provocation (&provocations)[Count], Fault fault,
               const std::string& role = PostgresCluster::kOwner) {
  const Server server(role);
  const auto session = connect(server.url);
  for (const auto& each : provocations) {
    const ApplyError error = failure_of(each.sql, [&] { session->exec(each.sql); });
    const std::string said = std::string(each.sql) + ": " + error.what();
    INFO(said);
    CHECK(error.sqlstate == std::string(each.state));
    CHECK(error.fault == fault);
  }
}

}  // namespace

TEST_SUITE("fault classes") {
  TEST_CASE("a value that its type refuses is a row's fault") {
    check_all(kValues, Fault::row);
  }

  TEST_CASE("a constraint that refuses is a row's fault") {
    check_all(kConstraints, Fault::row);
  }

  TEST_CASE("a table, a right or a trigger function that is in the way is the table's fault") {
    check_all(kTables, Fault::table);
  }

  TEST_CASE("server and resources are nobody's fault and waited for") {
    check_all(kEnvironment, Fault::environment, PostgresCluster::kSuperuser);
  }

  TEST_CASE("a transaction that may have been committed is in doubt") {
    check_all(kInDoubt, Fault::in_doubt);
  }

  TEST_CASE("COPY tells its state as any statement does, and the session goes on") {
    const Server server;
    const auto session = connect(server.url);
    session->exec("CREATE TABLE t (a smallint PRIMARY KEY, b varchar(2))");
    const auto copied = [&](const std::string& table, const std::string& lines) {
      return failure_of("COPY", [&] { session->copy(table, {"a"}, lines); });
    };
    const std::tuple<const char*, const char*, const char*, Fault> refused[] = {
        {"t", "x\n", "22P02", Fault::row},         {"t", "1\n1\n", "23505", Fault::row},
        {"t", "40000\n", "22003", Fault::row},     {"t", "1\t2\n", "22P04", Fault::table},
        {"nowhere", "1\n", "42P01", Fault::table}, {"guarded", "1\n", "42501", Fault::table},
        {"veiled", "1\n", "0A000", Fault::table},
    };
    for (const auto& [table, lines, state, fault] : refused) {
      const ApplyError error = copied(table, lines);
      const std::string wanted = state;
      CAPTURE(wanted);
      CHECK(error.sqlstate == wanted);
      CHECK((error.fault == fault));
    }
    session->copy("t", {"a"}, "1\n");
    CHECK(session->exec("SELECT count(*) FROM t")[0][0].as<int>() == 1);
  }

  TEST_CASE("a deadlock and a write that came in between are collisions, waited for like the server") {
    Server server(PostgresCluster::kSuperuser);
    const auto ours = connect(server.url);
    pqxx::connection theirs_connection(server.url);
    pqxx::nontransaction theirs(theirs_connection);
    ours->exec("CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 0), (2, 0)");

    SUBCASE("40001") {
      ours->exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t");
      theirs.exec("UPDATE t SET b = 1 WHERE a = 1");
      const ApplyError error = failure_of("UPDATE", [&] { ours->exec("UPDATE t SET b = 2 WHERE a = 1"); });
      CHECK(error.sqlstate == "40001");
      CHECK(error.fault == Fault::environment);
    }
    SUBCASE("40P01") {
      // Ours is the session that looks for the deadlock first, and so the one that is ended.
      theirs.exec("SET deadlock_timeout = '1h'; BEGIN; UPDATE t SET b = 1 WHERE a = 2");
      ours->exec("SET deadlock_timeout = '10ms'; BEGIN; UPDATE t SET b = 2 WHERE a = 1");
      std::thread waiter([&] { theirs.exec("UPDATE t SET b = 1 WHERE a = 1"); });
      const ApplyError error = failure_of("UPDATE", [&] { ours->exec("UPDATE t SET b = 2 WHERE a = 2"); });
      ours->exec("ROLLBACK");
      waiter.join();
      CHECK(error.sqlstate == "40P01");
      CHECK(error.fault == Fault::environment);
    }
    SUBCASE("55P03") {
      theirs.exec("BEGIN; LOCK TABLE t");
      const ApplyError error =
          failure_of("DELETE", [&] { ours->exec("BEGIN; SET LOCAL lock_timeout = 5; DELETE FROM t"); });
      CHECK(error.sqlstate == "55P03");
      CHECK(error.fault == Fault::environment);
    }
  }

  TEST_CASE("a session that the server ends says why, where it can, and is never a refusal") {
    const Server server;
    std::optional<ApplyError> error;
    SUBCASE("57P01, in the midst of a statement") {
      const auto session = connect(server.url);
      error = failure_of("SELECT", [&] { session->exec("SELECT pg_terminate_backend(pg_backend_pid())"); });
    }
    SUBCASE("25P03, between two statements") {
      const auto session = connect(server.url);
      session->exec("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 1");
      const std::string alive =
          "SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(session->backend_pid());
      support::wait_until("the server has ended the session",
                          [&] { return server.cluster.psql("postgres", alive) == "0"; });
      error = failure_of("SELECT", [&] { session->exec("SELECT 1"); });
    }
    // libpqxx tells of a session that is gone in its own words, without the state.
    CHECK((error->fault == Fault::in_doubt || error->fault == Fault::environment));
  }

  TEST_CASE("what keeps a session from being opened is waited for, whatever it is") {
    const Server server;
    auto& cluster = server.cluster;
    cluster.psql("postgres", "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0; CREATE ROLE locked_out NOLOGIN");
    const std::string urls[] = {
        cluster.url("no_such_database"),                  // 3D000
        cluster.url(server.database, "crowded"),          // 53300
        cluster.url(server.database, "locked_out"),       // 28000
        cluster.url(server.database, "no_such_role"),     // 28000
        cluster.url(server.database) + "&port=1",         // nobody listens
        cluster.url(server.database) + "&host=/nowhere",  // no such socket
    };
    for (const auto& url : urls) {
      CAPTURE(url);
      const ApplyError error = failure_of("connecting", [&] { std::ignore = connect(url); });
      CHECK(error.fault == Fault::environment);
      CHECK(error.what() != std::string());
    }
  }

  TEST_CASE("a server that takes no writes is waited for") {
    const Server server;
    server.cluster.psql("postgres",
                        "ALTER DATABASE " + server.database + " SET default_transaction_read_only = on");
    CHECK(failure_of("connecting", [&] { std::ignore = connect(server.url); }).fault == Fault::environment);
  }

  TEST_CASE("a state that no server here can be brought to has its place as well") {
    CHECK(applier::classify("23001") == Fault::row);  // RESTRICT, from Postgres 18 on
    CHECK(applier::classify("28P01") == Fault::environment);
    CHECK(applier::classify("57P04") == Fault::environment);
    CHECK(applier::classify("XX001") == Fault::environment);
  }
}
