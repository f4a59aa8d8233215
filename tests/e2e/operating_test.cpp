// A running daemon is operated: pause, manual flushes, events, metrics, reload, stop, uninstall.

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "tests/e2e/store.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::HttpAnswer;
using support::Outcome;
using support::SqliteFile;
using support::wait_until;

/// Somebody who listens to /v1/events.
class Listener {
 public:
  explicit Listener(const support::DaemonProcess& daemon)
      : curl_({.arguments = {"curl", "--silent", "--no-buffer", "--unix-socket", daemon.socket(),
                             "http://localhost/v1/events"},
               .output = dir_ / "events"}) {
    hear("event: state");
  }

  std::string text() const { return support::read_file(dir_ / "events"); }
  void hear(const std::string& wanted) {
    wait_until("the events tell " + wanted, [&] { return text().find(wanted) != std::string::npos; });
  }

 private:
  support::TempDir dir_;
  support::Process curl_;
};

std::string schema_of(SqliteFile& source) {
  return source.rows("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid");
}

std::string with_cafe(const std::string& config, const std::filesystem::path& source,
                      const std::string& url) {
  std::string both = config;
  both.replace(
      both.find("log:"), 0,
      "  cafe:\n    source:\n      path: " + source.string() + "\n    target:\n      url: \"" + url + "\"\n");
  return both;
}

}  // namespace

TEST_SUITE_BEGIN("operating");

TEST_CASE("changes made during a pause arrive after it, also over a restart of the application") {
  Store store;
  store.start();
  REQUIRE(store.daemon.ctl({"pause"}).exit_code == 0);
  wait_for_state(store.daemon, "paused");
  store.source.exec("INSERT INTO packages VALUES (3, 'gin'); DELETE FROM packages WHERE id = 1");
  connect(store.source.path(), 1000).exec("UPDATE packages SET name = 'ale' WHERE id = 2");
  wait_until("the changes are counted", [&] { return store.status().at("position").at("pending") == 3; });
  CHECK(store.status().at("position").at("behind_s") > 0);
  CHECK(store.names() == "tea rum");
  REQUIRE(store.daemon.ctl({"resume"}).exit_code == 0);
  wait_until("the changes are there", [&] { return store.names() == "ale gin"; });
  wait_for_state(store.daemon, "streaming");
}

TEST_CASE("a pause lasts over a stop, a kill and a server that is away") {
  Store store;
  store.start();
  must_flush(store.daemon);
  CHECK(store.daemon.ctl({"pause"}).exit_code == 0);
  for (const bool kills : {false, true}) {
    CAPTURE(kills);
    if (kills) store.daemon.kill();
    if (!kills) store.daemon.stop();
    store.source.exec("UPDATE packages SET name = name || '!' WHERE id = 1");
    store.daemon.start();
    wait_for_state(store.daemon, "paused");
    CHECK(store.daemon.ctl({"flush"}).exit_code == 1);
  }
  CHECK(store.names() == "tea rum");
  CHECK(store.daemon.ctl({"resume"}).exit_code == 0);
  must_flush(store.daemon);
  CHECK(store.names() == "tea!! rum");
  store.daemon.stop();
  store.daemon.start();
  must_flush(store.daemon);
}

TEST_CASE("a pipeline that stands before its first copy is not called equal") {
  Store store("      schema: sealed\n");
  store.cluster.psql(store.database, "CREATE SCHEMA sealed");
  store.daemon.start();
  wait_for_state(store.daemon, "halted");
  CHECK(store.status().at("position").at("behind_s") > 0);
  const std::string shown = store.daemon.ctl({"status"}).out;
  CHECK(shown.find("behind       nothing") == std::string::npos);
  CHECK(shown.find("not connected") != std::string::npos);
}

TEST_CASE("in manual mode only a flush moves data, and the first one makes the copy") {
  Store store("    mode: manual\n");
  store.daemon.start();
  wait_for_state(store.daemon, "idle");
  CHECK(store.names() == "NULL");

  const auto first = must_flush(store.daemon);
  CHECK(first.at("pipeline") == "shop");
  CHECK(first.at("quarantined") == 0);
  CHECK(store.names() == "tea rum");

  store.source.exec("INSERT INTO packages VALUES (3, 'gin'), (4, 'ale')");
  wait_until("the changes are counted", [&] { return store.status().at("position").at("pending") == 2; });
  CHECK(store.names() == "tea rum");
  CHECK(store.status().at("state") == "idle");
  const auto second = must_flush(store.daemon);
  CHECK(second.at("outcome") == "flushed");
  CHECK(second.at("changes") == 2);
  CHECK(second.at("elapsed_ms") > 0);
  CHECK(store.names() == "tea rum gin ale");

  const auto third = must_flush(store.daemon);
  CHECK(third.at("outcome") == "nothing_to_do");
  CHECK(third.at("changes") == 0);
  CHECK(third.at("position") == second.at("position"));
  CHECK(store.status().at("last_flush").at("changes") == 0);
}

TEST_CASE("a flush that only starts names a position, which is reached") {
  Store store("    mode: manual\n");
  store.start();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  const HttpAnswer started = flush(store.daemon, 0);
  CHECK(started.status == 202);
  CHECK(started.json.at("outcome") == "started");
  const std::int64_t wanted = started.json.at("position");
  wait_until("the position is reached",
             [&] { return store.status().at("position").at("applied").get<std::int64_t>() >= wanted; });
  CHECK(store.names() == "tea rum gin");
}

TEST_CASE("flushes that meet are all answered") {
  Store store("    mode: manual\n");
  store.start();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  support::TempDir dir;
  std::vector<std::unique_ptr<support::Process>> buttons;
  for (int i = 0; i < 8; ++i) {
    buttons.push_back(std::make_unique<support::Process>(
        support::Command{.arguments = {"curl", "--silent", "--fail", "--unix-socket", store.daemon.socket(),
                                       "--request", "POST", "http://localhost/v1/flush"},
                         .output = dir / std::to_string(i)}));
  }
  for (const auto& button : buttons) CHECK(button->wait() == 0);
  CHECK(store.names() == "tea rum gin");
}

TEST_CASE("events tell of states, flushes, progress and errors as they happen") {
  Store store;
  store.start();
  Listener listener(store.daemon);
  listener.hear(R"("state":"streaming")");
  store.source.exec("INSERT INTO packages VALUES (5, 'ale')");
  must_flush(store.daemon);
  listener.hear("event: flush");
  listener.hear("event: progress");
  REQUIRE(store.daemon.ctl({"pause"}).exit_code == 0);
  listener.hear(R"("state":"paused")");
  REQUIRE(store.daemon.ctl({"resume"}).exit_code == 0);
  store.halt();
  listener.hear(R"("state":"halted")");
  listener.hear("event: error");
  listener.hear("22001");
}

TEST_CASE("the metrics have the documented names and the pipeline as their label") {
  Store store;
  store.start();
  const std::string page = store.daemon.http("GET", "/metrics").body;
  for (const std::string name :
       {R"(sluice_applied_changes_total{pipeline="shop"} )", R"(sluice_pending_changes{pipeline="shop"} 0)",
        R"(sluice_lag_seconds{pipeline="shop"} 0)",
        R"(sluice_pipeline_state{pipeline="shop",state="streaming"} 1)",
        R"(sluice_pipeline_state{pipeline="shop",state="halted"} 0)",
        R"(sluice_quarantined_rows{pipeline="shop"} 0)",
        R"(sluice_last_commit_timestamp_seconds{pipeline="shop"} )",
        R"(sluice_flush_duration_seconds_count{pipeline="shop"} 1)", R"(sluice_build_info{version=)"}) {
    CAPTURE(name);
    CHECK_MESSAGE(page.find(name) != std::string::npos, page);
  }
}

TEST_CASE("what is printed for programs can be parsed") {
  Store store;
  store.start();
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"status"}, {"status", "shop"}, {"flush"}, {"check"}, {"config"}}) {
    CAPTURE(verb.front());
    auto words = verb;
    words.push_back("--json");
    const Outcome outcome = store.daemon.ctl(words);
    CHECK(outcome.exit_code == 0);
    CHECK_MESSAGE(nlohmann::json::accept(outcome.out), outcome.out);
    CHECK(outcome.out.find('\x1b') == std::string::npos);
  }
  store.halt();
  const Outcome refused = store.daemon.ctl({"flush", "--json"});
  CHECK(refused.exit_code == 1);
  CHECK(nlohmann::json::parse(refused.out).at("error").at("code") == "halted");
}

TEST_CASE("the printed configuration is itself a configuration, with the same effect") {
  Store store("    mode: manual\n    tables:\n      exclude: [\"old *\", \"*#\"]\n");
  const Outcome printed = store.daemon.ctl({"config"});
  REQUIRE(printed.exit_code == 0);
  store.daemon.configure(printed.out);
  const Outcome checked = sluiced({"--config", store.daemon.config_file(), "--check-config"});
  CHECK_MESSAGE(checked.exit_code == 0, checked.err);
  CHECK(store.daemon.ctl({"config"}).out == printed.out);
  store.start();
  CHECK(store.names() == "tea rum");
}

TEST_CASE("a reload takes a new pipeline and a changed setting, while the others go on") {
  Store store;
  store.start();
  SqliteFile cafe;
  cafe.exec("CREATE TABLE drinks (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO drinks VALUES (1, 'tea')");
  const std::string url = store.cluster.url(store.database, store.role);
  store.daemon.configure(with_cafe(shop(store.source.path(), url, "    mode: manual\n"), cafe.path(), url));
  SUBCASE("verb") {
    REQUIRE(store.daemon.ctl({"reload"}).exit_code == 0);
  }
  SUBCASE("signal") {
    store.daemon.signal(SIGHUP);
  }
  wait_until("the new pipeline works", [&] {
    const auto all = store.daemon.http("GET", "/v1/status").json.at("pipelines");
    return all.size() == 2 && all.at(1).at("name") == "cafe" && all.at(1).at("state") == "streaming" &&
           all.at(0).at("state") == "idle";
  });
  wait_until("its rows are there", [&] { return store.server("SELECT count(*) FROM drinks") == "1"; });
  CHECK(store.status().at("mode") == "manual");

  // And away again: what has been replicated stays.
  store.daemon.configure(shop(store.source.path(), url));
  REQUIRE(store.daemon.ctl({"reload"}).exit_code == 0);
  CHECK(store.daemon.http("GET", "/v1/status").json.at("pipelines").size() == 1);
  wait_for_state(store.daemon, "streaming");
  CHECK(store.server("SELECT count(*) FROM drinks") == "1");
}

TEST_CASE("a reload of a broken file is refused with its place, and the running configuration stays") {
  Store store;
  store.start();
  const std::string good = support::read_file(store.daemon.config_file());
  store.daemon.configure(good + "lgo:\n  level: info\n");
  const HttpAnswer answer = store.daemon.http("POST", "/v1/reload");
  check_error(answer, 400, "bad_configuration");
  CHECK(answer.body.find("config.yaml:12:1: unknown key 'lgo'") != std::string::npos);
  // sluicectl reads the file first, to find the socket, and says the same.
  check_failure(store.daemon.ctl({"reload"}), 2, "config.yaml:12:1: unknown key 'lgo'");
  check_failure(sluicectl({"--socket", store.daemon.socket(), "reload"}), 2,
                "config.yaml:12:1: unknown key 'lgo'");
  store.daemon.signal(SIGHUP);
  wait_until("the signal is answered", [&] {
    const std::string log = store.daemon.log();
    const auto first = log.find("reload_refused");
    return first != std::string::npos &&
           log.find("reload_refused", log.find("reload_refused", first + 1) + 1) != std::string::npos;
  });
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  must_flush(store.daemon);
  CHECK(store.names() == "tea rum gin");
  store.daemon.configure(good);
  CHECK(store.daemon.ctl({"reload"}).exit_code == 0);
}

TEST_CASE("a stop ends the daemon cleanly and takes the socket away") {
  Store store;
  store.start();
  SUBCASE("verb") {
    const Outcome outcome = store.daemon.ctl({"stop"});
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.err == "");
    // It has waited for the end, so that another daemon can start at once.
    CHECK_FALSE(std::filesystem::exists(store.daemon.socket()));
  }
  SUBCASE("request") {
    CHECK(store.daemon.http("POST", "/v1/stop").status == 200);
  }
  SUBCASE("SIGTERM") {
    store.daemon.signal(SIGTERM);
  }
  SUBCASE("SIGINT") {
    store.daemon.signal(SIGINT);
  }
  SUBCASE("while halted") {
    store.halt();
    CHECK(store.daemon.ctl({"stop"}).exit_code == 0);
  }
  SUBCASE("while somebody listens to its events") {
    Listener listener(store.daemon);
    CHECK(store.daemon.ctl({"stop"}).exit_code == 0);
    CHECK(store.daemon.wait() == 0);
    CHECK_FALSE(std::filesystem::exists(store.daemon.socket()));
    return;
  }
  CHECK(store.daemon.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(store.daemon.socket()));
}

TEST_CASE("a second daemon on the same socket is refused, and the first goes on") {
  Store store;
  store.start();
  support::DaemonProcess second(support::read_file(store.daemon.config_file()) +
                                "control:\n  socket: " + store.daemon.socket().string() + "\n");
  second.launch();
  CHECK(second.wait() == 1);
  CHECK(second.log().find(store.daemon.socket().string()) != std::string::npos);
  CHECK(must_flush(store.daemon).at("outcome") == "nothing_to_do");
}

TEST_CASE("installing twice writes once") {
  Store store;
  const std::string before = schema_of(store.source);
  CHECK(store.daemon.ctl({"install"}).out.find("capture installed for 1 table(s)") != std::string::npos);
  const std::string installed = schema_of(store.source);
  CHECK(installed != before);
  CHECK(store.daemon.ctl({"install"}).out.find("everything was in place") != std::string::npos);
  CHECK(schema_of(store.source) == installed);
  // What changed between the installation and the first start is not lost.
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  store.start();
  CHECK(schema_of(store.source) == installed);
  CHECK(store.names() == "tea rum gin");
}

TEST_CASE("an uninstall leaves no trace, on either side, beside the replicated rows") {
  Store store;
  const std::string before = schema_of(store.source);
  std::string state_schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'";
  SUBCASE("while the daemon runs") {
    store.start();
    const Outcome outcome = store.daemon.ctl({"uninstall", "--yes", "--target"});
    CHECK_MESSAGE(outcome.exit_code == 0, outcome.err);
    CHECK(outcome.err == "");
    wait_for_state(store.daemon, "stopped");
    for (const std::string verb : {"flush", "pause", "resume", "retry"}) {
      check_error(store.daemon.http("POST", "/v1/" + verb), 409, "stopped");
      check_failure(store.daemon.ctl({verb}), 1, "let go");
    }
    check_error(flush(store.daemon, 0), 409, "stopped");
    CHECK(store.daemon.http("POST", "/v1/release").status == 200);
    // Whatever the application writes, the daemon has let go and does not come back by itself.
    store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
    CHECK(store.daemon.ctl({"status"}).out.find("shop: stopped") != std::string::npos);
  }
  SUBCASE("after it has stopped") {
    store.start();
    store.daemon.stop();
    CHECK(store.daemon.ctl({"uninstall", "--yes", "--target"}).exit_code == 0);
  }
  SUBCASE("while it stands before a refused row") {
    store.start();
    store.halt();
    CHECK(store.daemon.ctl({"uninstall", "--yes", "--target"}).exit_code == 0);
  }
  CHECK(schema_of(store.source) == before);
  CHECK(store.server(state_schemas) == "0");
  CHECK(store.names() == "tea rum");
}

TEST_CASE("an uninstall of one side alone leaves the other, and a later start is told of it") {
  Store store;
  const std::string before = schema_of(store.source);
  store.start();
  store.daemon.stop();
  CHECK(store.daemon.ctl({"uninstall", "--yes"}).exit_code == 0);
  CHECK(schema_of(store.source) == before);
  CHECK(store.server("SELECT count(*) FROM sluice.pipeline") == "1");
  store.daemon.start();
  wait_for_state(store.daemon, "diverged");
  CHECK(store.status().at("error").at("code") == "another_file");
  // The remedy as the hint has it.
  CHECK(store.status().at("error").at("hint").get<std::string>().find("sluicectl uninstall --target") !=
        std::string::npos);
  CHECK(store.daemon.ctl({"uninstall", "--target", "--yes"}).exit_code == 0);
  store.daemon.stop();
  store.start();
  CHECK(store.differences() == "");
}

TEST_SUITE_END();

}  // namespace sluice::e2e
