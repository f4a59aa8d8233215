#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<LogLine> = std::tuple(field("position", &LogLine::position),
                                             field("seen_at", &LogLine::seen_at),
                                             known("table", &LogLine::table),
                                             field("operation", &LogLine::operation),
                                             known("key", &LogLine::key),
                                             field("applied", &LogLine::applied));

template <>
constexpr auto kFields<LogAnswer> = std::tuple(field("pipeline", &LogAnswer::pipeline),
                                               field("entries", &LogAnswer::entries),
                                               field("newest", &LogAnswer::newest));

Json to_json(const LogAnswer& answer) {
  return written(answer);
}

LogAnswer parse_log_answer(std::string_view text) {
  return parsed<LogAnswer>(text);
}

}  // namespace sluice::daemon
