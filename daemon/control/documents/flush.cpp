#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<FlushAnswer> = std::tuple(field("pipeline", &FlushAnswer::pipeline),
                                                 field("outcome", &FlushAnswer::outcome),
                                                 field("position", &FlushAnswer::position),
                                                 field("changes", &FlushAnswer::changes),
                                                 field("quarantined", &FlushAnswer::quarantined),
                                                 field("elapsed_ms", &FlushAnswer::elapsed_ms));

Json to_json(const FlushAnswer& answer) {
  return written(answer);
}

FlushAnswer parse_flush_answer(std::string_view text) {
  return parsed<FlushAnswer>(text);
}

}  // namespace sluice::daemon
