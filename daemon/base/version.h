#pragma once

namespace sluice::daemon {

/// The version that every program prints; set by the build.
inline constexpr const char* kVersion = SLUICE_VERSION;

}  // namespace sluice::daemon
