#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/not_captured.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

using Table = CutoverAnswer::Table;
using Sequence = CutoverAnswer::Sequence;
using Constraint = CutoverAnswer::Constraint;

template <>
constexpr auto kFields<Table> = std::tuple(field("name", &Table::table), field("target", &Table::target),
                                           field("rows", &Table::rows), field("dangling", &Table::dangling));

template <>
constexpr auto kFields<Sequence> = std::tuple(field("name", &Sequence::name),
                                              field("table", &Sequence::table),
                                              field("column", &Sequence::column),
                                              field("next", &Sequence::next));

template <>
constexpr auto kFields<Constraint> =
    std::tuple(field("name", &Constraint::name), field("table", &Constraint::table),
               derived("valid", [](const Constraint& constraint) { return constraint.reason.empty(); }),
               field("reason", &Constraint::reason), field("remedy", &Constraint::remedy));

template <>
constexpr auto kFields<CutoverAnswer> = std::tuple(
    field("pipeline", &CutoverAnswer::pipeline), field("outcome", &CutoverAnswer::outcome),
    field("position", &CutoverAnswer::position), field("fenced", &CutoverAnswer::fenced),
    field("shared_with", &CutoverAnswer::shared_with), field("locked_ms", &CutoverAnswer::locked_ms),
    field("tables", &CutoverAnswer::tables), field("sequences", &CutoverAnswer::sequences),
    field("constraints", &CutoverAnswer::constraints), field("not_captured", &CutoverAnswer::not_captured),
    field("elapsed_ms", &CutoverAnswer::elapsed_ms));

Json to_json(const CutoverAnswer& answer) {
  return written(answer);
}

CutoverAnswer parse_cutover_answer(std::string_view text) {
  return parsed<CutoverAnswer>(text);
}

}  // namespace sluice::daemon
