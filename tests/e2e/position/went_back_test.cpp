// The source restored from a backup, or exchanged for another file, under a running daemon and behind its
// back: diverged, nothing written, and a resync heals it. That every such restore is noticed is in
// cases/copies_test.cpp and cases/restored_test.cpp; here it is what heals, and the restores that look most
// like the history that Postgres knows.

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/position/stock.h"

namespace sluice::e2e {
namespace {

using std::filesystem::path;

void copy_over(const path& backup, const path& live) {
  std::filesystem::copy_file(backup, live, std::filesystem::copy_options::overwrite_existing);
}

void move_over(const path& backup, const path& live) {
  const path beside = live.string() + ".new";
  std::filesystem::copy_file(backup, beside);
  std::filesystem::rename(beside, live);
}

struct Way {
  std::string name;
  std::function<void(const path& backup, const path& live)> put_back;
};

const std::vector<Way> kWays{{"backup API", back_up}, {"cp", copy_over}, {"mv", move_over}};

/// A night's import: deletes, updates and new rows, the same each time it is run.
const std::string kImport =
    "DELETE FROM stock WHERE id % 10 = 0; UPDATE stock SET amount = amount * 2 WHERE id < 40;"
    "INSERT INTO stock SELECT id + 500, 'imported', id FROM stock WHERE id < 30;";

struct Scene {
  explicit Scene(const std::string& before_backup = "") : backup(mirror.source.folder() / "backup.db") {
    mirror.start();
    if (!before_backup.empty()) mirror.run(before_backup);
    must_flush(mirror.daemon);
    back_up(mirror.source.path(), backup);
  }

  void restore(const Way& way) {
    close_application(mirror);
    way.put_back(backup, mirror.source.path());
    open_application(mirror);
  }

  void heal() {
    const auto asked = mirror.daemon.ctl({"resync"});
    CHECK(asked.exit_code == 1);
    CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
    CHECK(mirror.differences_now() == "");
    mirror.run(added(3) + "DELETE FROM stock WHERE id = 2");
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("state") == "streaming");
  }

  Mirror mirror{kStock};
  path backup;
};

}  // namespace

TEST_CASE(
    "an older copy put back under the running daemon is healed by a resync, also when it is written to "
    "after") {
  for (const auto& way : kWays) {
    CAPTURE(way.name);
    Scene scene;
    scene.mirror.run(added(20) + "UPDATE stock SET label = 'lost' WHERE id < 5");
    must_flush(scene.mirror.daemon);
    scene.restore(way);
    expect_diverged(scene.mirror, "moved_back");
    scene.mirror.run(added(2) + "DELETE FROM stock WHERE id = 7");
    scene.heal();
  }
}

TEST_CASE("the same import run again after a restore is another history, entry for entry the same") {
  for (const bool running : {true, false}) {
    CAPTURE(running);
    Scene scene;
    scene.mirror.run(kImport);
    REQUIRE(scene.mirror.differences() == "");
    const std::string before = contents(scene.mirror, "stock");
    // The daemon looks when all is over; or it is started then.
    if (running) scene.mirror.daemon.signal(SIGSTOP);
    if (!running) scene.mirror.daemon.stop();
    scene.restore(kWays.front());
    scene.mirror.run(kImport);
    scene.mirror.run(added(1));
    if (running) scene.mirror.daemon.signal(SIGCONT);
    if (!running) scene.mirror.daemon.start();
    expect_diverged(scene.mirror, "different_history");
    CHECK(contents(scene.mirror, "stock") == before);
    // Had the row of the last change come over, nothing would tell: all else is equal by value.
    const auto found = resync(scene.mirror);
    CHECK(counts_of(found) == "stock 0 0 1;");
    CHECK(found.json.at("outcome") == "copied");
    CHECK(scene.mirror.differences() == "");
  }
}

TEST_CASE("another file in the known place is taken for the source only by a resync, under its own id") {
  for (const bool captured : {false, true}) {
    CAPTURE(captured);
    Scene scene;
    const std::string old_id = scene.mirror.server("SELECT source_id FROM sluice.pipeline");
    const std::string before = contents(scene.mirror, "stock");
    const path other = scene.mirror.source.folder() / "other.db";
    {
      SQLite::Database stranger(other, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      stranger.exec(
          "CREATE TABLE stock(id INTEGER PRIMARY KEY, label TEXT, amount INTEGER);"
          "INSERT INTO stock VALUES(1, 'l1', 1), (2, 'other', 2), (900, 'new', 3)");
    }
    if (captured) {
      support::DaemonProcess elsewhere(shop(other, "postgresql:///nowhere"));
      REQUIRE(elsewhere.ctl({"install"}).exit_code == 0);
    }
    close_application(scene.mirror);
    std::filesystem::rename(other, scene.mirror.source.path());
    open_application(scene.mirror);
    expect_diverged(scene.mirror, "another_file");
    CHECK(contents(scene.mirror, "stock") == before);
    CHECK(counts_of(resync(scene.mirror)) == "stock 1 98 1;");
    expect_diverged(scene.mirror, "another_file");
    CHECK(contents(scene.mirror, "stock") == before);
    scene.heal();
    const std::string id = scene.mirror.server("SELECT source_id FROM sluice.pipeline");
    CHECK(id != old_id);
    CHECK(id == scene.mirror.source.rows("SELECT source_id FROM _sluice_meta"));
  }
}

TEST_CASE("an emptied changelog is copied again by itself, unless that deletes much: then a resync agrees") {
  for (const std::string harm : {"DELETE FROM _sluice_changelog", "DROP TABLE _sluice_changelog"}) {
    CAPTURE(harm);
    Scene scene;
    scene.mirror.daemon.stop();
    scene.mirror.run("DELETE FROM stock WHERE id > 30;" + harm);
    scene.mirror.daemon.start();
    expect_diverged(scene.mirror, "resync_would_delete");
    CHECK(scene.mirror.server("SELECT count(*) FROM stock") == "100");
    open_application(scene.mirror);
    scene.heal();
  }
}

}  // namespace sluice::e2e
