#include "tests/support/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "tests/support/temp_dir.h"

namespace sluice::support {

namespace {

std::vector<std::string> environment_with(const Environment& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!changes.contains(text.substr(0, text.find('=')))) {
      result.push_back(text);
    }
  }
  for (const auto& [name, value] : changes) {
    if (value) {
      result.push_back(name + "=" + *value);
    }
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) {
    result.push_back(word.data());
  }
  result.push_back(nullptr);
  return result;
}

int open_output(const std::filesystem::path& path) {
  const std::string target = path.empty() ? "/dev/null" : path.string();
  const int fd = open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot write to " + target);
  }
  return fd;
}

}  // namespace

Process::Process(const Command& command) {
  // Everything that needs memory happens before the fork: other threads may hold the allocator's lock.
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = environment_with(command.environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const int out = open_output(command.output);
  const int err = command.errors.empty() ? out : open_output(command.errors);

  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, command.on_parent_death);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    // A socket of this program in a child's hands would keep a connection alive that is closed here.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execvpe(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  const int failure = errno;
  close(out);
  if (err != out) {
    close(err);
  }
  if (pid_ < 0) {
    throw std::system_error(failure, std::generic_category(), "cannot start " + command.arguments.front());
  }
}

Process::~Process() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

bool Process::running() {
  if (ended_) {
    return false;
  }
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) {
    return true;
  }
  ended_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

void Process::signal(int number) {
  if (running()) {
    kill(pid_, number);
  }
}

int Process::wait(std::chrono::milliseconds deadline) {
  wait_until(
      "process " + std::to_string(pid_) + " ends", [this] { return !running(); }, deadline);
  return *ended_;
}

Outcome run(Command command, std::chrono::milliseconds deadline) {
  const TempDir dir;
  command.output = dir / "out";
  command.errors = dir / "err";
  Process process(command);
  const int exit_code = process.wait(deadline);
  return {exit_code, read_file(command.output), read_file(command.errors)};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace sluice::support
