#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "applier/batch.h"
#include "applier/server/state_store.h"
#include "capture/source.h"
#include "tests/applier/differential/shapes.h"

namespace sluice::differential {

/// How a batch is written: in one message, through stages alone, or straight where everything is new.
enum class Way { message, stages, straight };

inline constexpr Way kWays[] = {Way::message, Way::stages, Way::straight};

/// All rows of all tables, each as a line of text: those that both sides have.
using Contents = std::multiset<std::string>;

/// What the server's own column says, by table and key.
using Marks = std::map<std::string, std::string>;

/// What a target holds.
struct Holdings {
  Contents rows;
  Marks marks;
};

/// A database on the server that follows one source after the other, always by the same way and in one mode.
class Line {
 public:
  Line(Way way, applier::ApplyMode mode);

  std::string name() const;
  applier::ApplyMode mode() const { return mode_; }

  /// Makes the tables anew, empty like those of the source, and starts at its newest change.
  void begin(const Shape& shape, capture::Source& source);

  /// Writes everything up to the boundary as one batch. Throws ApplyError, and is then where it was.
  void follow(capture::Source& source, std::int64_t chunk_changes);

  /// Somebody changes the tables on the server, and whoever replicates finds them anew.
  void change_tables(const std::string& ddl);

  Holdings holdings() const;

 private:
  void find_tables();
  capture::Chunk read(capture::Source& source, const capture::Anchor& from, std::int64_t changes) const;
  void write_large(capture::Source& source, capture::Chunk chunk, std::int64_t chunk_changes);
  void advanced(const capture::Anchor& to);

  Way way_;
  applier::ApplyMode mode_;
  applier::TargetOptions options_;
  std::unique_ptr<applier::Session> session_;
  int runs_ = 0;
  capture::Catalog catalog_;
  applier::Plan plan_;
  std::string holdings_sql_;
  applier::BatchContext context_;
  applier::PipelineRow row_;
};

/// What the source holds, in the form of Holdings::rows.
Contents contents(SQLite::Database& database, const capture::Catalog& catalog);

}  // namespace sluice::differential
