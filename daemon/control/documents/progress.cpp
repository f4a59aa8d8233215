// The lines ahead of the answer to work that takes long.

#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<WorkProgress> = std::tuple(field("pipeline", &WorkProgress::pipeline),
                                                  group("progress", field("work", &WorkProgress::work),
                                                        field("table", &WorkProgress::table),
                                                        field("rows", &WorkProgress::rows),
                                                        field("rows_total", &WorkProgress::rows_total)));

Json to_json(const WorkProgress& progress) {
  return written(progress);
}

std::optional<WorkProgress> parse_progress(std::string_view line) {
  const Json object = Json::parse(line, nullptr, false);
  if (object.is_object() && object.contains("progress") && object.at("progress").is_null())
    return std::nullopt;
  return parsed<WorkProgress>(line);
}

}  // namespace sluice::daemon
