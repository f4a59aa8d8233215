#include "capture/locked_source.h"

#include <sqlite3.h>

#include <array>
#include <utility>

#include "capture/install/changelog.h"
#include "capture/install/install_plan.h"
#include "capture/install/sql_template.h"
#include "capture/values.h"
#include "sql/embedded.h"

namespace sluice::capture {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 3> kWrites{
    {{"i", "INSERT"}, {"u", "UPDATE"}, {"d", "DELETE"}}};

/// The newest trigger fires first, so no trigger of the application can come before these.
void refuse_writes_to(SQLite::Database& database, const TablePlan& table) {
  for (const auto& [letter, event] : kWrites) {
    database.exec(render(sql::triggers, "fence",
                         {{"src", std::to_string(table.id)},
                          {"letter", letter},
                          {"event", event},
                          {"table", quote_name(table.table.name)},
                          {"message", kMovedMessage}}));
  }
}

void drop_our_triggers(SQLite::Database& database) {
  for (const auto& trigger : stored_triggers(database)) {
    if (is_ours(trigger.name)) database.exec("DROP TRIGGER main." + quote_name(trigger.name));
  }
}

std::string spoken(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

SourceError too_long(std::chrono::milliseconds longest, const std::string& reason) {
  return {"lock_too_long", reason + " within the " + spoken(longest) + " that the file may be locked",
          "nothing has changed; try again at a quieter time, or allow more with --max-lock"};
}

bool is_busy(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_BUSY;
}

}  // namespace

LockedSource::LockedSource(Loan loan, Milliseconds longest) : loan_(std::move(loan)), longest_(longest) {
  try {
    loan_.be_patient(longest);
    loan_.database.exec("BEGIN IMMEDIATE");
  } catch (const SQLite::Exception& error) {
    loan_.give_back();
    if (!is_busy(error)) throw;
    throw SourceError("source_locked",
                      "another connection has been writing to the file for more than " + spoken(longest),
                      "end its transaction, or wait longer with --max-lock");
  }
  since_ = Clock::now();
}

LockedSource::~LockedSource() {
  if (!released_) loan_.database.tryExec("ROLLBACK");
  loan_.give_back();
}

void LockedSource::fence(bool refuse_writes) {
  const InstallPlan plan = plan_install(loan_.database, loan_.options);
  drop_our_triggers(loan_.database);
  loan_.database.exec(render(sql::changelog, "moved"));
  loan_.database.exec(render(sql::changelog, "note_moved", {{"fenced", refuse_writes ? "1" : "0"}}));
  if (!refuse_writes) return;
  for (const auto& table : plan.tables) {
    if (table.captured) refuse_writes_to(loan_.database, table);
  }
}

void LockedSource::check_time() const {
  if (Clock::now() >= until()) throw too_long(longest_, "the last changes were not brought over");
}

void LockedSource::commit() {
  check_time();
  try {
    loan_.be_patient(std::chrono::ceil<Milliseconds>(until() - Clock::now()));
    loan_.database.exec("COMMIT");
  } catch (const SQLite::Exception& error) {
    if (!is_busy(error)) throw;
    throw too_long(longest_, "readers of the file have not come to an end");
  }
  released_ = Clock::now();
}

}  // namespace sluice::capture
