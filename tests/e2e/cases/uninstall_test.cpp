// After an uninstall the schema of the file reads as if we had never been there.

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {
namespace {

using support::SqliteFile;

/// Every kind of table, index, trigger and view, and spellings that a rewritten statement would lose.
const std::string kEverything = R"sql(
CREATE TABLE plain(id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'none', UNIQUE(name COLLATE NOCASE));
CREATE TABLE counted ( id integer primary key autoincrement , [a name] text,  -- with a remark
                       "b""q" REAL CHECK ("b""q" > 0 OR 1) );
CREATE TABLE pair(a INT, b TEXT COLLATE NOCASE, v, PRIMARY KEY(a, b DESC)) WITHOUT ROWID;
CREATE TABLE strict_one(id INTEGER PRIMARY KEY, v ANY, t TEXT) STRICT;
CREATE TABLE made(id INTEGER PRIMARY KEY, n INT, twice INT AS (n * 2) STORED, thrice INT AS (n * 3));
CREATE TABLE parent(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, code TEXT UNIQUE ON CONFLICT REPLACE);
CREATE TABLE child(id TEXT PRIMARY KEY, parent INTEGER REFERENCES parent(id) ON DELETE CASCADE
                   DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE keyless(v);
CREATE TABLE 'größe'(id INTEGER PRIMARY KEY, "wert ä" TEXT);
CREATE VIRTUAL TABLE papers USING fts5(title, body);
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
CREATE INDEX by_name ON plain(name DESC) WHERE name <> 'none';
CREATE UNIQUE INDEX by_lower ON plain(lower(name), id);
CREATE VIEW both AS SELECT plain.id, parent.code FROM plain LEFT JOIN parent USING(id);
CREATE TRIGGER noted AFTER INSERT ON plain WHEN NEW.id > 0 BEGIN INSERT INTO keyless VALUES(NEW.name); END;
CREATE TRIGGER through INSTEAD OF INSERT ON both BEGIN INSERT INTO parent VALUES(NEW.id, NEW.code); END;
INSERT INTO plain VALUES(1, 'one'), (2, 'two');
INSERT INTO counted("a name", "b""q") VALUES('x', 1.5), ('y', 2.5);
INSERT INTO pair VALUES(1, 'A', 1), (1, 'b', 2);
INSERT INTO parent VALUES(1, 'p'), (2, 'q');
INSERT INTO child VALUES('c', 1);
INSERT INTO papers VALUES('title', 'body');
ANALYZE;
)sql";

/// What an application's own migrations do, while we are there.
const std::string kMigrations = R"sql(
ALTER TABLE plain RENAME TO renamed;
ALTER TABLE counted ADD COLUMN later TEXT DEFAULT 'x';
ALTER TABLE counted RENAME COLUMN [a name] TO label;
ALTER TABLE made DROP COLUMN thrice;
ALTER TABLE parent RENAME TO elder;
PRAGMA legacy_alter_table = ON;
ALTER TABLE made RENAME TO built;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE fresh(id INTEGER PRIMARY KEY, v TEXT UNIQUE);
CREATE TRIGGER young BEFORE DELETE ON fresh BEGIN SELECT 1; END;
INSERT INTO fresh VALUES(1, 'v');
DROP TABLE strict_one;
DROP INDEX by_lower;
BEGIN;
CREATE TABLE pair_new(a INT, b TEXT, v TEXT, w INT, PRIMARY KEY(a, b));
INSERT INTO pair_new SELECT a, b, v, 7 FROM pair;
DROP TABLE pair;
ALTER TABLE pair_new RENAME TO pair;
CREATE INDEX pair_v ON pair(v);
COMMIT;
DELETE FROM renamed WHERE id = 2;
ANALYZE;
)sql";

const std::string kWritesAfter = "UPDATE fresh SET v = 'w'; INSERT INTO pair VALUES(5, 'e', 'v', 1); ANALYZE";

/// All of the schema, in its order, and what SQLite keeps beside it.
std::string schema_of(SqliteFile& source) {
  return source.rows("SELECT type, name, tbl_name, coalesce(sql, '-') FROM sqlite_schema ORDER BY rowid") +
         "\n" + source.rows("SELECT name, seq FROM sqlite_sequence ORDER BY name") + "\n" +
         source.rows("SELECT DISTINCT tbl FROM sqlite_stat1 ORDER BY tbl");
}

std::string our_names(SqliteFile& source) {
  return source.rows(
      "SELECT group_concat(name) FROM sqlite_schema WHERE name LIKE '%sluice%' OR tbl_name LIKE '%sluice%' "
      "OR "
      "sql LIKE '%sluice%'");
}

struct Form {
  std::string journal_mode;
  std::string encoding;
};

const std::vector<Form> kForms = {
    {"wal", "UTF-8"}, {"delete", "UTF-8"}, {"wal", "UTF-16le"}, {"delete", "UTF-16be"}};

/// A file of this form. The encoding is settled by the first table, so its pragma comes before the schema.
std::string schema_in(const Form& form) {
  return "PRAGMA encoding = '" + form.encoding + "';" + kEverything;
}
MirrorOptions options_in(const Form& form) {
  MirrorOptions options;
  options.journal_mode = form.journal_mode;
  return options;
}

void uninstall(Mirror& mirror) {
  const auto outcome = mirror.daemon.ctl({"uninstall", "--yes"});
  CHECK_MESSAGE(outcome.exit_code == 0, outcome.err);
  CHECK(outcome.out.find("capture taken out of") != std::string::npos);
}

/// Writes into one file, row by row, as long as it lives.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& file) : thread_([this, file] { work(file); }) {}
  ~Writer() { finish(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  int rows() const { return rows_; }

  /// Ends the work. What SQLite has refused, if anything.
  std::string finish() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
    return refused_;
  }

 private:
  void work(const std::filesystem::path& file) {
    try {
      SQLite::Database database = connect(file, 30'000);
      SQLite::Statement kept(database, "INSERT INTO child(id, parent) VALUES('w' || ?, 1)");
      while (!enough_) {
        kept.bind(1, rows_ + 1);
        kept.exec();
        kept.reset();
        database.exec("UPDATE plain SET name = 'number ' || " + std::to_string(rows_) + " WHERE id = 2");
        ++rows_;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // an application thinks
      }
    } catch (const std::exception& error) {
      refused_ = error.what();
    }
  }

  std::atomic<bool> enough_ = false;
  std::atomic<int> rows_ = 0;
  std::string refused_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("case 42: an uninstall leaves the schema byte for byte as it was, in every form of file") {
  bool running = false;
  SUBCASE("while the daemon runs") {
    running = true;
  }
  SUBCASE("after it has stopped") {
  }
  for (const auto& form : kForms) {
    CAPTURE(form.journal_mode);
    CAPTURE(form.encoding);
    Mirror mirror(schema_in(form), options_in(form));
    REQUIRE(mirror.source.rows("PRAGMA encoding") == form.encoding);
    const std::string before = schema_of(mirror.source);
    mirror.start();
    CHECK(mirror.differences() == "");
    CHECK(our_names(mirror.source) != "NULL");
    if (!running) mirror.daemon.stop();
    uninstall(mirror);
    if (running) wait_for_state(mirror.daemon, "stopped");
    CHECK(schema_of(mirror.source) == before);
    CHECK(our_names(mirror.source) == "NULL");
    CHECK(mirror.source.rows("PRAGMA integrity_check") == "ok");
    CHECK(mirror.source.rows("PRAGMA journal_mode") == form.journal_mode);
    mirror.run(
        "INSERT INTO plain VALUES(9, 'nine'); INSERT INTO both VALUES(9, 'n'); DELETE FROM parent WHERE id = "
        "1");
  }
}

TEST_CASE("case 42: after migrations under capture the schema is what it would be without us") {
  bool running = false;
  SUBCASE("of which the daemon has learned") {
    running = true;
  }
  SUBCASE("of which the daemon knows nothing") {
  }
  for (const auto& form : kForms) {
    CAPTURE(form.journal_mode);
    CAPTURE(form.encoding);
    SqliteFile never_captured(form.journal_mode);
    never_captured.exec(schema_in(form) + kMigrations + kWritesAfter);
    Mirror mirror(schema_in(form), options_in(form));
    mirror.start();
    if (!running) mirror.daemon.stop();
    mirror.run(kMigrations);
    if (running) flush(mirror.daemon);  // which may well halt at a table that was dropped or renamed
    mirror.run(kWritesAfter);
    uninstall(mirror);
    CHECK(schema_of(mirror.source) == schema_of(never_captured));
    CHECK(our_names(mirror.source) == "NULL");
    CHECK(mirror.source.rows("PRAGMA integrity_check") == "ok");
  }
}

TEST_CASE("case 42: an application that writes on during the uninstall is not refused, and loses nothing") {
  for (const std::string mode : {"wal", "delete"}) {
    CAPTURE(mode);
    MirrorOptions options;
    options.journal_mode = mode;
    Mirror mirror(kEverything, options);
    const std::string before = schema_of(mirror.source);
    mirror.start();
    Writer writer(mirror.source.path());
    const auto more_rows = [&writer] {
      support::wait_until("the application has gone on",
                          [&, until = writer.rows() + 20] { return writer.rows() >= until; });
    };
    more_rows();
    uninstall(mirror);
    more_rows();
    CHECK(writer.finish() == "");
    CHECK(our_names(mirror.source) == "NULL");
    CHECK(schema_of(mirror.source) == before);
    CHECK(mirror.source.rows("SELECT count(*) FROM child WHERE id LIKE 'w%'") ==
          std::to_string(writer.rows()));
  }
}

}  // namespace sluice::e2e
