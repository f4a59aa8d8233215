#include "applier/server/raw_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>

#include "applier/server/apply_error.h"
#include "applier/server/connection_failure.h"

namespace sluice::applier {
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

pg_conn* connect(const std::vector<std::pair<std::string, std::string>>& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  // expand_dbname: a "dbname" that holds a URL or keyword string is taken apart by libpq itself.
  pg_conn* handle = PQconnectdbParams(names.data(), values.data(), 1);
  if (PQstatus(handle) == CONNECTION_OK) {
    // "SEVERITY:  SQLSTATE: message" on the first line: libpqxx 6 passes not every SQLSTATE on.
    PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(
        handle, [](void*, const char*) {}, nullptr);
    return handle;
  }
  const FailedConnection failed{text_of(PQhost(handle)), text_of(PQport(handle)),
                                text_of(PQerrorMessage(handle))};
  PQfinish(handle);
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

[[noreturn]] void throw_result(pg_conn* handle, const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (!state || !primary) throw connection_lost();
  throw server_refusal(primary, state);
}

void drain(pg_conn* handle) {
  while (PGresult* more = PQgetResult(handle)) PQclear(more);
}

}  // namespace

RawConnection connect_raw(const std::vector<std::pair<std::string, std::string>>& keywords) {
  pg_conn* handle = connect(keywords);
  return RawConnection{handle, adopt(handle)};
}

int greeted_pid(pg_conn* handle) {
  return PQbackendPID(handle);
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
  if (PQresultStatus(started.held) != PGRES_COPY_IN) throw_result(handle, started.held);
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
  if (PQresultStatus(ended.held) != PGRES_COMMAND_OK) throw_result(handle, ended.held);
}

void abandon_copy(pg_conn* handle) noexcept {
  if (PQputCopyEnd(handle, "abandoned") == 1) drain(handle);
}

}  // namespace sluice::applier
