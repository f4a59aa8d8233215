#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace sluice::support {

/// An answer of the control socket; `json` is its last line, null where that is none: an answer to work that
/// takes long has lines of progress before.
struct HttpAnswer {
  int status = 0;  ///< 0: no answer at all
  nlohmann::json json;
  std::string body;
};

/// The real `sluiced` with a folder of its own: configuration, home, runtime directory, socket, log.
/// Used from one thread. The destructor kills what still runs. The programs are those of this build, or the
/// ones that the environment variables SLUICED and SLUICECTL name.
class DaemonProcess {
 public:
  /// Writes the configuration; starts nothing. `environment` is added to the daemon's and sluicectl's.
  explicit DaemonProcess(const std::string& config_yaml, Environment environment = {});
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Starts the daemon and waits for its READY=1. Throws with its log where it ends before that.
  void start();
  /// Starts the daemon and does not wait.
  void launch();
  /// Replaces the configuration file; the daemon learns of it by a reload or restart.
  void configure(const std::string& config_yaml);

  void signal(int number);
  /// The exit code, or minus the signal.
  int wait(std::chrono::milliseconds deadline = kPatience);
  /// SIGTERM and wait().
  int stop();
  /// SIGKILL and wait().
  void kill();
  bool running();
  pid_t pid() const;

  /// Everything that the daemon has written so far, over all its starts.
  std::string log() const { return read_file(dir_ / "log"); }
  /// The text of the newest STATUS= that the daemon has sent to its supervisor.
  std::string status_line();

  std::filesystem::path config_file() const { return dir_ / "config.yaml"; }
  std::filesystem::path socket() const { return dir_ / "run" / "sluice" / "control.sock"; }

  /// Runs sluicectl against this daemon.
  Outcome ctl(std::vector<std::string> arguments, std::chrono::milliseconds deadline = kPatience) const;
  /// The same, without waiting for its end.
  std::unique_ptr<Process> start_ctl(std::vector<std::string> arguments) const;
  /// One request over the control socket, e.g. http("POST", "/v1/flush", "{}").
  HttpAnswer http(const std::string& method, const std::string& path, const std::string& body = {}) const;

 private:
  class Supervisor;
  Environment surroundings() const;
  Command ctl_command(std::vector<std::string> arguments) const;

  TempDir dir_;
  Environment environment_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Process> process_;
};

}  // namespace sluice::support
