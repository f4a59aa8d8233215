// A session on a real server: its settings, its patience, and how another one sees whom it waits for.

#include "applier/server/session.h"

#include <doctest/doctest.h>

#include <future>
#include <pqxx/pqxx>
#include <thread>

#include "applier/server/apply_error.h"
#include "applier/server/waits.h"
#include "applier/values/identifiers.h"
#include "tests/support/pgbouncer_process.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/wait_until.h"

namespace sluice {
namespace {

using applier::ApplyError;
using applier::Lifeline;
using applier::Queueing;
using applier::ServerWait;
using applier::Session;
using applier::Transaction;
using support::PostgresCluster;
using support::wait_until;

applier::TargetOptions options_for(const std::string& url) {
  applier::TargetOptions options;
  options.pipeline = "shop";
  options.url = url;
  return options;
}

std::unique_ptr<Session> connect(const applier::TargetOptions& options,
                                 std::shared_ptr<Lifeline> lifeline = std::make_shared<Lifeline>()) {
  return std::make_unique<Session>(options, std::move(lifeline));
}

/// A database with the table `goods`, and sessions of one pipeline in it.
struct Scene {
  explicit Scene(const std::string& role_ = PostgresCluster::kOwner) : role(role_) {
    cluster.psql(database, "CREATE TABLE goods (id int PRIMARY KEY, name text); INSERT INTO goods VALUES (1)",
                 role);
  }

  applier::TargetOptions options() const { return options_for(cluster.url(database, role)); }
  std::unique_ptr<Session> session() const { return connect(options()); }
  std::string server(const std::string& sql) const { return cluster.psql(database, sql); }

  PostgresCluster& cluster = support::shared_cluster();
  std::string role;
  std::string database = cluster.create_database(role);
};

std::string shown(Session& session, const std::string& setting) {
  return session.exec("SHOW " + setting)[0][0].as<std::string>();
}

ApplyError failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ApplyError& error) {
    return error;
  }
  FAIL("nothing has failed");
  return ApplyError(applier::Fault::row, "");
}

/// Another application's session that holds something until it is destroyed.
struct Holder {
  Holder(const Scene& scene, const std::string& sql)
      : connection(scene.cluster.url(scene.database, PostgresCluster::kSuperuser) +
                   "&application_name=report"),
        work(connection) {
    work.exec(sql);
  }
  int pid() { return connection.backendpid(); }

  pqxx::connection connection;
  pqxx::work work;
};

/// What another session sees of a statement while it waits.
std::optional<ServerWait> seen_waiting(const Scene& scene, Session& waiter, const std::string& sql) {
  auto waits = std::async(std::launch::async, [&] { failure_of([&] { waiter.exec(sql); }); });
  const auto watcher = scene.session();
  std::optional<ServerWait> seen;
  wait_until("the wait is seen", [&] {
    seen = look_at_wait(*watcher, waiter.backend_pid());
    return seen && seen->kind == ServerWait::Kind::lock;
  });
  scene.server("SELECT pg_cancel_backend(" + std::to_string(waiter.backend_pid()) + ")");
  waits.get();
  return seen;
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("every statement has the settings, in a transaction or by itself, whatever the role prefers") {
    Scene scene;
    const std::string role = "ALTER ROLE " + scene.role + " IN DATABASE \"" + scene.database + "\" SET ";
    for (const char* setting :
         {"statement_timeout = '20ms'", "lock_timeout = '1ms'",
          "default_transaction_isolation = serializable", "idle_in_transaction_session_timeout = '300ms'",
          "search_path = nowhere", "timezone = 'Asia/Tokyo'", "datestyle = 'SQL, DMY'",
          "standard_conforming_strings = off", "array_nulls = off", "bytea_output = escape",
          "extra_float_digits = -15", "exit_on_error = on", "row_security = on", "quote_all_identifiers = on",
          "transform_null_equals = on", "idle_session_timeout = '300ms'"})
      scene.server(role + setting);
    const auto session = scene.session();
    const auto check_meanings = [&] {
      CHECK(shown(*session, "lock_timeout") == "30s");
      CHECK(shown(*session, "transaction_isolation") == "read committed");
      const auto row = session->exec(
          "SELECT pg_sleep(0.05), '2024-02-01 00:00'::timestamptz, " + applier::quote_literal("a\\b") +
          ", '{NULL}'::text[], decode('00', 'hex'), 0.1::float8, quote_ident('plain')")[0];
      CHECK(row[1].as<std::string>() == "2024-02-01 00:00:00+00");
      CHECK(row[2].as<std::string>() == "a\\b");
      CHECK(row[3].as<std::string>() == "{NULL}");
      CHECK(row[4].as<std::string>() == "\\x00");
      CHECK(row[5].as<std::string>() == "0.1");
      CHECK(row[6].as<std::string>() == "plain");
    };
    SUBCASE("by itself") {
      CHECK(shown(*session, "statement_timeout") == "1min");
      check_meanings();
      // A refusal ends the statement, not the session.
      CHECK(failure_of([&] { session->exec("SELECT 1 / 0"); }).sqlstate == "22012");
      std::this_thread::sleep_for(
          std::chrono::milliseconds(400));  // longer than the role lets a session idle
      CHECK(session->exec("SELECT 1")[0][0].as<int>() == 1);
    }
    SUBCASE("in a transaction") {
      Transaction transaction(*session);
      CHECK(shown(*session, "statement_timeout") == "0");
      std::this_thread::sleep_for(std::chrono::milliseconds(400));  // longer than it lets a transaction idle
      check_meanings();
      transaction.commit();
    }
  }

  TEST_CASE("what stands by itself is given up in time, a transaction's work only where that is wanted") {
    Scene scene;
    CHECK(shown(*scene.session(), "statement_timeout") == "1min");
    auto options = scene.options();
    options.statement_timeout = std::chrono::milliseconds(100);
    const auto session = connect(options);
    CHECK(failure_of([&] { session->exec("SELECT pg_sleep(30)"); }).sqlstate == "57014");
    Transaction transaction(*session);
    CHECK(shown(*session, "statement_timeout") == "100ms");
  }

  TEST_CASE("several statements in one message are written together or not at all") {
    Scene scene;
    const auto session = scene.session();
    session->transact("INSERT INTO goods VALUES (2); INSERT INTO goods VALUES (3);");
    const auto refused =
        failure_of([&] { session->transact("INSERT INTO goods VALUES (4); INSERT INTO goods VALUES (1);"); });
    CHECK(refused.sqlstate == "23505");
    CHECK(session->exec("SELECT count(*) FROM goods")[0][0].as<int>() == 3);
  }

  TEST_CASE("what ends a session is told, not that the transaction could not be rolled back after it") {
    Scene scene;
    const auto session = scene.session();
    const auto error =
        failure_of([&] { session->transact("SELECT pg_terminate_backend(pg_backend_pid());"); });
    CHECK(error.fault == applier::Fault::in_doubt);
    CHECK(error.lost_connection());
  }

  TEST_CASE("a lock that is held is waited for as long as the options say") {
    Scene scene;
    auto options = scene.options();
    options.lock_timeout = std::chrono::milliseconds(300);
    const auto session = connect(options);
    {
      Holder holder(scene, "LOCK TABLE goods");
      const auto error = failure_of([&] { session->exec("SELECT * FROM goods"); });
      CHECK(error.sqlstate == "55P03");
      CHECK(error.code == "lock_timeout");
      CHECK(error.fault == applier::Fault::environment);
      CHECK(std::string(error.what()).find("canceling") == std::string::npos);
    }
    CHECK(session->exec("SELECT count(*) FROM goods")[0][0].as<int>() == 1);
  }

  TEST_CASE("a change of a table gives way soon, so that others are not kept waiting behind it") {
    Scene scene;
    const auto session = scene.session();
    CHECK([&] {
      Transaction transaction(*session, Queueing::brief);
      return shown(*session, "lock_timeout");
    }() == "3s");
    CHECK(shown(*session, "lock_timeout") == "30s");
  }

  TEST_CASE("another session sees the table and the holder that one waits for") {
    Scene scene;
    const auto session = scene.session();
    Holder holder(scene, "LOCK TABLE goods");
    const auto seen = seen_waiting(scene, *session, "SELECT * FROM goods");
    CHECK(seen->table == "public.goods");
    REQUIRE(seen->holder);
    CHECK(seen->holders == 1);
    CHECK(seen->holder->pid == holder.pid());
    CHECK(seen->holder->name == "report");
    CHECK(seen->holder->role == PostgresCluster::kSuperuser);
  }

  TEST_CASE("of a row that somebody has written, the table and the writer are seen") {
    Scene scene;
    const auto session = scene.session();
    Holder holder(scene, "UPDATE goods SET name = 'x'");
    const auto seen = seen_waiting(scene, *session, "DELETE FROM goods");
    CHECK(seen->lock == "transactionid");
    CHECK(seen->table == "public.goods");
    REQUIRE(seen->holder);
    CHECK(seen->holder->pid == holder.pid());
  }

  TEST_CASE("who only waits before us is not the one who holds the lock") {
    Scene scene;
    const auto session = scene.session();
    Holder reader(scene, "SELECT * FROM goods");
    const auto between = scene.session();
    auto queued = std::async(std::launch::async, [&] { between->exec("LOCK TABLE goods"); });
    wait_until("somebody is queued before us", [&] {
      return scene.server("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " +
                          std::to_string(between->backend_pid())) == "1";
    });
    const auto seen = seen_waiting(scene, *session, "SELECT * FROM goods");
    REQUIRE(seen->holder);
    CHECK(seen->holder->pid == reader.pid());
    reader.work.abort();
    queued.get();
  }

  TEST_CASE("a session that is at work waits for nobody, and one that is gone is not found") {
    Scene scene;
    const auto watcher = scene.session();
    int gone = 0;
    {
      const auto session = scene.session();
      gone = session->backend_pid();
      auto works = std::async(std::launch::async, [&] { session->exec("SELECT pg_sleep(1)"); });
      std::optional<ServerWait> seen;
      wait_until("the work is seen", [&] {
        seen = look_at_wait(*watcher, gone);
        return seen && seen->kind != ServerWait::Kind::idle;
      });
      CHECK(seen->kind == ServerWait::Kind::work);
      works.get();
      wait_until("it waits for us",
                 [&] { return look_at_wait(*watcher, gone)->kind == ServerWait::Kind::idle; });
    }
    wait_until("it is gone", [&] { return !look_at_wait(*watcher, gone); });
  }

  TEST_CASE("behind a pooler settings stay with their statement, and the wait is found by name") {
    Scene scene;
    support::PgbouncerProcess pooler(scene.cluster, 1);
    const std::string url = pooler.url(scene.database, scene.role);
    const auto lifeline = std::make_shared<Lifeline>();
    const auto session = connect(options_for(url), lifeline);
    CHECK(lifeline->backend() == 0);
    session->exec("SELECT 1");
    session->transact("SELECT 1;");
    {
      Transaction transaction(*session, Queueing::brief);
      transaction.commit();
    }
    // There is only one backend, so that the neighbour has the one that we have used.
    pqxx::connection neighbour(url);
    pqxx::nontransaction work(neighbour);
    for (const auto& setting : {std::pair{"lock_timeout", "0"}, std::pair{"statement_timeout", "0"},
                                std::pair{"row_security", "on"}, std::pair{"jit", "on"},
                                std::pair{"idle_in_transaction_session_timeout", "0"}}) {
      INFO(setting.first);
      CHECK(work.exec(std::string("SHOW ") + setting.first)[0][0].as<std::string>() == setting.second);
    }
    Holder holder(scene, "LOCK TABLE goods");
    auto waits = std::async(std::launch::async, [&] { session->exec("TABLE goods"); });
    const auto watcher = scene.session();
    wait_until("the wait is seen", [&] {
      const auto seen = look_at_wait(*watcher, 0);
      return seen && seen->kind == ServerWait::Kind::lock && seen->table == "public.goods";
    });
    holder.work.abort();
    waits.get();
  }

  TEST_CASE("letting go of a stream is a call that can be seen and cut") {
    Scene scene;
    support::TcpRelay relay(scene.cluster.socket());
    const auto lifeline = std::make_shared<Lifeline>();
    const auto session = connect(options_for(relay.url(scene.database, scene.role)), lifeline);
    auto letting_go = std::async(std::launch::async, [&] {
      Transaction transaction(*session);
      session->stream("goods", {"id"}, "7\n");
      relay.stall(true);
    });
    wait_until("it waits for the server", [&] {
      const auto call = lifeline->waiting_call();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return call != 0 && call == lifeline->waiting_call();
    });
    lifeline->cut();
    CHECK(letting_go.wait_for(support::kPatience) == std::future_status::ready);
  }
}

}  // namespace sluice
