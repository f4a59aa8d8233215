#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/wait_until.h"

namespace sluice::support {

/// Variables set on top of the test's own environment; an empty optional takes one away.
using Environment = std::map<std::string, std::optional<std::string>>;

/// What to start and how.
struct Command {
  std::vector<std::string> arguments;  ///< the program first; looked up in PATH where it has no slash
  Environment environment = {};
  std::filesystem::path output = {};  ///< standard output goes here, appended
  std::filesystem::path errors = {};  ///< standard error; the same file as `output` where empty
  int on_parent_death =
      SIGKILL;  ///< sent when the thread that started it ends, so that a crashed test leaves nothing
};

/// A child process. Used from one thread. The destructor kills what still runs and waits for it.
class Process {
 public:
  /// Throws std::system_error where the program cannot be started.
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);

  /// Waits for the end. The exit code, or minus the signal that ended it. Throws after `deadline`.
  int wait(std::chrono::milliseconds deadline = kPatience);

 private:
  pid_t pid_;
  std::optional<int> ended_;
};

/// What a program that ran to its end has said.
struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Runs a program to its end; `output` and `errors` of the command are not used.
Outcome run(Command command, std::chrono::milliseconds deadline = kPatience);

/// The whole text of a file; empty where there is none.
std::string read_file(const std::filesystem::path& path);

}  // namespace sluice::support
