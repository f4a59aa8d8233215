#include <doctest/doctest.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "control_fixture.h"
#include "daemon/base/socket_address.h"
#include "daemon/control/routes.h"
#include "daemon/ctl/client.h"
#include "tests/support/contains.h"

using namespace sluice::daemon;
using namespace sluice::daemon::test;
using sluice::support::contains;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat facts {};
  REQUIRE(lstat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777;
}

std::string error_of(const std::filesystem::path& path, const std::string& group = "") try {
  ControlSocket::open(path, group);
  return "";
} catch (const SocketError& error) {
  return error.what();
}

/// A socket file that nobody listens at, as a killed daemon leaves it.
void leave_stale_socket(const std::filesystem::path& path) {
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = socket_address(path);
  REQUIRE(bind(dead, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0);
  close(dead);
}

}  // namespace

TEST_CASE("the socket is 0600 in a directory of 0700 that is made where it is missing") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "a" / "b" / "control.sock";
  const mode_t umask_before = umask(0);
  {
    const ControlSocket socket = ControlSocket::open(path, "");
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(path.parent_path()) == 0700);
    CHECK(mode_of(path.parent_path().parent_path()) == 0700);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  umask(umask_before);
}

TEST_CASE("with a group the socket is 0660 in a directory of 0750, whatever the umask") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "run" / "control.sock";
  const group* own = getgrgid(getegid());
  REQUIRE(own != nullptr);
  const mode_t umask_before = umask(077);
  const ControlSocket socket = ControlSocket::open(path, own->gr_name);
  CHECK(mode_of(path) == 0660);
  CHECK(mode_of(path.parent_path()) == 0750);
  umask(umask_before);
}

TEST_CASE("a directory that holds other things keeps its mode") {
  ScratchDirectory scratch;
  std::ofstream(scratch.path() / "other") << "x";
  chmod(scratch.path().c_str(), 0755);
  const ControlSocket socket = ControlSocket::open(scratch.path() / "control.sock", "");
  CHECK(mode_of(scratch.path()) == 0755);
  CHECK(mode_of(scratch.path() / "control.sock") == 0600);
}

TEST_CASE("a directory that everybody may write to is refused") {
  ScratchDirectory scratch;
  std::ofstream(scratch.path() / "other") << "x";
  chmod(scratch.path().c_str(), 0777);
  CHECK(contains(error_of(scratch.path() / "control.sock"), "everybody may write"));
}

TEST_CASE("a stale socket is replaced") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "control.sock";
  leave_stale_socket(path);
  CHECK(error_of(path) == "");
}

TEST_CASE("a socket on which somebody answers is left alone") {
  TestServer server;
  CHECK(contains(error_of(server.path()), "another sluiced is listening at " + server.path().string()));
  CHECK(status_of(ask(server, "GET", "/v1/status")) == 200);
}

TEST_CASE("a file in the way is not removed, nor is a link") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "control.sock";
  SUBCASE("file") {
    std::ofstream(path) << "precious";
  }
  SUBCASE("link") {
    std::filesystem::create_symlink("/nowhere", path);
  }
  CHECK(contains(error_of(path), "is no socket"));
  CHECK(std::filesystem::symlink_status(path).type() != std::filesystem::file_type::not_found);
}

TEST_CASE("a path that is too long and a group that is not there are named") {
  ScratchDirectory scratch;
  CHECK(contains(error_of(scratch.path() / std::string(120, 'x')), "at most 107"));
  CHECK(contains(error_of(scratch.path() / "control.sock", "no-such-group"), "no group 'no-such-group'"));
}

TEST_CASE("a socket that another daemon has put there meanwhile is not removed at the end") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "control.sock";
  {
    const ControlSocket socket = ControlSocket::open(path, "");
    std::filesystem::rename(path, scratch.path() / "moved");
    leave_stale_socket(path);
  }
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a socket passed by systemd is taken over, never changed and never removed") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "control.sock";
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int listening = socket(AF_UNIX, SOCK_STREAM, 0);
    const auto address = socket_address(path);
    umask(0);
    if (bind(listening, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) _exit(1);
    listen(listening, 4);
    dup2(listening, 3);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "1", 1);
    bool adopted = false;
    try {
      adopted = ControlSocket::open("/nowhere/else", "").path() == path;
    } catch (const SocketError&) {
    }
    _exit(adopted ? 0 : 1);
  }
  int outcome = -1;
  waitpid(child, &outcome, 0);
  CHECK(outcome == 0);
  CHECK(std::filesystem::exists(path));
  CHECK(mode_of(path) == 0777);
}

TEST_CASE("the group may read and flush, the owner and root everything") {
  const uid_t owner = 1000, member = 33, root = 0;
  for (const char* path : {"/v1/status", "/v1/events", "/metrics"})
    CHECK(may_use(find_route("GET", path), member, owner));
  CHECK(may_use(find_route("POST", "/v1/flush"), member, owner));
  for (const char* path : {"pause", "resume", "retry", "skip", "quarantine/retry", "quarantine/discard",
                           "check", "release", "reload", "stop"}) {
    const Route& route = find_route("POST", std::string("/v1/") + path);
    CHECK_FALSE(may_use(route, member, owner));
    CHECK(may_use(route, owner, owner));
    CHECK(may_use(route, root, owner));
  }
  for (const char* path : {"/v1/log?limit=1", "/v1/quarantine?limit=1"}) {
    CHECK_FALSE(may_use(find_route("GET", path), member, owner));
    CHECK(may_use(find_route("GET", path), owner, owner));
  }
  try {
    check_access(find_route("POST", "/v1/stop"), member, owner);
    FAIL("a member of the group stopped the daemon");
  } catch (const Refusal& refusal) {
    CHECK(refusal.error.why == Refused::forbidden);
    CHECK_FALSE(refusal.error.hint.empty());
  }
}

TEST_CASE("the three ways of having no daemon are told apart") {
  ScratchDirectory scratch;
  const auto path = scratch.path() / "control.sock";
  const auto complaint = [&path] {
    try {
      ControlClient(path).get("/v1/status");
    } catch (const CtlFailure& failure) {
      CHECK(failure.exit_code == ExitCode::no_daemon);
      return std::string(failure.what());
    }
    return std::string("somebody answered");
  };
  CHECK(contains(complaint(), "no socket at " + path.string()));
  leave_stale_socket(path);
  CHECK(contains(complaint(), "nobody listens at " + path.string()));
  try {
    throw_no_daemon(path, EACCES);
  } catch (const CtlFailure& failure) {
    CHECK(failure.exit_code == ExitCode::no_daemon);
    CHECK(contains(failure.what(), "permission denied: you are "));
    CHECK(contains(failure.what(), ", the socket belongs to "));
  }
}

TEST_CASE("the client speaks to the server, several requests at once") {
  TestServer server;
  const ControlClient client(server.path());
  CHECK(client.get("/v1/status") == body_of(ask(server, "GET", "/v1/status")));
  const auto answers =
      client.exchange({{"POST", "/v1/flush"}, {"POST", "/v1/nothing"}}, std::chrono::seconds{10});
  CHECK_FALSE(answers.at(0).refusal);
  REQUIRE(answers.at(1).refusal);
  CHECK(answers.at(1).refusal->why == Refused::not_found);
}

TEST_CASE("the client gives up on an answer that does not come") {
  TestServer server;
  server.service.hold_flushes = true;
  try {
    ControlClient(server.path()).exchange({{"POST", "/v1/flush"}}, std::chrono::milliseconds{50});
    FAIL("an answer came");
  } catch (const CtlFailure& failure) {
    CHECK(failure.exit_code == ExitCode::timed_out);
  }
}
