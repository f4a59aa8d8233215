// Copies under way: the daemon is killed again and again at random moments while an application writes all
// over the tables. Each copy comes to its end, never starts over, and both sides are equal.

#include <doctest/doctest.h>

#include <pqxx/pqxx>
#include <random>

#include "tests/e2e/cases/mirror.h"
#include "tests/e2e/copy/english_server.h"
#include "tests/e2e/copy/patient_writer.h"
#include "tests/e2e/copy/shapes.h"
#include "tests/e2e/scene.h"
#include "tests/support/compare.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;
using support::wait_until;

constexpr int kRows = 2500;
constexpr int kForeign = 200;
constexpr int kKills = 6;
/// Small batches, so that a copy takes many steps.
constexpr const char* kSmallBatches = "    apply: {max_batch_changes: 250}\n";

/// A step of a copy is written down by the server itself, in the transaction that takes it.
const std::string kNotes =
    "CREATE TABLE public.steps (number bigserial, source_table text, phase text, rows_copied bigint);"
    "CREATE FUNCTION public.note_step() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN INSERT INTO public.steps (source_table, phase, rows_copied) VALUES (NEW.source_table, NEW.phase,"
    " NEW.rows_copied); RETURN NULL; END';"
    "CREATE TRIGGER note_step AFTER INSERT OR UPDATE ON sluice.table_copy FOR EACH ROW EXECUTE FUNCTION"
    " public.note_step(); ALTER TABLE sluice.table_copy ENABLE ALWAYS TRIGGER note_step";

const std::string kWentBack =
    "SELECT coalesce(string_agg(source_table, ' '), 'none') FROM (SELECT source_table, rows_copied <"
    " lag(rows_copied) OVER history OR phase = 'pending' AND lag(phase) OVER history <> 'pending' AS back"
    " FROM steps WINDOW history AS (PARTITION BY source_table ORDER BY number)) AS moves WHERE back";

const std::string kIsForeign = "note ~ '^old' AND substr(note, 5)::int > " + std::to_string(kRows - kForeign);

struct CopyOptions {
  std::string journal_mode = "wal";
  std::string role = PostgresCluster::kReplicaOwner;
  std::string settings = "";  ///< more lines under the target
};

/// A file with a table of every shape, and its database, with those tables that Sluice would make otherwise.
struct Copy {
  explicit Copy(const CopyOptions& options)
      : role(options.role),
        database(cluster.create_database(role)),
        source(options.journal_mode),
        daemon(shop(source.path(), cluster.url(database, role), options.settings + kSmallBatches)) {
    server(kCollations);
    for (const Shape& shape : tables) {
      source.exec("BEGIN;" + shape.source_ddl() + shape.fill(kRows) + "COMMIT");
      if (!shape.by_sluice) server(shape.target_ddl());
    }
  }

  /// Leaves tables on the server that hold rows, of which Sluice remembers nothing: most are equal, some
  /// differ, some are missing, and the last kForeign are only there.
  void fill_target() {
    daemon.start();
    must_flush(daemon);
    daemon.stop();
    server("DROP SCHEMA sluice CASCADE");
    for (const Shape& shape : tables) {
      source.exec(shape.remove_all(kRows - kForeign + 1, kRows));
      server("DELETE FROM " + shape.table + " WHERE NOT (" + kIsForeign + ") AND note ~ '7$'");
      server("UPDATE " + shape.table + " SET amount = -amount WHERE note ~ '3$'");
    }
  }

  /// How many of the rows that were only there still are, by table.
  std::string foreign_rows() const {
    std::string list;
    for (const Shape& shape : tables)
      list += server("SELECT count(*) FROM " + shape.table + " WHERE " + kIsForeign) + " ";
    return list;
  }
  void delete_foreign_rows() const {
    for (const Shape& shape : tables) server("DELETE FROM " + shape.table + " WHERE " + kIsForeign);
  }

  std::string server(const std::string& sql) const { return cluster.psql(database, sql, role); }
  /// Over a connection of its own that stays, so that a look is quick.
  std::int64_t steps() {
    pqxx::nontransaction look(watcher);
    return look.exec("SELECT count(*) FROM steps")[0][0].as<std::int64_t>();
  }

  /// Starts the daemon, and has the steps of its copies written down from the beginning.
  void begin() {
    daemon.start();
    wait_until("the state schema is there",
               [&] { return server("SELECT to_regclass('sluice.table_copy') IS NULL") == "f"; });
    server(kNotes);
  }

  /// Was the copy still under way? Where the machine is slow it may be over before that is seen.
  bool kill_at_random(std::mt19937& random) {
    const auto goal = steps() + 1 + static_cast<std::int64_t>(random() % 6);
    wait_until("the copy has gone on", [&] { return steps() >= goal; });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 10'000));
    daemon.kill();
    const bool in_time = server("SELECT count(*) FROM sluice.table_copy WHERE phase = 'streaming'") !=
                         std::to_string(tables.size());
    daemon.launch();
    return in_time;
  }

  std::string differences() {
    std::string list;
    for (const Shape& shape : tables)
      list += support::listed_differences(source, cluster, database, {shape.table, "", shape.columns});
    return list;
  }

  PostgresCluster& cluster = english_server();
  std::vector<Shape> tables = shapes();
  std::string role;
  std::string database;
  support::SqliteFile source;
  support::DaemonProcess daemon;
  pqxx::connection watcher{cluster.url(database, role)};
};

void kill_through(Copy& copy, const Statements& statements = kEveryStatement) {
  const unsigned seed = announced_seed("killed copy");
  std::mt19937 random(seed);
  copy.begin();
  PatientWriter writer(copy.source.path(), copy.tables, kRows - kForeign, seed, statements);
  int kills = 0;
  while (kills < kKills && copy.kill_at_random(random)) ++kills;
  CHECK(kills >= kKills / 2);
  wait_for_state(copy.daemon, "streaming");
  CHECK(writer.finish() == "");
  must_flush(copy.daemon);
  MESSAGE(kills << " kills in " << copy.steps() << " steps under " << writer.transactions()
                << " transactions, the longest wait for a lock " << writer.longest_wait().count() << " ms");
  CHECK(writer.longest_wait() < std::chrono::seconds(2));
  CHECK(copy.server(kWentBack) == "none");
}

TEST_SUITE_BEGIN("copy");

TEST_CASE("a copy killed again and again beside a writer goes on where it was, whatever the keys' order") {
  Copy copy({});
  kill_through(copy);
  CHECK(copy.differences() == "");
}

TEST_CASE(
    "so does one of a file in a rollback-journal mode, in ordinary mode, and the writer never waits long") {
  Copy copy({.journal_mode = "delete", .role = PostgresCluster::kOwner, .settings = ""});
  kill_through(copy);
  CHECK(copy.differences() == "");
}

TEST_CASE("a copy into tables that hold rows, killed again and again, makes them equal") {
  Copy copy({.settings = "      existing_rows: replace\n"});
  copy.fill_target();
  kill_through(copy);
  CHECK(copy.differences() == "");
}

TEST_CASE("one that keeps what only the server has changes nothing of that") {
  Copy copy({.journal_mode = "delete", .settings = "      existing_rows: merge\n"});
  copy.fill_target();
  kill_through(copy, kWrites);
  CHECK(copy.foreign_rows() == "200 200 200 200 200 200 200 200 200 ");
  copy.delete_foreign_rows();
  CHECK(copy.differences() == "");
}

TEST_CASE(
    "a key column without a type is walked through all storage classes; what can't be a key is held back") {
  Mirror mirror(
      "CREATE TABLE things (id PRIMARY KEY NOT NULL, note TEXT);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
      " INSERT INTO things SELECT 'thing ' || i, i FROM n;"
      "INSERT INTO things VALUES (-7, 'integer'), (8, 'integer'), (2.5, 'real'), (x'00', 'blob'), (x'ff', "
      "'blob')",
      {.settings = kSmallBatches + std::string("    on_error: quarantine\n")});
  mirror.server("CREATE TABLE things (id text PRIMARY KEY, note text)");
  mirror.start();
  const std::string all = "SELECT id, note FROM things";
  CHECK(mirror.status().at("quarantined") == 5);
  CHECK(mirror.source.rows(all + " WHERE typeof(id) = 'text' ORDER BY note") ==
        mirror.server(all + " ORDER BY note COLLATE \"C\""));
}

TEST_CASE("rows whose parents are gone, as SQLite had tolerated, are copied all the same") {
  for (const char* role : {PostgresCluster::kOwner, PostgresCluster::kReplicaOwner}) {
    CAPTURE(role);
    Mirror mirror(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES people (id));"
        "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES people (id));"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)"
        " INSERT INTO people SELECT i, 601 - i FROM n;"
        "INSERT INTO pets SELECT id, id + 5 FROM people; UPDATE people SET boss = 9999 WHERE id = 300",
        {.settings = kSmallBatches, .role = role});
    mirror.start();
    CHECK(mirror.differences_now() == "");
  }
}

TEST_SUITE_END();

}  // namespace
}  // namespace sluice::e2e
