// The quarantine: what it holds, and what became of rows that were retried, discarded or skipped.

#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<QuarantineEntry::Field> = std::tuple(field("column", &QuarantineEntry::Field::column),
                                                            field("value", &QuarantineEntry::Field::value));

template <>
constexpr auto kFields<QuarantineEntry> =
    std::tuple(field("id", &QuarantineEntry::id), field("table", &QuarantineEntry::table),
               field("key", &QuarantineEntry::key), field("operation", &QuarantineEntry::operation),
               field("code", &QuarantineEntry::code), field("message", &QuarantineEntry::message),
               known("sqlstate", &QuarantineEntry::sqlstate), known("column", &QuarantineEntry::column),
               known("constraint", &QuarantineEntry::constraint), field("hint", &QuarantineEntry::hint),
               field("position", &QuarantineEntry::position), field("first_at", &QuarantineEntry::first_at),
               field("last_at", &QuarantineEntry::last_at), field("attempts", &QuarantineEntry::attempts),
               spare("values", &QuarantineEntry::values));

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
