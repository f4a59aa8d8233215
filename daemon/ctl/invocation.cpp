#include "daemon/ctl/invocation.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "daemon/config/load.h"
#include "daemon/config/paths.h"
#include "daemon/config/places.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/failure.h"

namespace sluice::daemon {

namespace {

/// The default file may be missing, broken or closed to us where it is not needed to find the socket.
ControlClient client_at_socket(const Invocation& invocation) {
  const bool named = !invocation.socket.empty() || std::getenv("SLUICE_SOCKET") != nullptr;
  if (named) return ControlClient(socket_path(invocation.socket, nullptr));
  std::error_code unreadable;
  const bool given = !invocation.config_file.empty();
  const std::filesystem::path file = given ? invocation.config_file : default_config_path();
  if (!given && !std::filesystem::exists(file, unreadable))
    return ControlClient(socket_path(invocation.socket, nullptr));
  const Config config = load_config(file);
  return ControlClient(socket_path(invocation.socket, &config));
}

/// The configuration file of the daemon; nothing where none answers.
std::optional<std::filesystem::path> running_file(const ControlClient& client) try {
  return parse_report(client.get("/v1/status")).config;
} catch (const NobodyThere&) {
  return std::nullopt;
}

/// A name of a pipeline means another file and another server in another configuration.
void refuse_another_file(const ControlClient& client, const std::filesystem::path& given) {
  const auto runs = running_file(client);
  if (!runs || same_file(*runs, resolved_path(given.string(), std::filesystem::current_path()))) return;
  const std::string socket = client.socket().string();
  if (runs->empty())
    throw CtlFailure(ExitCode::usage, "the daemon at " + socket +
                                          " is older and does not tell whether it runs " + given.string() +
                                          "; restart it, or ask without --config");
  throw CtlFailure(
      ExitCode::usage,
      fmt::format("the daemon at {} runs {}, not {}; name that file, or give {} a control.socket "
                  "of its own and start a daemon for it",
                  socket, runs->string(), given.string(), given.string()));
}

}  // namespace

Config config_of(const Invocation& invocation) {
  if (!invocation.config_file.empty()) return load_config(invocation.config_file);
  const auto runs = running_file(client_at_socket(invocation));
  return load_config(runs && !runs->empty() ? *runs : default_config_path());
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

ControlClient client_of(const Invocation& invocation) {
  ControlClient client = client_at_socket(invocation);
  if (!invocation.config_file.empty()) refuse_another_file(client, invocation.config_file);
  return client;
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
