#pragma once

#include <map>
#include <string>

#include "capture/source.h"
#include "tests/capture/sandbox.h"

namespace sluice::fuzz {

/// Follows every captured table through the changelog alone, changes of the schema included, as the daemon
/// does: what has another version is copied again.
class Follower {
 public:
  /// Capture has to be installed.
  explicit Follower(const capture::SourceOptions& options) : source_(options) {
    at_ = source_.newest();
    follow_schema();
  }

  /// Takes in what is new, in chunks of so many changes. What is wrong then; empty if nothing is.
  std::string look(std::int64_t chunk_changes) {
    installed_ = false;
    while (true) {
      capture::ReadRequest request;
      request.from = at_;
      request.limits.changes = chunk_changes;
      const capture::ReadResult result = source_.read(catalog_, request);
      if (std::holds_alternative<capture::Mismatch>(result)) return "the changelog goes on from nowhere";
      if (std::holds_alternative<capture::SchemaMoved>(result)) {
        source_.install();
        installed_ = true;
        follow_schema();
        continue;
      }
      const auto& chunk = std::get<capture::Chunk>(result);
      apply(chunk);
      if (chunk.at_boundary) return differences();
    }
  }

  /// Did the last look put triggers in anew?
  bool installed() const { return installed_; }
  std::int64_t changes() const { return changes_; }

 private:
  struct TableCopy {
    std::string version;
    capture::Copy rows;
  };

  void follow_schema() {
    catalog_ = source_.survey();
    std::map<capture::TableId, TableCopy> kept;
    for (const auto& table : catalog_.tables) {
      TableCopy& copy = kept[table.id];
      const auto known = copies_.find(table.id);
      if (known != copies_.end() && known->second.version == table.version) {
        copy = std::move(known->second);
      } else {
        copy = {table.version, capture::whole_table(source_, catalog_, table)};
      }
    }
    copies_ = std::move(kept);
  }

  void apply(const capture::Chunk& chunk) {
    for (const auto& changes : chunk.tables) {
      auto& rows = copies_[changes.table].rows;
      const auto& key = catalog_.find(changes.table)->key;
      for (const auto& state : changes.keys) {
        rows.erase(capture::encode(state.key));
        // A key noted as 4 finds the row 4.0, which is the same one in SQLite.
        if (state.row) rows[capture::encode(key_of(*state.row, key))] = *state.row;
      }
    }
    at_ = chunk.to;
    changes_ += chunk.changes;
  }

  static capture::Key key_of(const capture::Row& row, const std::vector<std::size_t>& columns) {
    capture::Key key;
    for (const std::size_t i : columns) key.push_back(row[i]);
    return key;
  }

  std::string differences() {
    std::string list;
    for (const auto& table : catalog_.tables) {
      compare(table.name, copies_[table.id].rows, capture::whole_table(source_, catalog_, table), list);
    }
    return list;
  }

  static void compare(const std::string& table, const capture::Copy& copy, const capture::Copy& source,
                      std::string& list) {
    for (const auto& [key, row] : source) {
      const auto twin = copy.find(key);
      if (twin == copy.end() || twin->second != row)
        list += table + " " + key + " is (" + capture::to_literal(row) + "), the copy has " +
                (twin == copy.end() ? "nothing" : "(" + capture::to_literal(twin->second) + ")") + "\n";
    }
    for (const auto& [key, row] : copy) {
      if (!source.contains(key)) list += table + " " + key + " is only in the copy\n";
    }
  }

  capture::Source source_;
  capture::Catalog catalog_;
  capture::Anchor at_;
  std::map<capture::TableId, TableCopy> copies_;
  std::int64_t changes_ = 0;
  bool installed_ = false;
};

}  // namespace sluice::fuzz
