// What stands in the way of a move: it is named, nothing has changed, and the pipeline goes on.

#include <doctest/doctest.h>

#include "tests/e2e/cutover/mover.h"

namespace sluice::e2e {
namespace {

/// What a cutover is refused with; nothing has changed, neither in the file nor on the server.
nlohmann::json refusal_of(Mover& shop, const std::string& code, const std::string& body = "{}") {
  const auto answer = shop.cut_over(body);
  CAPTURE(answer.body);
  REQUIRE(answer.json.contains("error"));
  CHECK(answer.json.at("error").at("code") == code);
  CHECK(answer.json.at("error").at("hint") != "");
  CHECK_FALSE(shop.fenced());
  CHECK_FALSE(shop.finished_on_server());
  return answer.json.at("error");
}

bool says(const nlohmann::json& error, const std::string& part) {
  return error.at("message").get<std::string>().find(part) != std::string::npos;
}

void goes_on(Mover& shop) {
  shop.run("INSERT INTO orders (good) VALUES (1)");
  CHECK(shop.differences() == "");
  shop.must_cut_over();
  CHECK(shop.state() == "finished");
}

}  // namespace

TEST_SUITE("refused") {
  TEST_CASE("rows that are not the same on both sides, by table and count") {
    Mover shop;
    shop.start();
    shop.server(
        "INSERT INTO goods VALUES (90, 'x'), (91, 'y'); DELETE FROM stock; UPDATE orders SET pieces = 0 "
        "WHERE id = 1");
    const auto error = refusal_of(shop, "not_equal");
    CAPTURE(error.dump());
    CHECK(says(error, "public.goods (2 extra)"));
    CHECK(says(error, "public.stock (1 missing)"));
    CHECK(says(error, "public.orders (1 differing)"));
    shop.server(
        "DELETE FROM goods WHERE id > 50; UPDATE orders SET pieces = 10 WHERE id = 1;"
        "INSERT INTO stock VALUES ('here', 1, 100)");
    goes_on(shop);
  }

  TEST_CASE("a pipeline that is paused, or stands before a refused row") {
    Mover shop;
    shop.start();
    shop.daemon.ctl({"pause"});
    wait_for_state(shop.daemon, "paused");
    refusal_of(shop, "paused");
    shop.daemon.ctl({"resume"});
    shop.server("ALTER TABLE goods ADD CONSTRAINT short CHECK (length(name) < 10)");
    shop.run("INSERT INTO goods VALUES (50, 'a long name')");
    wait_for_state(shop.daemon, "halted");
    CHECK(says(refusal_of(shop, "halted"), "short"));
    shop.run("DELETE FROM goods WHERE id = 50");
    must_flush(shop.daemon);
    goes_on(shop);
  }

  TEST_CASE("rows that are held back in quarantine, however many are equal") {
    Mover shop({.journal_mode = "wal", .settings = "    on_error: quarantine\n"});
    shop.start();
    shop.server("ALTER TABLE goods ADD CONSTRAINT short CHECK (length(name) < 10)");
    shop.run("INSERT INTO goods VALUES (50, 'a long name')");
    support::wait_until("the row is held back", [&] { return shop.status().at("quarantined") == 1; });
    refusal_of(shop, "rows_held_back");
    shop.run("DELETE FROM goods WHERE id = 50");
    support::wait_until("it is let go", [&] { return shop.status().at("quarantined") == 0; });
    goes_on(shop);
  }

  TEST_CASE("a file that is not the one that Postgres knows, or a server that is away") {
    Mover shop;
    shop.start();
    shop.daemon.stop();
    shop.server("UPDATE sluice.pipeline SET nonce = nonce + 1");
    shop.daemon.start();
    wait_for_state(shop.daemon, "diverged");
    refusal_of(shop, "diverged");
  }

  TEST_CASE("a transaction of the application that does not end, or a reader of a rollback journal") {
    for (const std::string journal_mode : {"wal", "delete"}) {
      CAPTURE(journal_mode);
      Mover shop({.journal_mode = journal_mode, .settings = ""});
      shop.start();
      auto other = connect(shop.source.path(), 10'000);
      other.exec(journal_mode == "wal" ? "BEGIN IMMEDIATE; INSERT INTO goods (name) VALUES ('slow')"
                                       : "BEGIN; SELECT * FROM goods");
      const auto since = std::chrono::steady_clock::now();
      refusal_of(shop, journal_mode == "wal" ? "source_locked" : "lock_too_long", R"({"max_lock_ms":300})");
      CHECK(std::chrono::steady_clock::now() - since < std::chrono::seconds(10));
      other.exec("COMMIT");
      goes_on(shop);
    }
  }

  TEST_CASE("a sequence that ends before its rows do, and what rows break is only told") {
    Mover shop;
    shop.start();
    shop.run("INSERT INTO orders (id, good) VALUES (3000000000, 999)");
    shop.server("ALTER SEQUENCE orders_id_seq AS integer");
    const auto error = refusal_of(shop, "sequence_too_small");
    shop.server(error.at("hint").get<std::string>());
    const auto report = shop.must_cut_over();
    const auto& constraint = report.at("constraints").at(0);
    CHECK(constraint.at("valid") == false);
    CHECK(constraint.at("remedy").get<std::string>().find("VALIDATE CONSTRAINT \"of_a_good\"") !=
          std::string::npos);
  }

  TEST_CASE("requests and arguments that make no sense") {
    Mover shop;
    shop.start();
    for (const char* body : {R"({"max_lock_ms":0})", R"({"max_lock_ms":60001})", R"({"max_lock_ms":-5})"})
      refusal_of(shop, "out_of_range", body);
    refusal_of(shop, "wrong_type", R"({"max_lock_ms":"5s"})");
    refusal_of(shop, "wrong_type", R"({"fence":1})");
    refusal_of(shop, "unknown_field", R"({"fense":false})");
    refusal_of(shop, "unknown_pipeline", R"({"pipeline":"cafe"})");
    CHECK(shop.daemon.ctl({"cutover", "--max-lock", "2m"}).exit_code == 2);
    CHECK(shop.daemon.ctl({"cutover", "--max-lock", "soon"}).exit_code == 2);
    goes_on(shop);
  }
}

}  // namespace sluice::e2e
