#pragma once

#include <string>
#include <vector>

namespace sluice::e2e {

/// A table of one kind of key. Beside its key it has the columns amount (REAL) and note (TEXT). Row number i
/// has the key that `key` makes of it; different numbers have different keys.
struct Shape {
  std::string table;
  std::string key_ddl;  ///< the key's columns in SQLite
  std::string ddl_end;  ///< what follows the columns: the PRIMARY KEY where it is of its own, and options
  std::vector<std::string> columns;  ///< of the key
  std::vector<std::string> key;      ///< a SQL expression over {i} for each
  std::string target_key;            ///< the key's columns in Postgres, and what follows
  std::string first_key;             ///< as SQL for Postgres: a key before those of all rows
  std::string last_key;              ///< and one behind them
  bool by_sluice = true;             ///< would Sluice make the same table?

  std::string source_ddl() const;
  std::string target_ddl() const;

  /// INSERT of the rows 1 to `rows`, and DELETE of those from `first` to `last`.
  std::string fill(int rows) const;
  std::string remove_all(int first, int last) const;
  /// Statements about the row whose number is ?1; ?2 is a number that has not been used before.
  std::string replace() const;
  std::string update() const;
  std::string remove() const;
  /// Gives the row another key, that of number ?2, whoever has it.
  std::string move() const;

 private:
  std::string key_of(const std::string& number) const;
  std::string where() const;
};

/// Keys of every order in which SQLite and Postgres may walk through a table, and may disagree.
std::vector<Shape> shapes();

}  // namespace sluice::e2e
