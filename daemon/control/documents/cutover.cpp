#include <cmath>
#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"

/// The document of a cutover, both ways.
namespace sluice::daemon {

namespace {

using Document = nlohmann::ordered_json;

double rounded(double milliseconds) {
  return std::round(milliseconds * 1000) / 1000;
}

Document to_json(const CutoverAnswer::Table& table) {
  return {
      {"name", table.table}, {"target", table.target}, {"rows", table.rows}, {"dangling", table.dangling}};
}

Document to_json(const CutoverAnswer::Sequence& sequence) {
  return {{"name", sequence.name},
          {"table", sequence.table},
          {"column", sequence.column},
          {"next", sequence.next}};
}

Document to_json(const CutoverAnswer::Constraint& constraint) {
  return {{"name", constraint.name},
          {"table", constraint.table},
          {"valid", constraint.reason.empty()},
          {"reason", constraint.reason},
          {"remedy", constraint.remedy}};
}

Document to_json(const NotCaptured& left_out) {
  return {{"name", left_out.name}, {"reason", left_out.reason}};
}

template <typename Item>
Document list_of(const std::vector<Item>& items) {
  Document list = Document::array();
  for (const Item& item : items) list.push_back(to_json(item));
  return list;
}

std::string text(const nlohmann::json& object, const char* name) {
  return object.at(name).get<std::string>();
}

std::int64_t number(const nlohmann::json& object, const char* name) {
  return object.at(name).get<std::int64_t>();
}

}  // namespace

Document to_json(const CutoverAnswer& answer) {
  return {{"pipeline", answer.pipeline},
          {"outcome", answer.outcome},
          {"position", answer.position},
          {"fenced", answer.fenced},
          {"locked_ms", rounded(answer.locked_ms)},
          {"tables", list_of(answer.tables)},
          {"sequences", list_of(answer.sequences)},
          {"constraints", list_of(answer.constraints)},
          {"not_captured", list_of(answer.not_captured)},
          {"elapsed_ms", rounded(answer.elapsed_ms)}};
}

CutoverAnswer parse_cutover_answer(std::string_view text_of_it) {
  const auto object = nlohmann::json::parse(text_of_it);
  CutoverAnswer answer;
  answer.pipeline = text(object, "pipeline");
  answer.outcome = text(object, "outcome");
  answer.position = number(object, "position");
  answer.fenced = object.at("fenced").get<bool>();
  answer.locked_ms = object.at("locked_ms").get<double>();
  answer.elapsed_ms = object.at("elapsed_ms").get<double>();
  for (const auto& each : object.at("tables"))
    answer.tables.push_back(
        {text(each, "name"), text(each, "target"), number(each, "rows"), number(each, "dangling")});
  for (const auto& each : object.at("sequences"))
    answer.sequences.push_back(
        {text(each, "name"), text(each, "table"), text(each, "column"), number(each, "next")});
  for (const auto& each : object.at("constraints"))
    answer.constraints.push_back(
        {text(each, "name"), text(each, "table"), text(each, "reason"), text(each, "remedy")});
  for (const auto& each : object.at("not_captured"))
    answer.not_captured.push_back({text(each, "name"), text(each, "reason")});
  return answer;
}

}  // namespace sluice::daemon
