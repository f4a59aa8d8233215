#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/http_status.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kFields<ControlError> = std::tuple(group("error", field("code", &ControlError::code),
                                                        field("message", &ControlError::message),
                                                        field("hint", &ControlError::hint)));

Json to_json(const ControlError& error) {
  return written(error);
}

ControlError parse_error(int status, std::string_view text) noexcept try {
  auto error = parsed<ControlError>(text);
  error.why = refused_by(status);
  return error;
} catch (const std::exception&) {
  return {refused_by(status), "unreadable_answer",
          "what answered is not sluiced (HTTP " + std::to_string(status) + ")", "check the socket's path"};
}

}  // namespace sluice::daemon
