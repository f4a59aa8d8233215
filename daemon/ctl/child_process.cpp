#include "daemon/ctl/child_process.h"

#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "daemon/ctl/failure.h"

namespace sluice::daemon {
namespace {

/// Signals wait to be asked for while this lives; the program itself starts with the mask of before.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCHLD}) sigaddset(&held_, signal);
    sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const sigset_t& before() const { return before_; }

  siginfo_t wait() const {
    siginfo_t signal{};
    while (sigwaitinfo(&held_, &signal) < 0) {
    }
    return signal;
  }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

/// 0, or why the program could not be started.
int start(const std::vector<std::string>& command, const sigset_t& mask, pid_t& child) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &mask);
  const int error = posix_spawnp(&child, arguments.front(), nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return error;
}

/// From somebody else than the terminal, which has told the whole group.
bool is_to_be_passed_on(const siginfo_t& signal) {
  return signal.si_signo != SIGCHLD && signal.si_code != SI_KERNEL;
}

}  // namespace

int run_program(const std::vector<std::string>& command) {
  constexpr int kNotFound = 127;
  constexpr int kCannotRun = 126;
  constexpr int kEndedBySignal = 128;
  const HeldSignals signals;
  pid_t child = 0;
  if (const int error = start(command, signals.before(), child); error != 0) {
    complain(
        fmt::format("{} could not be started: {}; nothing was run", command.front(), std::strerror(error)));
    return error == ENOENT ? kNotFound : kCannotRun;
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const auto signal = signals.wait();
    if (is_to_be_passed_on(signal)) kill(child, signal.si_signo);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kEndedBySignal + WTERMSIG(status);
}

}  // namespace sluice::daemon
