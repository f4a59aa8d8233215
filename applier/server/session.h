#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <string>
#include <vector>
#include "applier/server/raw_connection.h"

#include "applier/values/options.h"

struct pg_conn;

namespace sluice::applier {

/// Whether the server's own triggers fire: `replica` leaves the mirror alone, `ordinary` is what a role
/// without the right to set session_replication_role gets.
enum class ApplyMode { replica, ordinary };

/// Watches over a session from another thread: is it waiting for the server, and can it be made to stop?
/// Outlives the session. Any thread.
class Lifeline {
 public:
  void attach(int socket);
  void detach();
  /// Shuts the connection's socket down, so that the call waiting on it fails at once.
  void cut();

  /// The number of the call that waits for the server just now; 0 where none does.
  std::uint64_t waiting_call() const;
  void begin_call() { ++count_; }
  void end_call() { ++count_; }

 private:
  std::mutex mutex_;
  int socket_ = -1;
  std::atomic<std::uint64_t> count_{0};  ///< odd while a call waits
};

/// One connection to Postgres, ready for use once constructed. Never reconnects by itself: settings, locks
/// and temporary tables would be forgotten. Used from one thread at a time. Every failure is thrown as
/// ApplyError.
class Session {
 public:
  Session(const TargetOptions& options, std::shared_ptr<Lifeline> lifeline);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs one or several statements as one message and gives back the last result.
  pqxx::result exec(const std::string& sql);

  /// Streams lines of COPY's text format (see copy_line) to `table`, quoted and qualified.
  void copy(const std::string& table, const std::vector<std::string>& columns, const std::string& lines);

  /// The same for lines that come piece by piece, while the server is at work on those before: goes on where
  /// the last call sent lines to the same columns. What the server refuses may come with the next call,
  /// whatever it is.
  void stream(const std::string& table, const std::vector<std::string>& columns, const std::string& lines);

  /// Ends a stream: throws what the server refuses of it, which no later call then throws.
  void end_stream();

  /// Lets go of a stream that has not ended, before its transaction is rolled back. Never throws.
  void abandon_stream() noexcept;

  ApplyMode mode() const { return mode_; }
  const std::string& server_version() const { return server_version_; }
  const std::string& role() const { return role_; }
  int backend_pid() const { return backend_pid_; }

  /// Does a pooler stand between this session and the server?
  bool pooled() const;
  /// "a local socket", "TLSv1.3", or nothing where the connection is not encrypted.
  std::string transport() const;

  /// The statement that gives a transaction its settings; local to it, so that a transaction-mode pooler
  /// works.
  const std::string& transaction_settings() const { return transaction_settings_; }

  /// Ends a backend of this pipeline that a lost connection left behind. Not finding it is no error; behind a
  /// pooler, where it may be somebody else's by now, it is left alone.
  void end_backend(int pid);

 private:
  template <typename Call>
  auto guarded(Call call);
  ApplyMode probe_mode();

  /// Lets go of the socket's number also where the constructor throws: it may be given to another file.
  struct Attachment {
    std::shared_ptr<Lifeline> lifeline;
    ~Attachment() { lifeline->detach(); }
  };

  std::shared_ptr<Lifeline> lifeline_;
  pg_conn* raw_ = nullptr;  ///< owned by connection_
  std::shared_ptr<PqxxConnection> connection_;
  std::unique_ptr<pqxx::nontransaction> work_;
  ApplyMode mode_ = ApplyMode::ordinary;
  std::string server_version_;
  std::string transaction_settings_;
  std::string role_;  ///< quoted
  int backend_pid_ = 0;
  std::string streaming_;             ///< the COPY that is under way
  Attachment attachment_{lifeline_};  ///< last, so that it lets go before the connection closes
};

/// A transaction that rolls back unless it was committed. The destructor never throws.
class Transaction {
 public:
  explicit Transaction(Session& session);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Session& session_;
  bool open_ = true;
};

/// A savepoint that rolls back to itself unless it was released. The destructor never throws.
class Savepoint {
 public:
  explicit Savepoint(Session& session);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;

  void release();

 private:
  Session& session_;
  bool open_ = true;
};

}  // namespace sluice::applier
