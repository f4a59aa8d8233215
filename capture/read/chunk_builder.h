#pragma once

#include <chrono>
#include <map>
#include <string>
#include <unordered_set>

#include "capture/read/row_reader.h"
#include "capture/source_types.h"

namespace sluice::capture {

/// One entry of the changelog. `keys` holds every key column, more than this table's key may have.
struct Entry {
  Anchor anchor;
  TableId table = 0;
  char op = 0;
  Key keys;
  bool well_formed = false;  ///< every field is of a kind that a trigger writes
};

/// Nets entries into the distinct keys of a chunk and looks each new one up. Belongs inside a read
/// transaction.
class ChunkBuilder {
 public:
  ChunkBuilder(RowReader& rows, const Catalog& catalog, const ReadRequest& request);

  void add(const Entry& entry);

  /// Has one of the limits been reached?
  bool is_full() const;

  /// Adds the keys that were asked for whether or not they have changed.
  void add_keys();

  /// Adds the next rows of the table under copy, if one was asked for.
  void add_copy();

  Chunk& chunk() { return chunk_; }

 private:
  struct Netting {
    std::size_t place = 0;                 ///< in Chunk::tables
    std::unordered_set<std::string> seen;  ///< keys, encoded
  };

  bool is_copied_later(const SourceTable& table, const Key& key);
  void look_up(const SourceTable& table, char op, Key key);
  static bool settle_key(const SourceTable& table, KeyState& state, Netting& netting);
  bool out_of_time() const;

  RowReader& rows_;
  const Catalog& catalog_;
  const ReadRequest& request_;
  std::chrono::steady_clock::time_point deadline_;
  std::map<TableId, Netting> netting_;
  Chunk chunk_;
};

}  // namespace sluice::capture
