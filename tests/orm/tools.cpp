#include "tests/orm/tools.h"

#include <cstdlib>
#include <regex>
#include <stdexcept>

namespace sluice::e2e {
namespace {

/// The statements in a remedy; empty where it has none.
std::string statements_in(const std::string& remedy) {
  std::smatch found;
  return std::regex_search(remedy, found, std::regex("((ALTER|DROP|CREATE) [^;]*; ?)+")) ? found.str() : "";
}

support::Outcome outcome_of(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                            support::Environment environment) {
  environment["SHOP_FILE"] = file.string();
  environment["PYTHONDONTWRITEBYTECODE"] = "1";
  return support::run({.arguments = arguments, .environment = std::move(environment)});
}

}  // namespace

std::string node() {
  const char* prepared = std::getenv("SLUICE_NODE");
  return prepared && *prepared ? prepared : "node";
}

std::string tool(const std::string& name) {
  return std::string(ORM_FOLDER) + "/" + name;
}

std::string run_tool(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                     support::Environment environment) {
  const auto outcome = outcome_of(file, arguments, std::move(environment));
  if (outcome.exit_code == 0) return outcome.out;
  throw std::runtime_error(arguments.back() + " failed:\n" + outcome.out + outcome.err);
}

std::string attempt_tool(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                         support::Environment environment) {
  const auto outcome = outcome_of(file, arguments, std::move(environment));
  return outcome.exit_code == 0 ? "" : outcome.err;
}

std::vector<std::string> follow(Mirror& mirror) {
  constexpr std::size_t kMostStatements = 6;
  std::vector<std::string> done;
  while (true) {
    const auto answer = flush(mirror.daemon);
    if (answer.status == 200) return done;
    if (answer.status == 504) continue;
    const auto error = mirror.status().at("error");
    if (error.is_null()) continue;
    const auto statement = statements_in(error.at("hint").get<std::string>());
    if (statement.empty() || done.size() == kMostStatements) {
      throw std::runtime_error("no way on: " + error.dump(2));
    }
    mirror.server(statement);
    done.push_back(statement);
    mirror.daemon.ctl({"retry"});
  }
}

}  // namespace sluice::e2e
