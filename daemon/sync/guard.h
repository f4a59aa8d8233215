#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "capture/source_types.h"

namespace sluice::daemon {

/// The two sides do not belong together, or this pipeline has ended: nothing is done until a person says how.
class Diverged : public std::runtime_error {
 public:
  Diverged(std::string code, const std::string& message, std::string hint);
  /// moved_or_copied, moved_back, different_history, another_file, name_taken, resync_would_delete, finished
  std::string code;
  std::string hint;
};

/// For whoever asks anything of a pipeline that has been cut over.
Diverged has_ended(const std::string& pipeline);

/// What a look at the source comes to: how the pipeline goes on.
enum class Outcome {
  go_on,      ///< the changelog goes on from where Postgres stands
  reinstall,  ///< the schema, a trigger or the file is not the one known: put in what is missing, look anew
  resync_tables,  ///< changes of some tables may have gone by unseen: copy these again
  resync_all,     ///< changes have left the changelog unread: copy every table again
  diverged,       ///< the source went back in time, is another one, or is in another place
};

/// The word for logs: "go_on", "reinstall", ...
const char* to_string(Outcome outcome);

/// How far Postgres is from being a copy.
struct Standing {
  bool copying = false;          ///< a table is under its first copy
  bool whole = true;             ///< Postgres stands at a boundary
  std::int64_t quarantined = 0;  ///< rows that are set aside
};

/// A table that has been copied, or begun to be.
struct CopiedTable {
  std::string name;
  std::string version;  ///< SourceTable::version at the time of the copy
};

/// What is known when the two sides are held against one another.
struct Evidence {
  std::string expected_id;  ///< the source that Postgres knows this pipeline by
  std::string found_id;     ///< empty: there is nothing of ours in the file
  bool elsewhere = false;   ///< the file is not where Postgres last knew the source to be
  capture::Match match = capture::Match::together;
  std::map<std::string, std::string> versions;  ///< of the tables that are captured now
  std::vector<CopiedTable> copied;
};

/// An outcome, and the tables that it concerns.
struct Judgement {
  Outcome outcome = Outcome::go_on;
  std::vector<std::string> copy_again;
};

/// Weighs the evidence. Pure.
Judgement judge(const Evidence& evidence);

/// The divergence in words that an owner can act on. Pure.
struct PlaceOfDivergence {
  std::string pipeline;
  std::string source_path;
  std::string known_path;  ///< of the source that Postgres knows the pipeline by
  std::string known_host;  ///< its machine
  capture::Position position;
};
Diverged explain(const Evidence& evidence, const PlaceOfDivergence& place);

}  // namespace sluice::daemon
