// migrate: capture out, an application's own migration, capture in, everything compared.

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/child_process.h"
#include "daemon/ctl/verbs/verbs.h"
#include "daemon/inspect/migration.h"

namespace sluice::daemon {
namespace {

/// Long enough for the largest file; the daemon goes on by itself after it.
constexpr std::chrono::hours kComparison{1};

const PipelineConfig& chosen(const Config& config, const std::string& name) {
  for (const PipelineConfig& pipeline : config.pipelines)
    if (pipeline.name == name || (name.empty() && config.pipelines.size() == 1)) return pipeline;
  std::string known;
  for (const PipelineConfig& pipeline : config.pipelines)
    known += (known.empty() ? "" : ", ") + pipeline.name;
  throw CtlFailure(ExitCode::usage, name.empty() ? "which pipeline? there are: " + known
                                                 : "there is no pipeline " + name + "; there are: " + known);
}

ClientAnswer flush(const ControlClient& client, const std::string& pipeline,
                   std::chrono::milliseconds timeout) {
  const nlohmann::ordered_json body{{"pipeline", pipeline}, {"timeout_ms", timeout.count()}};
  return client.exchange({{"POST", "/v1/flush", dump(body)}}, timeout + kGrace).front();
}

/// A daemon that is asked for a flush looks at the file, finds that a migration has begun, and lets go of it.
void have_daemon_let_go(const ControlClient& client, const std::string& pipeline) try {
  flush(client, pipeline, std::chrono::seconds(10));
} catch (const NobodyThere&) {
  // nobody holds it
}

void have_tables_compared(const ControlClient& client, const std::string& pipeline) try {
  const ClientAnswer answer = flush(client, pipeline, kComparison);
  if (!answer.refusal) return;
  throw CtlFailure(ExitCode::failed, "capture is back in, but the tables have not been compared: " +
                                         answer.refusal->message + "; " + answer.refusal->hint);
} catch (const NobodyThere&) {
  fmt::print(stderr, "{}: capture is back in; the tables are compared when the daemon starts\n", pipeline);
}

/// One line with the remedy, whatever is thrown.
template <typename Work>
bool succeeds(Work work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return false;
}

}  // namespace

ExitCode run_migrate(const Invocation& invocation) {
  std::optional<Config> config;
  const PipelineConfig* pipeline = nullptr;
  std::optional<ControlClient> client;
  std::optional<Migration> migration;
  const bool out = succeeds([&] {
    if (invocation.command.empty())
      throw CtlFailure(ExitCode::usage, "which command? say: sluicectl migrate [PIPELINE] -- COMMAND");
    config = config_of(invocation);
    pipeline = &chosen(*config, invocation.pipeline);
    client = client_of(invocation);
    migration.emplace(*pipeline);
    have_daemon_let_go(*client, pipeline->name);
  });
  if (!out) return ExitCode::migrate_failed;
  const int code = run_program(invocation.command);
  const bool in = succeeds([&] {
    migration->end();
    have_tables_compared(*client, pipeline->name);
  });
  return in || code != 0 ? static_cast<ExitCode>(code) : ExitCode::migrate_failed;
}

}  // namespace sluice::daemon
