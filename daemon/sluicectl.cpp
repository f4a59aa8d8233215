#include <CLI/CLI.hpp>
#include <array>
#include <iostream>

#include "daemon/ctl_verbs.h"
#include "daemon/units.h"
#include "daemon/version.h"

namespace {

using namespace sluice::daemon;

enum Takes : unsigned {
  kPipeline = 1,
  kJson = 2,
  kWatch = 4,
  kTimeout = 8,
  kTarget = 16,
  kYes = 32,
  kFollow = 64,
  kLimit = 128
};

struct Verb {
  const char* name;
  unsigned takes;
  const char* help;
  ExitCode (*run)(const Invocation&);
};

constexpr std::array kVerbs{
    Verb{"status", kPipeline | kJson | kWatch, "The state of everything; exits 0 whatever it reports",
         run_status},
    Verb{"flush", kPipeline | kJson | kTimeout, "Replay what has been committed, and wait for Postgres",
         run_flush},
    Verb{"pause", kPipeline, "Stop replicating until resume", run_pause},
    Verb{"resume", kPipeline, "End a pause", run_resume},
    Verb{"retry", kPipeline, "Try again now instead of after the backoff", run_retry},
    Verb{"check", kPipeline | kJson, "Is everything ready? Asks the daemon where there is one", run_check},
    Verb{"log", kPipeline | kJson | kLimit | kFollow, "The newest changes, readable", run_log},
    Verb{"config", kJson, "The effective settings", run_config},
    Verb{"install", kPipeline, "Put the triggers into the SQLite file", run_install},
    Verb{"uninstall", kPipeline | kTarget | kYes, "Take out everything that was put in", run_uninstall},
    Verb{"reload", 0, "Read the configuration again", run_reload},
    Verb{"stop", 0, "Stop the daemon cleanly", run_stop},
    Verb{"version", 0, "The versions of sluicectl and of the running daemon", run_version},
};

/// A duration as in the configuration, up to the hour that a flush may take.
std::string check_timeout(const std::string& text) {
  const auto timeout = parse_duration(text);
  const bool good = timeout && *timeout <= std::chrono::hours{1};
  return good ? "" : "expected a duration up to 1h such as 500ms, 30s or 5m, got '" + text + "'";
}

void add_options(CLI::App& command, unsigned takes, Invocation& invocation) {
  if (takes & kPipeline)
    command.add_option("PIPELINE", invocation.pipeline, "One pipeline; all or the only one without");
  if (takes & kJson) command.add_flag("--json", invocation.json, "For programs: JSON, times in UTC");
  if (takes & kWatch) command.add_flag("--watch", invocation.watch, "Again each second");
  if (takes & kTimeout)
    command
        .add_option_function<std::string>(
            "--timeout",
            [&invocation](const std::string& text) { invocation.timeout = *parse_duration(text); },
            "How long to wait, such as 30s; the work goes on after it")
        ->check(CLI::Validator(check_timeout, "DURATION"));
  if (takes & kLimit)
    command.add_option("--limit", invocation.limit, "How many changes, up to 1000; 20 without")
        ->check(CLI::Range(std::int64_t{1}, LogQuery::kMost));
  if (takes & kFollow) command.add_flag("--follow", invocation.follow, "Go on with those that come");
  if (takes & kTarget)
    command.add_flag("--target", invocation.target, "Also remove the pipeline's state from Postgres");
  if (takes & kYes) command.add_flag("--yes", invocation.yes, "Do not ask");
}

/// Arguments that CLI11 refuses are wrong usage, whatever number it has for them.
int exit_of(const CLI::App& app, const CLI::ParseError& refused) {
  const bool asked_for_text = refused.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
  if (asked_for_text) return app.exit(refused);
  complain(std::string(refused.what()) + "; see sluicectl --help");
  return static_cast<int>(ExitCode::usage);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Asks sluiced, the daemon that keeps a Postgres database a live copy of a SQLite file.",
               "sluicectl"};
  Invocation invocation;
  ExitCode result = ExitCode::done;
  app.set_version_flag("--version", std::string("sluicectl ") + kVersion);
  app.require_subcommand(0, 1);
  auto* socket = app.add_option("--socket", invocation.socket, "The daemon's control socket");
  app.add_option("--config", invocation.config_file, "The configuration file, which may name the socket")
      ->excludes(socket);
  for (const Verb& verb : kVerbs) {
    CLI::App* command = app.add_subcommand(verb.name, verb.help)->fallthrough();
    add_options(*command, verb.takes, invocation);
    command->callback(
        [&verb, &invocation, &result] { result = run_guarded([&] { return verb.run(invocation); }); });
  }
  CLI::App* help = app.add_subcommand("help", "This text");
  const std::string overview = app.help();
  help->callback([&overview] { std::cout << overview; });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& refused) {
    return exit_of(app, refused);
  }
  if (app.get_subcommands().empty()) {
    complain("no verb was given; see sluicectl --help");
    return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(result);
}
