// When nothing happens: the file is let go of, and then somebody asks for something, a timer fires, or the
// server goes and comes back. And what is said of a daemon that did not end by itself.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "tests/e2e/store.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::PostgresCluster;
using support::wait_until;

constexpr const char* kTooLong = "a name of more than twenty letters";

/// Does the process have the file open?
bool has_open(pid_t process, const std::filesystem::path& file) {
  const std::filesystem::directory_iterator descriptors("/proc/" + std::to_string(process) + "/fd");
  return std::any_of(begin(descriptors), end(descriptors), [&](const auto& descriptor) {
    std::error_code closed_meanwhile;
    return std::filesystem::read_symlink(descriptor, closed_meanwhile) == file;
  });
}

/// A pipeline that nobody has spoken to for a while, with or without a row in quarantine.
struct Quiet : Store {
  Quiet(const std::string& mode, bool row_in_quarantine, const std::string& halted_interval = "1m")
      : Store("    on_error: quarantine\n    mode: " + mode + "\n"), quarantined(row_in_quarantine) {
    std::string config = support::read_file(daemon.config_file());
    config.insert(config.find("      initial:"), "      halted_interval: " + halted_interval + "\n");
    daemon.configure(config);
    start();
    if (quarantined) source.exec("INSERT INTO packages VALUES (3, '" + std::string(kTooLong) + "')");
    must_flush(daemon);
    REQUIRE(status().at("quarantined") == (quarantined ? 1 : 0));
    process = daemon.pid();
  }

  void wait_for_quiet() {
    wait_until("the file is let go of", [&] { return !has_open(process, source.path()); });
  }
  bool lives() { return daemon.running() && daemon.pid() == process && status().is_object(); }

  bool quarantined;
  pid_t process = 0;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("quiet");

TEST_CASE("whatever is asked after a quiet moment is answered, and the daemon lives") {
  std::vector<std::unique_ptr<Quiet>> pipelines;
  for (const char* mode : {"continuous", "manual"}) {
    for (const bool quarantined : {false, true}) {
      pipelines.push_back(std::make_unique<Quiet>(mode, quarantined));
    }
  }
  const std::vector<Words> questions{{"retry"},
                                     {"quarantine", "retry"},
                                     {"flush"},
                                     {"verify"},
                                     {"verify", "--repair"},
                                     {"check"},
                                     {"resync", "--yes"},
                                     {"log"},
                                     {"quarantine", "list"},
                                     {"schema"},
                                     {"reload"},
                                     {"pause"},
                                     {"resume"},
                                     {"adopt", "shop"},
                                     {"skip", "shop", "--error", "0"},
                                     {"config"},
                                     {"status"},
                                     {"quarantine", "discard", "--all"}};
  for (const Words& question : questions) {
    for (const auto& each : pipelines) each->wait_for_quiet();
    for (const auto& each : pipelines) {
      CAPTURE(question.front());
      CAPTURE(each->quarantined);
      CAPTURE(each->status().at("mode"));
      const auto answer = each->daemon.ctl(question);
      CAPTURE(answer.err);
      CHECK((answer.exit_code >= 0 && answer.exit_code <= 5));
      CHECK(answer.exit_code != 3);
      REQUIRE_MESSAGE(each->lives(), each->daemon.log());
    }
  }
  for (const auto& each : pipelines) {
    each->source.exec("INSERT INTO packages VALUES (9, 'gin')");
    must_flush(each->daemon);
    CHECK(each->server("SELECT name FROM packages WHERE id = 9") == "gin");
  }
}

TEST_CASE("rows in quarantine are tried again after a quiet moment, by the clock alone") {
  Quiet quiet("continuous", true, "3s");
  const auto attempts = [&] { return quiet.server("SELECT attempts FROM sluice.quarantine"); };
  const std::string before = attempts();
  quiet.wait_for_quiet();
  wait_until("the row was tried again", [&] { return attempts() != before; });
  const std::string once = attempts();
  quiet.wait_for_quiet();
  wait_until("and once more", [&] { return attempts() != once; });
  CHECK_MESSAGE(quiet.lives(), quiet.daemon.log());
}

TEST_CASE("a server that goes and comes back in a quiet moment costs no more than an answer") {
  PostgresCluster cluster;
  for (const char* mode : {"continuous", "manual"}) {
    for (const Words& question :
         std::vector<Words>{{"retry"}, {"quarantine", "retry"}, {"flush"}, {"verify"}}) {
      CAPTURE(mode);
      CAPTURE(question.front());
      const std::string database = cluster.create_database();
      cluster.psql(database, "CREATE TABLE packages (id bigint PRIMARY KEY, name varchar(20))",
                   PostgresCluster::kOwner);
      support::SqliteFile source;
      source.exec(
          "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO packages VALUES"
          " (1, 'tea'), (2, '" +
          std::string(kTooLong) + "')");
      support::DaemonProcess daemon(shop(source.path(), cluster.url(database),
                                         "    on_error: quarantine\n    mode: " + std::string(mode) + "\n"));
      daemon.start();
      wait_for_state(daemon, mode == std::string("manual") ? "idle" : "streaming");
      CHECK(must_flush(daemon).at("quarantined") == 1);
      wait_until("the file is let go of", [&] { return !has_open(daemon.pid(), source.path()); });
      cluster.stop(support::StopMode::immediate);
      CHECK(daemon.ctl({"flush", "--timeout", "2s"}).exit_code == 1);
      cluster.start();
      CHECK(daemon.ctl(question).exit_code != 3);
      source.exec("INSERT INTO packages VALUES (4, 'gin')");
      CHECK(must_flush(daemon).at("quarantined") == 1);
      CHECK(cluster.psql(database, "SELECT name FROM packages WHERE id = 4") == "gin");
      REQUIRE_MESSAGE(daemon.running(), daemon.log());
    }
  }
}

TEST_CASE("a daemon that was killed is told of by the next one, once") {
  Store store;
  store.start();
  const auto report = [&] { return json::parse(store.daemon.ctl({"status", "--json"}).out); };
  CHECK(report().at("unclean_end").is_null());
  const auto killed = report();
  store.daemon.kill();

  store.daemon.start();
  CHECK(report().at("unclean_end").at("pid") == killed.at("pid"));
  CHECK(report().at("unclean_end").at("started_at") == killed.at("started_at"));
  CHECK(store.daemon.ctl({"status"}).out.find("did not end cleanly") != std::string::npos);
  CHECK(store.daemon.log().find("unclean_end") != std::string::npos);
  CHECK(store.daemon.stop() == 0);

  store.daemon.start();
  CHECK(report().at("unclean_end").is_null());
}

TEST_SUITE_END();

}  // namespace sluice::e2e
