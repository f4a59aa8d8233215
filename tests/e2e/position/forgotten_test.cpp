// What Sluice remembers on the server is gone: that is a first start, and the rules for rows that were there
// before apply.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/e2e/position/stock.h"

namespace sluice::e2e {
namespace {

const std::vector<std::string> kLosses{"DROP SCHEMA sluice CASCADE", "DELETE FROM sluice.pipeline"};

/// The daemon finds it gone at the next change, or at its next start.
void forget(Mirror& mirror, const std::string& loss, bool running) {
  if (!running) mirror.daemon.stop();
  mirror.server(loss);
  if (running) mirror.run(added(1));
  if (!running) mirror.daemon.start();
}

}  // namespace

TEST_CASE("where every row is in the source and equal, all goes on by itself") {
  for (const auto& loss : kLosses) {
    for (const bool running : {true, false}) {
      CAPTURE(loss);
      CAPTURE(running);
      Mirror mirror(kStock);
      mirror.start();
      mirror.run(added(5));
      must_flush(mirror.daemon);
      forget(mirror, loss, running);
      support::wait_until("the pipeline is remembered again", [&] {
        if (running) mirror.run(added(1));  // a change is what a halted pipeline looks again for
        return mirror.server("SELECT to_regclass('sluice.pipeline') IS NOT NULL") == "t" &&
               mirror.server("SELECT count(*) FROM sluice.table_copy WHERE phase = 'streaming'") == "1";
      });
      CHECK(mirror.differences() == "");
      mirror.run("DELETE FROM stock WHERE id = 3;" + added(2));
      CHECK(mirror.differences() == "");
      CHECK(mirror.status().at("state") == "streaming");
    }
  }
}

TEST_CASE(
    "what is taken from the state under a running daemon is made anew at the next change, without a halt") {
  for (const std::string loss : {"DROP SCHEMA sluice CASCADE", "DROP TABLE sluice.quarantine",
                                 "DROP FUNCTION sluice.refuse_duplicates", "DROP FUNCTION sluice.advance"}) {
    CAPTURE(loss);
    Mirror mirror(kStock);
    mirror.start();
    mirror.server(loss);
    mirror.run(added(2));
    CHECK(mirror.differences() == "");
    CHECK(mirror.status().at("state") == "streaming");
    CHECK(mirror.daemon.log().find("state=halted") == std::string::npos);
  }
}

TEST_CASE("state that is another under a running daemon is named as damaged, and the remedy helps") {
  for (const std::string damage :
       {"DROP TABLE sluice.pipeline CASCADE",
        "ALTER TABLE sluice.pipeline ALTER COLUMN position TYPE bytea USING 'x'"}) {
    CAPTURE(damage);
    Mirror mirror(kStock);
    mirror.start();
    mirror.server(damage);
    mirror.run(added(2));
    wait_for_state(mirror.daemon, "halted");
    CHECK(error_code(mirror) == "state_damaged");
    CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("where rows differ, nothing is written before somebody agrees, and a resync says how many") {
  for (const auto& loss : kLosses) {
    CAPTURE(loss);
    Mirror mirror(kStock);
    mirror.start();
    mirror.daemon.stop();
    // Unread changes, whose positions nobody knows any more.
    mirror.run("DELETE FROM stock WHERE id < 4; UPDATE stock SET amount = -1 WHERE id = 50;" + added(2));
    const std::string before = contents(mirror, "stock");
    mirror.server(loss);
    mirror.daemon.start();
    wait_for_state(mirror.daemon, "halted");
    CHECK(error_code(mirror) == "existing_rows");
    CHECK(contents(mirror, "stock") == before);
    CHECK(counts_of(resync(mirror)) == "stock 1 3 2;");
    CHECK(contents(mirror, "stock") == before);
    CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("under replace the tables are made equal without a question") {
  MirrorOptions options;
  options.settings = "      existing_rows: replace\n";
  Mirror mirror(kStock, options);
  mirror.start();
  mirror.daemon.stop();
  mirror.run("DELETE FROM stock WHERE id < 4");
  mirror.server(kLosses.front());
  mirror.daemon.start();
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
