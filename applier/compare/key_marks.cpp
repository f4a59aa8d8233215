#include "applier/compare/key_marks.h"

#include <array>
#include <optional>
#include <utility>

#include "applier/values/identifiers.h"
#include "applier/write/table_write.h"
#include "applier/write/write_sql.h"

namespace sluice::applier {
namespace {

constexpr std::array kWords{"there", "left_out", "held"};

std::string word(KeyMarks::Mark mark) {
  return kWords[static_cast<std::size_t>(mark)];
}

}  // namespace

KeyMarks::KeyMarks(Session& session, const TargetTable& table, std::string name, bool temporary)
    : session_(session), table_(table), name_(std::move(name)), temporary_(temporary) {
}

KeyMarks KeyMarks::for_transaction(Session& session, const TargetTable& table) {
  return {session, table, "pg_temp.sluice_marks_" + std::to_string(table.source.id), true};
}

KeyMarks KeyMarks::for_scan(Session& session, const TargetTable& table, const std::string& state_schema) {
  return {session, table, quote_name(state_schema, "seen_" + std::to_string(table.oid)), false};
}

void KeyMarks::begin() {
  drop();
  const std::string head =
      temporary_ ? "CREATE TEMPORARY TABLE " + name_ + " ON COMMIT DROP" : "CREATE TABLE " + name_;
  session_.exec(head + " AS SELECT " + join(table_.key_names(), ",") + ", ''::text AS sluice_mark FROM " +
                table_.name + " WITH NO DATA");
}

void KeyMarks::drop() {
  session_.exec("SET LOCAL client_min_messages = warning; DROP TABLE IF EXISTS " + name_);
}

void KeyMarks::check(const StatePlace& place, bool whole) {
  std::vector<std::string> names;
  std::vector<std::string> nulls{"sluice_mark IS NULL"};
  for (const auto& name : table_.key_names()) {
    names.push_back(quote_literal(name));
    nulls.push_back(name + " IS NULL");
  }
  const auto columns =
      session_
          .exec("SELECT count(*) FROM pg_catalog.pg_attribute m WHERE m.attrelid = to_regclass(" +
                quote_literal(name_) +
                ") AND NOT m.attisdropped AND (m.attname = 'sluice_mark' AND m.atttypid = 'text'::regtype"
                " OR EXISTS (SELECT 1 FROM pg_catalog.pg_attribute t WHERE t.attrelid = " +
                std::to_string(table_.oid) +
                " AND t.attname = m.attname AND t.atttypid = m.atttypid AND"
                " '\"' || replace(t.attname::text, '\"', '\"\"') || '\"' IN (" +
                join(names, ",") + ")))")[0][0]
          .as<std::size_t>();
  if (columns != names.size() + 1)
    throw state_damaged(place, "there is no table " + name_ + " as it was made");
  if (!whole) return;
  std::vector<std::string> words;
  for (const char* each : kWords) words.push_back(quote_literal(each));
  const auto strange =
      session_.exec("SELECT EXISTS (SELECT 1 FROM " + name_ + " WHERE " + join(nulls, " OR ") +
                    " OR sluice_mark NOT IN (" + join(words, ",") + "))")[0][0];
  if (strange.as<bool>())
    throw state_damaged(place, "table " + name_ + " holds a mark that is none of Sluice's");
}

void KeyMarks::add(const std::vector<capture::Key>& keys, Mark mark) {
  const std::optional<std::string> marked = word(mark);
  std::string lines;
  for (const auto& key : keys) {
    const auto text = target_key(table_, key);
    if (!text) continue;
    const std::vector<std::optional<std::string>> values(text->begin(), text->end());
    std::vector<const std::optional<std::string>*> fields;
    for (const auto& value : values) fields.push_back(&value);
    fields.push_back(&marked);
    append_copy_line(lines, fields);
  }
  if (lines.empty()) return;
  auto columns = table_.key_names();
  columns.emplace_back("sluice_mark");
  session_.copy(name_, columns, lines);
}

void KeyMarks::add_stage(const std::string& stage) {
  const std::string keys = join(table_.key_names(), ",");
  session_.exec("INSERT INTO " + name_ + " (" + keys + ",sluice_mark) SELECT " + keys + "," +
                quote_literal(word(Mark::there)) + " FROM " + stage + " WHERE NOT sluice_gone");
}

std::string KeyMarks::has(const std::string& alias, Mark mark) const {
  return "EXISTS (SELECT 1 FROM " + name_ + " AS m WHERE " + key_join(table_, alias, "m") +
         " AND m.sluice_mark = " + quote_literal(word(mark)) + ")";
}

std::string KeyMarks::has_row(const std::string& alias) const {
  return "EXISTS (SELECT 1 FROM " + name_ + " AS m WHERE " + key_join(table_, alias, "m") +
         " AND m.sluice_mark <> " + quote_literal(word(Mark::left_out)) + ")";
}

}  // namespace sluice::applier
