// A move that goes well: what it leaves on both sides, what it says, and that it stays so.

#include <doctest/doctest.h>

#include "tests/e2e/cutover/mover.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

std::string names_of(const nlohmann::json& list, const char* value) {
  std::string text;
  for (const auto& each : list)
    text += each.at("name").get<std::string>() + " " + each.at(value).dump() + "\n";
  return text;
}

}  // namespace

TEST_SUITE("move") {
  TEST_CASE("everything is in Postgres, numbers go on after it, and the file refuses every write") {
    for (const std::string journal_mode : {"wal", "delete"}) {
      for (const char* role : {PostgresCluster::kReplicaOwner, PostgresCluster::kOwner}) {
        CAPTURE(journal_mode);
        CAPTURE(role);
        Mover shop({.journal_mode = journal_mode, .settings = "", .role = role});
        shop.start();
        shop.run("INSERT INTO goods (name) VALUES ('new'); UPDATE stock SET pieces = 99");
        const auto report = shop.must_cut_over();

        CHECK(report.at("outcome") == "finished");
        CHECK(report.at("fenced") == true);
        CHECK(std::to_string(report.at("position").get<std::int64_t>()) ==
              shop.source.rows("SELECT max(seq) FROM _sluice_changelog"));
        CHECK(report.at("locked_ms").get<double>() > 0);
        CHECK(report.at("locked_ms").get<double>() < 5000);
        CHECK(names_of(report.at("tables"), "rows") == "goods 3\norders 2\nstock 1\n");
        CHECK(names_of(report.at("sequences"), "next") ==
              "public.goods_id_seq 42\npublic.orders_id_seq 18\n");
        CHECK(names_of(report.at("constraints"), "valid") == "of_a_good true\n");
        CHECK(report.at("not_captured").dump().find("words") != std::string::npos);

        CHECK(shop.attempt("INSERT INTO goods (name) VALUES ('late')") == kHasMoved);
        CHECK(shop.attempt("UPDATE OR IGNORE stock SET pieces = 0") == kHasMoved);
        CHECK(shop.attempt("DELETE FROM orders") == kHasMoved);
        CHECK(shop.finished_on_server());
        CHECK(shop.state() == "finished");
        CHECK(shop.server("SELECT string_agg(name, ' ' ORDER BY id) FROM goods") == "tea rum new");
        CHECK(shop.server("SELECT pieces FROM stock") == "99");
        CHECK(shop.server("INSERT INTO goods (name) VALUES ('first') RETURNING id") == "42");
        CHECK(shop.server("INSERT INTO orders (good) VALUES (42) RETURNING id") == "18");
      }
    }
  }

  TEST_CASE("a table with rows that nobody has excluded would stay behind, and stops the move") {
    Mover shop;
    shop.run(
        "CREATE TABLE keyless (x TEXT); INSERT INTO keyless VALUES ('only here');"
        "CREATE TABLE empty_and_keyless (x TEXT)");
    shop.start();
    const auto refused = shop.daemon.ctl({"cutover", "--yes"});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.find("would not move: keyless; ") != std::string::npos);
    CHECK(refused.err.find("exclude: [keyless]") != std::string::npos);
    CHECK(shop.attempt("INSERT INTO goods (name) VALUES ('goes on')") == "");
    CHECK(shop.state() == "streaming");
    shop.run("DELETE FROM keyless");
    CHECK(shop.daemon.ctl({"cutover", "--yes"}).exit_code == 0);
  }

  TEST_CASE("restarts, reloads, flushes and writes to the file change nothing in Postgres afterwards") {
    Mover shop;
    shop.start();
    shop.must_cut_over();
    shop.server(
        "INSERT INTO goods VALUES (100, 'of Postgres'); DELETE FROM orders; UPDATE stock SET pieces = 1");
    const std::string before = shop.server_rows();
    const auto changes_nothing = [&] {
      wait_for_state(shop.daemon, "finished");
      CHECK(flush(shop.daemon).status == 409);
      CHECK(shop.daemon.http("POST", "/v1/retry").status == 409);
      CHECK(shop.daemon.http("POST", "/v1/resync", R"({"yes":true})").json.at("error").at("code") ==
            "finished");
      wait_for_state(shop.daemon, "finished");
      CHECK(shop.status().at("error") == nullptr);
      CHECK(shop.server_rows() == before);
    };
    changes_nothing();
    shop.daemon.stop();
    shop.daemon.start();
    changes_nothing();
    shop.daemon.kill();
    shop.run("CREATE TABLE later (id INTEGER PRIMARY KEY); INSERT INTO later VALUES (1)");
    shop.daemon.start();
    changes_nothing();
    CHECK(shop.attempt("DELETE FROM goods") == kHasMoved);
    CHECK(shop.source.rows("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice_[0-9]*'") == "0");
  }

  TEST_CASE("a second cutover is told that it is done, also by another daemon of the same pipeline") {
    Mover shop;
    shop.start();
    shop.must_cut_over();
    CHECK(shop.cut_over().status == 409);
    CHECK(shop.cut_over().json.at("error").at("code") == "finished");
    shop.daemon.stop();
    shop.daemon.start();
    const auto again = shop.daemon.ctl({"cutover", "--yes"});
    CHECK(again.exit_code == 1);
    CHECK(again.err.find("has been cut over") != std::string::npos);
  }

  TEST_CASE("without a fence our triggers are gone, and nothing that is written later is followed") {
    Mover shop;
    shop.start();
    const auto report = shop.must_cut_over(R"({"fence":false})");
    CHECK(report.at("fenced") == false);
    shop.run("INSERT INTO goods (name) VALUES ('late')");
    CHECK(shop.source.rows("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") == "0");
    shop.daemon.stop();
    shop.daemon.start();
    wait_for_state(shop.daemon, "finished");
    CHECK(shop.server("SELECT count(*) FROM goods") == "2");
  }

  TEST_CASE("sluicectl tells the whole story, and install and check leave the fence alone") {
    Mover shop;
    shop.start();
    shop.server("INSERT INTO goods VALUES (99, 'x')");
    const auto refused = shop.daemon.ctl({"cutover", "--yes", "--max-lock", "2s"});
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.find("public.goods (1 extra)") != std::string::npos);
    shop.server("DELETE FROM goods WHERE id = 99");

    const auto done = shop.daemon.ctl({"cutover", "shop", "--yes", "--max-lock", "2s"});
    CAPTURE(done.out);
    CAPTURE(done.err);
    CHECK(done.exit_code == 0);
    for (const char* part :
         {"shop: moved to Postgres\n", "3 tables, 5 rows: equal by value", "public.orders  2 rows",
          "public.goods_id_seq  next 41", "public.orders, of_a_good: valid now",
          "words: ", "refuses every write", "Left to you: "})
      CHECK(done.out.find(part) != std::string::npos);

    CHECK(shop.daemon.ctl({"check"}).out.find("has moved to Postgres") != std::string::npos);
    shop.daemon.stop();
    const auto installed = shop.daemon.ctl({"install"});
    CHECK(installed.exit_code == 1);
    CHECK(installed.err.find("has moved to Postgres") != std::string::npos);
    CHECK(shop.daemon.ctl({"check"}).out.find("has moved to Postgres") != std::string::npos);
    CHECK(shop.attempt("DELETE FROM goods") == kHasMoved);
  }

  TEST_CASE("uninstall takes the fence out, and the file is as it was before Sluice ever came") {
    Mover shop;
    const std::string schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid";
    const std::string before = shop.source.rows(schema);
    shop.start();
    shop.must_cut_over();
    const auto taken_out = shop.daemon.ctl({"uninstall", "--yes"});
    CHECK(taken_out.exit_code == 0);
    CHECK(taken_out.out.find("it takes writes again") != std::string::npos);
    CHECK(shop.source.rows(schema) == before);
    shop.run("INSERT INTO goods (name) VALUES ('back')");
    shop.daemon.stop();
    shop.daemon.start();
    wait_for_state(shop.daemon, "finished");
    CHECK(shop.server("SELECT count(*) FROM goods") == "2");
    CHECK(shop.source.rows(schema) == before);
  }

  TEST_CASE(
      "a server that was restored to a time before is brought up to the file's last change, and is "
      "finished") {
    PostgresCluster cluster;
    const auto database = cluster.create_database(PostgresCluster::kReplicaOwner);
    Mover shop;  // for its file
    shop.daemon.configure(
        e2e::shop(shop.source.path(), cluster.url(database, PostgresCluster::kReplicaOwner)));
    shop.start();
    shop.daemon.stop();
    cluster.stop();
    cluster.save_files();
    cluster.start();
    shop.daemon.start();
    shop.run("INSERT INTO goods (name) VALUES ('after the backup')");
    shop.must_cut_over();
    shop.daemon.stop();
    cluster.stop();
    cluster.restore_files();
    cluster.start();
    CHECK(cluster.psql(database, "SELECT count(*) FROM goods") == "2");
    shop.daemon.start();
    wait_for_state(shop.daemon, "finished");
    CHECK(cluster.psql(database, "SELECT count(*) FROM goods") == "3");
    CHECK(cluster.psql(database, "SELECT finished_at IS NOT NULL FROM sluice.pipeline") == "t");
    CHECK(shop.attempt("DELETE FROM goods") == kHasMoved);
  }

  TEST_CASE("whoever asked may go away: the move goes on, and no lock is left behind") {
    Mover shop;
    shop.start();
    shop.hold_up(Mover::Wait::end);
    support::Process asker({.arguments = {"curl", "--silent", "--unix-socket", shop.daemon.socket(),
                                          "--request", "POST", "http://localhost/v1/cutover"},
                            .output = "/dev/null"});
    shop.wait_until_held_up();
    asker.signal(SIGINT);
    asker.wait();
    shop.let_go();
    wait_for_state(shop.daemon, "finished");
    CHECK(shop.attempt("DELETE FROM goods") == kHasMoved);
  }

  TEST_CASE("a manual pipeline is flushed and moved") {
    Mover shop({.journal_mode = "wal", .settings = "    mode: manual\n"});
    shop.daemon.start();
    shop.run("INSERT INTO goods (name) VALUES ('new')");
    shop.must_cut_over();
    CHECK(shop.server("SELECT count(*) FROM goods") == "3");
    CHECK(shop.state() == "finished");
  }
}

}  // namespace sluice::e2e
