#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "applier/compare/key_marks.h"
#include "applier/server/session.h"
#include "applier/server/target_table.h"
#include "applier/write/stage.h"
#include "capture/change.h"

/// A table of the target held against the source's rows, chunk by chunk, by the images of their values in the
/// target's types.
namespace sluice::applier {

/// A chunk of the source's rows, in the scan's order, as of the state that the target has.
struct ScanChunk {
  const capture::CopyChunk* copied = nullptr;
  std::optional<capture::Key> after;  ///< where the chunk before it ended; nothing: it is the first

  bool is_first() const { return !after; }
  bool is_last() const { return !copied->frontier; }
};

/// Where a scan stands by its frontier, which is empty before the first chunk.
std::optional<capture::Key> scanned_to(const capture::Key& frontier);

/// One row that is not the same on both sides.
struct Finding {
  enum class Kind { missing, extra, differs };  ///< as the target has it
  Kind kind = Kind::differs;
  std::string key;                   ///< as SQL literals; of an extra row as the server writes them
  std::vector<std::string> columns;  ///< of the source, where the row differs
};

struct Findings {
  static constexpr std::size_t kMostShown = 10;

  std::int64_t missing = 0;    ///< rows that the target lacks
  std::int64_t differing = 0;  ///< rows with other values, or that no rule of conversion lets in
  std::int64_t extra = 0;      ///< rows that only the target has
  std::int64_t refused = 0;    ///< of those that differ: rows that can't be written
  std::int64_t left_out = 0;   ///< of which the source has the row, but the table's rule leaves it out
  std::vector<Finding> first;  ///< up to kMostShown

  std::int64_t differences() const { return missing + differing + extra; }
  /// Rows that only the target has are to stay there: no difference, but left out.
  void keep_extra();
};

/// Compares a chunk, inside the transaction that has brought the target to the chunk's state. Rows that only
/// the target has are found chunk by chunk where both sides sort keys alike; else with the last chunk, from
/// the keys that the scan and the stream have noted meanwhile.
class Comparison {
 public:
  /// Do the keys have to be noted while a scan of this table is under way?
  static bool notes_keys(const TargetTable& table);

  /// `stage`: the chunk's rows, settled. `held`: keys of rows in the quarantine. `refused`: keys of rows of
  /// the chunk that can't be written.
  Comparison(Session& session, const Stage& stage, const std::string& state_schema, const ScanChunk& chunk,
             const std::vector<capture::Key>& held, const std::vector<capture::Key>& refused);

  Findings findings();

  /// The condition for rows t that only the target has, as far as this chunk can tell; `left_out`: also those
  /// that the table's rule leaves out.
  std::string only_in_target(bool left_out) const;

  /// The condition for rows t whose keys are those of the chunk, where it can be told.
  std::string in_chunk() const;

  /// Lets go of the noted keys, with the scan's last chunk.
  void finish();

 private:
  void count_rows(Findings& findings);
  void count_extra(Findings& findings);
  void show_rows(Findings& findings);
  void show_extra(Findings& findings);
  std::string pairs() const;
  bool tells_extra() const { return !notes_ || chunk_.is_last(); }

  Session& session_;
  const Stage& stage_;
  const TargetTable& table_;
  const ScanChunk& chunk_;
  bool notes_;
  KeyMarks marks_;
};

/// What the foreign keys of a table say of its rows.
struct Dangling {
  std::int64_t rows = 0;                   ///< that break one; none where the server has enforced them all
  std::vector<std::string> not_looked_at;  ///< keys, each with why: the role may not read the other table
};

Dangling dangling_rows(Session& session, const TargetTable& table);

}  // namespace sluice::applier
