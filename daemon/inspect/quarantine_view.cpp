#include "daemon/inspect/quarantine_view.h"

#include <algorithm>
#include <array>
#include <utility>

#include "capture/change.h"
#include "daemon/report/clock_text.h"
#include "daemon/report/refusal.h"
#include "daemon/sync/target_place.h"

namespace sluice::daemon {
namespace {

using applier::QuarantinedRow;

/// Values are shown whole, but for those that no screen and no clipboard can hold.
constexpr std::size_t kShownBytes = 1 << 20;

/// What the frequent refusals mean.
constexpr std::array<std::pair<const char*, const char*>, 6> kMeanings{{
    {"22001", "the text is longer than the column takes"},
    {"22003", "the number is larger than the column takes"},
    {"23502", "the column takes no NULL"},
    {"23503", "a row that it points at is not on the server, or one that is there still points at it"},
    {"23505", "another row on the server holds the same values"},
    {"23514", "the values break a CHECK of the table"},
}};

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
  const auto* known = std::find_if(kMeanings.begin(), kMeanings.end(),
                                   [&](const auto& meaning) { return row.sqlstate == meaning.first; });
  const std::string meaning = known == kMeanings.end() ? "" : std::string(known->second) + ": ";
  return meaning +
         "change the row in SQLite, and it goes over by itself; or change the table on the server, then: " +
         again;
}

std::vector<HeldRow::Field> fields_of(const QuarantinedRow& row) {
  const auto names = capture::decode_key(row.columns);
  const auto values = capture::decode_key(row.image);
  std::vector<HeldRow::Field> fields;
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i)
    fields.push_back({std::get<capture::Text>(names[i]).bytes, capture::to_literal(values[i], kShownBytes)});
  return fields;
}

}  // namespace

HeldRow to_held_row(const std::string& pipeline, const QuarantinedRow& row) {
  return {.id = row.id,
          .table = row.source_table,
          .key = capture::to_literal(capture::decode_key(row.key), kShownBytes),
          .operation = row.operation,
          .code = row.code,
          .message = row.message,
          .sqlstate = row.sqlstate,
          .column = row.column,
          .constraint = row.constraint,
          .hint = remedy(pipeline, row),
          .position = row.position,
          .first_at = parse_utc(row.first_at),
          .last_at = parse_utc(row.last_at),
          .attempts = row.attempts,
          .values = fields_of(row)};
}

QuarantineView::QuarantineView(const PipelineConfig& config)
    : pipeline_(config.name),
      schema_(config.target.state_schema),
      session_(target_options(config), std::make_shared<applier::Lifeline>()) {
}

QuarantineAnswer QuarantineView::read(const QuarantineQuery& query) {
  QuarantineAnswer answer{.pipeline = pipeline_, .rows = {}, .total = total()};
  const auto rows = query.id ? held({*query.id}, true) : load({.after = query.after, .limit = query.limit});
  for (const auto& row : rows) answer.rows.push_back(to_held_row(pipeline_, row));
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
       "pipeline '" + pipeline_ + "' holds back no row with the id " + std::to_string(*missing),
       "it may have gone over meanwhile; what is held back tells: sluicectl quarantine list " + pipeline_});
}

}  // namespace sluice::daemon
