#include "tests/support/daemon_process.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace sluice::support {

namespace {

std::string program(const char* variable, const char* built) {
  const char* chosen = std::getenv(variable);
  return chosen != nullptr ? chosen : built;
}

}  // namespace

/// The receiving end of NOTIFY_SOCKET: what a service manager would hear. Hears it on a thread of its own, as
/// one would: a queue that nobody empties holds the daemon up.
class DaemonProcess::Supervisor {
 public:
  explicit Supervisor(const std::filesystem::path& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot listen on " + path.string());
    }
    listener_ = std::thread([this] { listen(); });
  }
  ~Supervisor() {
    ::shutdown(fd_, SHUT_RDWR);
    listener_.join();
    close(fd_);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  void forget() {
    const std::scoped_lock lock(mutex_);
    ready_ = false;
  }
  bool ready() {
    const std::scoped_lock lock(mutex_);
    return ready_;
  }
  std::string status() {
    const std::scoped_lock lock(mutex_);
    return status_;
  }

 private:
  /// Until shutdown() ends it with an empty message.
  void listen() {
    std::array<char, 4096> buffer{};
    for (ssize_t size; (size = recv(fd_, buffer.data(), buffer.size(), 0)) > 0;) {
      const std::scoped_lock lock(mutex_);
      std::istringstream lines(std::string(buffer.data(), static_cast<std::size_t>(size)));
      for (std::string line; std::getline(lines, line);) {
        ready_ = ready_ || line == "READY=1";
        if (line.starts_with("STATUS=")) status_ = line.substr(7);
      }
    }
  }

  int fd_;
  std::mutex mutex_;
  bool ready_ = false;
  std::string status_;
  std::thread listener_;
};

DaemonProcess::DaemonProcess(const std::string& config_yaml, Environment environment)
    : environment_(std::move(environment)), supervisor_(std::make_unique<Supervisor>(dir_ / "notify")) {
  std::filesystem::create_directory(dir_ / "run");
  std::filesystem::permissions(dir_ / "run", std::filesystem::perms::owner_all);
  configure(config_yaml);
}

DaemonProcess::~DaemonProcess() = default;

void DaemonProcess::configure(const std::string& config_yaml) {
  std::ofstream(config_file(), std::ios::trunc) << config_yaml;
}

void DaemonProcess::launch() {
  supervisor_->forget();
  Environment environment = surroundings();
  environment["NOTIFY_SOCKET"] = (dir_ / "notify").string();
  process_ = std::make_unique<Process>(
      Command{.arguments = {program("SLUICED", SLUICED_PROGRAM), "--config", config_file()},
              .environment = environment,
              .output = dir_ / "log"});
}

void DaemonProcess::start() {
  launch();
  wait_until("sluiced is ready", [this] {
    if (supervisor_->ready()) {
      return true;
    }
    if (!process_->running()) {
      throw std::runtime_error("sluiced ended with " + std::to_string(process_->wait()) +
                               " at its start: " + log());
    }
    return false;
  });
}

void DaemonProcess::signal(int number) {
  process_->signal(number);
}

int DaemonProcess::wait(std::chrono::milliseconds deadline) {
  return process_->wait(deadline);
}

int DaemonProcess::stop() {
  signal(SIGTERM);
  return wait();
}

void DaemonProcess::kill() {
  signal(SIGKILL);
  wait();
}

bool DaemonProcess::running() {
  return process_ && process_->running();
}

pid_t DaemonProcess::pid() const {
  return process_->pid();
}

std::string DaemonProcess::status_line() {
  return supervisor_->status();
}

namespace {

std::string last_line_of(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const std::size_t before = text.rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return text.substr(begin, end + 1 - begin);
}

}  // namespace

Environment DaemonProcess::surroundings() const {
  Environment environment{{"HOME", dir_.path().string()},    {"XDG_RUNTIME_DIR", (dir_ / "run").string()},
                          {"XDG_CONFIG_HOME", std::nullopt}, {"RUNTIME_DIRECTORY", std::nullopt},
                          {"SLUICE_SOCKET", std::nullopt},   {"NOTIFY_SOCKET", std::nullopt},
                          {"WATCHDOG_USEC", std::nullopt},   {"LISTEN_FDS", std::nullopt},
                          {"PGUSER", std::nullopt},          {"PGPASSWORD", std::nullopt},
                          {"PGHOST", std::nullopt},          {"PGDATABASE", std::nullopt}};
  for (const auto& [name, value] : environment_) {
    environment[name] = value;
  }
  return environment;
}

Outcome DaemonProcess::ctl(std::vector<std::string> arguments, std::chrono::milliseconds deadline) const {
  return run(ctl_command(std::move(arguments)), deadline);
}

std::unique_ptr<Process> DaemonProcess::start_ctl(std::vector<std::string> arguments) const {
  Command command = ctl_command(std::move(arguments));
  command.output = dir_.path() / "ctl.log";
  return std::make_unique<Process>(command);
}

Command DaemonProcess::ctl_command(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {program("SLUICECTL", SLUICECTL_PROGRAM), "--config", config_file()});
  Environment environment = surroundings();
  // A program that ends at once leaks nothing; under sanitizers the search is a fifth of its time.
  environment.insert({"ASAN_OPTIONS", "detect_leaks=0"});
  return {.arguments = std::move(arguments), .environment = std::move(environment)};
}

HttpAnswer DaemonProcess::http(const std::string& method, const std::string& path,
                               const std::string& body) const {
  std::vector<std::string> arguments = {"curl", "--silent",      "--show-error",  "--max-time",
                                        "60",   "--unix-socket", socket(),        "--request",
                                        method, "--write-out",   "\n%{http_code}"};
  if (!body.empty()) {
    arguments.insert(arguments.end(), {"--header", "Content-Type: application/json", "--data-binary", body});
  }
  arguments.push_back("http://localhost" + path);
  const Outcome said = run({.arguments = arguments, .environment = surroundings()}, std::chrono::seconds(70));
  const std::size_t last_line = said.out.rfind('\n');
  if (said.exit_code != 0 || last_line == std::string::npos) {
    return {0, nullptr, said.err};
  }
  HttpAnswer answer{std::atoi(said.out.c_str() + last_line + 1), nullptr, said.out.substr(0, last_line)};
  const std::string result = last_line_of(answer.body);
  if (nlohmann::json::accept(result)) {
    answer.json = nlohmann::json::parse(result);
  }
  return answer;
}

}  // namespace sluice::support
