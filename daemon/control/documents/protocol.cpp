#include "daemon/control/documents/protocol.h"

#include <nlohmann/json.hpp>

namespace sluice::daemon {

std::string dump(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::daemon
