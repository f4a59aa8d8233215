// Copies of the file, made while all goes on and put back over it; and what others do to our tables in it.

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/cases/asleep.h"
#include "tests/e2e/cases/backups.h"
#include "tests/e2e/cases/load.h"

namespace sluice::e2e {
namespace {

using std::filesystem::path;

const std::string kStock =
    "CREATE TABLE stock(id INTEGER PRIMARY KEY, label TEXT UNIQUE, amount INTEGER);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    " INSERT INTO stock SELECT i, 'l' || i, i FROM n;";

/// So many changes of one entry each.
std::string changes(int count) {
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
         ") INSERT INTO stock(amount) SELECT i FROM n;";
}

struct Way {
  std::string name;
  std::function<void(const path& backup, const path& live)> put_back;
};

void dump_and_load(const path& from, const path& to) {
  const std::string load = "sqlite3 '" + from.string() + "' .dump | sqlite3 -bail '" + to.string() + "'";
  const auto outcome = support::run({.arguments = {"sh", "-c", load}});
  REQUIRE(outcome.err == "");
}

void copy_over(const path& backup, const path& live) {
  std::filesystem::copy_file(backup, live, std::filesystem::copy_options::overwrite_existing);
}

void move_over(const path& backup, const path& live) {
  const path beside = live.string() + ".new";
  std::filesystem::copy_file(backup, beside);
  std::filesystem::rename(beside, live);
}

void load_and_move_over(const path& backup, const path& live) {
  const path loaded = live.string() + ".loaded";
  dump_and_load(backup, loaded);
  std::filesystem::rename(loaded, live);
}

const std::vector<Way> kWays{{"the backup API over the live file", back_up},
                             {"cp over the live file", copy_over},
                             {"mv over the live file", move_over},
                             {".dump loaded into a fresh file", load_and_move_over}};

struct Scene {
  Scene() : mirror(kStock), backup(mirror.source.folder() / "backup.db") { mirror.start(); }

  void take_backup() const { back_up(mirror.source.path(), backup); }

  void put_back(const Way& way, const std::string& then = {}) {
    close_application(mirror);
    way.put_back(backup, mirror.source.path());
    open_application(mirror);
    if (!then.empty()) mirror.run(then);
  }

  Mirror mirror;
  path backup;
};

void with_every_way(const std::function<void(const Way& way, bool running)>& check) {
  for (const auto& way : kWays) {
    for (const bool running : {true, false}) {
      CAPTURE(way.name);
      CAPTURE(running);
      check(way, running);
    }
  }
}

void check_diverges(const Way& way, bool running, const std::string& then,
                    const std::set<std::string>& codes) {
  Scene scene;
  scene.take_backup();
  scene.mirror.run(changes(30));
  REQUIRE(scene.mirror.differences() == "");
  const std::string before = contents(scene.mirror, "stock");
  if (!running) scene.mirror.daemon.stop();
  scene.put_back(way, then);
  if (!running) scene.mirror.daemon.start();

  wait_for_state(scene.mirror.daemon, "diverged");
  CHECK(codes.contains(scene.mirror.status().at("error").at("code").get<std::string>()));
  CHECK(flush(scene.mirror.daemon).status == 409);
  CHECK(contents(scene.mirror, "stock") == before);
}

const std::string kUnread =
    "INSERT OR REPLACE INTO stock(label, amount) VALUES('l50', -1); DELETE FROM stock WHERE id = 60;"
    "UPDATE stock SET amount = -2 WHERE id > 990; UPDATE stock SET id = 5000 WHERE id = 70;";

/// Does something to the file while the daemon does not look.
using Away = std::function<void(const std::function<void()>&)>;

/// Whatever happens to the file then is noticed at the next look and heals by itself.
void with_daemon_running_or_down(const std::function<void(Mirror&, const Away&)>& check) {
  for (const bool running : {true, false}) {
    CAPTURE(running);
    Mirror mirror(kStock);
    mirror.start();
    check(mirror, [&](const std::function<void()>& disturb) {
      if (running) {
        const Asleep daemon(mirror);
        disturb();
      } else {
        mirror.daemon.stop();
        disturb();
        mirror.daemon.start();
      }
    });
    CHECK(mirror.differences() == "");
    mirror.run(changes(5) + "DELETE FROM stock WHERE id = 5; UPDATE stock SET amount = 7 WHERE id = 6");
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("state") == "streaming");
  }
}

std::vector<std::string> our_triggers(Mirror& mirror) {
  std::vector<std::string> names;
  SQLite::Statement rows(mirror.source.database(),
                         "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name GLOB '_sluice_*'");
  while (rows.executeStep()) names.emplace_back(rows.getColumn(0).getText());
  return names;
}

MirrorOptions replacing() {
  MirrorOptions options;
  options.settings = "      existing_rows: replace\n";  // a line of `target`, which ends the text before
  return options;
}

}  // namespace

TEST_CASE("case 27: an older copy is put back: diverged, and nothing is written") {
  with_every_way([](const Way& way, bool running) { check_diverges(way, running, "", {"moved_back"}); });
}

TEST_CASE("case 27: an older copy is put back and written to past the old number") {
  with_every_way([](const Way& way, bool running) {
    const std::set<std::string> codes = running ? std::set<std::string>{"moved_back", "different_history"}
                                                : std::set<std::string>{"different_history"};
    check_diverges(way, running, changes(50), codes);
  });
}

TEST_CASE("case 27: a copy of the newest state is put back, and all goes on") {
  with_every_way([](const Way& way, bool running) {
    Scene scene;
    scene.mirror.run(changes(30));
    REQUIRE(scene.mirror.differences() == "");
    scene.take_backup();
    if (!running) scene.mirror.daemon.stop();
    scene.put_back(way);
    if (!running) scene.mirror.daemon.start();
    CHECK(scene.mirror.differences() == "");
    scene.mirror.run(changes(5) +
                     "INSERT OR REPLACE INTO stock(label) VALUES('l7'); DELETE FROM stock WHERE id = 9");
    CHECK(scene.mirror.differences() == "");
  });
}

TEST_CASE("case 27: an older copy is put back before anything newer was applied, and all goes on") {
  for (const auto& way : kWays) {
    CAPTURE(way.name);
    Scene scene;
    scene.mirror.run(changes(10));
    REQUIRE(scene.mirror.differences() == "");
    scene.mirror.daemon.stop();
    scene.mirror.run(changes(3));
    scene.take_backup();
    scene.mirror.run(changes(30));
    scene.put_back(way, changes(4));
    scene.mirror.daemon.start();
    CHECK(scene.mirror.differences() == "");
  }
}

TEST_CASE("case 27: a diverged pipeline goes on once the newer file is back") {
  Scene scene;
  scene.take_backup();
  scene.mirror.run(changes(30));
  REQUIRE(scene.mirror.differences() == "");
  const path newer = scene.mirror.source.folder() / "newer.db";
  back_up(scene.mirror.source.path(), newer);
  scene.put_back(kWays.front());
  wait_for_state(scene.mirror.daemon, "diverged");

  scene.backup = newer;
  scene.put_back(kWays.front(), changes(3));
  CHECK(scene.mirror.daemon.ctl({"retry"}).exit_code == 0);
  wait_for_state(scene.mirror.daemon, "streaming");
  CHECK(scene.mirror.differences() == "");
}

TEST_CASE("case 27: another file in the place of the old one is not taken for it") {
  for (const bool running : {true, false}) {
    CAPTURE(running);
    Scene scene;
    const std::string before = contents(scene.mirror, "stock");
    if (!running) scene.mirror.daemon.stop();
    close_application(scene.mirror);
    const path another = scene.mirror.source.folder() / "another.db";
    SQLite::Database(another, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE stock(id INTEGER PRIMARY KEY, label TEXT UNIQUE, amount INTEGER)");
    std::filesystem::rename(another, scene.mirror.source.path());
    if (!running) scene.mirror.daemon.start();
    wait_for_state(scene.mirror.daemon, "diverged");
    CHECK(contents(scene.mirror, "stock") == before);
  }
}

TEST_CASE("case 27: a file that is empty for a moment, as while cp fills it, is left alone") {
  Scene scene;
  scene.take_backup();
  close_application(scene.mirror);
  const path live = scene.mirror.source.path();
  std::filesystem::resize_file(live, 0);
  support::wait_until("the daemon has noticed it", [&] {
    const auto status = scene.mirror.status();
    return status.is_object() && status.at("state") != "streaming";
  });
  CHECK(std::filesystem::file_size(live) == 0);
  copy_over(scene.backup, live);
  open_application(scene.mirror);
  CHECK(scene.mirror.daemon.ctl({"retry"}).exit_code == 0);
  wait_for_state(scene.mirror.daemon, "streaming");
  scene.mirror.run(changes(3));
  CHECK(scene.mirror.differences() == "");
}

TEST_CASE("case 27: a file that is away for a while halts the pipeline, which goes on when it is back") {
  Scene scene;
  close_application(scene.mirror);
  const path aside = scene.mirror.source.folder() / "aside.db";
  std::filesystem::rename(scene.mirror.source.path(), aside);
  wait_for_state(scene.mirror.daemon, "halted");
  CHECK(scene.mirror.status().at("error").at("code") == "source_missing");
  std::filesystem::rename(aside, scene.mirror.source.path());
  open_application(scene.mirror);
  scene.mirror.run(changes(3));
  CHECK(scene.mirror.differences() == "");
}

TEST_CASE("case 27: VACUUM, with the daemon running and down") {
  for (const std::string mode : {"wal", "delete"}) {
    CAPTURE(mode);
    MirrorOptions options;
    options.journal_mode = mode;
    Mirror mirror(kStock, options);
    mirror.start();
    mirror.run("DELETE FROM stock WHERE id % 3 = 0; VACUUM;" + changes(5));
    CHECK(mirror.differences() == "");
    mirror.daemon.stop();
    mirror.run("DELETE FROM stock WHERE id % 3 = 1; VACUUM;" + changes(5));
    mirror.daemon.start();
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("case 27: a copy captures into itself and does not disturb the original") {
  const std::vector<Way> ways{{"VACUUM INTO",
                               [](const path& live, const path& copy) {
                                 connect(live, 5000).exec("VACUUM INTO '" + copy.string() + "'");
                               }},
                              {"backup API", back_up},
                              {".dump", dump_and_load}};
  for (const auto& way : ways) {
    CAPTURE(way.name);
    Scene scene;
    const path copy = scene.mirror.source.folder() / "copy.db";
    way.put_back(scene.mirror.source.path(), copy);
    const auto applied = must_flush(scene.mirror.daemon).at("position");
    auto application = connect(copy, 5000);
    const auto noted = [&] {
      return application.execAndGet("SELECT count(*) FROM _sluice_changelog").getInt();
    };
    const int at_first = noted();
    application.exec("UPDATE stock SET amount = -1 WHERE id <= 10; DELETE FROM stock WHERE id = 11");
    CHECK(noted() == at_first + 11);
    CHECK(scene.mirror.differences() == "");
    CHECK(must_flush(scene.mirror.daemon).at("position") == applied);
    scene.mirror.run(changes(5));
    CHECK(scene.mirror.differences() == "");
  }
}

TEST_CASE("case 28: the changelog is emptied") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    away([&] { mirror.run(kUnread + "DELETE FROM _sluice_changelog"); });
  });
}

TEST_CASE("case 28: the changelog is emptied and written to since") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    away([&] { mirror.run(kUnread + "DELETE FROM _sluice_changelog;" + changes(40)); });
  });
}

TEST_CASE("case 28: unread entries are missing in the midst of the changelog") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    away([&] {
      mirror.run(kUnread +
                 "DELETE FROM _sluice_changelog WHERE seq = (SELECT max(seq) FROM _sluice_changelog) - 2;" +
                 changes(3));
    });
  });
}

TEST_CASE("case 28: all of our tables are dropped") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    away([&] {
      mirror.run(kUnread + "DROP TABLE _sluice_changelog; DROP TABLE _sluice_table; DROP TABLE _sluice_meta");
    });
  });
}

TEST_CASE("case 28: the changelog alone is dropped") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    away([&] { mirror.run(kUnread + "DROP TABLE _sluice_changelog"); });
  });
}

TEST_CASE("case 28: sqlite_sequence is wiped") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    mirror.run(
        "CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);"
        "INSERT INTO counted(name) VALUES('a'), ('b'); DELETE FROM counted WHERE id = 2");
    CHECK(mirror.differences() == "");
    away([&] { mirror.run("DELETE FROM sqlite_sequence; INSERT INTO counted(name) VALUES('c')"); });
  });
}

TEST_CASE("case 28: a trigger is dropped and changes go by unseen") {
  for (const std::string trigger : {"_sluice_1_i", "_sluice_1_d", "_sluice_1_pi"}) {
    CAPTURE(trigger);
    with_daemon_running_or_down([&](Mirror& mirror, const Away& away) {
      away([&] { mirror.run("DROP TRIGGER " + trigger + ";" + kUnread); });
    });
  }
}

TEST_CASE("case 28: all triggers are dropped") {
  with_daemon_running_or_down([](Mirror& mirror, const Away& away) {
    away([&] {
      for (const auto& trigger : our_triggers(mirror)) mirror.run("DROP TRIGGER " + trigger);
      mirror.run(kUnread);
    });
  });
}

TEST_CASE("case 28: a trigger is edited out of the schema, whose version stays") {
  for (const std::string edit : {"DELETE FROM sqlite_schema WHERE name = '_sluice_1_u'",
                                 "UPDATE sqlite_schema SET sql = replace(sql, 'BEGIN', 'WHEN 0 BEGIN')"
                                 " WHERE name = '_sluice_1_d'"}) {
    CAPTURE(edit);
    with_daemon_running_or_down([&](Mirror& mirror, const Away& away) {
      away([&] {
        const auto version = mirror.source.rows("PRAGMA schema_version");
        mirror.run("PRAGMA writable_schema = ON;" + edit + "; PRAGMA writable_schema = OFF");
        open_application(mirror);
        mirror.run(kUnread);
        CHECK(mirror.source.rows("PRAGMA schema_version") == version);
      });
    });
  }
}

TEST_CASE("case 28: writes that fail after the changelog is dropped do so for less than a second") {
  Mirror mirror(kStock);
  mirror.start();
  Load load(mirror.source.path(), [](SQLite::Database& database, int turn) {
    const std::string newest = database.execAndGet("SELECT max(id) FROM stock").getString();
    return "INSERT INTO stock(amount) VALUES(" + std::to_string(turn) +
           "); UPDATE stock SET amount = -1 WHERE id = " + newest;
  });
  load.go_on_for(20);
  mirror.run("DROP TABLE _sluice_changelog");
  const auto dropped = std::chrono::steady_clock::now();
  load.go_on_for(20);
  const std::string refused = load.finish();
  CHECK((refused.empty() || refused == "no such table: main._sluice_changelog"));
  CHECK(load.last_refusal() - dropped < std::chrono::seconds(1));
  MESSAGE(
      "writes were refused for "
      << (refused.empty()
              ? 0
              : std::chrono::duration_cast<std::chrono::milliseconds>(load.last_refusal() - dropped).count())
      << " ms");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 28: a dropped changelog is put back by sluicectl install, without a daemon") {
  Mirror mirror(kStock);
  mirror.start();
  mirror.daemon.stop();
  mirror.run(kUnread + "DROP TABLE _sluice_changelog");
  CHECK(mirror.attempt(changes(1)) == "no such table: main._sluice_changelog");
  CHECK(mirror.daemon.ctl({"install"}).exit_code == 0);
  open_application(mirror);
  mirror.run(changes(5));
  mirror.start();
  CHECK(mirror.differences() == "");
  CHECK(mirror.status().at("state") == "streaming");
}

TEST_CASE("case 28: after the changelog is dropped, sluicectl uninstall sets the application free") {
  Mirror mirror(kStock, replacing());
  mirror.start();
  mirror.daemon.stop();
  mirror.run(kUnread + "DROP TABLE _sluice_changelog");
  CHECK(mirror.daemon.ctl({"uninstall", "--target", "--yes"}).exit_code == 0);
  CHECK(mirror.source.rows("SELECT name FROM sqlite_schema WHERE name GLOB '_sluice_*'") == "");
  mirror.run(changes(5));
  mirror.start();
  CHECK(mirror.differences() == "");
}

TEST_CASE("a target table that somebody drops, or makes anew, is copied again") {
  Mirror mirror(kStock);
  mirror.start();
  mirror.server("DROP TABLE stock");
  CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
  CHECK(mirror.differences() == "");
  mirror.daemon.stop();
  mirror.server("DROP TABLE stock; CREATE TABLE stock(id bigint PRIMARY KEY, label text, amount bigint)");
  mirror.daemon.start();
  CHECK(mirror.differences() == "");
}

TEST_CASE("what an overrun would delete is asked about, also after a column was added") {
  MirrorOptions options;
  options.settings = "    changelog:\n      capacity: 5\n";
  Mirror mirror(
      "CREATE TABLE log(id INTEGER PRIMARY KEY, text TEXT);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
      " INSERT INTO log SELECT i, 'row' FROM n",
      options);
  mirror.start();
  mirror.daemon.stop();
  mirror.run("DELETE FROM log WHERE id > 10");
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "diverged");
  mirror.run("ALTER TABLE log ADD COLUMN kind INTEGER DEFAULT 3");
  mirror.daemon.stop();
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "diverged");
  CHECK(mirror.status().at("error").at("code") == "resync_would_delete");
  CHECK(mirror.server("SELECT count(*) FROM log") == "3000");
}

}  // namespace sluice::e2e
