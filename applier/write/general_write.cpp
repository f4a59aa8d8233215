#include "applier/write/general_write.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

constexpr const char* kUniqueViolation = "23505";
constexpr const char* kExclusionViolation = "23P01";

bool values_collide(const ApplyError& error) {
  return error.sqlstate == kUniqueViolation || error.sqlstate == kExclusionViolation;
}

/// May another row of the batch be the reason? Then the row is worth another try once that one is written.
bool may_wait_for_another(const ApplyError& error) {
  return values_collide(error) || error.sqlstate == "23503" || error.sqlstate == "23001" ||
         error.sqlstate == "SL002";
}

std::string list_of(const std::vector<RefusedPlace>& refused) {
  std::vector<std::string> places;
  for (const auto& each : refused) places.push_back(std::to_string(each.place));
  return "SELECT unnest(ARRAY[" + join(places, ",") + "]::bigint[]) ORDER BY 1";
}

/// Values and the constraints on them are the same in both modes, foreign keys and triggers are not.
bool same_in_replica_mode(const std::string& sqlstate) {
  return sqlstate.starts_with("22") || (sqlstate.starts_with("23") && sqlstate != "23503");
}

/// The key in SQLite's form of a row that only the target has; empty where it has none for sure.
capture::Key source_key(const TargetTable& table, const capture::Row& texts) {
  capture::Key key;
  for (const std::size_t i : table.key) {
    const auto* text = std::get_if<capture::Text>(&texts[i]);
    if (text == nullptr) return {};
    switch (table.columns[i].kind) {
      case TypeKind::int2:
      case TypeKind::int4:
      case TypeKind::int8:
        key.emplace_back(static_cast<std::int64_t>(std::stoll(text->bytes)));
        break;
      case TypeKind::text:
        key.emplace_back(*text);
        break;
      default:
        return {};
    }
  }
  return key;
}

/// Says of each row in an exchange which others take part.
void name_partners(std::vector<Refusal>& refusals) {
  constexpr std::size_t kMostNamed = 5;
  std::map<std::string, std::vector<std::string>> keys;
  for (const auto& refusal : refusals) {
    if (refusal.error.code == "unique_exchange") keys[refusal.error.constraint].push_back(refusal.error.key);
  }
  for (auto& refusal : refusals) {
    auto& partners = keys[refusal.error.constraint];
    if (refusal.error.code != "unique_exchange" || partners.size() < 2) continue;
    const std::vector<std::string> named(
        partners.begin(), partners.begin() + static_cast<long>(std::min(partners.size(), kMostNamed)));
    refusal.error = refusal.error.in_words("", "; rows " + join(named, ", ") +
                                                   (partners.size() > kMostNamed ? ", …" : "") +
                                                   " of the batch are refused by it");
  }
}

}  // namespace

GeneralWrite::GeneralWrite(Session& session, std::vector<Stage*> stages, std::string state_schema)
    : session_(session), state_schema_(std::move(state_schema)) {
  const auto count = static_cast<std::int64_t>(stages.size());
  for (const Stage* stage : stages) {
    const auto rank = static_cast<std::int64_t>(tables_.size());
    tables_.push_back({&stage->table(), stage->name(), rank, count});
  }
}

std::vector<std::string> GeneralWrite::statements(const Places& places, bool yielding) const {
  return general_statements(tables_, places, yielding, session_.mode(), state_schema_);
}

std::optional<ApplyError> GeneralWrite::attempt(bool yielding) {
  const std::string last = std::to_string(std::numeric_limits<std::int64_t>::max());
  Savepoint savepoint(session_);
  try {
    for (const auto& statement : statements({"0", last}, yielding)) session_.exec(statement);
  } catch (const ApplyError& error) {
    if (error.fault != Fault::row && error.fault != Fault::table) throw;
    return error;
  }
  savepoint.release();
  return std::nullopt;
}

std::vector<RefusedPlace> GeneralWrite::bisected(const std::string& places, bool yielding, std::size_t most) {
  return bisect(session_, state_schema_, statements({"$1", "$2"}, yielding), places, most);
}

std::vector<Refusal> GeneralWrite::run(std::size_t most) {
  if (session_.mode() == ApplyMode::ordinary) session_.exec("SET CONSTRAINTS ALL IMMEDIATE");
  const auto first = attempt(false);
  if (!first) return {};
  if (first->fault == Fault::table) most = 1;  // any row will do to show what is wrong
  bool yielding = values_collide(*first);
  if (yielding && !attempt(true)) return {};

  // The fewer rows a trial writes, the less of the tables it should read.
  std::string indexes;
  for (const auto& staged : tables_) indexes += index_places_sql(staged);
  session_.exec(indexes + "SET LOCAL enable_nestloop = on");

  std::vector<Refusal> refusals;
  auto waiting = bisected(places_sql(tables_), yielding, most);
  std::size_t before = waiting.size() + 1;
  while (true) {
    const auto split = std::stable_partition(
        waiting.begin(), waiting.end(), [](const auto& each) { return may_wait_for_another(each.error); });
    const std::vector<RefusedPlace> hopeless(split, waiting.end());
    waiting.erase(split, waiting.end());
    describe(hopeless, refusals);
    take_out(hopeless);
    const bool no_progress = yielding && waiting.size() >= before;
    if (waiting.empty() || no_progress || waiting.size() + refusals.size() >= most) break;
    before = waiting.size();
    yielding = true;
    waiting = bisected(list_of(waiting), yielding, most);
  }
  describe(waiting, refusals);
  name_partners(refusals);
  return refusals;
}

/// What is known of refused rows, read from their stages a table at a time.
void GeneralWrite::describe(const std::vector<RefusedPlace>& refused, std::vector<Refusal>& refusals) {
  for (const auto& staged : tables_) {
    std::map<std::int64_t, const ApplyError*> errors;
    for (const auto& each : refused) {
      const auto at = at_place(tables_, each.place);
      if (at.table == &staged) errors.emplace(at.row, &each.error);
    }
    if (errors.empty()) continue;
    std::vector<std::string> columns{"sluice_row", "sluice_gone", "sluice_key"};
    for (const auto& name : staged.table->column_names()) columns.push_back(name + "::text");
    std::vector<std::string> rows;
    for (const auto& [row, error] : errors) rows.push_back(std::to_string(row));
    const auto found = session_.exec("SELECT " + join(columns, ",") + " FROM " + staged.stage +
                                     " WHERE sluice_row IN (" + join(rows, ",") + ") ORDER BY 1");
    for (const auto& row : found) {
      refusals.push_back(describe(*staged.table, row, *errors.at(row[0].as<std::int64_t>())));
    }
  }
}

Refusal GeneralWrite::describe(const TargetTable& table, const pqxx::row& row, ApplyError error) const {
  constexpr int kFirstColumn = 3;
  Refusal refusal{{table.source.name, row[2].as<std::string>()}, row[1].as<bool>(), {}, {}, std::move(error)};
  capture::Row texts;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto field = row[static_cast<int>(i) + kFirstColumn];
    auto& text = texts.emplace_back();
    if (!field.is_null()) text = capture::Text{field.as<std::string>()};
  }
  if (refusal.row.second.empty()) refusal.row.second = capture::encode(source_key(table, texts));
  for (std::size_t i = 0; i < table.columns.size() && !refusal.gone; ++i) {
    refusal.columns.push_back(table.source.columns[table.columns[i].source].name);
    refusal.image.push_back(texts[i]);
  }
  refusal.error.name_row(table.source.name, capture::decode_key(refusal.row.second));
  refusal.error.cut_values(texts);
  explain_exchange(table, refusal.error);
  add_hint(refusal.error, session_, table);
  return refusal;
}

/// Rows that exchange values of a unique constraint have to be out of the way for a moment, which the
/// server's own cascades do not allow.
void GeneralWrite::explain_exchange(const TargetTable& table, ApplyError& error) const {
  if (!values_collide(error) || way_to_yield(table, session_.mode()) != Way::plain) return;
  error.code = "unique_exchange";
  error.hint = "if rows exchange this value, which other tables' cascades keep them from here: ";
  const auto unique = std::find_if(table.uniques.begin(), table.uniques.end(), [&](const auto& each) {
    return !error.constraint.empty() && each.constraint == error.constraint;
  });
  if (unique != table.uniques.end() && error.sqlstate == kUniqueViolation) {
    const std::string alter = "ALTER TABLE " + table.name;
    const std::string name = quote_name(error.constraint);
    error.hint += alter + " DROP CONSTRAINT " + name + ", ADD CONSTRAINT " + name + " UNIQUE (" +
                  join(unique->columns, ",") + ") DEFERRABLE; or let the column take NULL: " + alter +
                  " ALTER COLUMN " + unique->columns.front() + " DROP NOT NULL; or ";
  }
  error.hint += "GRANT SET ON PARAMETER session_replication_role TO " + session_.role() +
                "; (Postgres 15+); then: sluicectl retry";
}

/// Rows whose own values are refused must not stand in the way of their neighbours.
void GeneralWrite::take_out(const std::vector<RefusedPlace>& refused) {
  std::string statements;
  for (const auto& each : refused) {
    const auto at = at_place(tables_, each.place);
    statements += "DELETE FROM " + at.table->stage + " WHERE sluice_row = " + std::to_string(at.row) + ";";
  }
  if (!statements.empty()) session_.exec(statements);
}

/// In ordinary mode it may be the right that keeps the server's triggers out of a mirror.
void add_hint(ApplyError& error, const Session& session, const TargetTable& table) {
  // A server that is away has nothing against the row.
  if (!error.hint.empty() || (error.fault != Fault::row && error.fault != Fault::table)) return;
  if (error.sqlstate == "42501") {
    error.hint = grant_sql(table, session.role());
    return;
  }
  if (error.sqlstate == "23514" && error.constraint.empty() && table.partitioned) {
    error.hint =
        "no partition takes the row: CREATE TABLE ... PARTITION OF " + table.name +
        " FOR VALUES ..., or DEFAULT; replication then goes on by itself, or at once with: sluicectl retry";
    return;
  }
  if (error.sqlstate == "23502" && !table.required.empty()) {
    error.hint = "SQLite has no column " + join(table.required, ", ") +
                 ", has it been dropped or renamed there? ALTER TABLE " + table.name + " DROP COLUMN " +
                 join(table.required, ", DROP COLUMN ") + "; or give it a default, then: sluicectl retry";
    return;
  }
  if (error.sqlstate == "54000") {
    error.hint = "shorten the value in SQLite, or drop the index of " + table.display_name +
                 " that it is too long for" + (error.constraint.empty() ? "" : ", " + error.constraint) +
                 "; replication then goes on by itself, or at once with: sluicectl retry";
    return;
  }
  if (session.mode() == ApplyMode::replica || same_in_replica_mode(error.sqlstate)) {
    error.hint = "change the row in SQLite or " + table.display_name +
                 " on the server; replication then goes on by itself, or at once with: sluicectl retry";
    return;
  }
  error.hint =
      "the server's own triggers and constraints apply to every replicated row; to mirror without them: "
      "GRANT SET ON PARAMETER session_replication_role TO " +
      session.role() + "; (Postgres 15+), then: sluicectl retry";
}

}  // namespace sluice::applier
