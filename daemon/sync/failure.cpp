#include "daemon/sync/failure.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <string>

#include "applier/server/apply_error.h"
#include "capture/source.h"
#include "daemon/base/short_hash.h"
#include "daemon/sync/guard.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;

constexpr const char* kGrant = "grant the role the right that is missing; sluiced then goes on by itself";
constexpr const char* kFenced =
    "another daemon works for this pipeline, or the server was restored to an earlier point: sluiced reads "
    "the position and goes on from there; let only one daemon run";
constexpr const char* kGoesOn = "sluiced tries again by itself, or at once with: sluicectl retry";

FailureReport from(const ApplyError& thrown) {
  FailureReport report;
  const bool refused = thrown.fault == Fault::row || thrown.fault == Fault::table;
  const bool collided = thrown.sqlstate == "40001" || thrown.sqlstate == "40P01";
  report.failure = refused ? Failure::refused : collided ? Failure::collided : Failure::away;
  report.error.cls = thrown.fault == Fault::row ? "row" : thrown.fault == Fault::table ? "table" : "target";
  report.error.code = thrown.code;
  report.error.message = thrown.what();
  report.error.sqlstate = thrown.sqlstate;
  report.error.table = thrown.table;
  report.error.key = thrown.key;
  report.error.column = thrown.column;
  report.error.hint = !thrown.hint.empty()            ? thrown.hint
                      : thrown.sqlstate == "42501"    ? kGrant
                      : thrown.fault == Fault::fenced ? kFenced
                                                      : kGoesOn;
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

FailureReport from(const SQLite::Exception& thrown) {
  FailureReport report;
  report.failure = Failure::away;
  report.error.cls = "source";
  report.error.message = std::string("SQLite: ") + thrown.what();
  report.error.hint = kGoesOn;
  switch (thrown.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      report.error.code = "source_locked";
      break;
    case SQLITE_FULL:
      report.error.code = "source_disk_full";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      report.error.code = "source_damaged";
      break;
    default:
      report.error.code = "source_failed";
  }
  return report;
}

FailureReport from(const std::exception& thrown) {
  FailureReport report;
  report.error.cls = "target";
  report.error.code = "internal";
  report.error.message = thrown.what();
  report.error.hint = kGoesOn;
  return report;
}

std::string id_of(const ErrorReport& error) {
  std::string all;
  for (const std::string* part :
       {&error.code, &error.sqlstate, &error.table, &error.key, &error.column, &error.message}) {
    all += *part + '\n';
  }
  return short_hash(all);
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
  report.error.id = id_of(report.error);
  return report;
}

}  // namespace sluice::daemon
