#pragma once

#include <memory>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/version>
#include <string>
#include <vector>

struct pg_conn;

/// The one place that touches libpq beside libpqxx, for what libpqxx does not offer: COPY into a table whose
/// columns are known only at run time (the stream of 6.x takes tuples, the writer that took containers is
/// gone in 7), connecting without ever connecting again by itself, and errors without the DETAIL that carries
/// rows.
namespace sluice::applier {

#if PQXX_VERSION_MAJOR >= 7
using PqxxConnection = pqxx::connection;
#else
using PqxxConnection = pqxx::connection_base;
#endif

/// A libpqxx connection together with the libpq handle that it owns.
struct RawConnection {
  pg_conn* handle = nullptr;
  std::shared_ptr<PqxxConnection>
      connection;  ///< shared_ptr: the base class of 6.x has no virtual destructor
};

/// A connection that is on its way. libpq lets nobody end a connect, least of all the name lookup in it: so
/// it happens on a thread of its own, which is left to itself where the wait for it is ended.
class PendingConnection {
 public:
  /// Begins to connect, with libpq's own keyword list.
  explicit PendingConnection(std::vector<std::pair<std::string, std::string>> keywords);
  ~PendingConnection();
  PendingConnection(const PendingConnection&) = delete;
  PendingConnection& operator=(const PendingConnection&) = delete;

  /// Whoever shuts this socket down ends the wait.
  int socket() const;
  /// Waits, once. Throws ApplyError (environment), also where the wait was ended.
  RawConnection wait();

 private:
  struct Attempt;
  std::shared_ptr<Attempt> attempt_;
};

/// The backend's number as the greeting told it; a pooler tells one of its own.
int greeted_pid(pg_conn* handle);

/// Has the other end closed a connection on which nobody is waiting for anything? Asks nobody.
bool hung_up(pg_conn* handle);

/// Is a transaction open, be it one that has failed? False where the connection is gone.
bool in_transaction(pg_conn* handle);

/// How the bytes travel: "a local socket", "TLSv1.3", or nothing where anybody on the way can read them.
std::string transport(pg_conn* handle);

/// The name of the encoding that the server's database is in.
std::string server_encoding(pg_conn* handle);

/// COPY ... FROM STDIN of ready text lines, in as many pieces as one likes. What the server refuses may come
/// with any of the calls: ApplyError with its SQLSTATE and primary message.
void begin_copy(pg_conn* handle, const std::string& statement);
void send_copy(pg_conn* handle, const std::string& lines);
void end_copy(pg_conn* handle);
/// Ends it as if it had never begun; tells nothing.
void abandon_copy(pg_conn* handle) noexcept;

}  // namespace sluice::applier
