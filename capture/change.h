#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The values that flow from capture to the applier: beside details.h the only header of capture/ that
/// applier/ includes. Everything here is plain data, free to copy and to move between threads.
namespace sluice::capture {

/// Text as SQLite stores it: UTF-8 by declaration, but any bytes in fact, NUL included.
struct Text {
  std::string bytes;
  bool operator==(const Text&) const = default;
};

/// A blob; empty and NULL are different values.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// One SQLite value in its own storage class, bit for bit; std::monostate is NULL.
using Value = std::variant<std::monostate, std::int64_t, double, Text, Blob>;

/// The values of a key, in the order of SourceTable::key.
using Key = std::vector<Value>;

/// The values of a row, in the order of SourceTable::columns.
using Row = std::vector<Value>;

/// A change's sequence number in the changelog.
struct Position {
  std::int64_t value = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): the check stumbles over every defaulted <=>
  auto operator<=>(const Position&) const = default;
};

/// The change at a position with its nonce: what proves that a changelog and a target belong together.
/// `entry` is the readable form of table number, operation and key, e.g. "7 i 1234".
struct Anchor {
  Position position;
  std::int64_t nonce = 0;
  std::string entry;
  bool operator==(const Anchor&) const = default;
};

/// A table's number in the changelog; never reused within one file.
using TableId = std::int64_t;

struct SourceColumn {
  std::string name;
  std::string declared_type;  ///< as written in CREATE TABLE; may be empty
  bool not_null = false;
  bool generated = false;
};

/// A captured table of the source, as of one schema version.
struct SourceTable {
  TableId id = 0;
  std::string name;
  std::vector<SourceColumn> columns;
  std::vector<std::size_t> key;  ///< indexes into columns, in key order; never empty
  bool key_is_rowid = false;     ///< the key is an INTEGER PRIMARY KEY, an alias of the rowid, or the rowid
  std::string hidden_rowid;      ///< SQLite's name of the rowid, where that is the key for want of another
  std::string version;           ///< another one: rows may have changed without a trigger; copy them again
  std::vector<std::string> parents;         ///< tables that its foreign keys point at, itself included
  std::vector<std::string> key_collations;  ///< in lower case, one for each column of the key; `utf16` where
                                            ///< texts are sorted by the bytes of that encoding
  std::string where;  ///< in SQLite's words: only rows for which it is true are there; empty: all rows
};

/// The column that holds the rowid of a table which has no other key.
inline constexpr const char* kRowidColumn = "_sluice_rowid";

/// What capture leaves out, and why, in words for `check` and `status`.
struct NotCaptured {
  std::string name;
  std::string reason;
  bool operator==(const NotCaptured&) const = default;
};

/// The final state of one key as of the snapshot: its row, or nothing where the key is gone.
struct KeyState {
  Key key;
  std::optional<Row> row;
};

/// The keys of one table in a chunk, each once.
struct TableChanges {
  TableId table = 0;
  std::vector<KeyState> keys;
  bool inserts_only = true;  ///< every entry behind these keys is an insert: straight COPY may work
};

/// A piece of a table's existing rows, in the scan's order.
struct CopyChunk {
  TableId table = 0;
  std::vector<Row> rows;
  std::vector<Key> left_out;    ///< rows that are there, but left out by the table's condition
  std::optional<Key> frontier;  ///< key of the last row; nothing when the scan has reached its end
};

/// What one look at the changelog yields: the distinct keys in (from, to], each with its row, all read in one
/// snapshot. Chunks of a large backlog follow one another until one of them ends `at_boundary`.
struct Chunk {
  Anchor from;
  Anchor to;
  std::int64_t changes = 0;  ///< entries in (from, to]
  std::int64_t bytes = 0;    ///< memory the values take, roughly
  bool at_boundary = false;  ///< `to` is the newest entry of the snapshot it was read in
  std::vector<TableChanges> tables;
  std::optional<CopyChunk> copy;  ///< rows of a table under copy; only where at_boundary
};

/// Where the copy of a table stands.
struct CopyState {
  enum class Phase { pending, copying, streaming };
  Phase phase = Phase::pending;
  Key frontier;  ///< while copying: the last key copied; empty before the first chunk
};

/// A value as a SQL literal, for people: 12, 1.5, 'text', x'00ff', NULL. Text passes the outlet, and what is
/// longer than `limit` characters or bytes is cut with an ellipsis.
std::string to_literal(const Value& value, std::size_t limit = static_cast<std::size_t>(-1));

/// A key as SQL literals: `7` or `(1, 'a')`.
std::string to_literal(const Key& key, std::size_t limit = static_cast<std::size_t>(-1));

/// What a value is, for those who may not see it: `text of 37 bytes`, `integer`, NULL.
std::string describe(const Value& value);
std::string describe(const Key& key);

/// A key in a form that survives a round trip through Postgres exactly: one word a value, e.g. "i7 t6162".
std::string encode(const Key& key);

/// The inverse of encode(). Throws std::invalid_argument on anything that encode() does not write.
Key decode_key(std::string_view text);

}  // namespace sluice::capture
