#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/workload.h"

namespace sluice::fuzz {

/// What a statement's author gets to see.
struct Outcome {
  std::string error;  ///< empty where SQLite took the statement
  std::int64_t changes = 0;
  std::int64_t last_rowid = 0;

  /// Of two reasons against a statement, SQLite may name another one where triggers are about.
  bool operator==(const Outcome& other) const {
    return error.empty() == other.error.empty() && changes == other.changes && last_rowid == other.last_rowid;
  }
};

/// The application of a scenario with its connections to one file. Used from one thread.
class Application {
 public:
  /// Opens the file and makes what the application had before it heard of us. A trigger that SQLite does not
  /// take is left out.
  Application(const std::filesystem::path& file, const Scenario& scenario, int busy_timeout_ms = 0) {
    for (const auto& pragmas : scenario.connections) {
      connections_.push_back(std::make_unique<SQLite::Database>(
          file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_timeout_ms));
      connections_.back()->exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = " + scenario.journal_mode +
                                "; " + pragmas);
    }
    for (const auto& sql : scenario.schema) first().exec(sql);
  }

  SQLite::Database& first() { return *connections_.front(); }

  Outcome run(const Step& step) {
    SQLite::Database& connection = *connections_.at(step.connection);
    Outcome outcome;
    try {
      sqlite3_set_last_insert_rowid(connection.getHandle(), 0);
      connection.exec(step.sql);
      outcome.changes = sqlite3_changes(connection.getHandle());
      // VACUUM leaves that of its own work.
      if (step.sql.starts_with("INSERT")) outcome.last_rowid = connection.getLastInsertRowid();
    } catch (const SQLite::Exception& refused) {
      outcome.error = refused.what();
      give_up_transaction(step, connection);
    }
    return outcome;
  }

 private:
  /// Deferred foreign keys may refuse a COMMIT, which leaves the transaction open.
  static void give_up_transaction(const Step& step, SQLite::Database& connection) {
    const bool in_transaction = sqlite3_get_autocommit(connection.getHandle()) == 0;
    if (step.sql == "COMMIT" && in_transaction) connection.exec("ROLLBACK");
  }

  std::vector<std::unique_ptr<SQLite::Database>> connections_;
};

}  // namespace sluice::fuzz
