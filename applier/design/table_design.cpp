#include "applier/design/table_design.h"

#include <algorithm>
#include <optional>
#include <set>

#include "applier/design/default_value.h"
#include "applier/design/proven_type.h"
#include "applier/design/sqlite_expression.h"
#include "applier/values/declared_type.h"
#include "applier/values/identifiers.h"
#include "applier/values/names.h"

namespace sluice::applier {
namespace {

using capture::ForeignKeyDetails;
using capture::IndexDetails;
using capture::TableDetails;
using Names = std::vector<std::string>;

bool in_key(const capture::SourceTable& table, std::size_t column) {
  return std::find(table.key.begin(), table.key.end(), column) != table.key.end();
}

TypeRule rule_for(const TargetOptions& options, const capture::SourceTable& table,
                  const std::string& column) {
  const auto& types = rule_of(options.rules, table.name).types;
  const auto word = types.find(column);
  return word == types.end() ? TypeRule{} : parse_type_rule(word->second);
}

std::optional<std::size_t> place_of(const TableDetails& table, const std::string& column) {
  for (std::size_t i = 0; i < table.table.columns.size(); ++i) {
    if (same_name(table.table.columns[i].name, column)) return i;
  }
  return std::nullopt;
}

Names sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

/// Designs one table; what it points at are the others.
class Designer {
 public:
  Designer(const TargetOptions& options, const ObservedTable& table)
      : options_(options), observed_(table), details_(table.details()), source_(details_.table) {
    design_.source = source_.name;
    design_.schema = options.schema;
    design_.name = target_name(options, source_);
    for (std::size_t i = 0; i < source_.columns.size(); ++i) design_.columns.push_back(column(i));
    for (const std::size_t i : source_.key) design_.key.push_back(design_.columns[i].name);
    add_checks();
    for (const IndexDetails& index : details_.indexes) add_index(index);
  }

  TableDesign& design() { return design_; }

  void leave_out(const std::string& what, const std::string& reason) {
    design_.remarks.push_back(what + " is left out: " + reason);
  }

 private:
  DesignedColumn column(std::size_t i) {
    const auto& source = source_.columns[i];
    const TypeChoice& choice = observed_.choices()[i];
    const bool key = in_key(source_, i);
    const TypeRule rule = rule_for(options_, source_, source.name);
    DesignedColumn made;
    made.source = source.name;
    made.name = target_column_name(options_, source_, source.name);
    made.type = choice.type();
    made.identity = key && source_.key_is_rowid;
    made.not_null =
        key || (source.not_null && !choice.has_nulls() && rule.kind != TypeRule::Kind::empty_is_null);
    if (!made.identity && !source.generated) made.default_value = default_of(i, made.type, rule);
    made.unit = choice.unit();
    if (choice.keeps_numbers()) made.comment = comment(i);
    remark(i, choice);
    return made;
  }

  /// The setting that gives a column a type rule.
  std::string setting(std::size_t i, const std::string& word) const {
    return "tables.rules." + source_.name + ".types: {" + source_.columns[i].name + ": " + word + "}";
  }

  /// Why a column that was declared for times holds numbers.
  std::string comment(std::size_t i) const {
    return "SQLite's numbers as they are: nothing proves what they count. If they are times, say so in " +
           setting(i, "unix_ms") + ", or unix_s, unix_us, ...";
  }

  std::string default_of(std::size_t i, const std::string& type, const TypeRule& rule) {
    const std::string& text = details_.columns[i].default_value;
    if (text.empty()) return {};
    try {
      return translated_default(text, type, rule);
    } catch (const Untranslatable& reason) {
      leave_out("column " + source_.columns[i].name + ": DEFAULT " + text, reason.what());
      return {};
    }
  }

  void remark(std::size_t i, const TypeChoice& choice) {
    const std::string start = "column " + source_.columns[i].name + ": ";
    const auto add = [&](const std::string& text) { design_.remarks.push_back(start + text); };
    if (const auto& generated = details_.columns[i].generated; !generated.empty())
      add("SQLite makes it by " + generated + "; here it is an ordinary column that gets SQLite's values");
    const std::string declared = type_for(proven_type(details_, i));
    if (const auto unit = choice.unit()) add("its numbers are read as " + std::string(word_of(*unit)));
    if (choice.nothing_fits())
      add("no type takes all of its values; rows with other ones will be refused");
    else if (choice.keeps_numbers())
      add("declared as " + source_.columns[i].declared_type + ", " + choice.type() +
          " because nothing proves what its numbers count; a rule such as " + setting(i, "unix_ms") +
          " makes them times");
    else if (choice.type() != declared && !in_key(source_, i) && choice.has_values())
      add("declared " +
          (source_.columns[i].declared_type.empty() ? "without a type"
                                                    : "as " + source_.columns[i].declared_type) +
          ", " + choice.type() + " by its values");
    if (source_.columns[i].not_null && choice.has_nulls())
      add("NOT NULL is left out: there are rows with NULL");
    if (const auto word = choice.recognised())
      add("by its values it could be " + column_type(parse_type_rule(*word)).value_or("") + "; " +
          setting(i, *word) + " makes it so");
  }

  FindColumn columns() const {
    return [this](std::string_view name) -> std::optional<KnownColumn> {
      const auto place = place_of(details_, std::string(name));
      if (!place) return std::nullopt;
      const auto affinity = affinity_of(source_.columns[*place].declared_type);
      const bool text = affinity == Affinity::text || affinity == Affinity::blob;
      return KnownColumn{quote_name(design_.columns[*place].name),
                         column_type_of(design_.columns[*place].type, {}).kind,
                         text && details_.columns[*place].collation == "binary"};
    };
  }

  bool is_said_by_types(const std::string& check) const {
    for (std::size_t i = 0; i < design_.columns.size(); ++i) {
      if (is_said_by(column_type_of(design_.columns[i].type, {}).kind, check, source_.columns[i].name))
        return true;
    }
    return false;
  }

  void add_checks() {
    std::set<std::string> names;
    for (const auto& check : details_.checks) {
      if (is_said_by_types(check.expression)) continue;
      try {
        const std::string condition = translated_condition(check.expression, columns());
        std::string name = check.name.empty() ? "" : spelled_relation(check.name, options_.identifiers);
        if (!name.empty() && !names.insert(name).second) name.clear();
        design_.checks.push_back({name, condition});
      } catch (const Untranslatable& reason) {
        leave_out("CHECK (" + check.expression + ")", reason.what());
      }
    }
  }

  std::string collated(const std::string& sql, bool text, const std::string& collation) const {
    if (text && collation == "nocase") return "lower(" + sql + " COLLATE \"C\")";
    if (text && collation == "rtrim") return "rtrim(" + sql + ", ' ')";
    return sql;
  }

  std::string term(const capture::TermDetails& term) const {
    std::string sql;
    if (!term.column.empty()) {
      const auto place = place_of(details_, term.column);
      if (!place) throw Untranslatable("column " + term.column + " is not replicated");
      const auto kind = column_type_of(design_.columns[*place].type, {}).kind;
      if (kind == TypeKind::json) throw Untranslatable("Postgres has no order for json");
      sql = collated(quote_name(design_.columns[*place].name), kind == TypeKind::text, term.collation);
    } else {
      const auto translated = translated_term(term.expression, columns());
      const bool text = translated.kind == TranslatedTerm::Kind::text;
      const bool folds = text && (term.collation == "nocase" || term.collation == "rtrim");
      sql = folds ? collated("(" + translated.sql + ")", text, term.collation) : "(" + translated.sql + ")";
    }
    return sql + (term.descending ? " DESC" : "");
  }

  /// A B-tree holds rows of up to a third of a page.
  void refuse_long(const IndexDetails& index) const {
    constexpr std::size_t kMostBytes = 2600;
    constexpr std::size_t kMostTerms = 32;
    std::size_t longest = 0;
    for (const auto& each : index.terms) {
      const auto place = each.column.empty() ? std::nullopt : place_of(details_, each.column);
      if (place) longest += observed_.choices()[*place].longest();
    }
    if (longest > kMostBytes) throw Untranslatable("its values are longer than an index of Postgres holds");
    if (index.terms.size() > kMostTerms) throw Untranslatable("an index of Postgres has at most 32 columns");
  }

  /// The columns, where the index is a plain unique one of the table itself.
  std::optional<Names> plain_unique(const IndexDetails& index) const {
    if (!index.constraint) return std::nullopt;
    Names names;
    for (const auto& each : index.terms) {
      const std::string sql = term(each);
      const auto place = place_of(details_, each.column);
      if (!place || sql.substr(0, sql.find(" DESC")) != quote_name(design_.columns[*place].name))
        return std::nullopt;
      names.push_back(design_.columns[*place].name);
    }
    return names;
  }

  void add_index(const IndexDetails& index) {
    const std::string what = index.constraint ? "UNIQUE" : "index " + index.name;
    try {
      refuse_long(index);
      if (const auto names = plain_unique(index)) return add_unique(*names);
      DesignedIndex made;
      made.unique = index.unique;
      for (const auto& each : index.terms) made.terms.push_back(term(each));
      if (!index.where.empty()) made.where = translated_condition(index.where, columns());
      made.name =
          index.constraint ? constraint_name(index) : spelled_relation(index.name, options_.identifiers);
      design_.indexes.push_back(std::move(made));
    } catch (const Untranslatable& reason) {
      leave_out(what, reason.what());
    }
  }

  std::string constraint_name(const IndexDetails& index) const {
    std::string name = design_.name;
    for (const auto& each : index.terms) name += "_" + each.column;
    return shortened(name + "_key");
  }

  void add_unique(const Names& names) {
    const auto same = [&](const Names& each) { return sorted(each) == sorted(names); };
    if (same(design_.key) || std::any_of(design_.uniques.begin(), design_.uniques.end(), same)) return;
    design_.uniques.push_back(names);
  }

  const TargetOptions& options_;
  const ObservedTable& observed_;
  const TableDetails& details_;
  const capture::SourceTable& source_;
  TableDesign design_;
};

ObservedTable* find(std::vector<ObservedTable>& tables, const std::string& name) {
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const ObservedTable& each) {
    return same_name(each.details().table.name, name);
  });
  return found == tables.end() ? nullptr : &*found;
}

/// A column that points at another takes its type where its values allow that. True where one has changed.
bool settle_types(std::vector<ObservedTable>& tables) {
  bool changed = false;
  for (auto& table : tables) {
    for (const auto& key : table.details().foreign_keys) {
      ObservedTable* parent = find(tables, key.parent);
      if (!parent || key.parent_columns.size() != key.columns.size()) continue;
      for (std::size_t i = 0; i < key.columns.size(); ++i) {
        const auto child_place = place_of(table.details(), key.columns[i]);
        const auto parent_place = place_of(parent->details(), key.parent_columns[i]);
        if (!child_place || !parent_place) continue;
        TypeChoice& child = table.choices()[*child_place];
        const std::string wanted = parent->choices()[*parent_place].type();
        if (child.type() == wanted || !child.accepts(wanted)) continue;
        child.settle(wanted);
        changed = true;
      }
    }
  }
  return changed;
}

bool is_unique(const TableDesign& table, const Names& columns) {
  const Names wanted = sorted(columns);
  if (sorted(table.key) == wanted) return true;
  for (const Names& unique : table.uniques) {
    if (sorted(unique) == wanted) return true;
  }
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const DesignedIndex& index) {
    Names quoted;
    for (const auto& column : columns) quoted.push_back(quote_name(column));
    return index.unique && index.where.empty() && sorted(index.terms) == sorted(quoted);
  });
}

const DesignedColumn& column_named(const TableDesign& table, const std::string& name) {
  return *std::find_if(table.columns.begin(), table.columns.end(),
                       [&](const auto& each) { return each.name == name; });
}

std::string action(const std::string& word) {
  return word == "NO ACTION" ? "" : word;
}

/// Integers of every size compare with one another.
bool are_comparable(const std::string& one, const std::string& other) {
  const auto is_integer = [](const std::string& type) {
    return type == "bigint" || type == "integer" || type == "smallint";
  };
  return one == other || (is_integer(one) && is_integer(other));
}

/// Throws Untranslatable where the server could not keep it.
DesignedForeignKey foreign_key(const ForeignKeyDetails& key, const TableDesign& child,
                               const TableDetails& child_details, const TableDesign* parent,
                               const TableDetails* parent_details) {
  if (!parent) throw Untranslatable("table " + key.parent + " is not replicated");
  if (!parent_details->table.where.empty()) throw Untranslatable("a rule leaves out rows of " + key.parent);
  if (key.columns.size() != key.parent_columns.size()) throw Untranslatable(key.parent + " has no such key");
  DesignedForeignKey made;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const auto from = place_of(child_details, key.columns[i]);
    const auto to = place_of(*parent_details, key.parent_columns[i]);
    if (!from || !to) throw Untranslatable("a column of it is not replicated");
    made.columns.push_back(child.columns[*from].name);
    made.parent_columns.push_back(parent->columns[*to].name);
    if (!are_comparable(child.columns[*from].type, parent->columns[*to].type))
      throw Untranslatable(key.columns[i] + " is " + child.columns[*from].type + ", and " +
                           key.parent_columns[i] + " of " + key.parent + " is " +
                           column_named(*parent, made.parent_columns.back()).type);
  }
  if (!is_unique(*parent, made.parent_columns))
    throw Untranslatable("nothing keeps " + join(key.parent_columns, ", ") + " of " + key.parent + " unique");
  made.parent = parent->name;
  made.on_update = action(key.on_update);
  made.on_delete = action(key.on_delete);
  made.deferred = key.deferred;
  return made;
}

/// Different within the table, and within what Postgres keeps of a name.
std::string foreign_key_name(const TableDesign& table, const Names& columns) {
  const std::string base = table.name + "_" + join(columns, "_") + "_fkey";
  const auto taken = [&](const std::string& name) {
    return std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(),
                       [&](const auto& each) { return each.name == name; });
  };
  std::string name = shortened(base);
  for (int number = 1; taken(name); ++number) name = shortened(base + std::to_string(number));
  return name;
}

/// Indexes share one space of names with tables and with what Postgres makes for constraints.
void part_index_names(std::vector<TableDesign>& designs) {
  std::set<std::string> taken;
  for (const auto& design : designs) {
    taken.insert(design.name);
    taken.insert(shortened(design.name + "_pkey"));
    for (const auto& column : design.columns) {
      if (column.identity) taken.insert(shortened(design.name + "_" + column.name + "_seq"));
    }
    for (const auto& unique : design.uniques)
      taken.insert(shortened(design.name + "_" + join(unique, "_") + "_key"));
  }
  for (auto& design : designs) {
    for (auto& index : design.indexes) {
      if (!taken.insert(index.name).second) index.name = other_index_name(design, index.name);
      taken.insert(index.name);
    }
  }
}

/// Those come first that are named as Postgres names keys and sequences of others: it then takes another name
/// for these.
void put_odd_names_first(std::vector<TableDesign>& designs) {
  std::stable_partition(designs.begin(), designs.end(), [](const TableDesign& design) {
    const std::string_view name = design.name;
    return name.ends_with("_pkey") || name.ends_with("_seq") || name.ends_with("_key");
  });
}

}  // namespace

std::string other_index_name(const TableDesign& table, const std::string& name) {
  return shortened(name + "_" + mark_of(table.name + "." + name));
}

ObservedTable::ObservedTable(const TargetOptions& options, capture::TableDetails details,
                             std::optional<TypeRule::Kind> convention)
    : details_(std::move(details)) {
  const auto& table = details_.table;
  details_.columns.resize(table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool rowid = in_key(table, i) && table.key_is_rowid;
    const std::string declared = rowid              ? "INTEGER"
                                 : in_key(table, i) ? table.columns[i].declared_type
                                                    : proven_type(details_, i);
    choices_.emplace_back(declared, rule_for(options, table, table.columns[i].name), in_key(table, i),
                          convention);
  }
}

void ObservedTable::note(const capture::Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) choices_[i].note(row[i]);
}

std::vector<TableDesign> design_tables(const TargetOptions& options, std::vector<ObservedTable> tables) {
  for (std::size_t pass = 0; pass < tables.size() && settle_types(tables); ++pass) {
  }
  std::vector<Designer> designers;
  designers.reserve(tables.size());
  for (const auto& table : tables) designers.emplace_back(options, table);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto& details = tables[i].details();
    auto& design = designers[i].design();
    for (const auto& key : details.foreign_keys) {
      const ObservedTable* parent = find(tables, key.parent);
      const auto place = static_cast<std::size_t>(parent - tables.data());
      try {
        auto made = foreign_key(key, design, details, parent ? &designers[place].design() : nullptr,
                                parent ? &parent->details() : nullptr);
        made.name = foreign_key_name(design, made.columns);
        design.foreign_keys.push_back(std::move(made));
      } catch (const Untranslatable& reason) {
        designers[i].leave_out("FOREIGN KEY (" + join(key.columns, ", ") + ") REFERENCES " + key.parent,
                               reason.what());
      }
    }
  }
  std::vector<TableDesign> designs;
  for (auto& designer : designers) designs.push_back(std::move(designer.design()));
  part_index_names(designs);
  put_odd_names_first(designs);
  return designs;
}

std::string column_type(const TargetOptions& options, const capture::SourceTable& source,
                        const capture::SourceColumn& column) {
  return TypeChoice(column.declared_type, rule_for(options, source, column.name), false).type();
}

std::string column_definition(const TargetOptions& options, const capture::SourceTable& source,
                              const capture::SourceColumn& column) {
  return quote_name(target_column_name(options, source, column.name)) + " " +
         column_type(options, source, column);
}

}  // namespace sluice::applier
