#include "daemon/inspect/quarantine_view.h"

#include <algorithm>
#include <utility>

#include "applier/server/sqlstate_words.h"
#include "capture/change.h"
#include "daemon/inspect/look_options.h"
#include "daemon/report/clock_text.h"
#include "daemon/report/refusal.h"

namespace sluice::daemon {
namespace {

using applier::QuarantinedRow;

/// Values are shown whole, but for those that no screen and no clipboard can hold.
constexpr std::size_t kShownBytes = 1 << 20;

std::string remedy(const std::string& pipeline, const QuarantinedRow& row) {
  const std::string again = "sluicectl quarantine retry " + pipeline + " " + std::to_string(row.id);
  if (row.code == "unique_exchange") {
    return "rows exchange a value that has to be unique, and other tables' cascades keep them from here: "
           "make constraint " +
           row.constraint +
           " DEFERRABLE, let its column take NULL, or GRANT SET ON PARAMETER "
           "session_replication_role to Sluice's role (Postgres 15+); then: " +
           again;
  }
  if (row.operation == "delete") {
    return "it is gone in SQLite, and the server does not let it go: change the rows there that point at it, "
           "or what "
           "forbids its deletion, then: " +
           again;
  }
  const std::string meaning(applier::meaning_of(row.sqlstate));
  return (meaning.empty() ? "" : meaning + ": ") +
         "change the row in SQLite, and it goes over by itself; or change the table on the server, then: " +
         again;
}

std::vector<QuarantineEntry::Field> fields_of(const QuarantinedRow& row) {
  const auto names = capture::decode_key(row.columns);
  const auto values = capture::decode_key(row.image);
  std::vector<QuarantineEntry::Field> fields;
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i)
    fields.push_back({std::get<capture::Text>(names[i]).bytes, capture::to_literal(values[i], kShownBytes)});
  return fields;
}

/// Is what was refused a part of the key?
bool refused_in_key(const QuarantinedRow& row, const capture::Key& key) {
  const auto names = capture::decode_key(row.columns);
  const auto values = capture::decode_key(row.image);
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i)
    if (names[i] == capture::Value(capture::Text{row.column})) return std::ranges::count(key, values[i]) > 0;
  return false;
}

std::string told_key(const QuarantinedRow& row, bool values) {
  const auto key = capture::decode_key(row.key);
  return !values && refused_in_key(row, key) ? capture::describe(key) : capture::to_literal(key, kShownBytes);
}

}  // namespace

QuarantineEntry to_entry(const std::string& pipeline, const QuarantinedRow& row, bool values) {
  return {.id = row.id,
          .table = row.source_table,
          .key = told_key(row, values),
          .operation = row.operation,
          .code = row.code,
          .message = values ? row.message : applier::without_values(row.sqlstate, row.message),
          .sqlstate = row.sqlstate,
          .column = row.column,
          .constraint = row.constraint,
          .hint = remedy(pipeline, row),
          .position = row.position,
          .first_at = parse_utc(row.first_at),
          .last_at = parse_utc(row.last_at),
          .attempts = row.attempts,
          .values = values ? fields_of(row) : std::vector<QuarantineEntry::Field>()};
}

QuarantineView::QuarantineView(const PipelineConfig& config, const LookLine& line)
    : pipeline_(config.name),
      schema_(config.target.state_schema),
      session_(target_look_options(config), line) {
}

QuarantineAnswer QuarantineView::read(const QuarantineQuery& query, bool values) {
  QuarantineAnswer answer{.pipeline = pipeline_, .rows = {}, .total = total()};
  const auto rows = query.id ? held({*query.id}, true)
                             : load({.after = query.after, .limit = query.limit, .images = !values});
  for (const auto& row : rows) answer.rows.push_back(to_entry(pipeline_, row, query.id || values));
  return answer;
}

QuarantineView::Ids QuarantineView::to_retry(Ids ids) {
  const auto rows = ids.empty() ? load({}) : held(ids);
  Ids found;
  for (const auto& row : rows) found.push_back(row.id);
  return found;
}

RetriedAnswer QuarantineView::retried(const Ids& ids) {
  const std::size_t left = ids.empty() ? 0 : load({.ids = ids}).size();
  return {.pipeline = pipeline_,
          .tried = static_cast<std::int64_t>(ids.size()),
          .resolved = static_cast<std::int64_t>(ids.size() - left),
          .quarantined = total()};
}

std::vector<QuarantinedRow> QuarantineView::discard(const Ids& ids) {
  applier::Transaction transaction(session_);
  auto rows = held(ids);
  applier::discard_quarantined(session_, schema_, pipeline_, ids);
  transaction.commit();
  return rows;
}

std::int64_t QuarantineView::total() {
  return applier::count_quarantined(session_, schema_, pipeline_);
}

std::vector<QuarantinedRow> QuarantineView::load(const applier::QuarantineSelection& selection) {
  return applier::load_quarantine(session_, schema_, pipeline_, selection);
}

std::vector<QuarantinedRow> QuarantineView::held(const Ids& ids, bool images) {
  auto rows = load({.ids = ids, .images = images});
  const auto missing = std::ranges::find_if_not(
      ids, [&](std::int64_t id) { return std::ranges::binary_search(rows, id, {}, &QuarantinedRow::id); });
  if (missing == ids.end()) return rows;
  throw Refusal(
      {Refused::not_found, "unknown_row",
       "pipeline '" + pipeline_ + "' has no row in quarantine with the id " + std::to_string(*missing),
       "it may have gone over meanwhile; what is there tells: sluicectl quarantine list " + pipeline_});
}

}  // namespace sluice::daemon
