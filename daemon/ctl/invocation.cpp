#include "daemon/ctl/invocation.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "daemon/config/load.h"
#include "daemon/config/places.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/failure.h"

namespace sluice::daemon {

Config config_of(const Invocation& invocation) {
  return load_config(invocation.config_file.empty() ? default_config_path() : invocation.config_file);
}

std::vector<PipelineConfig> chosen_pipelines(const Invocation& invocation) {
  const std::string& name = invocation.pipeline;
  std::vector<PipelineConfig> pipelines;
  std::string known;
  const Config config = config_of(invocation);
  for (const PipelineConfig& pipeline : config.pipelines) {
    if (name.empty() || pipeline.name == name) pipelines.push_back(pipeline);
    known += (known.empty() ? "" : ", ") + pipeline.name;
  }
  if (pipelines.empty())
    throw CtlFailure(ExitCode::usage, fmt::format("there is no pipeline {}; there are: {}", name, known));
  return pipelines;
}

/// The default file may be missing, broken or closed to us where it is not needed to find the socket.
ControlClient client_of(const Invocation& invocation) {
  const bool named = !invocation.socket.empty() || std::getenv("SLUICE_SOCKET") != nullptr;
  if (named) return ControlClient(socket_path(invocation.socket, nullptr));
  std::error_code unreadable;
  const bool has_config =
      !invocation.config_file.empty() || std::filesystem::exists(default_config_path(), unreadable);
  if (!has_config) return ControlClient(socket_path(invocation.socket, nullptr));
  const Config config = config_of(invocation);
  return ControlClient(socket_path(invocation.socket, &config));
}

std::vector<std::string> pipelines_of(const ControlClient& client, const Invocation& invocation) {
  if (!invocation.pipeline.empty()) return {invocation.pipeline};
  std::vector<std::string> all;
  for (const PipelineReport& pipeline : parse_report(client.get("/v1/status")).pipelines)
    all.push_back(pipeline.name);
  return all;
}

std::string body_with_pipeline(const std::string& pipeline) {
  if (pipeline.empty()) return "";
  return nlohmann::json{{"pipeline", pipeline}}.dump(-1, ' ', false,
                                                     nlohmann::json::error_handler_t::replace);
}

std::string query_escaped(const std::string& text) {
  std::string escaped;
  for (const char letter : text) escaped += fmt::format("%{:02x}", static_cast<unsigned char>(letter));
  return escaped;
}

bool on_terminal() {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool wanted = no_colour == nullptr || *no_colour == '\0';
  return wanted && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

}  // namespace sluice::daemon
