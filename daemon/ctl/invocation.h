#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/ctl/client.h"

namespace sluice::daemon {

/// What was asked on the command line.
struct Invocation {
  std::filesystem::path socket;
  std::filesystem::path config_file;
  std::string pipeline;  ///< empty: all, or the only one
  bool json = false;
  bool watch = false;
  bool follow = false;
  std::int64_t limit = LogQuery{}.limit;
  bool target = false;
  bool yes = false;
  bool repair = false;
  bool diff = false;
  std::vector<std::int64_t> rows;  ///< ids of rows in the quarantine
  bool all = false;
  std::string error;  ///< the id of an error
  std::string table;  ///< empty: all of them
  std::chrono::milliseconds timeout{30'000};
  std::vector<std::string> command;  ///< what stands behind --
  std::chrono::milliseconds max_lock = CutoverOrder::kUsualLock;
  bool fence = true;
};

/// The configuration: --config, else the one that the daemon runs, else the default file. Throws ConfigError.
Config config_of(const Invocation& invocation);

/// The pipeline that is named, else all of them. Throws ConfigError, and CtlFailure for an unknown name.
std::vector<PipelineConfig> chosen_pipelines(const Invocation& invocation);

/// A client for the daemon's socket, as --socket, the environment or the configuration name it. Throws
/// CtlFailure where the daemon there runs another configuration than the one that was given.
ControlClient client_of(const Invocation& invocation);

/// The pipeline that was named, or all that the daemon has.
std::vector<std::string> pipelines_of(const ControlClient& client, const Invocation& invocation);

/// {"pipeline":NAME} or nothing.
std::string body_with_pipeline(const std::string& pipeline);

/// A text as the value of a parameter behind the ? of a path.
std::string query_escaped(const std::string& text);

/// May progress and redrawing be shown: are standard output and error terminals, and NO_COLOR unset?
bool on_terminal();

}  // namespace sluice::daemon
