#include "daemon/base/short_hash.h"

#include <cstdint>
#include <cstdio>

namespace sluice::daemon {

std::string short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", hash);
  return digits;
}

}  // namespace sluice::daemon
