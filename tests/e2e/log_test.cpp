// `sluicectl log` and GET /v1/log through the real daemon.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "tests/e2e/store.h"
#include "tests/support/process.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::DaemonProcess;
using support::Outcome;
using support::TcpRelay;
using support::wait_until;

json log_of(const DaemonProcess& daemon, const std::string& query = "") {
  const auto answer = daemon.http("GET", "/v1/log" + query);
  CAPTURE(answer.body);
  REQUIRE(answer.status == 200);
  return answer.json;
}

/// "insert 3": the newest change.
std::string newest_of(const json& log) {
  const json& entry = log.at("entries").back();
  return entry.at("operation").get<std::string>() + " " + entry.at("key").get<std::string>();
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// `sluicectl log --follow` while it runs.
class Follower {
 public:
  explicit Follower(const DaemonProcess& daemon, std::vector<std::string> options = {})
      : process_({.arguments = command(daemon, std::move(options)),
                  .output = folder_ / "out",
                  .errors = folder_ / "err"}) {}

  std::string out() const { return support::read_file(folder_ / "out"); }
  std::string err() const { return support::read_file(folder_ / "err"); }
  void shows(const std::string& text) {
    wait_until("the log shows " + text, [&] { return out().find(text) != std::string::npos; });
  }
  void signal(int number) { process_.signal(number); }
  int wait() { return process_.wait(); }

  static std::vector<std::string> command(const DaemonProcess& daemon, std::vector<std::string> options) {
    const char* chosen = std::getenv("SLUICECTL");
    std::vector<std::string> words{chosen != nullptr ? chosen : SLUICECTL_PROGRAM, "--socket",
                                   daemon.socket(), "log", "--follow"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

 private:
  support::TempDir folder_;
  support::Process process_;
};

}  // namespace

TEST_CASE("a change has a time only where this daemon saw it come") {
  Store store;
  store.start();
  store.daemon.stop();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  store.start();
  const json before = log_of(store.daemon);
  CHECK(newest_of(before) == "insert 3");
  for (const json& entry : before.at("entries")) CHECK(entry.at("seen_at").is_null());
  store.source.exec("INSERT INTO packages VALUES (4, 'ale')");
  must_flush(store.daemon);
  const json after = log_of(store.daemon, "?pipeline=shop");
  CHECK(newest_of(after) == "insert 4");
  CHECK(after.at("entries").back().at("seen_at").is_string());
  CHECK(after.at("entries").at(after.at("entries").size() - 2).at("seen_at").is_null());
  const std::string text = store.daemon.ctl({"log"}).out;
  CHECK(text.find("  -                           yes      packages  insert     3\n") != std::string::npos);
  CHECK(text.ends_with("  yes      packages  insert     4\n"));
}

TEST_CASE("the log answers while the server does not, and tells what Postgres lacks") {
  Store store;
  TcpRelay relay(store.cluster.socket());
  store.daemon.configure(shop(store.source.path(), relay.url(store.database, store.role)));
  store.start();
  SUBCASE("the server hangs") {
    relay.stall(true);
  }
  SUBCASE("the server is away") {
    relay.reject(true);
    relay.cut();
  }
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  const json log = log_of(store.daemon);
  CHECK(newest_of(log) == "insert 3");
  CHECK(log.at("entries").back().at("applied") == false);
  CHECK(log.at("entries").back().at("seen_at").is_string());
  CHECK(log.at("entries").front().at("applied") == true);
  CHECK(store.daemon.ctl({"log"}).out.ends_with("  no       packages  insert     3\n"));
  relay.stall(false);
  relay.reject(false);
  wait_until("Postgres has the change",
             [&] { return log_of(store.daemon).at("entries").back().at("applied") == true; });
}

TEST_CASE("before Postgres has told its position nothing is called applied or missing") {
  Store store;
  TcpRelay relay(store.cluster.socket());
  store.daemon.configure(shop(store.source.path(), relay.url(store.database, store.role)));
  store.start();
  store.daemon.stop();
  relay.reject(true);
  store.daemon.start();
  wait_for_state(store.daemon, "retrying");
  const json log = log_of(store.daemon);
  for (const json& entry : log.at("entries")) CHECK(entry.at("applied").is_null());
}

TEST_CASE("a limit shows the newest, a position what came after it") {
  Store store;
  store.start();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin'), (4, 'ale'), (5, 'mead')");
  must_flush(store.daemon);
  const json all = log_of(store.daemon);
  const auto newest = all.at("newest").get<std::int64_t>();
  CHECK(all.at("entries").back().at("position") == newest);
  CHECK(all.at("entries").size() == 4);
  CHECK(newest_of(log_of(store.daemon, "?limit=1")) == "insert 5");
  const std::string after = "?after=" + std::to_string(newest - 3);
  CHECK(newest_of(log_of(store.daemon, after + "&limit=2")) == "insert 4");
  CHECK(newest_of(log_of(store.daemon, after)) == "insert 5");
  CHECK(log_of(store.daemon, "?after=" + std::to_string(newest)).at("entries").empty());
  const Outcome two = store.daemon.ctl({"log", "--limit", "2"});
  CHECK(two.exit_code == 0);
  CHECK(lines_of(two.out) == 3);
  CHECK(two.out.find("position  ") == 0);
}

TEST_CASE("--json is the daemon's document") {
  Store store;
  store.start();
  store.source.exec("DELETE FROM packages WHERE id = 2");
  must_flush(store.daemon);
  const Outcome outcome = store.daemon.ctl({"log", "--json", "--limit", "1"});
  CHECK(outcome.exit_code == 0);
  CHECK(lines_of(outcome.out) == 1);
  json log = json::parse(outcome.out);
  const json position = log.at("newest");
  const std::string seen = log.at("entries").at(0).at("seen_at").get<std::string>();
  CHECK(seen.size() == 24);
  CHECK(seen.ends_with("Z"));
  log.at("entries").at(0).erase("seen_at");
  const json entry{{"position", position},
                   {"table", "packages"},
                   {"operation", "delete"},
                   {"key", "2"},
                   {"applied", true}};
  CHECK(log == json{{"pipeline", "shop"}, {"entries", {entry}}, {"newest", position}});
}

TEST_CASE("--follow shows a change made while it runs, and ends well when it is told to") {
  Store store;
  store.start();
  for (const int number : {SIGINT, SIGTERM}) {
    Follower follower(store.daemon, {"--limit", "1"});
    follower.shows("position  ");
    store.source.exec("UPDATE packages SET name = 'rum ' || random() % 10 WHERE id = 2");
    follower.shows("update          2\n");
    store.source.exec("INSERT INTO packages VALUES (" + std::to_string(100 + number) + ", 'gin')");
    follower.shows("insert          " + std::to_string(100 + number) + "\n");
    CHECK(lines_of(follower.out()) == 4);
    follower.signal(number);
    CHECK(follower.wait() == 0);
    CHECK(follower.err() == "");
  }
}

TEST_CASE("--follow shows everything, each change once and in order, also when many come at once") {
  Store store;
  store.start();
  Follower follower(store.daemon, {"--json", "--limit", "1"});
  follower.shows("}\n");
  for (const char* thousands : {"1000", "5000"})
    store.source.exec(std::string("WITH RECURSIVE n(i) AS (SELECT ") + thousands +
                      " UNION ALL SELECT i + 1 FROM n LIMIT 1500)"
                      " INSERT INTO packages SELECT i, 'many' FROM n");
  follower.shows("\"key\":\"6499\"");
  std::istringstream lines(follower.out());
  std::vector<json> entries;
  for (std::string line; std::getline(lines, line);) entries.push_back(json::parse(line));
  CHECK(entries.size() == 3001);
  for (std::size_t i = 1; i < entries.size(); ++i)
    REQUIRE(entries[i].at("position") == entries[i - 1].at("position").get<std::int64_t>() + 1);
}

TEST_CASE("--follow ends well when nobody reads any more") {
  Store store;
  store.start();
  const auto command = Follower::command(store.daemon, {});
  std::vector<std::string> words{"sh", "-c", "{ \"$@\"; echo $? >&2; } | head -n 1", "sh"};
  words.insert(words.end(), command.begin(), command.end());
  const Outcome outcome = support::run({.arguments = words});
  CHECK(outcome.out.starts_with("position"));
  CHECK(outcome.err == "0\n");
}

TEST_CASE("--follow ends with the usual words when the daemon goes away") {
  Store store;
  store.start();
  Follower follower(store.daemon);
  follower.shows("base");
  SUBCASE("cleanly") {
    store.daemon.stop();
  }
  SUBCASE("by force") {
    store.daemon.kill();
  }
  CHECK(follower.wait() == 3);
  CHECK(lines_of(follower.err()) == 1);
  CHECK(follower.err().find("start sluiced") != std::string::npos);
}

TEST_CASE("a file that can't be read, or has no changelog, is named with its remedy") {
  Store store;
  store.start();
  std::string code = "not_installed";
  SUBCASE("the changelog was taken out") {
    CHECK(store.daemon.ctl({"uninstall", "--yes"}).exit_code == 0);
  }
  SUBCASE("the file is gone") {
    std::filesystem::rename(store.source.path(), store.source.folder() / "elsewhere");
    code = "source_missing";
  }
  check_error(store.daemon.http("GET", "/v1/log"), 409, code);
  check_failure(store.daemon.ctl({"log"}), 1, store.source.path());
}

TEST_CASE("wrong questions are refused with a hint") {
  Store store;
  support::SqliteFile cafe;
  store.start();
  check_error(store.daemon.http("GET", "/v1/log?limit=0"), 400, "out_of_range");
  check_error(store.daemon.http("GET", "/v1/log?pipeline=nosuch"), 404, "unknown_pipeline");
  check_error(store.daemon.http("POST", "/v1/log"), 405, "wrong_method");
  check_failure(store.daemon.ctl({"log", "nosuch"}), 2, "the pipelines are: shop");
  check_failure(store.daemon.ctl({"log", "--limit", "0"}), 2, "1 to 1000");
  check_failure(store.daemon.ctl({"log", "--limit", "1001"}), 2, "1 to 1000");
  check_failure(store.daemon.ctl({"log", "--limit", "few"}), 2, "few");
  check_failure(store.daemon.ctl({"log", "shop", "cafe"}), 2, "cafe");
  std::string both = shop(store.source.path(), store.cluster.url(store.database, store.role));
  both.replace(both.find("log:"), 0,
               "  cafe:\n    source:\n      path: " + cafe.path().string() + "\n    target:\n      url: \"" +
                   store.cluster.url(store.database, store.role) + "\"\n");
  store.daemon.configure(both);
  CHECK(store.daemon.ctl({"reload"}).exit_code == 0);
  check_error(store.daemon.http("GET", "/v1/log"), 400, "pipeline_needed");
  check_failure(store.daemon.ctl({"log"}), 2, "shop, cafe");
  CHECK(store.daemon.ctl({"log", "shop"}).exit_code == 0);
}

}  // namespace sluice::e2e
