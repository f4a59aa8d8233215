#include "daemon/control/documents/protocol.h"

#include <nlohmann/json.hpp>
#include <string>

#include "text/outlet.h"

namespace sluice::daemon {

std::string dump(const nlohmann::ordered_json& document) {
  const std::string written = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return text::harmless_json(written) + "\n";
}

}  // namespace sluice::daemon
