#include "tests/fuzz/workload.h"

#include <algorithm>
#include <optional>
#include <regex>

#include "tests/fuzz/dice.h"
#include "tests/fuzz/shapes.h"

namespace sluice::fuzz {
namespace {

enum class Type { integer, real, text, blob, any };

struct Column {
  std::string definition;
  std::string name;  ///< quoted
  Type type = Type::any;
  bool generated = false;
  bool added = false;
  bool strict = false;  ///< SQLite takes no value of another type
  bool numbers_rows = false;
};

struct Table {
  std::string name;  ///< quoted
  std::vector<Column> columns;
  std::string constraints;
  std::string options;
  std::vector<std::string> indexes;
  std::string rowid;  ///< empty where there is none

  std::string create_as(const std::string& as) const {
    std::string text = "CREATE TABLE " + as + "(";
    for (const auto& column : columns) text += (text.back() == '(' ? "" : ", ") + column.definition;
    if (!constraints.empty()) text += ", " + constraints;
    return text + ")" + (options.empty() ? "" : " " + options);
  }
};

std::string word(const std::string& text, std::size_t number) {
  std::size_t begin = 0;
  for (; number > 0; --number) {
    begin = text.find(' ', begin);
    if (begin == std::string::npos) return "";
    ++begin;
  }
  return text.substr(begin, text.find(' ', begin) - begin);
}

std::string quoted(const std::string& name) {
  return '"' + name + '"';
}

Type type_of(const std::string& declared) {
  if (declared.starts_with("INT")) return Type::integer;
  if (declared == "REAL") return Type::real;
  if (declared == "TEXT") return Type::text;
  if (declared == "BLOB") return Type::blob;
  return Type::any;
}

Column column_of(const std::string& definition) {
  Column column;
  column.definition = definition;
  column.name = quoted(word(definition, 0));
  column.type = type_of(word(definition, 1));
  column.generated = definition.find(" AS (") != std::string::npos;
  column.numbers_rows = definition.find("INTEGER PRIMARY KEY") != std::string::npos;
  column.strict = column.numbers_rows;
  return column;
}

Table table_of(const TableShape& shape) {
  Table table;
  table.name = quoted(shape.name);
  for (const auto& definition : shape.columns) table.columns.push_back(column_of(definition));
  table.constraints = shape.constraints;
  table.options = shape.options;
  const bool strict = shape.options.find("STRICT") != std::string::npos;
  for (auto& column : table.columns) column.strict |= strict;
  table.indexes = shape.indexes;
  if (shape.options.find("WITHOUT ROWID") == std::string::npos) {
    table.rowid = table.columns.front().name == "\"rowid\"" ? "_rowid_" : "rowid";
  }
  return table;
}

/// SQLite takes a bare quoted name for a string where no column is called so, any more or yet.
std::string full_name(const Table& table, const Column& column) {
  return table.name + "." + column.name;
}

bool changes_schema(const std::string& sql) {
  return sql.starts_with("CREATE") || sql.starts_with("DROP") || sql.starts_with("ALTER") || sql == "VACUUM";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& each : words) text += (text.empty() ? "" : ", ") + each;
  return text;
}

/// Writes one statement at a time, about tables as they are by now.
class StatementWriter {
 public:
  StatementWriter(Dice& dice, const Taste& taste) : dice_(dice), taste_(taste) {}

  std::string write(const Table& table) {
    switch (dice_.weighted({42, 8, 3, 4, taste_.updates, 8})) {
      case 0:
        return insert(table);
      case 1:
        return upsert(table);
      case 2:
        return "INSERT" + policy() + " INTO " + table.name + " DEFAULT VALUES";
      case 3:
        return insert_select(table);
      case 4:
        return update(table);
      default:
        return "DELETE FROM " + table.name + (dice_.percent(90) ? condition(table) : "");
    }
  }

  std::string insert(const Table& table, const std::string& conflict = "") {
    std::vector<const Column*> columns;
    for (const auto& column : table.columns) {
      if (!column.generated && dice_.percent(column.added ? 50 : 95)) columns.push_back(&column);
    }
    const bool with_rowid = names_rowid(table);
    if (columns.empty() && !with_rowid) columns.push_back(&table.columns.front());
    std::vector<std::string> names;
    if (with_rowid) names.push_back(table.rowid);
    for (const auto* column : columns) names.push_back(column->name);
    std::string text = "INSERT" + (conflict.empty() ? policy() : conflict) + " INTO " + table.name + "(" +
                       joined(names) + ") VALUES";
    const int rows = dice_.percent(70) ? 1 : 2 + dice_.pick(3);
    for (int row = 0; row < rows; ++row) {
      std::vector<std::string> values;
      if (with_rowid) values.push_back(std::to_string(dice_.pick(8)));
      for (const auto* column : columns) values.push_back(value(*column));
      text += (row == 0 ? "(" : ", (") + joined(values) + ")";
    }
    return text;
  }

  std::string update(const Table& table) {
    std::string text = "UPDATE" + policy() + " " + table.name + " SET " + assignment(table);
    if (dice_.percent(25)) text += ", " + assignment(table);
    return text + (dice_.percent(80) ? condition(table) : "");
  }

  std::string condition(const Table& table) {
    if (names_rowid(table)) return " WHERE " + table.rowid + " = " + std::to_string(dice_.pick(8));
    const Column& column = dice_.one_of(table.columns);
    if (dice_.percent(10)) return " WHERE " + column.name + " IS NULL";
    return " WHERE " + column.name + (dice_.percent(75) ? " = " : " > ") + value(column);
  }

  std::string value(const Column& column) {
    if (in_trigger_ && column.numbers_rows) return value(Type::integer);
    if (dice_.percent(taste_.nulls)) return "NULL";
    const bool wild = !column.strict && dice_.percent(taste_.wild_values);
    return value(wild ? static_cast<Type>(dice_.pick(5)) : column.type);
  }

  /// What the next statements are for. In a trigger a row's number stays a number: where SQLite finds another
  /// value there under OR REPLACE, it refuses the statement and keeps half of it (3.40), unless another
  /// trigger makes it keep a statement journal, as ours do.
  void in_trigger(bool yes) { in_trigger_ = yes; }

  const Column& writable(const Table& table) {
    while (true) {
      const Column& column = dice_.one_of(table.columns);
      if (!column.generated) return column;
    }
  }

 private:
  std::string upsert(const Table& table) {
    const std::string text = insert(table, dice_.percent(80) ? " " : policy()) + " ON CONFLICT DO ";
    if (dice_.percent(30)) return text + "NOTHING";
    const Column& column = writable(table);
    return text + "UPDATE SET " + column.name + " = " +
           (dice_.percent(60) ? "excluded." + column.name : value(column));
  }

  /// Rows of the table once more, under other keys.
  std::string insert_select(const Table& table) {
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const auto& column : table.columns) {
      if (column.generated || column.added) continue;
      const std::string own = full_name(table, column);
      names.push_back(column.name);
      values.push_back(dice_.percent(40) ? value(column) : column.type == Type::integer ? own + " + 1" : own);
    }
    return "INSERT" + policy() + " INTO " + table.name + "(" + joined(names) + ") SELECT " + joined(values) +
           " FROM " + table.name + condition(table);
  }

  std::string assignment(const Table& table) {
    if (names_rowid(table)) return table.rowid + " = " + std::to_string(dice_.pick(8));
    const Column& column = writable(table);
    if (column.type == Type::integer && dice_.percent(20)) return column.name + " = " + column.name + " + 1";
    if (column.type == Type::text && dice_.percent(15)) {
      return column.name + " = " + (dice_.percent(50) ? "upper(" : "lower(") + column.name + ")";
    }
    return column.name + " = " + value(column);
  }

  std::string policy() {
    static const std::vector<std::string> kPolicies = {
        "", "", " OR REPLACE", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR ABORT"};
    return dice_.percent(3) ? " OR ROLLBACK" : dice_.one_of(kPolicies);
  }

  bool names_rowid(const Table& table) { return !table.rowid.empty() && dice_.percent(taste_.rowids); }

  std::string value(Type type) {
    static const std::vector<std::string> kTexts = {"'a'", "'b'", "'A'", "'B'", "''", "'a '", "'7'", "'zz'"};
    static const std::vector<std::string> kBlobs = {"x''", "x'00'", "x'61'", "x'0061ff'"};
    switch (type) {
      case Type::integer:
        return dice_.percent(2) ? "9007199254740993" : std::to_string(dice_.pick(8));
      case Type::real:
        return std::to_string(dice_.pick(5)) + (dice_.percent(50) ? ".5" : ".0");
      case Type::text:
        return dice_.one_of(kTexts);
      case Type::blob:
        return dice_.one_of(kBlobs);
      default:
        return value(static_cast<Type>(dice_.pick(3)));
    }
  }

  Dice& dice_;
  const Taste& taste_;
  bool in_trigger_ = false;
};

/// Makes one scenario; every step that it writes changes its idea of the tables, as if SQLite took it.
class ScenarioWriter {
 public:
  ScenarioWriter(std::uint64_t seed, const Taste& taste)
      : dice_(seed), taste_(taste), statements_(dice_, taste_) {
    scenario_.seed = seed;
  }

  Scenario write() {
    choose_shape();
    choose_connections();
    choose_triggers();
    while (static_cast<int>(scenario_.steps.size()) < taste_.statements) next();
    end_transaction();
    look();
    return std::move(scenario_);
  }

 private:
  void choose_shape() {
    const Shape& chosen = taste_.shape.empty() ? dice_.one_of(shapes()) : shape(taste_.shape);
    scenario_.shape = chosen.name;
    scenario_.random = chosen.random;
    for (const auto& each : chosen.tables) {
      tables_.push_back(table_of(each));
      scenario_.schema.push_back(tables_.back().create_as(tables_.back().name));
      scenario_.schema.insert(scenario_.schema.end(), each.indexes.begin(), each.indexes.end());
    }
  }

  void choose_connections() {
    static const std::vector<std::string> kModes = {"wal", "wal", "delete", "truncate"};
    scenario_.journal_mode = dice_.one_of(kModes);
    const int count = 1 + dice_.pick(3);
    const bool foreign_keys = dice_.percent(50);
    for (int i = 0; i < count; ++i) {
      scenario_.connections.push_back("PRAGMA foreign_keys = " + std::to_string(foreign_keys) +
                                      "; PRAGMA recursive_triggers = " + std::to_string(dice_.pick(2)) +
                                      "; PRAGMA legacy_alter_table = " + std::to_string(dice_.pick(2)));
    }
  }

  void choose_triggers() {
    if (!dice_.percent(taste_.user_triggers)) return;
    for (int i = 1 + dice_.pick(3); i > 0; --i) {
      auto& when = dice_.percent(taste_.late_triggers) ? scenario_.later_triggers : scenario_.schema;
      when.push_back(trigger());
    }
    schema_moved_ = !scenario_.later_triggers.empty();
  }

  std::string trigger() {
    static const std::vector<std::string> kTimes = {"BEFORE", "AFTER"};
    static const std::vector<std::string> kEvents = {"UPDATE", "DELETE", "INSERT"};
    const Table& table = dice_.one_of(tables_);
    const std::string& event = kEvents[static_cast<std::size_t>(dice_.pick(taste_.insert_triggers ? 3 : 2))];
    const std::string row = event == "DELETE" ? "OLD." : "NEW.";
    const Column& column = statements_.writable(table);
    return "CREATE TRIGGER IF NOT EXISTS app_" + std::to_string(++names_) + " " + dice_.one_of(kTimes) + " " +
           event + " ON " + table.name + " WHEN " + row + column.name + " = " + statements_.value(column) +
           " BEGIN " + trigger_body() + "; END";
  }

  std::string trigger_body() {
    statements_.in_trigger(true);
    std::string text = statement_of_trigger();
    statements_.in_trigger(false);
    return text;
  }

  std::string statement_of_trigger() {
    static const std::vector<std::string> kRaises = {"IGNORE", "FAIL, 'no'", "ABORT, 'no'", "ROLLBACK, 'no'"};
    if (dice_.percent(taste_.raises)) return "SELECT RAISE(" + dice_.one_of(kRaises) + ")";
    const Table& other = dice_.one_of(tables_);
    switch (dice_.pick(3)) {
      case 0:
        return "DELETE FROM " + other.name + statements_.condition(other);
      case 1:
        return statements_.insert(other);
      default:
        return statements_.update(other);
    }
  }

  void next() {
    const int schema = taste_.schema_changes;
    switch (dice_.weighted({70, 10, 15, schema, taste_.intruders ? 3 : 0})) {
      case 0:
        return run(statements_.write(dice_.one_of(tables_)));
      case 1:
        return transaction_control();
      case 2:
        return look();
      case 3:
        return change_schema();
      default:
        return intrude();
    }
  }

  void run(const std::string& sql) {
    if (!open_) writer_ = random_connection();
    schema_moved_ = schema_moved_ || changes_schema(sql);
    scenario_.steps.push_back({writer_, sql});
  }

  /// The file's lock keeps this one out, unless the transaction has written nothing yet.
  void intrude() {
    scenario_.steps.push_back({random_connection(), statements_.write(dice_.one_of(tables_))});
  }

  std::size_t random_connection() {
    return static_cast<std::size_t>(dice_.pick(static_cast<int>(scenario_.connections.size())));
  }

  /// After a change of the schema nobody can follow while a transaction holds the file.
  void look() {
    if (open_ && schema_moved_) return;
    if (!open_) schema_moved_ = false;
    scenario_.steps.push_back({});
  }

  void transaction_control() {
    if (!open_) {
      run(dice_.percent(50) ? "BEGIN" : "BEGIN IMMEDIATE");
      open_ = true;
      return;
    }
    static const std::vector<std::string> kWords = {"SAVEPOINT a", "ROLLBACK TO a", "RELEASE a",
                                                    "COMMIT",      "COMMIT",        "ROLLBACK"};
    const std::string& chosen = dice_.one_of(kWords);
    run(chosen);
    if (chosen == "COMMIT" || chosen == "ROLLBACK") open_ = false;
  }

  void end_transaction() {
    if (open_) run("COMMIT");
    open_ = false;
  }

  void change_schema() {
    if (dice_.percent(80)) end_transaction();
    Table& table = tables_[static_cast<std::size_t>(dice_.pick(static_cast<int>(tables_.size())))];
    const int drops = taste_.drops_columns ? 1 : 0;
    const int undone = taste_.undone ? 1 : 0;
    switch (dice_.weighted({4, 4, 3, 2, 2, 1, 2, undone, undone, 3 * drops, 2 * drops, drops * undone})) {
      case 0:
        return add_column(table);
      case 1:
        return create_index(table);
      case 2:
        return run("DROP INDEX IF EXISTS app_index_" + std::to_string(1 + dice_.pick(names_ + 1)));
      case 3:
        return build_anew(table);
      case 4:
        return drop_and_create(table);
      case 5:
        return run("VACUUM");
      case 6:
        return run(trigger());
      case 7:
        return index_for_a_moment(table);
      case 8:
        return trigger_for_a_moment(table);
      case 9:
        return drop_column(table);
      case 10:
        return rename_column(table);
      default:
        return column_once_more(table);
    }
  }

  void add_column(Table& table) {
    static const std::vector<std::string> kKinds = {" INTEGER",
                                                    " INTEGER DEFAULT 5",
                                                    " INTEGER NOT NULL DEFAULT 4",
                                                    " TEXT",
                                                    " TEXT DEFAULT 'd'",
                                                    " REAL DEFAULT 0.5",
                                                    " TEXT NOT NULL DEFAULT 'a' COLLATE NOCASE",
                                                    " BLOB",
                                                    " INTEGER AS (1 + 1)"};
    const std::string definition = "added_" + std::to_string(++names_) + dice_.one_of(kKinds);
    run("ALTER TABLE " + table.name + " ADD COLUMN " + definition);
    table.columns.push_back(column_of(definition));
    table.columns.back().added = true;
    table.columns.back().strict = table.columns.front().strict;
  }

  void create_index(const Table& table) {
    const Column& column = dice_.one_of(table.columns);
    std::string sql = dice_.percent(70) ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
    sql += "app_index_" + std::to_string(++names_) + " ON " + table.name + "(" + column.name;
    if (dice_.percent(25)) sql += " COLLATE NOCASE";
    sql += dice_.percent(30) ? ", " + dice_.one_of(table.columns).name + ")" : ")";
    if (dice_.percent(30)) sql += " WHERE " + dice_.one_of(table.columns).name + " > 2";
    run(sql);
  }

  /// The way in which migration tools change what ALTER TABLE can't.
  void build_anew(const Table& table) {
    end_transaction();
    const std::string copy = "app_copy_" + std::to_string(++names_);
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const auto& column : table.columns) {
      if (column.generated) continue;
      names.push_back(column.name);
      values.push_back(full_name(table, column));
    }
    run("BEGIN IMMEDIATE");
    open_ = true;
    run(table.create_as(copy));
    run("INSERT INTO " + copy + "(" + joined(names) + ") SELECT " + joined(values) + " FROM " + table.name);
    run("DROP TABLE " + table.name);
    run("ALTER TABLE " + copy + " RENAME TO " + table.name);
    create_indexes(table);
    if (dice_.percent(50)) run(statements_.write(table));
    end_transaction();
  }

  void drop_and_create(const Table& table) {
    run("DROP TABLE " + table.name);
    if (dice_.percent(50)) look();
    run(table.create_as(table.name));
    create_indexes(table);
  }

  void create_indexes(const Table& table) {
    for (const auto& index : table.indexes) run(index);
  }

  /// A column that no key, index, constraint or other column names, so that SQLite lets it go.
  std::optional<std::size_t> free_column(const Table& table) {
    const auto place = static_cast<std::size_t>(dice_.pick(static_cast<int>(table.columns.size())));
    std::string others = table.constraints;
    for (const auto& index : table.indexes) others += index.substr(index.find('('));
    for (const auto& column : table.columns) others += column.definition.substr(column.definition.find(' '));
    const std::string name = word(table.columns[place].definition, 0);
    const bool named = std::regex_search(others, std::regex("\\b" + name + "\\b"));
    const bool constrained =
        std::regex_search(table.columns[place].definition, std::regex("NOT NULL|UNIQUE|PRIMARY|REFERENCES"));
    if (place == 0 || named || constrained) return std::nullopt;
    return place;
  }

  void drop_column(Table& table) {
    const auto place = free_column(table);
    if (!place) return;
    run("ALTER TABLE " + table.name + " DROP COLUMN " + table.columns[*place].name);
    table.columns.erase(table.columns.begin() + static_cast<std::ptrdiff_t>(*place));
  }

  void rename_column(Table& table) {
    const auto place = free_column(table);
    if (!place) return;
    Column& column = table.columns[*place];
    const std::string renamed = "renamed_" + std::to_string(++names_);
    run("ALTER TABLE " + table.name + " RENAME COLUMN " + column.name + " TO " + renamed);
    column.definition.replace(0, column.definition.find(' '), renamed);
    column.name = quoted(renamed);
  }

  /// Nothing tells afterwards that it was there, save what it has done to the rows.
  void index_for_a_moment(const Table& table) {
    const std::string name = "app_index_" + std::to_string(++names_);
    run("CREATE UNIQUE INDEX " + name + " ON " + table.name + "(" + dice_.one_of(table.columns).name + ")");
    run(statements_.write(table));
    run("DROP INDEX IF EXISTS " + name);
  }

  void trigger_for_a_moment(const Table& table) {
    run(trigger());
    const std::string name = "app_" + std::to_string(names_);
    run(statements_.write(table));
    run("DROP TRIGGER IF EXISTS " + name);
  }

  /// A migration that is taken back and done again.
  void column_once_more(Table& table) {
    const auto place = free_column(table);
    if (!place) return;
    const Column column = table.columns[*place];
    run("ALTER TABLE " + table.name + " DROP COLUMN " + column.name);
    run("ALTER TABLE " + table.name + " ADD COLUMN " + column.definition);
    table.columns.erase(table.columns.begin() + static_cast<std::ptrdiff_t>(*place));
    table.columns.push_back(column);
  }

  Dice dice_;
  Taste taste_;
  StatementWriter statements_;
  Scenario scenario_;
  std::vector<Table> tables_;
  int names_ = 0;
  std::size_t writer_ = 0;
  bool open_ = false;          ///< has writer_ begun a transaction?
  bool schema_moved_ = false;  ///< since the last look
};

}  // namespace

std::string Scenario::text(std::size_t last_step) const {
  std::string script = "-- seed " + std::to_string(seed) + ", shape: " + shape +
                       "\nPRAGMA journal_mode = " + journal_mode + ";\n";
  for (std::size_t i = 0; i < connections.size(); ++i)
    script += "-- connection " + std::to_string(i) + ": " + connections[i] + "\n";
  for (const auto& sql : schema) script += sql + ";\n";
  script += "-- capture is put in place\n";
  for (const auto& sql : later_triggers) script += sql + ";\n";
  for (std::size_t i = 0; i <= last_step && i < steps.size(); ++i) {
    script += steps[i].is_look() ? std::string("-- look\n")
                                 : steps[i].sql + ";  -- " + std::to_string(steps[i].connection) + "\n";
  }
  return script;
}

Scenario make_scenario(std::uint64_t seed, const Taste& taste) {
  return ScenarioWriter(seed, taste).write();
}

}  // namespace sluice::fuzz
