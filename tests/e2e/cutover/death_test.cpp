// Sudden death, of the daemon or of its connection, at every step of a cutover: the pipeline goes on as
// before, or it is finished, and no row that SQLite has acknowledged is missing.

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "tests/e2e/cutover/mover.h"

namespace sluice::e2e {
namespace {

using Wait = Mover::Wait;

/// Begins a cutover whose last change comes while the file is locked, and waits until it is held up there.
std::future<support::HttpAnswer> cut_over_into(Mover& shop, Wait wait, const std::string& body = "{}") {
  shop.hold_up(wait);
  auto writer = connect(shop.source.path(), 10'000);
  writer.exec("BEGIN IMMEDIATE; INSERT INTO goods (name) VALUES ('last')");
  auto answer = shop.cut_over_meanwhile(body);
  support::wait_until("the daemon waits for the lock",
                      [&] { return shop.daemon.log().find("name=lock") != std::string::npos; });
  writer.exec("COMMIT");
  shop.wait_until_held_up();
  return answer;
}

/// Does a writer that does not wait find the file locked?
bool is_locked(const Mover& shop) {
  auto writer = connect(shop.source.path(), 0);
  return writer.tryExec("BEGIN IMMEDIATE") == SQLITE_BUSY;
}

void goes_on_as_before(Mover& shop) {
  CHECK_FALSE(shop.fenced());
  CHECK_FALSE(shop.finished_on_server());
  shop.run("INSERT INTO goods (name) VALUES ('and on')");
  CHECK(shop.differences() == "");
  CHECK(shop.state() == "streaming");
  CHECK(shop.server("SELECT count(*) FROM goods WHERE name = 'last'") == "1");
  shop.must_cut_over();
  CHECK(shop.state() == "finished");
  CHECK(shop.attempt("DELETE FROM goods") == kHasMoved);
}

void is_finished(Mover& shop) {
  wait_for_state(shop.daemon, "finished");
  CHECK(shop.finished_on_server());
  CHECK(shop.attempt("INSERT INTO goods (name) VALUES ('late')") == kHasMoved);
  CHECK(shop.server("SELECT string_agg(name, ' ' ORDER BY id) FROM goods") == "tea rum last");
  CHECK(shop.server("SELECT nextval('goods_id_seq')") == "42");
}

}  // namespace

TEST_SUITE("death") {
  TEST_CASE("a daemon that is killed before the file is told leaves everything as it was") {
    for (const std::string journal_mode : {"wal", "delete"}) {
      for (const Wait wait : {Wait::last_change, Wait::end}) {
        CAPTURE(journal_mode);
        CAPTURE(static_cast<int>(wait));
        Mover shop({.journal_mode = journal_mode, .settings = ""});
        shop.start();
        const auto answer = cut_over_into(shop, wait);
        CHECK(is_locked(shop));
        shop.daemon.kill();
        shop.run("INSERT INTO goods (name) VALUES ('at once')");
        shop.end_sessions_held_up();
        shop.let_go();
        shop.daemon.start();
        goes_on_as_before(shop);
      }
    }
  }

  TEST_CASE("a daemon that is killed after the file was told is finished when it comes back") {
    for (const bool arrives : {false, true}) {
      for (const char* settings : {"", "    mode: manual\n"}) {
        CAPTURE(arrives);
        CAPTURE(settings);
        Mover shop({.journal_mode = "wal", .settings = settings});
        shop.start();
        const auto answer = cut_over_into(shop, Wait::commit);
        CHECK(shop.fenced());
        shop.daemon.kill();
        CHECK(shop.attempt("INSERT INTO goods (name) VALUES ('late')") == kHasMoved);
        if (!arrives) shop.end_sessions_held_up();
        shop.let_go();
        if (!arrives) CHECK_FALSE(shop.finished_on_server());
        shop.daemon.start();
        is_finished(shop);
        const std::string after = shop.server_rows();
        shop.daemon.stop();
        shop.daemon.start();
        wait_for_state(shop.daemon, "finished");
        CHECK(shop.server_rows() == after);
      }
    }
  }

  TEST_CASE("a connection that is lost before the file is told leaves everything as it was") {
    for (const Wait wait : {Wait::last_change, Wait::end}) {
      Mover shop;
      shop.start();
      auto answer = cut_over_into(shop, wait);
      shop.end_sessions_held_up();
      const auto refused = answer.get();
      CAPTURE(refused.body);
      CHECK(refused.json.contains("error"));
      shop.let_go();
      goes_on_as_before(shop);
    }
  }

  TEST_CASE("a connection that is lost after the file was told: the daemon notes it with the next one") {
    Mover shop;
    shop.start();
    auto answer = cut_over_into(shop, Wait::commit);
    shop.end_sessions_held_up();
    const auto told = answer.get();
    CAPTURE(told.body);
    CHECK(told.json.at("error").at("code") == "not_recorded");
    shop.let_go();
    is_finished(shop);
  }

  TEST_CASE("a server that hangs under the lock is left when the time is over, and writers go on") {
    for (const Wait wait : {Wait::last_change, Wait::end}) {
      Mover shop;
      shop.start();
      auto answer = cut_over_into(shop, wait, R"({"max_lock_ms":700})");
      const auto refused = answer.get();
      CAPTURE(refused.body);
      CHECK(refused.json.at("error").at("code") == "lock_too_long");
      shop.run("INSERT INTO goods (name) VALUES ('at once')");
      shop.let_go();
      goes_on_as_before(shop);
    }
  }
}

}  // namespace sluice::e2e
