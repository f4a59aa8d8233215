// The documents of a comparison by value.

#include <array>

#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

using Kind = RowDifference::Kind;

const char* to_string(Kind kind) {
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

template <>
constexpr auto kValues<Kind> = std::array{Kind::missing, Kind::extra, Kind::differs};

template <>
constexpr auto kFields<RowDifference> = std::tuple(field("kind", &RowDifference::kind),
                                                   field("key", &RowDifference::key),
                                                   field("columns", &RowDifference::columns));

template <>
constexpr auto kFields<TableVerdict> =
    std::tuple(field("name", &TableVerdict::table), field("target", &TableVerdict::target),
               field("rows", &TableVerdict::rows), field("missing", &TableVerdict::missing),
               field("extra", &TableVerdict::extra), field("differing", &TableVerdict::differing),
               field("quarantined", &TableVerdict::quarantined), field("left_out", &TableVerdict::left_out),
               field("dangling", &TableVerdict::dangling), field("repaired", &TableVerdict::repaired),
               field("first", &TableVerdict::first), newer("remaining", &TableVerdict::remaining),
               newer("not_looked_at", &TableVerdict::not_looked_at),
               newer("rewritten_by", &TableVerdict::rewritten_by), newer("read_by", &TableVerdict::read_by),
               newer("altered", &TableVerdict::altered), newer("filtered", &TableVerdict::filtered));

template <>
constexpr auto kFields<VerifyAnswer> = std::tuple(field("pipeline", &VerifyAnswer::pipeline),
                                                  field("outcome", &VerifyAnswer::outcome),
                                                  field("position", &VerifyAnswer::position),
                                                  field("tables", &VerifyAnswer::tables),
                                                  field("elapsed_ms", &VerifyAnswer::elapsed_ms));

Json to_json(const VerifyAnswer& answer) {
  return written(answer);
}

VerifyAnswer parse_verify_answer(std::string_view text) {
  return parsed<VerifyAnswer>(text);
}

}  // namespace sluice::daemon
