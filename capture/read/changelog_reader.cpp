#include "capture/read/changelog_reader.h"

#include "capture/install/changelog.h"
#include "capture/install/install_plan.h"
#include "capture/read/chunk_builder.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

std::string entry_columns(std::size_t width) {
  std::string columns = "seq, src, op, nonce";
  for (std::size_t i = 0; i < width; ++i) columns += ", k" + std::to_string(i);
  return "SELECT " + columns + " FROM _sluice_changelog";
}

std::string readable(TableId table, const std::string& op, Key keys) {
  while (!keys.empty() && std::holds_alternative<std::monostate>(keys.back())) keys.pop_back();
  return std::to_string(table) + " " + op + (keys.empty() ? "" : " " + encode(keys));
}

Entry read_entry(SQLite::Statement& row) {
  Entry entry;
  entry.anchor.position.value = row.getColumn(0).getInt64();
  entry.table = row.getColumn(1).getInt64();
  const std::string op = row.getColumn(2).getText();
  entry.op = op.empty() ? '\0' : op.front();
  entry.anchor.nonce = row.getColumn(3).getInt64();
  for (int i = 4; i < row.getColumnCount(); ++i) entry.keys.push_back(read_value(row, i));
  entry.anchor.entry = readable(entry.table, op, entry.keys);
  return entry;
}

}  // namespace

struct ChangelogReader::Statements {
  Statements(SQLite::Database& database, std::size_t width)
      : ends(database,
             "SELECT (SELECT min(seq) FROM _sluice_changelog), (SELECT max(seq) FROM _sluice_changelog)"),
        at(database, entry_columns(width) + " WHERE seq = ?"),
        after(database, entry_columns(width) + " WHERE seq > ? ORDER BY seq"),
        triggers(database, kTriggersInOrder) {}

  SQLite::Statement ends;
  SQLite::Statement at;
  SQLite::Statement after;
  SQLite::Statement triggers;
};

ChangelogReader::ChangelogReader(SQLite::Database& database) : database_(database), rows_(database) {
}
ChangelogReader::~ChangelogReader() = default;

void ChangelogReader::clear() {
  rows_.clear();
  statements_.reset();
}

Anchor ChangelogReader::newest() {
  const Snapshot snapshot(database_);
  follow_schema();
  return entry_at(ends().newest).value_or(Anchor{});
}

Position ChangelogReader::captured() {
  const Snapshot snapshot(database_);
  follow_schema();
  return ends().newest;
}

Match ChangelogReader::match(const Anchor& anchor) {
  const Snapshot snapshot(database_);
  follow_schema();
  const Ends reach = ends();
  const Match match = hold(anchor, reach);
  return match == Match::together && has_gap(anchor.position, reach.newest) ? Match::overrun : match;
}

ReadResult ChangelogReader::read(const Catalog& catalog, const ReadRequest& request) {
  const Snapshot snapshot(database_);
  if (database_.execAndGet("PRAGMA main.schema_version").getInt64() != catalog.schema_version)
    return SchemaMoved{};
  follow_schema();
  if (trigger_fingerprint(statements_->triggers) != catalog.triggers) return SchemaMoved{};
  const Ends reach = ends();
  if (const Match match = hold(request.from, reach); match != Match::together) {
    return Mismatch{match, reach.oldest, reach.newest};
  }
  ChunkBuilder builder(rows_, catalog, request);
  Rewind rewind(statements_->after);
  statements_->after.bind(1, static_cast<std::int64_t>(request.from.position.value));
  std::int64_t expected = request.from.position.value;
  while (statements_->after.executeStep()) {
    const Entry entry = read_entry(statements_->after);
    if (entry.anchor.position.value != ++expected)
      return Mismatch{Match::overrun, reach.oldest, reach.newest};
    builder.add(entry);
    if (builder.is_full()) break;
  }
  Chunk& chunk = builder.chunk();
  chunk.at_boundary = chunk.to.position == reach.newest;
  if (chunk.at_boundary) {
    builder.add_keys();
    builder.add_copy();
  }
  return std::move(chunk);
}

/// Takes the first look of the snapshot: the statements fit one version of the schema.
void ChangelogReader::follow_schema() {
  const std::int64_t version = database_.execAndGet("PRAGMA main.schema_version").getInt64();
  if (version == schema_version_ && statements_) return;
  clear();
  require_changelog(database_);
  statements_ = std::make_unique<Statements>(database_, changelog_width(database_));
  schema_version_ = version;
}

ChangelogReader::Ends ChangelogReader::ends() {
  Rewind rewind(statements_->ends);
  statements_->ends.executeStep();
  return {{statements_->ends.getColumn(0).getInt64()}, {statements_->ends.getColumn(1).getInt64()}};
}

std::optional<Anchor> ChangelogReader::entry_at(Position position) {
  Rewind rewind(statements_->at);
  statements_->at.bind(1, static_cast<std::int64_t>(position.value));
  if (!statements_->at.executeStep()) return std::nullopt;
  return read_entry(statements_->at).anchor;
}

bool ChangelogReader::has_gap(Position from, Position to) {
  SQLite::Statement count(database_, "SELECT count(*) FROM _sluice_changelog WHERE seq > ?");
  count.bind(1, static_cast<std::int64_t>(from.value));
  count.executeStep();
  return count.getColumn(0).getInt64() != to.value - from.value;
}

Match ChangelogReader::hold(const Anchor& anchor, const Ends& ends) {
  if (ends.newest < anchor.position) return Match::rewound;
  if (ends.oldest > anchor.position) return Match::overrun;
  return entry_at(anchor.position) == anchor ? Match::together : Match::different;
}

}  // namespace sluice::capture
