#include <sys/resource.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <string>

#include "daemon/base/exit_code.h"
#include "daemon/base/version.h"
#include "daemon/config/config.h"
#include "daemon/config/load.h"
#include "daemon/config/places.h"
#include "daemon/control/socket.h"
#include "daemon/daemon.h"
#include "daemon/log/log.h"
#include "text/outlet.h"

namespace {

using namespace sluice::daemon;

int fail(ExitCode code, const std::string& message) {
  std::fprintf(stderr, "sluiced: %s\n", sluice::text::harmless(message).c_str());
  return static_cast<int>(code);
}

/// A pipeline has some ten files and sockets open; what a service may open at first is meant for programs
/// that use select().
void open_as_many_as_allowed() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

int run(const Config& config) {
  open_as_many_as_allowed();
  // A client that hangs up is an error of its write, not of the daemon.
  std::signal(SIGPIPE, SIG_IGN);
  configure_log(config.log);
  Daemon daemon(config, ControlSocket::open(socket_path({}, &config), config.control.group));
  daemon.run();
  return static_cast<int>(ExitCode::done);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Keeps a Postgres database an exact, live copy of a local SQLite database.", "sluiced"};
  std::string file;
  bool check_only = false;
  app.add_option("--config", file, "The configuration file (default: ~/.config/sluice/config.yaml)");
  app.add_flag("--check-config", check_only, "Check the configuration and exit");
  app.set_version_flag("--version", std::string("sluiced ") + kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? static_cast<int>(ExitCode::done) : static_cast<int>(ExitCode::usage);
  }
  try {
    const Config config = load_config(file.empty() ? default_config_path() : std::filesystem::path(file));
    if (!check_only) return run(config);
    std::printf("%s: %zu pipeline(s), no errors\n", config.file.c_str(), config.pipelines.size());
    return static_cast<int>(ExitCode::done);
  } catch (const ConfigError& error) {
    return fail(ExitCode::usage, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::failed, error.what());
  }
}
