#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "applier/server/apply_error.h"
#include "applier/server/session.h"

namespace sluice::daemon {

/// The server that a pipeline has written to, remembered in a file of this machine: a primary from before a
/// failover knows nothing of the newer timeline, so only we can tell it from the right one. Used from one
/// thread.
class KnownServer {
 public:
  /// `note`: where it is kept; need not exist, nor its folder.
  explicit KnownServer(std::filesystem::path note) : note_(std::move(note)) {}

  /// To be asked before anything is written. Throws ApplyError `target_is_older_timeline` where this pipeline
  /// has been on a newer timeline of the same cluster; else nothing older is written to from now on. A server
  /// that does not tell its timeline is taken as it is, and what can't be kept on disk is kept as long as
  /// this lives.
  void meet(applier::Session& session);

 private:
  struct Seen {
    std::uint64_t system = 0;  ///< pg_control_system().system_identifier
    std::uint32_t timeline = 0;
    bool operator==(const Seen&) const = default;
  };

  static std::optional<Seen> seen(applier::Session& session);
  std::optional<Seen> known() const;
  applier::ApplyError older(std::uint32_t now, std::uint32_t before) const;

  std::filesystem::path note_;
  std::optional<Seen> newest_;
};

}  // namespace sluice::daemon
