#include "daemon/sync/failure.h"

#include <SQLiteCpp/Exception.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "applier/server/apply_error.h"
#include "capture/source.h"
#include "daemon/base/short_hash.h"
#include "daemon/log/log.h"
#include "daemon/sync/guard.h"
#include "text/outlet.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;

constexpr const char* kGrant = "grant the role the right that is missing; sluiced then goes on by itself";
constexpr const char* kMendRow =
    "change the row in SQLite, or on the server what refuses it; sluiced then goes on by itself, or at once "
    "with: sluicectl retry";
constexpr const char* kMendTable =
    "make way on the server; sluiced then goes on by itself, or at once with: sluicectl retry";
constexpr const char* kReadsBack =
    "sluiced reads from the server what has become of the last transaction, and goes on from there by itself";
constexpr const char* kFenced =
    "another daemon works for this pipeline, or the server was restored to an earlier point: sluiced reads "
    "the position and goes on from there; let only one daemon run";
constexpr const char* kGoesOn = "sluiced tries again by itself, or at once with: sluicectl retry";

/// The same for the same error at the same place, whatever of it is shown.
std::string id_of(const ErrorReport& error, const std::string& message) {
  std::string all;
  for (const std::string* part :
       {&error.code, &error.sqlstate, &error.table, &error.row, &error.column, &message}) {
    all += *part + '\n';
  }
  return short_hash(all);
}

/// What helps against a refusal or an outage that says nothing of it itself.
const char* remedy_for(const ApplyError& thrown) {
  if (thrown.sqlstate == "42501") return kGrant;
  switch (thrown.fault) {
    case Fault::row:
      return kMendRow;
    case Fault::table:
      return kMendTable;
    case Fault::in_doubt:
      return kReadsBack;
    case Fault::fenced:
      return kFenced;
    case Fault::environment:
      return kGoesOn;
  }
  return kGoesOn;
}

FailureReport from(const ApplyError& thrown) {
  FailureReport report;
  const bool refused = thrown.fault == Fault::row || thrown.fault == Fault::table;
  const bool collided = thrown.sqlstate == "40001" || thrown.sqlstate == "40P01";
  report.failure = refused ? Failure::refused : collided ? Failure::collided : Failure::away;
  report.error.cls = thrown.fault == Fault::row ? "row" : thrown.fault == Fault::table ? "table" : "target";
  report.error.code = thrown.code;
  report.error.message = thrown.told(log_shows_values());
  report.error.sqlstate = thrown.sqlstate;
  report.error.table = thrown.table;
  report.error.key = thrown.told_key(log_shows_values());
  report.error.row = thrown.row;
  report.error.column = thrown.column;
  report.error.hint = thrown.hint.empty() ? remedy_for(thrown) : thrown.hint;
  report.error.id = id_of(report.error, thrown.told(false));
  return report;
}

FailureReport from(const Diverged& thrown) {
  FailureReport report;
  report.failure = thrown.code == "finished" ? Failure::finished : Failure::diverged;
  report.error.cls = "source";
  report.error.code = thrown.code;
  report.error.message = thrown.what();
  report.error.hint = thrown.hint;
  return report;
}

FailureReport from(const capture::SourceError& thrown) {
  FailureReport report;
  report.failure = Failure::refused;
  report.error.cls = "source";
  report.error.code = thrown.code();
  report.error.message = thrown.what();
  report.error.hint = thrown.hint();
  return report;
}

/// SQLite's errors in our own words: what it is that failed, and what helps.
struct SourceFault {
  int error;
  const char* code;
  const char* message;
  const char* remedy;
};

constexpr std::array kSourceFaults{
    SourceFault{SQLITE_BUSY, "source_locked", "another connection holds a lock on the SQLite file",
                "its transaction has to end"},
    SourceFault{SQLITE_LOCKED, "source_locked", "another connection holds a lock on the SQLite file",
                "its transaction has to end"},
    SourceFault{SQLITE_FULL, "source_disk_full", "the disk of the SQLite file is full", "make room there"},
    SourceFault{SQLITE_CORRUPT, "source_damaged", "the SQLite file is damaged",
                "see what PRAGMA integrity_check says, and restore the file from a backup"},
    SourceFault{SQLITE_NOTADB, "source_damaged", "the file is no SQLite database, or an encrypted one",
                "check source.path, and restore the file from a backup if it is damaged"},
    SourceFault{SQLITE_READONLY, "source_read_only", "the SQLite file, or its folder, takes no writes",
                "let the user that runs sluiced write to both"},
    SourceFault{SQLITE_CANTOPEN, "source_unreadable", "the SQLite file can't be opened",
                "check source.path, and that the user that runs sluiced may use the file and its folder"},
    SourceFault{SQLITE_PERM, "source_unreadable", "the SQLite file can't be opened",
                "check source.path, and that the user that runs sluiced may use the file and its folder"},
    SourceFault{SQLITE_IOERR, "source_io_error", "the disk of the SQLite file reports an error",
                "see the kernel's log for the disk, and PRAGMA integrity_check for the file"},
    SourceFault{SQLITE_NOMEM, "source_failed", "there is not enough memory to read the SQLite file",
                "give sluiced more memory"},
};

/// SQLite does not tell a file that may not be opened from a process that may open no more.
bool has_no_descriptors_left() {
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno == EMFILE || errno == ENFILE;
  ::close(file);
  return false;
}

FailureReport from(const SQLite::Exception& thrown) {
  FailureReport report;
  report.failure = Failure::away;
  ErrorReport& error = report.error;
  error.cls = "source";
  if (thrown.getErrorCode() == SQLITE_CANTOPEN && has_no_descriptors_left()) {
    error.code = "no_descriptors";
    error.message = "sluiced has as many files open as it may";
    error.hint = std::string("raise LimitNOFILE of the service; ") + kGoesOn;
    return report;
  }
  const auto* known = std::ranges::find(kSourceFaults, thrown.getErrorCode(), &SourceFault::error);
  if (known != kSourceFaults.end()) {
    error.code = known->code;
    error.message = known->message;
    error.hint = std::string(known->remedy) + "; " + kGoesOn;
  } else {
    error.code = "source_failed";
    error.message =
        "SQLite can't do what sluiced asks of it: error code " + std::to_string(thrown.getErrorCode());
    error.hint = std::string("see the log at level debug; ") + kGoesOn;
  }
  log_event(LogLevel::debug, "sqlite_error",
            {{"code", thrown.getExtendedErrorCode()}, {"message", thrown.what()}});
  return report;
}

/// Nothing that anybody has thought of: what it says is for those who mend sluiced.
FailureReport from(const std::exception& thrown) {
  FailureReport report;
  report.error.cls = "target";
  report.error.code = "internal";
  report.error.message = "sluiced met something that it does not know";
  report.error.hint =
      std::string(kGoesOn) + "; if it stays, report what the log says at level debug, event internal_error";
  log_event(LogLevel::debug, "internal_error", {{"message", thrown.what()}});
  return report;
}

FailureReport sorted(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const ApplyError& error) {
    return from(error);
  } catch (const Diverged& error) {
    return from(error);
  } catch (const capture::SourceError& error) {
    return from(error);
  } catch (const SQLite::Exception& error) {
    return from(error);
  } catch (const std::exception& error) {
    return from(error);
  }
}

}  // namespace

FailureReport report_failure(std::exception_ptr thrown) {
  FailureReport report = sorted(thrown);
  ErrorReport& error = report.error;
  error.message = text::harmless(error.message);
  error.hint = text::harmless(error.hint);
  if (error.id.empty()) error.id = id_of(error, error.message);
  return report;
}

}  // namespace sluice::daemon
