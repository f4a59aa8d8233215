#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<TableDifference> = std::tuple(field("name", &TableDifference::table),
                                                     field("target", &TableDifference::target),
                                                     field("changed", &TableDifference::changed),
                                                     field("deleted", &TableDifference::deleted),
                                                     field("added", &TableDifference::added));

template <>
constexpr auto kFields<ResyncAnswer> = std::tuple(field("pipeline", &ResyncAnswer::pipeline),
                                                  field("outcome", &ResyncAnswer::outcome),
                                                  field("tables", &ResyncAnswer::tables),
                                                  spare("unequal", &ResyncAnswer::unequal),
                                                  spare("rewritten_by", &ResyncAnswer::rewritten_by),
                                                  field("elapsed_ms", &ResyncAnswer::elapsed_ms));

Json to_json(const ResyncAnswer& answer) {
  return written(answer);
}

ResyncAnswer parse_resync_answer(std::string_view text) {
  return parsed<ResyncAnswer>(text);
}

}  // namespace sluice::daemon
