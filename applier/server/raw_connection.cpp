#include "applier/server/raw_connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>
#include <system_error>
#include <thread>

#include "applier/server/apply_error.h"
#include "applier/server/connection_failure.h"

namespace sluice::applier {

struct FinishConnection {
  void operator()(pg_conn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<pg_conn, FinishConnection>;

namespace {

std::string text_of(const char* text) {
  return text ? text : "";
}

/// libpq names the SQLSTATE of a refused connection only where that was asked for before, which a call that
/// waits for the connection leaves no moment for. Empty where this time nobody refuses.
std::string ask_for_sqlstate(const char* const* names, const char* const* values) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kPatience{5};
  pg_conn* asked = PQconnectStartParams(names, values, 1);
  PQsetErrorVerbosity(asked, PQERRORS_VERBOSE);
  const auto until = Clock::now() + kPatience;
  auto next = PQstatus(asked) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while ((next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) && Clock::now() < until) {
    pollfd socket{PQsocket(asked), static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    ::poll(&socket, 1, static_cast<int>(left.count()));
    next = PQconnectPoll(asked);
  }
  std::string state = sqlstate_in(text_of(PQerrorMessage(asked)));
  PQfinish(asked);
  return state;
}

using Keywords = std::vector<std::pair<std::string, std::string>>;

Handle connect(const Keywords& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  // expand_dbname: a "dbname" that holds a URL or keyword string is taken apart by libpq itself.
  Handle handle(PQconnectdbParams(names.data(), values.data(), 1));
  if (PQstatus(handle.get()) == CONNECTION_OK) {
    // "SEVERITY:  SQLSTATE: message" on the first line: libpqxx 6 passes not every SQLSTATE on.
    PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
    PQsetNoticeProcessor(
        handle.get(), [](void*, const char*) {}, nullptr);
    return handle;
  }
  const FailedConnection failed{text_of(PQhost(handle.get())), text_of(PQport(handle.get())),
                                text_of(PQerrorMessage(handle.get()))};
  throw connection_failure(failed,
                           server_spoke(failed.text) ? ask_for_sqlstate(names.data(), values.data()) : "");
}

#if PQXX_VERSION_MAJOR < 7
/// Hands a finished libpq connection to libpqxx 6, which knows only how to make its own.
class AdoptingPolicy : public pqxx::connectionpolicy {
 public:
  explicit AdoptingPolicy(pg_conn* ready) : pqxx::connectionpolicy(""), handle_(ready) {}

  handle do_startconnect(handle held) override { return held ? held : take(); }
  handle do_completeconnect(handle held) override { return held ? held : take(); }

 private:
  handle take() {
    if (!handle_) throw pqxx::broken_connection("connection lost");
    return reinterpret_cast<handle>(std::exchange(handle_, nullptr));
  }
  pg_conn* handle_;
};

class AdoptedConnection : public pqxx::connection_base {
 public:
  explicit AdoptedConnection(pg_conn* ready) : pqxx::connection_base(policy_), policy_(ready) { init(); }
  ~AdoptedConnection() { close(); }
  AdoptedConnection(const AdoptedConnection&) = delete;
  AdoptedConnection& operator=(const AdoptedConnection&) = delete;

 private:
  AdoptingPolicy policy_;
};

std::shared_ptr<PqxxConnection> adopt(pg_conn* handle) {
  return std::make_shared<AdoptedConnection>(handle);
}
#else
std::shared_ptr<PqxxConnection> adopt(pg_conn* handle) {
  return std::make_shared<pqxx::connection>(pqxx::connection::seize_raw_connection(handle));
}
#endif

struct Result {
  explicit Result(PGresult* r) : held(r) {}
  ~Result() { PQclear(held); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  PGresult* held;
};

[[noreturn]] void throw_result(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (!state || !primary) throw connection_lost();
  throw server_refusal(primary, state);
}

void drain(pg_conn* handle) {
  while (PGresult* more = PQgetResult(handle)) PQclear(more);
}

}  // namespace

/// Shared with the thread that connects, which may be the last to let go of it.
struct PendingConnection::Attempt {
  Attempt() {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw ApplyError(Fault::environment, "cannot connect: too many files are open");
  }
  ~Attempt() {
    for (const int end : ends) ::close(end);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  void run(const Keywords& keywords) {
    try {
      handle.set_value(connect(keywords));
    } catch (...) {
      handle.set_exception(std::current_exception());
    }
    ::shutdown(ends[1], SHUT_RDWR);
  }

  /// Until it has come to something, or somebody has shut the socket down.
  void wait() const {
    pollfd end{ends[0], POLLIN, 0};
    while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
    }
  }

  int ends[2]{};  ///< nothing is ever sent: either end is shut down when the wait is over
  std::promise<Handle> handle;
};

PendingConnection::PendingConnection(Keywords keywords) : attempt_(std::make_shared<Attempt>()) {
  try {
    std::thread([attempt = attempt_, keywords = std::move(keywords)] { attempt->run(keywords); }).detach();
  } catch (const std::system_error&) {
    throw ApplyError(Fault::environment, "cannot connect: too many threads are running");
  }
}

PendingConnection::~PendingConnection() = default;

int PendingConnection::socket() const {
  return attempt_->ends[0];
}

RawConnection PendingConnection::wait() {
  auto connected = attempt_->handle.get_future();
  attempt_->wait();
  if (connected.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    throw ApplyError(Fault::environment, "the attempt to connect was given up");
  pg_conn* handle = connected.get().release();
  return RawConnection{handle, adopt(handle)};
}

int greeted_pid(pg_conn* handle) {
  return PQbackendPID(handle);
}

bool hung_up(pg_conn* handle) {
  pollfd ready{PQsocket(handle), POLLIN, 0};
  if (::poll(&ready, 1, 0) <= 0) return false;
  return PQconsumeInput(handle) == 0;
}

bool in_transaction(pg_conn* handle) {
  const auto status = PQtransactionStatus(handle);
  return status == PQTRANS_ACTIVE || status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

std::string transport(pg_conn* handle) {
  if (const char* protocol = PQsslAttribute(handle, "protocol")) return protocol;
  const char* host = PQhost(handle);
  return host && host[0] == '/' ? "a local socket" : "";
}

std::string server_encoding(pg_conn* handle) {
  return text_of(PQparameterStatus(handle, "server_encoding"));
}

void begin_copy(pg_conn* handle, const std::string& statement) {
  const Result started(PQexec(handle, statement.c_str()));
  if (PQresultStatus(started.held) != PGRES_COPY_IN) throw_result(started.held);
}

void send_copy(pg_conn* handle, const std::string& lines) {
  // libpq takes an int; larger pieces are cut, which COPY does not mind.
  constexpr std::size_t kPiece = 1 << 20;
  for (std::size_t at = 0; at < lines.size(); at += kPiece) {
    const auto size = std::min(kPiece, lines.size() - at);
    if (PQputCopyData(handle, lines.data() + at, static_cast<int>(size)) != 1) throw connection_lost();
  }
}

void end_copy(pg_conn* handle) {
  if (PQputCopyEnd(handle, nullptr) != 1) throw connection_lost();
  const Result ended(PQgetResult(handle));
  drain(handle);
  if (PQresultStatus(ended.held) != PGRES_COMMAND_OK) throw_result(ended.held);
}

void abandon_copy(pg_conn* handle) noexcept {
  if (PQputCopyEnd(handle, "abandoned") == 1) drain(handle);
}

}  // namespace sluice::applier
