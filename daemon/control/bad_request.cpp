#include "daemon/control/bad_request.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/report/refusal.h"

namespace sluice::daemon {

void refuse_request(std::string code, std::string message, std::string hint) {
  throw Refusal({Refused::bad_request, std::move(code), std::move(message), std::move(hint)});
}

std::string in_message(const std::string& text) {
  using Json = nlohmann::json;
  constexpr std::size_t kShown = 64;
  return Json(text.substr(0, kShown)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace sluice::daemon
