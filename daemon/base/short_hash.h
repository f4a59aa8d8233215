#pragma once

#include <string>
#include <string_view>

namespace sluice::daemon {

/// Eight hexadecimal digits (FNV-1a) that stay the same from one start, version and machine to the next.
/// Tells texts apart that nobody has chosen to collide; no secret.
std::string short_hash(std::string_view text);

}  // namespace sluice::daemon
