#include "capture/read/changelog_reader.h"

#include <sqlite3.h>

#include <string_view>

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

std::string readable(TableId table, char op, Key keys) {
  while (!keys.empty() && std::holds_alternative<std::monostate>(keys.back())) keys.pop_back();
  return std::to_string(table) + " " + std::string(1, op) + (keys.empty() ? "" : " " + encode(keys));
}

/// The operation's letter; '?' for what is none.
char operation(const SQLite::Column& op) {
  constexpr std::string_view kOperations = "iudrb";
  if (op.getType() != SQLITE_TEXT || op.getBytes() != 1) return '?';
  const char letter = *op.getText();
  return kOperations.find(letter) == std::string_view::npos ? '?' : letter;
}

Entry read_entry(SQLite::Statement& row) {
  Entry entry;
  entry.op = operation(row.getColumn(2));
  entry.well_formed = row.getColumn(1).isInteger() && entry.op != '?' && row.getColumn(3).isInteger();
  entry.anchor.position.value = row.getColumn(0).getInt64();
  entry.table = row.getColumn(1).getInt64();
  entry.anchor.nonce = row.getColumn(3).getInt64();
  for (int i = 4; i < row.getColumnCount(); ++i) entry.keys.push_back(read_value(row, i));
  entry.anchor.entry = readable(entry.table, entry.op, entry.keys);
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
  registered_.reset();
}

Anchor ChangelogReader::newest() {
  const Snapshot snapshot(database_);
  follow_schema();
  return entry_at(ends().newest).value_or(Entry{}).anchor;
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
  const bool passed_by = anchor.position < unsound_ || has_gap(anchor.position, reach.newest);
  return match == Match::together && passed_by ? Match::overrun : match;
}

ReadResult ChangelogReader::read(const Catalog& catalog, const ReadRequest& request) {
  const Snapshot snapshot(database_);
  if (database_.execAndGet("PRAGMA main.schema_version").getInt64() != catalog.schema_version)
    return SchemaMoved{};
  follow_schema();
  if (trigger_fingerprint(statements_->triggers) != catalog.triggers) return SchemaMoved{};
  const Ends reach = ends();
  if (!is_position(reach.newest.value)) return SchemaMoved{};  // installing begins the numbers anew
  if (const Match match = hold(request.from, reach); match != Match::together) {
    return Mismatch{match, reach.oldest, reach.newest};
  }
  ChunkBuilder builder(rows_, catalog, request);
  Rewind rewind(statements_->after);
  statements_->after.bind(1, static_cast<std::int64_t>(request.from.position.value));
  std::int64_t expected = request.from.position.value;
  while (statements_->after.executeStep()) {
    const Entry entry = read_entry(statements_->after);
    const bool sound = is_sound(entry, catalog);
    if (!sound) unsound_ = entry.anchor.position;
    if (!sound || entry.anchor.position.value != ++expected)
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

std::optional<Entry> ChangelogReader::entry_at(Position position) {
  Rewind rewind(statements_->at);
  statements_->at.bind(1, static_cast<std::int64_t>(position.value));
  if (!statements_->at.executeStep()) return std::nullopt;
  return read_entry(statements_->at);
}

/// What nobody but a trigger of ours can have meant: of an entry that somebody has written to, the row that
/// has changed is not known any more.
bool ChangelogReader::is_sound(const Entry& entry, const Catalog& catalog) {
  if (!entry.well_formed) return false;
  if (const SourceTable* table = catalog.find(entry.table))
    return !table->key_is_rowid || std::holds_alternative<std::int64_t>(entry.keys.at(0));
  if (!registered_) {
    registered_.emplace();
    for (const auto& [id, name] : registered_tables(database_)) registered_->insert(id);
  }
  return entry.op == 'b' || registered_->contains(entry.table);
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
  const auto found = entry_at(anchor.position);
  if (found && found->anchor == anchor) return Match::together;
  return found && found->well_formed ? Match::different : Match::overrun;
}

}  // namespace sluice::capture
