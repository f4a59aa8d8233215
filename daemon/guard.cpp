#include "daemon/guard.h"

#include <utility>

namespace sluice::daemon {

Diverged::Diverged(std::string code_, const std::string& message, std::string hint_)
    : std::runtime_error(message), code(std::move(code_)), hint(std::move(hint_)) {
}

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::go_on:
      return "go_on";
    case Outcome::reinstall:
      return "reinstall";
    case Outcome::resync_tables:
      return "resync_tables";
    case Outcome::resync_all:
      return "resync_all";
    case Outcome::diverged:
      return "diverged";
  }
  return "";
}

Judgement judge(const Evidence& evidence) {
  using capture::Match;
  const bool same_source = evidence.expected_id == evidence.found_id;
  if (!same_source || evidence.match == Match::rewound || evidence.match == Match::different) {
    return {Outcome::diverged, {}};
  }
  Judgement judgement;
  for (const auto& table : evidence.copied) {
    const auto now = evidence.versions.find(table.name);
    const bool passed_by = evidence.match == Match::overrun;
    if (passed_by || (now != evidence.versions.end() && now->second != table.version))
      judgement.copy_again.push_back(table.name);
  }
  if (evidence.match == Match::overrun) {
    judgement.outcome = Outcome::resync_all;
  } else if (!judgement.copy_again.empty()) {
    judgement.outcome = Outcome::resync_tables;
  }
  return judgement;
}

Diverged explain(const Evidence& evidence, const PlaceOfDivergence& place) {
  const std::string position = std::to_string(place.position.value);
  const std::string remedy =
      "put the newer file back, or give the pipeline a new start with: sluicectl uninstall --target " +
      place.pipeline;
  if (evidence.found_id.empty()) {
    return {"name_taken",
            "Postgres knows pipeline '" + place.pipeline + "', but there is nothing of Sluice in " +
                place.source_path,
            "it is another file, one from a time before, or capture was taken out of it: " + remedy};
  }
  if (evidence.expected_id != evidence.found_id) {
    return {
        "name_taken",
        "pipeline '" + place.pipeline + "' of this database belongs to another source, " + place.known_path,
        "give this pipeline another name, or let go of the other source with: sluicectl uninstall --target"};
  }
  if (evidence.match == capture::Match::rewound) {
    return {"moved_back",
            "the changelog of " + place.source_path + " ends before position " + position +
                ", which Postgres already holds",
            "the file was restored from a backup: " + remedy};
  }
  return {"different_history",
          "position " + position + " of " + place.source_path +
              " is another change than the one that Postgres holds",
          "the file was restored from a backup and written to since: " + remedy};
}

}  // namespace sluice::daemon
