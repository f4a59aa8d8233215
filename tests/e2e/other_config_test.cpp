// The tool, the daemon, and two configuration files: which of them is meant.

#include <doctest/doctest.h>

#include <fstream>

#include "tests/e2e/store.h"

namespace sluice::e2e {
namespace {

using support::Outcome;
using support::SqliteFile;

using Words = std::vector<std::string>;

/// A store whose daemon runs, and a second configuration with a pipeline of the same name.
struct Shops {
  Shops() {
    other_source.exec("CREATE TABLE cups (id INTEGER PRIMARY KEY); INSERT INTO cups VALUES (1)");
    write("test.yaml", "");
    store.start();
  }

  std::filesystem::path folder() const { return store.daemon.config_file().parent_path(); }

  std::filesystem::path write(const std::string& name, const std::string& more) const {
    const auto file = folder() / name;
    std::ofstream(file) << shop(other_source.path(), store.cluster.url(store.database, store.role),
                                "      schema: test\n      state_schema: test_state\n") +
                               more;
    return file;
  }

  /// sluicectl with these words alone; the runtime directory and the home are the daemon's.
  Outcome ask(const Words& words) const {
    Words arguments{"sh", "-c", "exec \"$@\" < /dev/null", "sh", SLUICECTL_PROGRAM};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return support::run({.arguments = arguments,
                         .environment = {{"HOME", folder().string()},
                                         {"XDG_RUNTIME_DIR", (folder() / "run").string()},
                                         {"XDG_CONFIG_HOME", std::nullopt},
                                         {"RUNTIME_DIRECTORY", std::nullopt},
                                         {"SLUICE_SOCKET", std::nullopt}}});
  }

  Outcome ask(const std::filesystem::path& config, Words words) const {
    words.insert(words.begin(), {"--config", config.string()});
    return ask(words);
  }

  SqliteFile other_source;
  Store store;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string objects_of_ours(SqliteFile& file) {
  return file.rows("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice*'");
}

}  // namespace

TEST_SUITE_BEGIN("other_config");

TEST_CASE("the tool speaks to no daemon that runs another configuration, and names both") {
  Shops shops;
  const auto test = shops.folder() / "test.yaml";
  for (const Words& words : {Words{"status"},
                             {"flush"},
                             {"pause"},
                             {"check"},
                             {"verify"},
                             {"log"},
                             {"resync", "--yes"},
                             {"quarantine", "list"},
                             {"reload"},
                             {"cutover", "--yes"},
                             {"uninstall", "--yes"},
                             {"version"},
                             {"stop"}}) {
    CAPTURE(words.front());
    const Outcome outcome = shops.ask(test, words);
    check_failure(outcome, 2, test.string());
    CHECK(contains(outcome.err, shops.store.daemon.config_file().string()));
  }
  const Outcome migrated = shops.ask(test, {"migrate", "--", "true"});
  CHECK(migrated.exit_code == 125);
  CHECK(contains(migrated.err, shops.store.daemon.config_file().string()));
  // Nothing has happened to either.
  shops.store.source.exec("INSERT INTO packages VALUES (3, 'ink')");
  must_flush(shops.store.daemon);
  CHECK(shops.store.names() == "tea rum ink");
  CHECK(objects_of_ours(shops.other_source) == "0");
}

TEST_CASE("what speaks to no daemon works on the file that it is given, whatever runs") {
  Shops shops;
  const auto test = shops.folder() / "test.yaml";
  CHECK(contains(shops.ask(test, {"config"}).out, shops.other_source.path().string()));
  CHECK(contains(shops.ask(test, {"schema"}).out, "\"cups\""));
  CHECK(shops.ask(test, {"install"}).exit_code == 0);
  CHECK(objects_of_ours(shops.other_source) != "0");
}

TEST_CASE("a configuration is the same by all of its names") {
  Shops shops;
  const auto file = shops.store.daemon.config_file();
  const auto link = shops.folder() / "link.yaml";
  std::filesystem::create_symlink(file, link);
  CHECK(shops.store.daemon.http("GET", "/v1/status").json.at("config") == file.string());
  for (const auto& name : {file, link, shops.folder() / "run" / ".." / "config.yaml",
                           std::filesystem::path("~/config.yaml"), std::filesystem::relative(file)}) {
    CAPTURE(name);
    const Outcome outcome = shops.ask(name, {"flush"});
    CAPTURE(outcome.err);
    CHECK(outcome.exit_code == 0);
  }
}

TEST_CASE(
    "without --config a verb takes the configuration of the daemon that runs, and the default without") {
  Shops shops;
  const auto running = shops.store.source.path().string();
  std::filesystem::create_directories(shops.folder() / ".config" / "sluice");
  std::filesystem::rename(shops.folder() / "test.yaml",
                          shops.folder() / ".config" / "sluice" / "config.yaml");
  CHECK(contains(shops.ask({"config"}).out, running));
  CHECK(contains(shops.ask({"schema"}).out, "\"packages\""));
  CHECK(contains(shops.ask({"status"}).out, running));
  CHECK(contains(shops.ask({"uninstall", "--yes"}).out, "shop: "));
  CHECK(objects_of_ours(shops.store.source) == "0");

  shops.store.daemon.stop();
  CHECK(contains(shops.ask({"config"}).out, shops.other_source.path().string()));
  CHECK(shops.ask({"install"}).exit_code == 0);
  CHECK(objects_of_ours(shops.other_source) != "0");
}

TEST_CASE("a configuration with a socket of its own has a daemon of its own, or none") {
  Shops shops;
  const auto own = shops.write("own.yaml", "control:\n  socket: own.sock\n");
  check_failure(shops.ask(own, {"status"}), 3, "no socket at " + (shops.folder() / "own.sock").string());
  CHECK(shops.ask(own, {"install"}).exit_code == 0);
  CHECK(shops.ask(own, {"check"}).exit_code == 0);
  CHECK(shops.ask(own, {"uninstall", "--yes"}).exit_code == 0);
  CHECK(objects_of_ours(shops.other_source) == "0");
  CHECK(pipeline_status(shops.store.daemon).at("state") == "streaming");
}

TEST_CASE("a cutover asks first, and says so where there is nobody to ask") {
  Shops shops;
  const auto file = shops.store.daemon.config_file();
  for (const Words& words : {Words{"cutover"}, {"cutover", "shop", "--json"}}) {
    const Outcome outcome = shops.ask(file, words);
    check_failure(outcome, 2, "--yes");
    CHECK(contains(outcome.err, shops.store.source.path().string()));
    CHECK(contains(outcome.err, "postgresql://"));
  }
  check_failure(shops.ask(file, {"cutover", "nosuch"}), 2, "no pipeline 'nosuch'");
  shops.store.source.exec("INSERT INTO packages VALUES (3, 'ink')");

  // script(1) lends a terminal.
  const auto answered = [&](const std::string& answer) {
    const std::string cutover = std::string(SLUICECTL_PROGRAM) + " --config " + file.string() + " cutover";
    return support::run(
        {.arguments = {"sh", "-c", "echo \"$1\" | script -qec \"$2\" /dev/null", "sh", answer, cutover},
         .environment = {{"XDG_RUNTIME_DIR", (shops.folder() / "run").string()},
                         {"SLUICE_SOCKET", std::nullopt}}});
  };
  const Outcome refused = answered("n");
  CAPTURE(refused.out);
  CHECK(refused.exit_code == 1);
  for (const std::string& told :
       {shops.store.source.path().string(), std::string("postgresql://"), std::string("tables  packages")})
    CHECK(contains(refused.out, told));
  shops.store.source.exec("INSERT INTO packages VALUES (4, 'pen')");
  CHECK(answered("y").exit_code == 0);
  CHECK_THROWS(shops.store.source.exec("INSERT INTO packages VALUES (5, 'cup')"));
}

TEST_SUITE_END();

}  // namespace sluice::e2e
