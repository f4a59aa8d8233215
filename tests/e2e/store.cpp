#include "tests/e2e/store.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::e2e {

using support::HttpAnswer;
using support::Outcome;

Store::Store(const std::string& settings, const std::string& role_, const std::string& target_table)
    : role(role_),
      database(cluster.create_database(role)),
      daemon(shop(source.path(), cluster.url(database, role), settings)) {
  source.exec(
      "CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO packages VALUES (1, 'tea'), "
      "(2, 'rum')");
  if (!target_table.empty()) server(target_table);
}

std::string Store::differences() {
  return support::listed_differences(source, cluster, database, {"packages", "", {"id"}});
}

void Store::start() {
  daemon.start();
  must_flush(daemon);
}

void Store::halt() {
  source.exec("INSERT INTO packages VALUES (3, 'a name of more than twenty letters')");
  wait_for_state(daemon, "halted");
}

void check_failure(const Outcome& outcome, int exit_code, const std::string& reason) {
  CAPTURE(outcome.err);
  CAPTURE(outcome.out);
  CHECK(outcome.exit_code == exit_code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(outcome.err.ends_with('\n'));
  CHECK(outcome.err.starts_with("sluice"));
  const auto remedy = outcome.err.find("; ");
  CHECK(remedy != std::string::npos);
  CHECK(outcome.err.size() > remedy + 5);
  CHECK(outcome.err.find(reason) != std::string::npos);
}

void check_error(const HttpAnswer& answer, int status, const std::string& code) {
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  REQUIRE(answer.json.is_object());
  const auto& error = answer.json.at("error");
  CHECK(error.at("code") == code);
  CHECK(error.at("message") != "");
  CHECK(error.at("hint") != "");
}

Outcome run_program(const std::string& variable, const std::string& built,
                    const std::vector<std::string>& arguments) {
  const char* chosen = std::getenv(variable.c_str());
  std::vector<std::string> words{"sh", "-c", "exec \"$@\" < /dev/null", "sh",
                                 chosen != nullptr ? chosen : built};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return support::run({.arguments = words});
}

Outcome sluiced(const std::vector<std::string>& arguments) {
  return run_program("SLUICED", SLUICED_PROGRAM, arguments);
}

Outcome sluicectl(const std::vector<std::string>& arguments) {
  return run_program("SLUICECTL", SLUICECTL_PROGRAM, arguments);
}

}  // namespace sluice::e2e
