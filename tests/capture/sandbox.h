#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "capture/source.h"

/// A SQLite file in a folder of its own, the application's connection to it, and a copy fed from the
/// changelog.
namespace sluice::capture {

/// A table that serves where any will do.
constexpr const char* kTable = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)";

inline ReadRequest after(const Anchor& anchor) {
  ReadRequest request;
  request.from = anchor;
  return request;
}

class Sandbox {
 public:
  explicit Sandbox(const std::string& schema = "", const std::string& pragmas = "PRAGMA journal_mode = WAL")
      : folder_(make_folder()),
        app_(new SQLite::Database(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)) {
    app().exec("PRAGMA synchronous = OFF; " + pragmas);
    if (!schema.empty()) app().exec(schema);
  }
  ~Sandbox() {
    app_.reset();
    std::filesystem::remove_all(folder_);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  std::string path() const { return (folder_ / "app.db").string(); }
  const std::filesystem::path& folder() const { return folder_; }
  SQLite::Database& app() { return *app_; }
  void run(const std::string& sql) { app().exec(sql); }
  std::int64_t number(const std::string& sql) { return app().execAndGet(sql).getInt64(); }
  std::string text(const std::string& sql) { return app().execAndGet(sql).getText(); }
  void close() { app_.reset(); }

  SourceOptions options() const {
    SourceOptions options;
    options.path = path();
    return options;
  }

 private:
  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-capture-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return name;
  }

  std::filesystem::path folder_;
  std::unique_ptr<SQLite::Database> app_;
};

using Copy = std::map<std::string, Row>;  ///< by encoded key

/// All of one table, read as a first copy would.
inline Copy whole_table(Source& source, const Catalog& catalog, const SourceTable& table) {
  ReadRequest request;
  request.from = source.newest();
  request.copy = CopyAsk{table.id, {}};
  Copy copy;
  const Chunk chunk = std::get<Chunk>(source.read(catalog, request));
  for (const Row& row : chunk.copy->rows) {
    Key key;
    for (const std::size_t i : table.key) key.push_back(row[i]);
    copy[encode(key)] = row;
  }
  return copy;
}

/// Follows every captured table through the changelog alone.
class Follower {
 public:
  explicit Follower(SourceOptions options) : source(std::move(options)) {
    source.install();
    catalog = source.survey();
    at = source.newest();
    for (const auto& table : catalog.tables) copies[table.id] = whole_table(source, catalog, table);
  }

  /// Takes in what is new and returns the number of changes.
  std::int64_t drain(ChunkLimits limits = {}) {
    std::int64_t changes = 0;
    while (true) {
      ReadRequest request;
      request.from = at;
      request.limits = limits;
      const Chunk chunk = std::get<Chunk>(source.read(catalog, request));
      for (const auto& table : chunk.tables) {
        for (const auto& state : table.keys) {
          if (state.row)
            copies[table.table][encode(state.key)] = *state.row;
          else
            copies[table.table].erase(encode(state.key));
        }
      }
      at = chunk.to;
      changes += chunk.changes;
      if (chunk.at_boundary) return changes;
    }
  }

  bool equal() {
    for (const auto& table : catalog.tables) {
      if (copies[table.id] != whole_table(source, catalog, table)) return false;
    }
    return true;
  }

  Source source;
  Catalog catalog;
  Anchor at;
  std::map<TableId, Copy> copies;
};

}  // namespace sluice::capture
