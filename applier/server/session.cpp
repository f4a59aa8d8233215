#include "applier/server/session.h"

#include <sys/socket.h>

#include <fstream>
#include <pqxx/except>
#include <sstream>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/server/raw_connection.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

std::string read_password(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) {
    ApplyError error(Fault::environment, "cannot read the password from " + file);
    error.hint = "target.password_file names a file whose first line is the password, readable by this user";
    throw error;
  }
  return line;
}

/// What comes before "dbname" can be overridden by the URL in it; what comes after can't.
Settings connection_keywords(const TargetOptions& options) {
  Settings keywords{{"connect_timeout", std::to_string(options.connect_timeout.count())},
                    {"keepalives_idle", "30"},
                    {"keepalives_interval", "10"},
                    {"keepalives_count", "3"},
                    {"tcp_user_timeout", "60000"},
                    {"target_session_attrs", "read-write"},
                    {"dbname", options.url},
                    {"client_encoding", "UTF8"},
                    {"application_name", "sluice/" + options.pipeline}};
  if (!options.password_file.empty()) keywords.emplace_back("password", read_password(options.password_file));
  return keywords;
}

/// For what stands by itself where nothing else is asked for.
constexpr std::chrono::milliseconds kAnswerWithin{60'000};

/// Longer than it takes to see who holds the lock, and short for those who wait behind.
constexpr std::chrono::milliseconds kBriefly{3000};

constexpr const char* kReplicaMode = "SET LOCAL session_replication_role = replica;";

std::string set_local(const std::string& name, const std::string& value) {
  return "SET LOCAL " + name + " = " + quote_literal(value) + ";";
}

std::string set_local(const std::string& name, std::chrono::milliseconds time) {
  return set_local(name, std::to_string(time.count()));
}

/// The same meaning of every literal and of every value that is read, whatever the role or the database
/// prefer. No queries: what follows may still choose its isolation level.
Settings meaning_settings(const TargetOptions& options, int server_version) {
  Settings settings{
      {"statement_timeout", std::to_string(options.statement_timeout.count())},
      {"lock_timeout", std::to_string(options.lock_timeout.count())},
      {"exit_on_error", "off"},
      {"TimeZone", "UTC"},
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "postgres"},
      {"standard_conforming_strings", "on"},
      {"array_nulls", "on"},
      {"xmloption", "content"},
      {"lc_monetary", "C"},
      {"extra_float_digits", "1"},
      {"bytea_output", "hex"},
      {"quote_all_identifiers", "off"},
      {"transform_null_equals", "off"},
      {"row_security", "off"},
      {"jit", "off"}};  // statements are many, short-lived, and costed far too high without nested loops
  if (server_version >= 170000) settings.emplace_back("transaction_timeout", "0");
  return settings;
}

/// No limit of theirs ends a long batch, and the server notices by itself when this end is gone.
Settings staying_settings(int server_version) {
  Settings settings{{"idle_in_transaction_session_timeout", "10min"},
                    {"tcp_keepalives_idle", "30"},
                    {"tcp_keepalives_interval", "10"},
                    {"tcp_keepalives_count", "3"}};
  if (server_version >= 140000) settings.emplace_back("client_connection_check_interval", "10s");
  return settings;
}

std::string set_local(const Settings& settings) {
  std::string statements;
  for (const auto& [name, value] : settings) statements += set_local(name, value);
  return statements;
}

/// A server's error as its first line has it, "SEVERITY:  SQLSTATE: message". What follows is left out:
/// DETAIL carries whole rows. An error of the connection has no such line, and no SQLSTATE.
ApplyError server_error(const std::string& what) {
  const std::string line = what.substr(0, what.find('\n'));
  const auto severity_end = line.find(":  ");
  const auto state_at = severity_end + 3;
  if (severity_end == std::string::npos || line.compare(state_at + 5, 2, ": ") != 0) {
    return connection_lost();
  }
  const std::string sqlstate = line.substr(state_at, 5);
  return server_refusal(line.substr(state_at + 7), sqlstate);
}

}  // namespace

void Lifeline::attach(int socket) {
  const std::scoped_lock lock(mutex_);
  socket_ = socket;
}

void Lifeline::detach() {
  set_backend(0);
  attach(-1);
}

bool Lifeline::attached() const {
  const std::scoped_lock lock(mutex_);
  return socket_ >= 0;
}

std::uint64_t Lifeline::waiting_call() const {
  const std::uint64_t count = count_;
  return count % 2 == 1 ? count : 0;
}

void Lifeline::cut() {
  const std::scoped_lock lock(mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

namespace {

struct CallInProgress {
  explicit CallInProgress(Lifeline& line) : lifeline(line) { lifeline.begin_call(); }
  ~CallInProgress() { lifeline.end_call(); }
  CallInProgress(const CallInProgress&) = delete;
  CallInProgress& operator=(const CallInProgress&) = delete;
  Lifeline& lifeline;
};

}  // namespace

template <typename Call>
auto Session::guarded(Call call) {
  const CallInProgress in_progress(*lifeline_);
  try {
    return call();
  } catch (const pqxx::failure& error) {
    throw server_error(error.what());
  }
}

Session::Session(const TargetOptions& options, std::shared_ptr<Lifeline> lifeline)
    : lifeline_(std::move(lifeline)) {
  guarded([&] {
    auto raw = [&] {
      PendingConnection pending(connection_keywords(options));
      lifeline_->attach(pending.socket());
      const Attachment until_it_is_there{lifeline_};
      return pending.wait();
    }();
    raw_ = raw.handle;
    connection_ = std::move(raw.connection);
    lifeline_->attach(connection_->sock());
    work_ = std::make_unique<pqxx::nontransaction>(*connection_);
  });
  const int version = connection_->server_version();
  const std::string settings = set_local(meaning_settings(options, version));
  begin_ = "BEGIN ISOLATION LEVEL READ COMMITTED;" + settings + set_local(staying_settings(version));
  alone_ = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;" + settings;
  if (options.statement_timeout.count() == 0) alone_ += set_local("statement_timeout", kAnswerWithin);
  learn_facts();
  mode_ = probe_mode();
  if (mode_ == ApplyMode::ordinary) return;
  begin_ += kReplicaMode;
  alone_ += kReplicaMode;
}

void Session::learn_facts() {
  const auto facts = exec(
      "SELECT current_setting('server_version'), pg_backend_pid(), quote_ident(current_user),"
      " coalesce(current_setting('idle_session_timeout', true), '0') <> '0'");
  std::istringstream(facts[0][0].as<std::string>()) >> server_version_;
  backend_pid_ = facts[0][1].as<int>();
  role_ = facts[0][2].as<std::string>();
  if (pooled()) return;
  lifeline_->set_backend(backend_pid_);
  // The one limit that strikes between transactions. A pooler's sessions are the pooler's to keep.
  if (facts[0][3].as<bool>()) exec("SET idle_session_timeout = 0");
}

Session::~Session() = default;

pqxx::result Session::exec(const std::string& sql) {
  end_stream();
  return guarded([&] { return work_->exec(in_transaction(raw_) ? sql : alone_ + sql); });
}

void Session::transact(const std::string& statements) {
  end_stream();
  run(begin_ + statements + "COMMIT;");
}

void Session::begin(Queueing queueing) {
  end_stream();
  run(begin_ + (queueing == Queueing::brief ? set_local("lock_timeout", kBriefly) : ""));
}

/// A message that opens a transaction.
void Session::run(const std::string& message) {
  try {
    guarded([&] { work_->exec(message); });
  } catch (const ApplyError&) {
    roll_back();
    throw;
  }
}

/// Tells nothing: a lost connection has rolled back already, and what went wrong before is the error to tell.
void Session::roll_back() noexcept {
  abandon_stream();
  if (!in_transaction(raw_)) return;
  try {
    guarded([&] { work_->exec("ROLLBACK"); });
  } catch (const std::exception&) {
    // The connection is gone; whoever uses it next is told.
  }
}

void Session::copy(const std::string& table, const std::vector<std::string>& columns,
                   const std::string& lines) {
  end_stream();
  stream(table, columns, lines);
  end_stream();
}

void Session::stream(const std::string& table, const std::vector<std::string>& columns,
                     const std::string& lines) {
  const std::string statement = "COPY " + table + " (" + join(columns, ",") + ") FROM STDIN";
  if (streaming_ != statement) {
    end_stream();
    guarded([&] { begin_copy(raw_, statement); });
    streaming_ = statement;
  }
  guarded([&] { send_copy(raw_, lines); });
}

void Session::end_stream() {
  if (std::exchange(streaming_, {}).empty()) return;
  guarded([&] { end_copy(raw_); });
}

void Session::abandon_stream() noexcept {
  if (std::exchange(streaming_, {}).empty()) return;
  const CallInProgress in_progress(*lifeline_);
  abandon_copy(raw_);
}

bool Session::pooled() const {
  return greeted_pid(raw_) != backend_pid_;
}

bool Session::hung_up() const {
  return applier::hung_up(raw_);
}

std::string Session::transport() const {
  return applier::transport(raw_);
}

bool Session::holds_every_character() const {
  return server_encoding(raw_) == "UTF8";
}

ApplyMode Session::probe_mode() {
  try {
    exec(kReplicaMode);
    return ApplyMode::replica;
  } catch (const ApplyError& error) {
    if (error.sqlstate != "42501") throw;
    return ApplyMode::ordinary;
  }
}

void Session::end_backend(int pid) {
  // A pooler has ended it itself, together with its client, or has given it to another one.
  if (pooled()) return;
  // The name keeps a number that was given to somebody else's session in the meantime out of harm's way.
  exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = " + std::to_string(pid) +
       " AND application_name = current_setting('application_name') AND usename = current_user"
       " AND pid <> pg_backend_pid()");
}

Transaction::Transaction(Session& session, Queueing queueing) : session_(session) {
  session_.begin(queueing);
}

Transaction::~Transaction() {
  if (open_) session_.roll_back();
}

void Transaction::commit() {
  open_ = false;
  session_.exec("COMMIT");
}

Savepoint::Savepoint(Session& session) : session_(session) {
  session_.exec("SAVEPOINT sluice");
}

Savepoint::~Savepoint() {
  if (!open_) return;
  session_.abandon_stream();
  try {
    session_.exec("ROLLBACK TO SAVEPOINT sluice; RELEASE SAVEPOINT sluice");
  } catch (const std::exception&) {
    // The transaction around it is lost as well, and says so at its next statement.
  }
}

void Savepoint::release() {
  open_ = false;
  session_.exec("RELEASE SAVEPOINT sluice");
}

}  // namespace sluice::applier
