#pragma once

#include <string>

#include "tests/e2e/cases/backups.h"

/// A table of goods, and what the tests of the position do with it.
namespace sluice::e2e {

inline const std::string kStock =
    "CREATE TABLE stock(id INTEGER PRIMARY KEY, label TEXT, amount INTEGER);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    " INSERT INTO stock SELECT i, 'l' || i, i FROM n;";

/// New rows, one change each.
inline std::string added(int count) {
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
         ") INSERT INTO stock(amount) SELECT i FROM n;";
}

inline std::string error_code(Mirror& mirror) {
  const auto error = mirror.status().at("error");
  return error.is_null() ? "" : error.at("code").get<std::string>();
}

inline void expect_diverged(Mirror& mirror, const std::string& code) {
  wait_for_state(mirror.daemon, "diverged");
  const std::string found = error_code(mirror);
  if (found != code) throw std::runtime_error("diverged as " + found + ", not " + code);
}

inline std::int64_t rows_copied(Mirror& mirror) {
  return mirror.status().at("totals").at("rows_copied");
}

/// The answer of a resync over the control socket.
inline support::HttpAnswer resync(Mirror& mirror, const nlohmann::json& body = nlohmann::json::object()) {
  return mirror.daemon.http("POST", "/v1/resync", body.dump());
}

/// What a resync would do, as "table changed deleted added;".
inline std::string counts_of(const support::HttpAnswer& answer) {
  std::string text;
  for (const auto& table : answer.json.at("tables"))
    text += table.at("name").get<std::string>() + " " + table.at("changed").dump() + " " +
            table.at("deleted").dump() + " " + table.at("added").dump() + ";";
  return text;
}

}  // namespace sluice::e2e
