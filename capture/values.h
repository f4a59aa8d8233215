#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>

#include "capture/change.h"

/// Values between SQLite statements and change.h, bit for bit.
namespace sluice::capture {

/// Reads one column of the current row. Text comes as UTF-8 bytes, whatever the encoding of the file.
Value read_value(SQLite::Statement& statement, int column);

/// The same as plain text, "" for NULL.
std::string text_at(SQLite::Statement& statement, int column);

/// Binds a value to a parameter, counted from 1. The value has to outlive the execution.
void bind_value(SQLite::Statement& statement, int parameter, const Value& value);

/// Binds the values to parameters from `first` on.
void bind_key(SQLite::Statement& statement, int first, const Key& key);

/// The memory a value takes, roughly.
std::int64_t size_of(const Value& value);

/// Resets a statement at the end of a scope, so that none keeps a snapshot open.
class Rewind {
 public:
  explicit Rewind(SQLite::Statement& statement) : statement_(statement) {}
  ~Rewind() { statement_.tryReset(); }
  Rewind(const Rewind&) = delete;
  Rewind& operator=(const Rewind&) = delete;

 private:
  SQLite::Statement& statement_;
};

/// One snapshot for as long as it lives: a transaction of its own, or the one that is open already.
class Snapshot {
 public:
  explicit Snapshot(SQLite::Database& database);

 private:
  std::optional<SQLite::Transaction> own_;
};

/// An identifier in double quotes.
std::string quote_name(std::string_view identifier);

/// A text as a string literal.
std::string quote_text(std::string_view text);

/// A number that tells texts apart (FNV-1a), the same on every machine.
std::uint64_t fingerprint(std::string_view text);

/// A name in lower case as SQLite compares names: ASCII letters only.
std::string folded(std::string_view name);

}  // namespace sluice::capture
