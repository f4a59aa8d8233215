// What people are told of values that could be read in more than one way: once a column and way.

#include "daemon/sync/value_notes.h"

#include "applier/values/conversion_notes.h"
#include "daemon/log/log.h"

namespace sluice::daemon {
namespace {

struct Telling {
  LogLevel level;
  const char* event;
  const char* how;
};

Telling telling(applier::Remarks remark) {
  switch (remark) {
    case applier::kAmbiguousTime:
      return {LogLevel::warning, "local_time_ambiguous", "the hour was there twice; read as the earlier"};
    case applier::kSkippedTime:
      return {LogLevel::warning, "local_time_skipped",
              "the clock jumped over it; read with the offset before"};
    default:
      return {LogLevel::info, "time_rounded", "rounded to the microsecond, the finest that Postgres keeps"};
  }
}

}  // namespace

void tell_notes(SyncState& state) {
  for (const auto& note : state.notes.all()) {
    if (!state.told_notes.emplace(note.table, note.column, note.remark).second) continue;
    const auto [level, event, how] = telling(note.remark);
    log_event(level, event,
              {{"pipeline", state.config.name},
               {"table", note.table},
               {"column", note.column},
               {"count", note.count},
               {"how", how}});
  }
}

void note_altered_values(SyncState& state, const std::string& table) {
  for (const auto& note : state.notes.all()) {
    if (note.table == table)
      state.verification->note_altered(note.column, telling(note.remark).how, note.count);
  }
}

}  // namespace sluice::daemon
