#include "capture/source_types.h"

#include <algorithm>
#include <utility>

namespace sluice::capture {

SourceError::SourceError(std::string code, const std::string& message, std::string hint)
    : std::runtime_error(message), code_(std::move(code)), hint_(std::move(hint)) {
}

const SourceTable* Catalog::find(TableId id) const {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [id](const SourceTable& each) { return each.id == id; });
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace sluice::capture
