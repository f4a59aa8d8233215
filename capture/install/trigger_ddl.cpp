#include "capture/install/trigger_ddl.h"

#include <algorithm>

#include "capture/install/sql_template.h"
#include "capture/schema/index_terms.h"
#include "capture/values.h"
#include "sql/embedded.h"

namespace sluice::capture {
namespace {

using Texts = std::vector<std::string>;

std::string join(const Texts& texts, std::string_view between) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : std::string(between)) + text;
  return all;
}

/// The test for one way in which a statement can meet another row.
struct Probe {
  std::string condition;
  Texts columns;              ///< the columns that it names
  bool every_update = false;  ///< an expression, a condition or a generated column decides: any column may
};

/// Writes the triggers of one table; every function returns a piece of SQL.
class TriggerWriter {
 public:
  TriggerWriter(const TableSchema& table, TableId id) : table_(table), id_(id) {
    for (const std::size_t i : table.key) key_.push_back(quote_name(table.columns[i].name));
    collect_probes();
  }

  std::vector<TriggerDdl> all() const {
    std::vector<TriggerDdl> triggers;
    const auto add = [&](const std::string& suffix, const char* section, const Words& words) {
      triggers.push_back({name(suffix), render(sql::triggers, section, words)});
    };
    if (!probes_.empty()) add("pi", "probe_insert", insert_probe_words());
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      add("pu" + std::to_string(i), "probe_update", update_probe_words(i));
    }
    const Words words = key_words();
    add("d", "delete", words);
    add("u", "update", words);
    add("k", "key_change", words);
    if (notes_filled_key(table_)) add("f", "filled_key", words);
    add("i", "insert", words);
    return triggers;
  }

 private:
  std::string name(const std::string& suffix) const {
    return "_sluice_" + std::to_string(id_) + "_" + suffix;
  }
  std::string table() const { return quote_name(table_.name); }

  bool in_key(const std::string& column) const {
    return std::find(key_.begin(), key_.end(), quote_name(column)) != key_.end();
  }

  /// A value of the new row, safe against DROP COLUMN and against a table that is itself called new.
  static std::string incoming(const std::string& column) { return "(SELECT NEW." + quote_name(column) + ")"; }

  /// The same with the default that OR REPLACE puts in place of a NULL after the BEFORE triggers have run.
  static std::string settled(const ColumnSchema& column, const std::string& value) {
    const bool fills_in =
        column.not_null && !column.default_value.empty() && folded(column.default_value) != "null";
    return fills_in ? "coalesce(" + value + ", " + column.default_value + ")" : value;
  }
  static std::string settled(const ColumnSchema& column) { return settled(column, incoming(column.name)); }

  /// No more than the text needs: SQLite lets a column go that no index uses, renamed or not.
  std::vector<const ColumnSchema*> columns_in(const std::string& text) const {
    std::vector<const ColumnSchema*> columns;
    const auto words = count_words(text);
    for (const auto& column : table_.columns) {
      if (words.contains(folded(column.name))) columns.push_back(&column);
    }
    return columns;
  }

  /// FROM a row of the new values that the expression needs.
  std::string from_incoming(const std::vector<const ColumnSchema*>& needed) const {
    Texts columns;
    for (const auto* column : needed) columns.push_back(settled(*column) + " AS " + quote_name(column->name));
    return columns.empty() ? "" : " FROM (SELECT " + join(columns, ", ") + ")";
  }

  static void add_names(Probe& probe, const std::vector<const ColumnSchema*>& columns) {
    for (const auto* column : columns) probe.columns.push_back(column->name);
  }

  Words key_words() const {
    Texts k, old_key, new_key, settled_key, differs;
    for (std::size_t i = 0; i < key_.size(); ++i) {
      k.push_back("k" + std::to_string(i));
      old_key.push_back("OLD." + key_[i]);
      new_key.push_back("NEW." + key_[i]);
      settled_key.push_back(settled(table_.columns[table_.key[i]], "NEW." + key_[i]));
      differs.push_back("OLD." + key_[i] + " IS NOT NEW." + key_[i] + " COLLATE BINARY");
    }
    return {{"src", std::to_string(id_)},
            {"table", table()},
            {"k", join(k, ", ")},
            {"old_key", join(old_key, ", ")},
            {"new_key", join(new_key, ", ")},
            {"settled_key", join(settled_key, ", ")},
            {"key_differs", join(differs, " OR ")}};
  }

  void collect_probes() {
    for (const auto& index : table_.unique_indexes) {
      if (!index.is_key || !is_binary(index)) probes_.push_back(index_probe(index));
    }
    if (!table_.rowid.empty() && !table_.key_is_rowid) probes_.push_back(rowid_probe());
  }

  /// On a key compared byte by byte, an equal row has the same key, which the other triggers note already.
  static bool is_binary(const UniqueIndex& index) {
    return std::all_of(index.terms.begin(), index.terms.end(),
                       [](const IndexTerm& term) { return folded(term.collation) == "binary"; });
  }

  Probe index_probe(const UniqueIndex& index) const {
    Probe probe;
    Texts conditions;
    for (const auto& term : index.terms) conditions.push_back(term_condition(term, probe));
    if (!index.where.empty()) {
      conditions.push_back("(" + index.where + ")");
      probe.every_update = true;
      add_names(probe, columns_in(index.where));
    }
    if (index.is_key) conditions.push_back(another_key("NEW"));
    probe.condition = join(conditions, " AND ");
    return probe;
  }

  std::string term_condition(const IndexTerm& term, Probe& probe) const {
    const std::string collate = " COLLATE " + quote_name(term.collation);
    if (term.column.empty()) {
      probe.every_update = true;
      const auto needed = columns_in(term.expression);
      add_names(probe, needed);
      return "(" + term.expression + ") = (SELECT " + term.expression + from_incoming(needed) + ")" + collate;
    }
    const ColumnSchema& column = *table_.find(term.column);
    probe.columns.push_back(column.name);
    std::string condition = quote_name(column.name) + " = " + settled(column) + collate;
    if (column.generated) {
      probe.every_update = true;
      const auto base = possible_base_columns();
      add_names(probe, base);
      condition += " AND " + naming(base);
    }
    return condition;
  }

  /// Those that a generated column may be computed from.
  std::vector<const ColumnSchema*> possible_base_columns() const {
    std::vector<const ColumnSchema*> base;
    for (const auto& column : table_.columns) {
      if (!column.generated && column.named_again) base.push_back(&column);
    }
    return base;
  }

  /// Always true, at once. NEW.generated is NULL in a BEFORE UPDATE unless the trigger names what it is
  /// computed from. A list of cases, because a chain of 1,000 ORs is too deep for SQLite.
  static std::string naming(const std::vector<const ColumnSchema*>& columns) {
    std::string named = "CASE WHEN 1 THEN 1";
    for (const auto* column : columns) named += " WHEN " + incoming(column->name) + " THEN 1";
    return named + " END";
  }

  Probe rowid_probe() const {
    Probe probe;
    probe.condition = table_.rowid + " = (SELECT NEW." + table_.rowid + ")";
    probe.columns = {"rowid", "oid", "_rowid_"};
    return probe;
  }

  std::string another_key(const std::string& row) const {
    Texts differs;
    for (const auto& column : key_) {
      differs.push_back(column + " IS NOT (SELECT " + row + "." + column + ") COLLATE BINARY");
    }
    return "(" + join(differs, " OR ") + ")";
  }

  std::string another_row() const {
    if (table_.rowid.empty()) return another_key("OLD");
    return table_.rowid + " <> (SELECT OLD." + table_.rowid + ")";
  }

  /// The row of NULLs that stands in for dropped columns; nothing where only key columns are named.
  std::string shadow(const std::vector<Probe>& probes) const {
    Texts nulls;
    for (const auto& column : table_.columns) {
      if (!in_key(column.name) && names(probes, column.name))
        nulls.push_back("NULL AS " + quote_name(column.name));
    }
    return nulls.empty() ? "" : " FROM (SELECT " + join(nulls, ", ") + ") AS NEW";
  }

  static bool names(const std::vector<Probe>& probes, const std::string& column) {
    return std::any_of(probes.begin(), probes.end(), [&](const Probe& probe) {
      return std::find(probe.columns.begin(), probe.columns.end(), column) != probe.columns.end();
    });
  }

  std::string exists(const std::string& condition) const {
    return "EXISTS(SELECT 1 FROM " + table() + " WHERE " + condition + ")";
  }

  std::string note(const std::string& condition, const std::string& shadow_row) const {
    Texts found_key;
    for (const auto& column : key_) {
      found_key.push_back("(SELECT " + column + " FROM " + table() + " WHERE " + condition + ")");
    }
    Words words = key_words();
    words["found_key"] = join(found_key, ", ");
    words["found"] = exists(condition);
    words["shadow"] = shadow_row;
    return render(sql::triggers, "note", words) + "\n";
  }

  Words insert_probe_words() const {
    Words words = key_words();
    const std::string shadow_row = shadow(probes_);
    Texts gate;
    for (const auto& probe : probes_) {
      gate.push_back(exists(probe.condition));
      words["notes"] += note(probe.condition, shadow_row);
    }
    words["gate"] = join(gate, " OR ");
    words["shadow"] = shadow_row;
    return words;
  }

  Words update_probe_words(std::size_t number) const {
    const Probe& probe = probes_[number];
    const std::string condition = probe.condition + " AND " + another_row();
    Words words = key_words();
    words["number"] = std::to_string(number);
    words["of"] = probe.every_update ? "" : " OF " + join(of_list(probe), ", ");
    words["shadow"] = shadow({probe});
    words["gate"] = exists(condition);
    words["notes"] = note(condition, words["shadow"]);
    return words;
  }

  Texts of_list(const Probe& probe) const {
    Texts list;
    for (const auto& column : probe.columns)
      list.push_back(table_.find(column) ? quote_name(column) : column);
    return list;
  }

  const TableSchema& table_;
  TableId id_;
  Texts key_;
  std::vector<Probe> probes_;
};

}  // namespace

std::vector<TriggerDdl> trigger_ddl(const TableSchema& table, TableId id) {
  return TriggerWriter(table, id).all();
}

bool notes_filled_key(const TableSchema& table) {
  return std::any_of(table.key.begin(), table.key.end(), [&](std::size_t i) {
    const ColumnSchema& column = table.columns[i];
    return column.not_null && column.default_value.find('(') != std::string::npos;
  });
}

std::string insert_trigger_name(TableId id) {
  return "_sluice_" + std::to_string(id) + "_i";
}

}  // namespace sluice::capture
