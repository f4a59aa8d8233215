#include "capture/source.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "capture/install/changelog.h"
#include "capture/install/installer.h"
#include "capture/install/moved.h"
#include "capture/locked_source.h"
#include "capture/migration_lock.h"
#include "capture/patience.h"
#include "capture/quiet_vfs.h"
#include "capture/read/changelog_reader.h"
#include "capture/read/details_reader.h"
#include "capture/read/log_reader.h"
#include "capture/schema/survey.h"
#include "capture/schema/table_choice.h"
#include "capture/source_file.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

constexpr int kOldestSqlite = 3037000;  // PRAGMA table_list tells shadow tables from others

void check_library() {
  if (sqlite3_libversion_number() >= kOldestSqlite) return;
  throw SourceError("sqlite_too_old",
                    std::string("the SQLite library is ") + sqlite3_libversion() + ", 3.37 is needed",
                    "install a newer libsqlite3");
}

/// Checked before SQLite may touch the file.
const SourceOptions& checked(const SourceOptions& options) {
  check_library();
  check_source_file(options.path);
  return options;
}

}  // namespace

struct Source::Impl {
  explicit Impl(SourceOptions given)
      : options(std::move(given)),
        patience(options.busy_timeout),
        database(checked(options).path, SQLite::OPEN_READWRITE, 0, quiet_vfs()),
        file(file_id(options.path)),
        reader(database) {
    patience.install(database.getHandle());
    check_file_system(options.path, options.allow_remote_fs, database.getHandle());
    database.exec("PRAGMA wal_autocheckpoint = 0");
    forbid_writes();
    check_contents();
  }

  /// Not in the midst of a transaction that has read and is about to write, if that can be helped.
  void wait_for_readers() {
    constexpr auto kLongest = std::chrono::milliseconds(300);
    const auto end = std::chrono::steady_clock::now() + kLongest;
    while (is_being_read(database.getHandle()) && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void allow_writes() {
    const bool is_empty = database.execAndGet("PRAGMA main.page_count").getInt64() == 0;
    if (!is_empty) capture::check_whole(options.path, database.getHandle());
    wait_for_readers();
    let_write(database.getHandle(), true);
    database.exec("PRAGMA query_only = OFF");
  }
  void forbid_writes() { database.exec("PRAGMA query_only = ON"); }

  void check_contents() {
    try {
      check_format(database);
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() != SQLITE_NOTADB) throw;
      throw SourceError("source_not_a_database", options.path + " is not a SQLite database",
                        "check source.path; an encrypted database cannot be read either");
    }
  }

  /// Leaves the connection as it has to be in steady state.
  void only_read() {
    database.tryExec("PRAGMA query_only = ON");
    let_write(database.getHandle(), false);
    reader.clear();
  }

  /// Runs a call that may write.
  template <typename Call>
  auto writing(Call call) {
    struct Guard {
      Impl& impl;
      std::optional<MigrationLock> lock{};
      ~Guard() { impl.only_read(); }
    } guard{*this};
    return call([&] {
      if (!options.migrates) guard.lock.emplace(options.path, MigrationLock::Kind::installation);
      allow_writes();
    });
  }

  SourceOptions options;
  Patience patience;
  SQLite::Database database;
  FileId file;
  ChangelogReader reader;
  std::optional<std::int64_t> data_version;
};

Source::Source(SourceOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {
}
Source::~Source() = default;

InstallReport Source::install(const std::optional<KnownHistory>& known) {
  return impl_->writing([&](const std::function<void()>& allow_writes) {
    return capture::install(impl_->database, impl_->options, known, allow_writes);
  });
}

void Source::check_whole() {
  capture::check_whole(impl_->options.path, impl_->database.getHandle());
}

Identity Source::identity() {
  return capture::identity(impl_->database);
}

std::vector<std::string> Source::missing() {
  return capture::missing(impl_->database, impl_->options);
}

void Source::check_no_migration() {
  const MigrationLock none(impl_->options.path, MigrationLock::Kind::installation);
}

bool Source::uninstall() {
  return impl_->writing([&](const std::function<void()>& allow_writes) {
    return capture::uninstall(impl_->database, allow_writes);
  });
}

std::optional<Moved> Source::moved() {
  const Snapshot look(impl_->database);
  return capture::moved(impl_->database);
}

LockedSource Source::lock(std::chrono::milliseconds longest) {
  const auto give_back = [impl = impl_] {
    impl->patience.set(impl->options.busy_timeout);
    impl->only_read();
  };
  impl_->allow_writes();
  return LockedSource(
      {impl_->database, impl_->options,
       [impl = impl_](std::chrono::milliseconds limit) { impl->patience.set(limit); }, give_back},
      longest);
}

std::map<std::string, std::int64_t> Source::autoincrements() {
  const Snapshot look(impl_->database);
  std::map<std::string, std::int64_t> largest;
  const char* const kKept = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'";
  if (!SQLite::Statement(impl_->database, kKept).executeStep()) return largest;
  SQLite::Statement rows(impl_->database, "SELECT name, seq FROM main.sqlite_sequence");
  while (rows.executeStep()) largest[rows.getColumn(0).getText()] = rows.getColumn(1).getInt64();
  return largest;
}

Catalog Source::preview() {
  return capture::preview(impl_->database, impl_->options);
}

Catalog Source::survey() {
  return catalog(impl_->database, impl_->options);
}

std::vector<std::string> Source::table_names() {
  return capture::table_names(impl_->database);
}

bool Source::was_dropped(const std::string& table) {
  return capture::was_dropped(impl_->database, table, impl_->options);
}

TableDetails Source::details(const SourceTable& table) {
  SQLite::Transaction look(impl_->database);
  return read_details(impl_->database, table);
}

void Source::sample(const SourceTable& table, const std::function<void(const Row&)>& look) {
  sample_rows(impl_->database, table, look);
}

Anchor Source::newest() {
  return impl_->reader.newest();
}

Position Source::captured() {
  return impl_->reader.captured();
}

Match Source::match(const Anchor& anchor) {
  return impl_->reader.match(anchor);
}

std::string Source::journal_mode() {
  return impl_->database.execAndGet("PRAGMA main.journal_mode").getText();
}

bool Source::changed() {
  const std::int64_t version = impl_->database.execAndGet("PRAGMA main.data_version").getInt64();
  return std::exchange(impl_->data_version, version) != version;
}

void Source::forget_pages() {
  sqlite3_db_release_memory(impl_->database.getHandle());
}

ReadResult Source::read(const Catalog& catalog, const ReadRequest& request) {
  return impl_->reader.read(catalog, request);
}

LogExcerpt Source::recent(std::optional<Position> after, std::size_t limit) {
  return read_log(impl_->database, after, limit);
}

std::int64_t Source::count_rows(const SourceTable& table) {
  // A snapshot has to be short, and a count reads everything.
  constexpr std::int64_t kMost = 1'000'000;
  const std::string name = quote_name(table.name);
  SQLite::Statement count(impl_->database, "SELECT count(*), coalesce(sum(there), 0) FROM (SELECT " +
                                               condition_sql(table.where) + " AS there FROM " + name +
                                               " LIMIT " + std::to_string(kMost) + ")");
  count.executeStep();
  if (count.getColumn(0).getInt64() < kMost) return count.getColumn(1).getInt64();
  if (!table.key_is_rowid) return 0;
  const std::string key = source_column(table, table.key.front());
  return impl_->database.execAndGet("SELECT max(" + key + ") - min(" + key + ") + 1 FROM " + name).getInt64();
}

bool Source::has_longer(const SourceTable& table, const std::string& column, std::int64_t bytes) {
  return SQLite::Statement(impl_->database, "SELECT 1 FROM main." + quote_name(table.name) +
                                                " WHERE length(CAST(" + quote_name(column) + " AS BLOB)) > " +
                                                std::to_string(bytes) + " LIMIT 1")
      .executeStep();
}

std::vector<std::string> Source::left_behind(const Catalog& catalog) {
  std::vector<std::string> captured;
  for (const auto& table : catalog.tables) captured.push_back(table.name);
  return uncaptured_with_rows(impl_->database, impl_->options, captured);
}

bool Source::replaced() const {
  try {
    return file_id(impl_->options.path) != impl_->file;
  } catch (const SourceError&) {
    return true;
  }
}

}  // namespace sluice::capture
