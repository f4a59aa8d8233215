#include "applier/compare/comparison.h"

#include <algorithm>

#include "applier/compare/key_range.h"
#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"
#include "applier/write/table_write.h"
#include "applier/write/write_sql.h"
#include "sql/embedded.h"

namespace sluice::applier {

std::optional<capture::Key> scanned_to(const capture::Key& frontier) {
  return frontier.empty() ? std::nullopt : std::optional(frontier);
}

void Findings::keep_extra() {
  left_out += std::exchange(extra, 0);
  std::erase_if(first, [](const Finding& finding) { return finding.kind == Finding::Kind::extra; });
}

bool Comparison::notes_keys(const TargetTable& table) {
  return !shares_key_order(table);
}

Comparison::Comparison(Session& session, const Stage& stage, const std::string& state_schema,
                       const ScanChunk& chunk, const std::vector<capture::Key>& held,
                       const std::vector<capture::Key>& refused)
    : session_(session),
      stage_(stage),
      table_(stage.table()),
      chunk_(chunk),
      notes_(notes_keys(table_)),
      marks_(notes_ ? KeyMarks::for_scan(session, table_, state_schema)
                    : KeyMarks::for_transaction(session, table_)) {
  if (!notes_ || chunk_.is_first()) marks_.begin();
  if (notes_) marks_.add_stage(stage_.name());
  marks_.add(chunk_.copied->left_out, KeyMarks::Mark::left_out);
  marks_.add(held, KeyMarks::Mark::held);
  marks_.add(refused, KeyMarks::Mark::there);
}

Findings Comparison::findings() {
  Findings findings;
  // A chunk is small beside its table, which the planner may not know of one that has just been filled.
  session_.exec("SET LOCAL enable_nestloop = on");
  count_rows(findings);
  if (tells_extra()) count_extra(findings);
  if (findings.missing + findings.differing > 0) show_rows(findings);
  if (findings.extra > 0) show_extra(findings);
  return findings;
}

/// Each row of the stage beside its own in the target, where there is one; rows that are in quarantine aside.
std::string Comparison::pairs() const {
  return " FROM " + stage_.name() + " AS s LEFT JOIN " + table_.name + " AS t ON " +
         key_join(table_, "t", "s") + " AND " + in_chunk() + " WHERE NOT s.sluice_gone AND NOT " +
         marks_.has("s", KeyMarks::Mark::held);
}

std::string Comparison::in_chunk() const {
  return notes_ ? "true" : key_between(table_, chunk_.after, chunk_.copied->frontier);
}

void Comparison::count_rows(Findings& findings) {
  const std::string missing = "t." + table_.key_names().front() + " IS NULL";
  const auto row =
      session_.exec("SELECT count(*) FILTER (WHERE " + missing + "), count(*) FILTER (WHERE NOT " + missing +
                    " AND " + images_differ(table_) + ")" + pairs())[0];
  findings.missing = row[0].as<std::int64_t>();
  findings.differing = row[1].as<std::int64_t>();
}

std::string Comparison::only_in_target(bool left_out) const {
  if (!tells_extra()) return "false";
  std::string condition = "NOT " + marks_.has_row("t");
  if (!notes_) {
    condition += " AND NOT EXISTS (SELECT 1 FROM " + stage_.name() + " AS s WHERE NOT s.sluice_gone AND " +
                 key_join(table_, "t", "s") + ") AND " + in_chunk();
  }
  if (!left_out) condition += " AND NOT " + marks_.has("t", KeyMarks::Mark::left_out);
  return condition;
}

void Comparison::count_extra(Findings& findings) {
  const auto row = session_.exec(
      "SELECT count(*) FILTER (WHERE NOT left_out), count(*) FILTER (WHERE left_out)"
      " FROM (SELECT " +
      marks_.has("t", KeyMarks::Mark::left_out) + " AS left_out FROM " + table_.name + " AS t WHERE " +
      only_in_target(true) + ") AS only_there")[0];
  findings.extra = row[0].as<std::int64_t>();
  findings.left_out = row[1].as<std::int64_t>();
}

void Comparison::show_rows(Findings& findings) {
  std::vector<std::string> outputs{"s.sluice_key", "t." + table_.key_names().front() + " IS NULL"};
  for (const auto& column : table_.columns) outputs.push_back(images_differ(table_, {column.name}));
  const auto rows = session_.exec("SELECT " + join(outputs, ",") + pairs() + " AND (t." +
                                  table_.key_names().front() + " IS NULL OR " + images_differ(table_) +
                                  ") ORDER BY s.sluice_row LIMIT " + std::to_string(Findings::kMostShown));
  for (const auto& row : rows) {
    Finding finding;
    finding.key = shown_key(capture::decode_key(row[0].as<std::string>()));
    finding.kind = row[1].as<bool>() ? Finding::Kind::missing : Finding::Kind::differs;
    for (std::size_t i = 0; i < table_.columns.size() && finding.kind == Finding::Kind::differs; ++i) {
      const bool differs = row[static_cast<int>(i) + 2].as<bool>();
      if (differs) finding.columns.push_back(table_.source.columns[table_.columns[i].source].name);
    }
    findings.first.push_back(std::move(finding));
  }
}

void Comparison::show_extra(Findings& findings) {
  const auto room = Findings::kMostShown - std::min(findings.first.size(), Findings::kMostShown);
  if (room == 0) return;
  std::vector<std::string> keys;
  for (const std::size_t i : table_.key) {
    const auto& column = table_.columns[i];
    keys.push_back(is_integer(column.kind) ? "t." + column.name + "::text"
                                           : "quote_literal(t." + column.name + ")");
  }
  const std::string list = join(keys, " || ', ' || ");
  const auto rows =
      session_.exec("SELECT " + (keys.size() == 1 ? list : "'(' || " + list + " || ')'") + " FROM " +
                    table_.name + " AS t WHERE " + only_in_target(false) + " LIMIT " + std::to_string(room));
  for (const auto& row : rows) findings.first.push_back({Finding::Kind::extra, row[0].as<std::string>(), {}});
}

void Comparison::finish() {
  if (notes_ && chunk_.is_last()) marks_.drop();
}

Dangling dangling_rows(Session& session, const TargetTable& table) {
  Dangling found;
  const auto keys = session.exec(replace_all(sql::dangling, "@table@", std::to_string(table.oid)));
  for (const auto& key : keys) {
    if (key[2].as<bool>()) {
      found.rows += session.exec(key[3].as<std::string>())[0][0].as<std::int64_t>();
    } else {
      found.not_looked_at.push_back("foreign key " + key[0].as<std::string>() + ": the role may not read " +
                                    key[1].as<std::string>());
    }
  }
  return found;
}

}  // namespace sluice::applier
