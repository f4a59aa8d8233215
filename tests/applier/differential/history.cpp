#include "tests/applier/differential/history.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <optional>

#include "tests/applier/differential/sample.h"
#include "tests/fuzz/dice.h"

namespace sluice::differential {
namespace {

constexpr const char* kPragmas = "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL";
constexpr int kLooks = 5;

SQLite::Database with_tables(const Shape& shape) {
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  database.exec("PRAGMA foreign_keys = ON");
  database.exec(shape.source);
  return database;
}

fuzz::Scenario empty_history(const std::string& shape) {
  fuzz::Scenario history;
  history.shape = shape;
  history.journal_mode = "wal";
  history.connections = {kPragmas};
  return history;
}

class Writer {
 public:
  Writer(std::uint64_t seed, const Shape& shape)
      : dice_(seed), database_(with_tables(shape)), sample_(dice_, database_) {
    history_ = empty_history(shape.name);
    history_.seed = seed;
  }

  fuzz::Scenario write() {
    for (int look = 0; look < kLooks; ++look) {
      transaction([&] {
        for (int i = 0; look == 0 && i < 12; ++i) insert(sample_.any_table());
      });
      for (int i = dice_.pick(4); i >= 0; --i) transaction([&] { act(); });
      history_.steps.push_back({});
    }
    return std::move(history_);
  }

 private:
  template <typename Statements>
  void transaction(Statements statements) {
    const std::size_t begin = history_.steps.size();
    tell("BEGIN");
    deferred_ = dice_.percent(50);
    if (deferred_) tell("PRAGMA defer_foreign_keys = ON");
    const std::size_t before = history_.steps.size();
    statements();
    if (history_.steps.size() > before && tell("COMMIT")) return;
    if (sqlite3_get_autocommit(database_.getHandle()) == 0) database_.exec("ROLLBACK");
    history_.steps.resize(begin);
  }

  void act() {
    for (int i = dice_.pick(3); i >= 0; --i) {
      const Table& table = sample_.any_table();
      switch (dice_.weighted({16, 16, 6, 22, 8, 10, 8, 6, 4, 3, 1})) {
        case 0:
          for (int n = dice_.pick(3); n >= 0; --n) insert(table);
          break;
        case 1:
          update(table);
          break;
        case 2:
          erase(table);
          break;
        case 3:
          rotate(table);
          break;
        case 4:
          change_key(table);
          break;
        case 5:
          take_over(table);
          break;
        case 6:
          hand_over(table);
          break;
        case 7:
          succeed(table);
          break;
        case 8:
          replace(table);
          break;
        case 9:
          touch(table);
          break;
        default:
          tell("DELETE FROM " + table.name);
      }
    }
  }

  /// Writes a statement down if SQLite takes it.
  bool tell(const std::string& sql) try {
    database_.exec(sql);
    history_.steps.push_back({0, sql});
    return true;
  } catch (const SQLite::Exception&) {
    return false;
  }

  void insert(const Table& table, const Row& given = {}, int depth = 0) {
    Row row = sample_.random_row(table);
    for (const auto& [column, value] : given) row[column] = value;
    if (!tell(insert_sql(table, row)) || !deferred_ || depth > 2) return;
    for (const auto& reference : table.references) {
      const Table& parent = sample_.table(reference.parent);
      Row wanted;
      for (const auto& [child, column] : reference.columns) wanted[column] = row[child];
      const bool none =
          std::any_of(wanted.begin(), wanted.end(), [](const auto& value) { return value.second == "NULL"; });
      if (!none && sample_.rows(parent, where(wanted)).empty()) insert(parent, wanted, depth + 1);
    }
  }

  void replace(const Table& table) {
    tell("REPLACE" + insert_sql(table, sample_.random_row(table)).substr(6));
  }

  void update(const Table& table) {
    const auto row = sample_.any_row(table);
    if (!row) return;
    const Row other = sample_.random_row(table);
    Row values;
    for (const auto& column : table.columns) {
      if (!column.in_key && dice_.percent(50)) values[column.name] = other.at(column.name);
    }
    if (!values.empty()) tell(update_sql(table, values, *row));
  }

  void touch(const Table& table) {
    const auto row = sample_.any_row(table);
    if (row) tell(update_sql(table, {*row->begin()}, *row));
  }

  void erase(const Table& table) {
    if (const auto row = sample_.any_row(table))
      tell("DELETE FROM " + table.name + where(table.key_of(*row)));
  }

  /// Two rows or more change places in one column: over values that nobody has, over none, or by deleting
  /// and inserting them.
  void rotate(const Table& table) {
    std::vector<Row> turning = sample_.some_rows(table, 2 + dice_.pick(3));
    if (turning.size() < 2) return;
    const Column& column = dice_.percent(80) ? sample_.unique_column(table) : dice_.one_of(table.columns);
    std::vector<Row> turned = turning;
    for (std::size_t i = 0; i < turning.size(); ++i) {
      turned[i][column.name] = turning[(i + 1) % turning.size()][column.name];
    }
    if (dice_.percent(30)) return replace_rows(table, turning, turned);
    const bool over_null = !column.required && dice_.percent(30);
    for (std::size_t i = 0; i < turning.size(); ++i) {
      const std::string parked = over_null ? "NULL" : sample_.free_value(column);
      if (tell(update_sql(table, {{column.name, parked}}, turning[i]))) turning[i][column.name] = parked;
    }
    for (std::size_t i = 0; i < turning.size(); ++i) {
      tell(update_sql(table, {{column.name, turned[i][column.name]}}, turning[i]));
    }
  }

  void replace_rows(const Table& table, const std::vector<Row>& old_rows, const std::vector<Row>& new_rows) {
    for (const auto& row : old_rows) tell("DELETE FROM " + table.name + where(table.key_of(row)));
    for (const auto& row : new_rows) tell(insert_sql(table, row));
  }

  void change_key(const Table& table) {
    const auto row = sample_.any_row(table);
    if (!row) return;
    const Row changed = sample_.random_row(table);
    Row key;
    for (const auto& [column, value] : table.key_of(*row)) {
      key[column] = dice_.percent(70) ? changed.at(column) : value;
    }
    if (!tell(update_sql(table, key, *row)) || !deferred_) return;
    Row moved = *row;
    for (const auto& [column, value] : key) moved[column] = value;
    reparent(table, *row, moved);
  }

  /// A row goes, or lets go of a value, and another one has it from then on.
  void take_over(const Table& table) {
    const auto row = sample_.any_row(table);
    if (!row) return;
    const Column& column = sample_.unique_column(table);
    if (dice_.percent(50) || column.in_key) {
      tell("DELETE FROM " + table.name + where(table.key_of(*row)));
    } else {
      tell(update_sql(table, {{column.name, sample_.random_value(column)}}, *row));
    }
    const Row taken = {{column.name, row->at(column.name)}};
    const auto other = sample_.any_row(table);
    if (other && dice_.percent(50)) {
      tell(update_sql(table, taken, *other));
    } else {
      insert(table, taken);
    }
  }

  /// All children get another parent, and the former one goes.
  void hand_over(const Table& table) {
    const auto pair = sample_.some_rows(table, 2);
    if (pair.size() < 2) return;
    reparent(table, pair[0], pair[1]);
    tell("DELETE FROM " + table.name + where(table.key_of(pair[0])));
  }

  /// A new row takes the place of an old one: its values, its children.
  void succeed(const Table& table) {
    const auto old = sample_.any_row(table);
    if (!old) return;
    Row parked = *old;
    for (const auto& column : table.columns) {
      if (column.unique && !column.in_key) parked[column.name] = sample_.free_value(column);
    }
    Row heir = *old;
    for (const auto& [column, value] : table.key_of(sample_.random_row(table))) heir[column] = value;
    tell(update_sql(table, parked, *old));
    if (!tell(insert_sql(table, heir))) return;
    reparent(table, *old, heir);
    tell("DELETE FROM " + table.name + where(table.key_of(*old)));
  }

  void reparent(const Table& parent, const Row& from, const Row& to) {
    for (const auto& table : sample_.tables()) {
      for (const auto& reference : table.references) {
        if (reference.parent != parent.name) continue;
        Row old_values, new_values;
        for (const auto& [child, column] : reference.columns) {
          old_values[child] = from.at(column);
          new_values[child] = to.at(column);
        }
        tell("UPDATE " + table.name + " SET " + assignments(new_values) + where(old_values));
      }
    }
  }

  fuzz::Dice dice_;
  SQLite::Database database_;
  Sample sample_;
  fuzz::Scenario history_;
  bool deferred_ = false;
};

}  // namespace

fuzz::Scenario make_history(std::uint64_t seed, const Shape& shape) {
  return Writer(seed, shape).write();
}

fuzz::Scenario history_of(const std::string& shape, const std::vector<std::string>& scripts) {
  fuzz::Scenario history = empty_history(shape);
  for (const auto& script : scripts) {
    history.steps.push_back({0, script});
    history.steps.push_back({});
  }
  return history;
}

}  // namespace sluice::differential
