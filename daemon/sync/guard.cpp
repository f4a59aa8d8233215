#include "daemon/sync/guard.h"

#include <utility>

namespace sluice::daemon {

Diverged::Diverged(std::string code_, const std::string& message, std::string hint_)
    : std::runtime_error(message), code(std::move(code_)), hint(std::move(hint_)) {
}

Diverged has_ended(const std::string& pipeline) {
  return {"finished", "pipeline '" + pipeline + "' has been cut over to Postgres and has ended",
          "let the application use Postgres, and take the pipeline out of the configuration"};
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
  const bool went_back = evidence.match == Match::rewound || evidence.match == Match::different;
  if (!same_source || evidence.elsewhere || went_back) return {Outcome::diverged, {}};
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
  const std::string known_place = place.known_path + " on machine " + place.known_host;
  const std::string resync =
      ", or make Postgres equal to this one, after it has told how many rows that changes, with: sluicectl "
      "resync " +
      place.pipeline;
  if (evidence.expected_id != evidence.found_id) {
    const std::string let_go =
        "let go of the other source with: sluicectl uninstall --target " + place.pipeline;
    if (evidence.elsewhere) {
      return {"name_taken",
              "pipeline '" + place.pipeline + "' of this database belongs to another source, " + known_place,
              "give this pipeline another name, or " + let_go};
    }
    const std::string what = evidence.found_id.empty() ? "there is nothing of Sluice in " + place.source_path
                                                       : place.source_path + " is another file";
    return {"another_file", "Postgres knows pipeline '" + place.pipeline + "', but " + what,
            "if it was replaced by mistake, or is from a time before, put the right file back" + resync +
                "; or " + let_go};
  }
  if (evidence.elsewhere) {
    return {"moved_or_copied",
            "pipeline '" + place.pipeline + "' belongs to this file at " + known_place + ", not at " +
                place.source_path,
            "if the file has moved here, say so with: sluicectl adopt " + place.pipeline +
                "; if this is a copy of it, give its pipeline another name"};
  }
  if (evidence.match == capture::Match::rewound) {
    return {"moved_back",
            "the changelog of " + place.source_path + " ends before position " + position +
                ", which Postgres already holds",
            "the file was restored from a backup: put the newer file back" + resync};
  }
  return {"different_history",
          "position " + position + " of " + place.source_path +
              " is another change than the one that Postgres holds",
          "the file was restored from a backup and written to since: put the newer file back" + resync};
}

}  // namespace sluice::daemon
