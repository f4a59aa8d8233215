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
  /// The server's process behind the session; 0 where that is not known: before it is connected, or behind a
  /// pooler, which gives it another one for each transaction.
  void set_backend(int pid) { backend_ = pid; }
  int backend() const { return backend_; }
  bool attached() const;
  /// Shuts the connection's socket down, so that the call waiting on it fails at once.
  void cut();

  /// The number of the call that waits for the server just now; 0 where none does.
  std::uint64_t waiting_call() const;
  void begin_call() { ++count_; }
  void end_call() { ++count_; }

 private:
  mutable std::mutex mutex_;
  int socket_ = -1;
  std::atomic<int> backend_{0};
  std::atomic<std::uint64_t> count_{0};  ///< odd while a call waits
};

/// How a transaction stands in the queue for a lock.
enum class Queueing {
  patient,  ///< as long as its options say: nobody has to wait who would not have to anyway
  brief,    ///< gives way soon: whoever comes after a change of a table waits behind it, readers as well
};

/// One connection to Postgres, ready for use once constructed. Never reconnects by itself: settings, locks
/// and temporary tables would be forgotten. Used from one thread at a time. Every failure is thrown as
/// ApplyError.
///
/// Every statement has the same settings and is bounded in time, whatever the role or the database prefer:
/// they travel with it, in one message, and hold for its transaction only, so that a transaction-mode pooler
/// works. Work goes into a transaction; what stands by itself is a question that is answered soon.
class Session {
 public:
  Session(const TargetOptions& options, std::shared_ptr<Lifeline> lifeline);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs one or several statements as one message and gives back the last result: in the transaction that is
  /// open, else in one of their own.
  pqxx::result exec(const std::string& sql);

  /// Runs statements, each with its semicolon, as one transaction in one message. Where it fails nothing of
  /// it stays.
  void transact(const std::string& statements);

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
  /// Has the server closed the connection while nobody used it? Asks nobody, and waits for nothing.
  bool hung_up() const;
  /// "a local socket", "TLSv1.3", or nothing where the connection is not encrypted.
  std::string transport() const;
  /// Can the server's database hold every character?
  bool holds_every_character() const;

  /// Ends a backend of this pipeline that a lost connection left behind. Not finding it is no error; behind a
  /// pooler, where it may be somebody else's by now, it is left alone.
  void end_backend(int pid);

 private:
  friend class Transaction;

  template <typename Call>
  auto guarded(Call call);
  void begin(Queueing queueing);
  void run(const std::string& message);
  void roll_back() noexcept;
  void learn_facts();
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
  std::string begin_;  ///< what a transaction opens with
  std::string alone_;  ///< what comes before a statement that stands by itself
  std::string role_;   ///< quoted
  int backend_pid_ = 0;
  std::string streaming_;             ///< the COPY that is under way
  Attachment attachment_{lifeline_};  ///< last, so that it lets go before the connection closes
};

/// A transaction that rolls back unless it was committed. The destructor never throws.
class Transaction {
 public:
  explicit Transaction(Session& session, Queueing queueing = Queueing::patient);
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
