// The changelog is a ring: what it has passed by is copied anew, and it never fills the disk.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/cases/asleep.h"
#include "tests/e2e/cases/backups.h"

namespace sluice::e2e {
namespace {

constexpr int kCapacity = 1000;
constexpr int kRows = 1000;
constexpr int kAtOnce = 100;

MirrorOptions small_ring() {
  MirrorOptions options;
  options.settings = "    changelog:\n      capacity: " + std::to_string(kCapacity) + "\n";
  return options;
}

std::string numbered(int count) {
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
         ")";
}

const std::string kMeters =
    "CREATE TABLE meter(id INTEGER PRIMARY KEY, label TEXT UNIQUE, reading INTEGER);" + numbered(kRows) +
    " INSERT INTO meter SELECT i, 'm' || i, i FROM n;";

/// So many changes, each row by row.
void change(Mirror& mirror, int count) {
  for (int i = 0; i < count / kAtOnce; ++i) {
    mirror.run("UPDATE meter SET reading = reading + 1 WHERE id <= " + std::to_string(kAtOnce));
  }
}

/// Of every kind, the first of which the ring forgets.
void overrun(Mirror& mirror) {
  mirror.run(
      "INSERT INTO meter VALUES(2000, 'new', 1); DELETE FROM meter WHERE id = 500;"
      "UPDATE meter SET id = -600 WHERE id = 600; INSERT OR REPLACE INTO meter(id, label) VALUES(700, "
      "'m701')");
  change(mirror, 3 * kCapacity);
}

int entries(Mirror& mirror) {
  return mirror.source.database().execAndGet("SELECT count(*) FROM _sluice_changelog").getInt();
}

int pages(Mirror& mirror) {
  return mirror.source.database().execAndGet("PRAGMA page_count").getInt();
}

std::int64_t rows_copied(Mirror& mirror) {
  return mirror.status().at("totals").at("rows_copied");
}

}  // namespace

TEST_CASE("case 29: the ring is overrun while the daemon is down") {
  Mirror mirror(kMeters, small_ring());
  mirror.start();
  mirror.daemon.stop();
  overrun(mirror);
  mirror.start();
  CHECK(mirror.differences() == "");
  CHECK(rows_copied(mirror) > 0);
  change(mirror, kAtOnce);
  CHECK(mirror.differences() == "");
  CHECK(mirror.status().at("state") == "streaming");
}

TEST_CASE("case 29: the ring is overrun under a daemon that does not get to look") {
  Mirror mirror(kMeters, small_ring());
  mirror.start();
  {
    const Asleep daemon(mirror);
    overrun(mirror);
  }
  CHECK(mirror.differences() == "");
  CHECK(rows_copied(mirror) > kRows);
  CHECK(mirror.status().at("state") == "streaming");
}

TEST_CASE("case 29: a ring that holds all that was missed is read, and nothing is copied") {
  Mirror mirror(kMeters, small_ring());
  mirror.start();
  mirror.daemon.stop();
  change(mirror, kCapacity);
  mirror.start();
  CHECK(mirror.differences() == "");
  CHECK(rows_copied(mirror) == 0);
}

TEST_CASE("case 29: the file stays small however long the daemon is down") {
  Mirror mirror(kMeters, small_ring());
  mirror.start();
  mirror.daemon.stop();
  const int before = pages(mirror);
  change(mirror, kCapacity);
  const int full = pages(mirror) - before;
  change(mirror, 20 * kCapacity);
  CHECK(entries(mirror) >= kCapacity);
  CHECK(entries(mirror) <= 2 * kCapacity);
  CHECK(pages(mirror) - before <= 2 * full);
}

TEST_CASE("case 29: so it does in a single transaction") {
  Mirror mirror(kMeters, small_ring());
  mirror.start();
  mirror.daemon.stop();
  mirror.run("BEGIN");
  change(mirror, 20 * kCapacity);
  mirror.run("COMMIT");
  CHECK(entries(mirror) <= 2 * kCapacity);
  mirror.start();
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 29: an overrun ring asks before many rows of the target are deleted") {
  Mirror mirror("CREATE TABLE meter(id INTEGER PRIMARY KEY, label TEXT UNIQUE, reading INTEGER);" +
                    numbered(5000) + " INSERT INTO meter SELECT i, 'm' || i, i FROM n;",
                small_ring());
  mirror.start();
  const std::string before = contents(mirror, "meter");
  mirror.daemon.stop();
  mirror.run("DELETE FROM meter WHERE id > 2000");
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "diverged");
  CHECK(mirror.status().at("error").at("code") == "resync_would_delete");
  CHECK(flush(mirror.daemon).status == 409);
  CHECK(contents(mirror, "meter") == before);

  // The owner says that SQLite is right.
  mirror.daemon.configure(shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role),
                               "      existing_rows: replace\n" + small_ring().settings));
  CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
  CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
  wait_for_state(mirror.daemon, "streaming");
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
