#include "applier/server/raw_connection.h"

#include <libpq-fe.h>

#include <algorithm>

#include "applier/server/apply_error.h"

namespace sluice::applier {
namespace {

/// libpq ends its messages with a newline and may write several lines; the first says it.
std::string first_line(const char* message) {
  std::string text = message ? message : "";
  if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
  return text;
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
  ApplyError error(Fault::environment, first_line(PQerrorMessage(handle)));
  PQfinish(handle);
  throw error;
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
  if (!state || !primary) throw ApplyError(Fault::in_doubt, first_line(PQerrorMessage(handle)));
  throw server_refusal(first_line(primary), state);
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

void begin_copy(pg_conn* handle, const std::string& statement) {
  const Result started(PQexec(handle, statement.c_str()));
  if (PQresultStatus(started.held) != PGRES_COPY_IN) throw_result(handle, started.held);
}

void send_copy(pg_conn* handle, const std::string& lines) {
  // libpq takes an int; larger pieces are cut, which COPY does not mind.
  constexpr std::size_t kPiece = 1 << 20;
  for (std::size_t at = 0; at < lines.size(); at += kPiece) {
    const auto size = std::min(kPiece, lines.size() - at);
    if (PQputCopyData(handle, lines.data() + at, static_cast<int>(size)) != 1)
      throw ApplyError(Fault::in_doubt, first_line(PQerrorMessage(handle)));
  }
}

void end_copy(pg_conn* handle) {
  if (PQputCopyEnd(handle, nullptr) != 1)
    throw ApplyError(Fault::in_doubt, first_line(PQerrorMessage(handle)));
  const Result ended(PQgetResult(handle));
  drain(handle);
  if (PQresultStatus(ended.held) != PGRES_COMMAND_OK) throw_result(handle, ended.held);
}

void abandon_copy(pg_conn* handle) noexcept {
  if (PQputCopyEnd(handle, "abandoned") == 1) drain(handle);
}

}  // namespace sluice::applier
