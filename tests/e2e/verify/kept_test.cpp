// verify tells differences apart from what is meant to be there: rows held back, rows left out by a rule,
// rows that only Postgres has and keeps.

#include <doctest/doctest.h>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;

constexpr const char* kItems =
    "CREATE TABLE item(id INTEGER PRIMARY KEY, v TEXT, open INTEGER);"
    "INSERT INTO item VALUES(1, 'a', 1), (2, 'b', 1), (3, 'c', 1), (4, 'd', 0);";

struct Seen {
  int exit_code = 0;
  std::string outcome;
  json table;
};

Seen verify(Mirror& mirror, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"verify", "shop", "--json"});
  const auto answer = mirror.daemon.ctl(options);
  const json document = json::parse(answer.out);
  return {answer.exit_code, document.at("outcome"), document.at("tables").at(0)};
}

}  // namespace

TEST_CASE("rows that a rule leaves out are no difference, and stay under --repair; a resync tidies them") {
  MirrorOptions options;
  options.settings = "    tables: {rules: {item: {where: open}}}\n";
  Mirror mirror(kItems, options);
  mirror.start();
  mirror.server("INSERT INTO item VALUES (4, 'left', 0)");
  const auto seen = verify(mirror, {"--repair"});
  CHECK(seen.exit_code == 0);
  CHECK(seen.outcome == "equal");
  CHECK(seen.table.at("left_out") == 1);
  CHECK(seen.table.at("extra") == 0);
  mirror.server("INSERT INTO item VALUES (5, 'foreign', 0)");
  const auto foreign = verify(mirror, {"--repair"});
  CHECK(foreign.outcome == "repaired");
  CHECK(foreign.table.at("extra") == 1);
  CHECK(mirror.server("SELECT string_agg(id::text, ' ' ORDER BY id) FROM item") == "1 2 3 4");
  CHECK(mirror.daemon.ctl({"resync", "--yes"}).exit_code == 0);
  CHECK(mirror.server("SELECT string_agg(id::text, ' ' ORDER BY id) FROM item") == "1 2 3");
}

TEST_CASE("rows that only Postgres has and is to keep are told, and no difference") {
  MirrorOptions options;
  options.settings = "      existing_rows: merge\n";  // a line of `target`, which ends the text before
  Mirror mirror(kItems, options);
  mirror.start();
  mirror.server("INSERT INTO item VALUES (9, 'own', 0)");
  const auto seen = verify(mirror, {"--repair"});
  CHECK(seen.exit_code == 0);
  CHECK(seen.outcome == "equal");
  CHECK(seen.table.at("left_out") == 1);
  CHECK(mirror.server("SELECT count(*) FROM item") == "5");
}

TEST_CASE("a row that is held back is no difference; one that can't be written is not called repaired") {
  MirrorOptions options;
  options.settings = "    on_error: quarantine\n";
  Mirror mirror(kItems, options);
  mirror.server("CREATE TABLE item (id bigint PRIMARY KEY, v varchar(3), open bigint)");
  mirror.start();
  mirror.run("UPDATE item SET v = 'too long' WHERE id = 2");
  mirror.daemon.ctl({"flush"});
  const auto held = verify(mirror);
  CHECK(held.exit_code == 0);
  CHECK(held.table.at("quarantined") == 1);
  CHECK(held.table.at("differing") == 0);
  CHECK(mirror.daemon.ctl({"quarantine", "discard", "--all"}).exit_code == 0);
  const auto different = verify(mirror);
  CHECK(different.exit_code == 5);
  CHECK(different.table.at("differing") == 1);
  CHECK(different.table.at("first").at(0).at("key") == "2");
  const auto tried = verify(mirror, {"--repair"});
  CHECK(tried.exit_code == 5);
  CHECK(tried.outcome == "different");
  CHECK(tried.table.at("quarantined") == 1);
  mirror.server("ALTER TABLE item ALTER v TYPE text");
  CHECK(mirror.daemon.ctl({"quarantine", "retry"}).exit_code == 0);
  CHECK(verify(mirror).outcome == "equal");
}

TEST_CASE("a row that is refused for want of its parent goes over with the repair that brings the parent") {
  MirrorOptions options;
  options.role = support::PostgresCluster::kOwner;
  // The child waits, and goes into one batch with the comparison.
  options.settings = "    on_error: quarantine\n    apply: {max_delay: 1m}\n";
  Mirror mirror(
      "CREATE TABLE tree(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree(id));"
      "INSERT INTO tree VALUES(1, NULL), (2, 1), (3, NULL)",
      options);
  mirror.start();
  mirror.server("DELETE FROM tree WHERE id = 3");
  mirror.run("INSERT INTO tree VALUES(4, 3)");
  const auto seen = verify(mirror, {"--repair"});
  CHECK(seen.outcome == "repaired");
  CHECK(mirror.status().at("quarantined") == 0);
  CHECK(mirror.differences() == "");
}

TEST_CASE("rows that break a foreign key of the server are counted, though both sides have them") {
  Mirror mirror(
      "CREATE TABLE shelf(id INTEGER PRIMARY KEY);"
      "CREATE TABLE item(id INTEGER PRIMARY KEY, shelf INTEGER REFERENCES shelf);"
      "INSERT INTO shelf VALUES(1); INSERT INTO item VALUES(1, 1), (2, 7), (3, NULL);");
  mirror.start();
  const auto seen = verify(mirror, {"--table", "item"});
  CHECK(seen.outcome == "equal");
  CHECK(seen.table.at("dangling") == 1);
}

TEST_CASE("what can't be compared is refused, and says why") {
  Mirror mirror(kItems);
  mirror.start();
  const auto unknown = mirror.daemon.ctl({"verify", "shop", "--table", "nobody"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err.find("has no table 'nobody'") != std::string::npos);
  CHECK(mirror.daemon.ctl({"pause"}).exit_code == 0);
  const auto paused = mirror.daemon.ctl({"verify"});
  CHECK(paused.exit_code == 1);
  CHECK(paused.err.find("paused") != std::string::npos);
  CHECK(mirror.daemon.ctl({"resume"}).exit_code == 0);
  CHECK(mirror.daemon.ctl({"verify"}).exit_code == 0);
}

TEST_CASE("in manual mode what was committed goes over first, and then both sides are compared") {
  MirrorOptions options;
  options.settings = "    mode: manual\n";
  Mirror mirror(kItems, options);
  mirror.start();
  mirror.run("DELETE FROM item WHERE id = 1");
  const auto seen = verify(mirror);
  CHECK(seen.outcome == "equal");
  CHECK(seen.table.at("rows") == 3);
  CHECK(mirror.server("SELECT count(*) FROM item") == "3");
  CHECK(mirror.status().at("state") == "idle");
}

}  // namespace sluice::e2e
