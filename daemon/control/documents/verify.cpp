#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "daemon/control/documents/protocol.h"

/// The documents of a comparison by value, both ways.
namespace sluice::daemon {

namespace {

using Json = nlohmann::ordered_json;
using Kind = RowDifference::Kind;

constexpr std::array kKinds{Kind::missing, Kind::extra, Kind::differs};

Kind kind_from(const std::string& word) {
  for (const Kind kind : kKinds)
    if (word == to_string(kind)) return kind;
  throw std::runtime_error("unknown difference \"" + word + "\"");
}

Json to_json(const RowDifference& row) {
  return {{"kind", to_string(row.kind)}, {"key", row.key}, {"columns", row.columns}};
}

Json to_json(const TableVerdict& table) {
  Json first = Json::array();
  for (const RowDifference& row : table.first) first.push_back(to_json(row));
  return {{"name", table.table},
          {"target", table.target},
          {"rows", table.rows},
          {"missing", table.missing},
          {"extra", table.extra},
          {"differing", table.differing},
          {"quarantined", table.quarantined},
          {"left_out", table.left_out},
          {"dangling", table.dangling},
          {"repaired", table.repaired},
          {"first", std::move(first)}};
}

TableVerdict table_from(const nlohmann::json& object) {
  TableVerdict table;
  object.at("name").get_to(table.table);
  object.at("target").get_to(table.target);
  object.at("rows").get_to(table.rows);
  object.at("missing").get_to(table.missing);
  object.at("extra").get_to(table.extra);
  object.at("differing").get_to(table.differing);
  object.at("quarantined").get_to(table.quarantined);
  object.at("left_out").get_to(table.left_out);
  object.at("dangling").get_to(table.dangling);
  object.at("repaired").get_to(table.repaired);
  for (const auto& row : object.at("first"))
    table.first.push_back({kind_from(row.at("kind").get<std::string>()), row.at("key").get<std::string>(),
                           row.at("columns").get<std::vector<std::string>>()});
  return table;
}

}  // namespace

const char* to_string(RowDifference::Kind kind) {
  switch (kind) {
    case Kind::missing:
      return "missing";
    case Kind::extra:
      return "extra";
    case Kind::differs:
      return "differs";
  }
  return "differs";
}

Json to_json(const VerifyAnswer& answer) {
  Json tables = Json::array();
  for (const TableVerdict& table : answer.tables) tables.push_back(to_json(table));
  return {{"pipeline", answer.pipeline},
          {"outcome", answer.outcome},
          {"position", answer.position},
          {"tables", std::move(tables)},
          {"elapsed_ms", std::round(answer.elapsed_ms * 1000) / 1000}};
}

VerifyAnswer parse_verify_answer(std::string_view text) {
  const auto object = nlohmann::json::parse(text);
  VerifyAnswer answer{.pipeline = object.at("pipeline").get<std::string>(),
                      .outcome = object.at("outcome").get<std::string>(),
                      .position = object.at("position").get<std::int64_t>(),
                      .tables = {},
                      .elapsed_ms = object.at("elapsed_ms").get<double>()};
  for (const auto& table : object.at("tables")) answer.tables.push_back(table_from(table));
  return answer;
}

}  // namespace sluice::daemon
