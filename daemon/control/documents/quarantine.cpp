// The quarantine: what it holds, and what became of rows that were retried, discarded or skipped.

#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<HeldRow::Field> = std::tuple(field("column", &HeldRow::Field::column),
                                                    field("value", &HeldRow::Field::value));

template <>
constexpr auto kFields<HeldRow> =
    std::tuple(field("id", &HeldRow::id), field("table", &HeldRow::table), field("key", &HeldRow::key),
               field("operation", &HeldRow::operation), field("code", &HeldRow::code),
               field("message", &HeldRow::message), known("sqlstate", &HeldRow::sqlstate),
               known("column", &HeldRow::column), known("constraint", &HeldRow::constraint),
               field("hint", &HeldRow::hint), field("position", &HeldRow::position),
               field("first_at", &HeldRow::first_at), field("last_at", &HeldRow::last_at),
               field("attempts", &HeldRow::attempts), spare("values", &HeldRow::values));

template <>
constexpr auto kFields<QuarantineAnswer> = std::tuple(field("pipeline", &QuarantineAnswer::pipeline),
                                                      field("rows", &QuarantineAnswer::rows),
                                                      field("total", &QuarantineAnswer::total));

template <>
constexpr auto kFields<RetriedAnswer> = std::tuple(field("pipeline", &RetriedAnswer::pipeline),
                                                   field("tried", &RetriedAnswer::tried),
                                                   field("resolved", &RetriedAnswer::resolved),
                                                   field("quarantined", &RetriedAnswer::quarantined));

template <>
constexpr auto kFields<DiscardedAnswer> = std::tuple(field("pipeline", &DiscardedAnswer::pipeline),
                                                     field("discarded", &DiscardedAnswer::discarded),
                                                     field("quarantined", &DiscardedAnswer::quarantined));

template <>
constexpr auto kFields<SkippedAnswer> = std::tuple(field("pipeline", &SkippedAnswer::pipeline),
                                                   field("table", &SkippedAnswer::table),
                                                   field("key", &SkippedAnswer::key),
                                                   field("quarantined", &SkippedAnswer::quarantined));

Json to_json(const QuarantineAnswer& answer) {
  return written(answer);
}

Json to_json(const RetriedAnswer& answer) {
  return written(answer);
}

Json to_json(const DiscardedAnswer& answer) {
  return written(answer);
}

Json to_json(const SkippedAnswer& answer) {
  return written(answer);
}

QuarantineAnswer parse_quarantine_answer(std::string_view text) {
  return parsed<QuarantineAnswer>(text);
}

RetriedAnswer parse_retried_answer(std::string_view text) {
  return parsed<RetriedAnswer>(text);
}

DiscardedAnswer parse_discarded_answer(std::string_view text) {
  return parsed<DiscardedAnswer>(text);
}

SkippedAnswer parse_skipped_answer(std::string_view text) {
  return parsed<SkippedAnswer>(text);
}

}  // namespace sluice::daemon
