#include "applier/compare/design_diff.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/values/identifiers.h"
#include "applier/values/names.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

using nlohmann::json;

json structure_of(Session& session, const std::string& schema) {
  return json::parse(session.exec(replace_all(sql::structure, "{schema}", schema))[0][0].as<std::string>());
}

/// What the server refuses of the design, it can't be asked for either.
void attempt(Session& session, const std::string& sql) {
  Savepoint savepoint(session);
  try {
    session.exec(sql);
    savepoint.release();
  } catch (const ApplyError& refusal) {
    if (refusal.fault != Fault::row && refusal.fault != Fault::table) throw;
  }
}

/// The design as the server words it; nothing of it stays.
json as_designed(Session& session, std::vector<TableDesign> designs) {
  Transaction rolled_back(session);
  for (auto& design : designs) design.schema = "pg_temp";
  for (const auto& design : designs) session.exec(create_table_sql(design));
  for (const auto& design : designs) {
    for (const auto& index : design.indexes) attempt(session, create_index_sql(design, index));
  }
  for (const auto& design : designs) {
    for (const auto& key : design.foreign_keys)
      attempt(session, add_foreign_key_sql(design, key, Validity::checked));
  }
  return structure_of(session, "pg_my_temp_schema()");
}

bool contains(const json& list, const json& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// The exact name, else the only one that differs in case alone.
std::optional<std::string> named(const json& object, const std::string& name) {
  if (object.contains(name)) return name;
  std::optional<std::string> found;
  for (const auto& [each, value] : object.items()) {
    if (spell(each, Identifiers::lower) != spell(name, Identifiers::lower)) continue;
    if (found) return std::nullopt;
    found = each;
  }
  return found;
}

/// A table with its indexes, before any foreign key.
json without_foreign_keys(json table) {
  table["foreign_keys"] = json::array();
  return table;
}

void add_missing(std::vector<SchemaDifference>& all, const TableDesign& design) {
  const std::string table = design.schema + "." + design.name;
  all.push_back(
      {design.source, table, "missing_table", "the table is missing", create_table_sql(design) + ";"});
  for (const auto& index : design.indexes)
    all.push_back({design.source, table, "missing_index", "its index " + index.name + " is missing",
                   create_index_sql(design, index) + ";"});
}

/// Types of one family take each other's values and defaults as they are.
enum class Family { numbers, texts, zoned, unzoned, boolean, other };

Family family(const std::string& type) {
  const auto is = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return type.starts_with(name); });
  };
  if (is({"smallint", "integer", "bigint", "numeric", "real", "double"})) return Family::numbers;
  if (is({"text", "character"})) return Family::texts;
  if (type.starts_with("timestamp"))
    return type.ends_with("without time zone") ? Family::unzoned : Family::zoned;
  return type == "boolean" ? Family::boolean : Family::other;
}

std::string converted(const std::string& column, const std::string& from, const std::string& to) {
  const Family before = family(from);
  const Family after = family(to);
  const bool zone = (before == Family::zoned && after == Family::unzoned) ||
                    (before == Family::unzoned && after == Family::zoned);
  if (zone) return column + " AT TIME ZONE 'UTC'";
  if (before == Family::numbers && after == Family::boolean) return column + " <> 0";
  if (before == Family::boolean && after == Family::numbers) return column + "::integer::" + to;
  return column + "::" + to;
}

/// Compares one table; `wanted` and `found` are in the server's words.
class TableComparison {
 public:
  TableComparison(const TableDesign& design, const std::string& name, const json& wanted, const json& found)
      : design_(design), name_(name), wanted_(wanted), found_(found) {}

  std::vector<SchemaDifference> all() {
    for (const auto& column : design_.columns) compare_column(column);
    note_extra_columns();
    if (wanted_.at("key") != found_.at("key"))
      add("key", "the primary key is " + text_or_none(found_.at("key")) + ", not " + text(wanted_.at("key")),
          found_.at("key") == "" ? alter("ADD " + text(wanted_.at("key"))) : "");
    for (const auto& index : wanted_.at("indexes")) {
      if (!contains(found_.at("indexes"), index)) missing_index(text(index));
    }
    for (const auto& check : wanted_.at("checks")) {
      if (contains(found_.at("checks"), check)) continue;
      add("missing_check", text(check) + " is missing", alter("ADD " + text(check)));
    }
    for (const auto& key : wanted_.at("foreign_keys")) compare_foreign_key(key);
    return std::move(differences_);
  }

 private:
  static std::string text(const json& value) { return value.get<std::string>(); }
  static std::string text_or_none(const json& value) { return value == "" ? "none" : text(value); }
  std::string qualified() const { return quote_name(design_.schema, name_); }
  std::string alter(const std::string& action) const {
    return "ALTER TABLE " + qualified() + " " + action + ";";
  }

  void add(const char* kind, std::string what, std::string ddl) {
    differences_.push_back(
        {design_.source, design_.schema + "." + name_, kind, std::move(what), std::move(ddl)});
  }

  void compare_column(const DesignedColumn& column) {
    const json& wanted = wanted_.at("columns").at(column.name);
    const auto name = named(found_.at("columns"), column.name);
    if (!name) {
      return add("missing_column", "column " + column.name + " is missing",
                 alter("ADD COLUMN " + column_sql(column)));
    }
    const json& found = found_.at("columns").at(*name);
    const std::string start = "column " + *name;
    const std::string place = "ALTER COLUMN " + quote_name(*name) + " ";
    if (wanted.at("type") != found.at("type"))
      add("type", start + " is " + text(found.at("type")) + ", not " + text(wanted.at("type")),
          alter(retype(*name, found, wanted)));
    if (wanted.at("not_null") == true && found.at("not_null") == false)
      add("not_null", start + " takes NULL", alter(place + "SET NOT NULL"));
    if (wanted.at("not_null") == false && found.at("not_null") == true)
      add("nullable", start + " is NOT NULL", alter(place + "DROP NOT NULL"));
    if (wanted.at("identity") == true && found.at("identity") == false && found.at("default") == "")
      add("identity", start + " has no identity and no sequence",
          alter(place + "ADD GENERATED BY DEFAULT AS IDENTITY"));
    if (wanted.at("default") != "" && wanted.at("default") != found.at("default"))
      add("default",
          start + " has the default " + text_or_none(found.at("default")) + ", not " +
              text(wanted.at("default")),
          alter(place + "SET DEFAULT " + text(wanted.at("default"))));
  }

  /// Keeps the values, whatever the time zone of who runs it, and the default where it is to stay.
  static std::string retype(const std::string& name, const json& found, const json& wanted) {
    const std::string from = text(found.at("type"));
    const std::string to = text(wanted.at("type"));
    const std::string column = quote_name(name);
    const std::string place = "ALTER COLUMN " + column + " ";
    const std::string change = place + "TYPE " + to + " USING " + converted(column, from, to);
    if (found.at("default") == "" || family(from) == family(to)) return change;
    const std::string kept =
        wanted.at("default") == "" ? "" : ", " + place + "SET DEFAULT " + text(wanted.at("default"));
    return place + "DROP DEFAULT, " + change + kept;
  }

  void note_extra_columns() {
    for (const auto& [name, column] : found_.at("columns").items()) {
      if (!named(wanted_.at("columns"), name))
        add("extra_column", "column " + name + " is not in SQLite", "");
    }
  }

  void missing_index(const std::string& index) {
    constexpr std::string_view kUnique = "UNIQUE ";
    const bool unique = index.starts_with(kUnique);
    const std::string terms = unique ? index.substr(kUnique.size()) : index;
    add("missing_index", std::string(unique ? "a unique" : "an") + " index " + terms + " is missing",
        std::string("CREATE ") + (unique ? "UNIQUE " : "") + "INDEX ON " + qualified() + " " + terms + ";");
  }

  void compare_foreign_key(const json& wanted) {
    const auto& keys = found_.at("foreign_keys");
    const auto same = std::find_if(keys.begin(), keys.end(),
                                   [&](const json& each) { return each.at("text") == wanted.at("text"); });
    const auto designed =
        std::find_if(design_.foreign_keys.begin(), design_.foreign_keys.end(),
                     [&](const auto& each) { return each.name == text(wanted.at("name")); });
    if (same == keys.end()) {
      add("missing_foreign_key", "foreign key " + text(wanted.at("text")) + " is missing",
          alter("ADD " + foreign_key_sql(design_, *designed)));
    } else if (same->at("validated") == false) {
      add("not_validated", "foreign key " + text(same->at("name")) + " has not been checked for all rows",
          alter("VALIDATE CONSTRAINT " + quote_name(text(same->at("name")))));
    }
  }

  const TableDesign& design_;
  std::string name_;
  const json& wanted_;
  const json& found_;
  std::vector<SchemaDifference> differences_;
};

}  // namespace

std::vector<SchemaDifference> differences(Session& session, const std::vector<TableDesign>& designs) {
  std::vector<SchemaDifference> all;
  if (designs.empty()) return all;
  const std::string& schema = designs.front().schema;
  const json wanted = as_designed(session, designs);
  const json found = structure_of(session, "to_regnamespace(" + quote_literal(quote_name(schema)) + ")");
  for (const auto& design : designs) {
    const json& expected = wanted.at(design.name);
    const auto name = named(found, design.name);
    if (!name) add_missing(all, design);
    const json present = name ? found.at(*name) : without_foreign_keys(expected);
    auto some = TableComparison(design, name.value_or(design.name), expected, present).all();
    all.insert(all.end(), some.begin(), some.end());
  }
  // So that what mends it can be run in this order.
  std::stable_partition(all.begin(), all.end(),
                        [](const auto& each) { return each.kind != "missing_foreign_key"; });
  return all;
}

}  // namespace sluice::applier
