#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::daemon {

/// What to say after an unknown word: "did you mean 'target'?" when one of the known ones is a slip of the
/// keyboard away, else "known are: a, b, c".
std::string nearest_hint(std::string_view word, const std::vector<std::string>& known);

}  // namespace sluice::daemon
