#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"

/// The document of a resync, both ways.
namespace sluice::daemon {

nlohmann::ordered_json to_json(const ResyncAnswer& answer) {
  nlohmann::ordered_json tables = nlohmann::ordered_json::array();
  for (const TableDifference& table : answer.tables)
    tables.push_back({{"name", table.table},
                      {"target", table.target},
                      {"changed", table.changed},
                      {"deleted", table.deleted},
                      {"added", table.added}});
  return {{"pipeline", answer.pipeline},
          {"outcome", answer.outcome},
          {"tables", std::move(tables)},
          {"elapsed_ms", std::round(answer.elapsed_ms * 1000) / 1000}};
}

ResyncAnswer parse_resync_answer(std::string_view text) {
  const auto object = nlohmann::json::parse(text);
  ResyncAnswer answer{.pipeline = object.at("pipeline").get<std::string>(),
                      .outcome = object.at("outcome").get<std::string>(),
                      .tables = {},
                      .elapsed_ms = object.at("elapsed_ms").get<double>()};
  for (const auto& table : object.at("tables"))
    answer.tables.push_back({.table = table.at("name").get<std::string>(),
                             .target = table.at("target").get<std::string>(),
                             .changed = table.at("changed").get<std::int64_t>(),
                             .deleted = table.at("deleted").get<std::int64_t>(),
                             .added = table.at("added").get<std::int64_t>()});
  return answer;
}

}  // namespace sluice::daemon
