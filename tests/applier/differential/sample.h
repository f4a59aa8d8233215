#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/applier/differential/tables.h"
#include "tests/fuzz/dice.h"

namespace sluice::differential {

/// Draws tables, rows and values for random statements, from a file as it is by now.
class Sample {
 public:
  Sample(fuzz::Dice& dice, SQLite::Database& database)
      : dice_(dice), database_(database), tables_(read_tables(database)) {}

  const std::vector<Table>& tables() const { return tables_; }
  const Table& table(const std::string& name) const;
  const Table& any_table() { return dice_.one_of(tables_); }

  /// A column of a unique index or of the key.
  const Column& unique_column(const Table& table);

  std::vector<Row> rows(const Table& table, const std::string& condition = "");
  std::optional<Row> any_row(const Table& table);
  std::vector<Row> some_rows(const Table& table, int most);

  /// One that could be inserted: most of its references point at rows that are there.
  Row random_row(const Table& table);

  /// One of a few values, so that they meet.
  std::string random_value(const Column& column);

  /// Taken by no row.
  std::string free_value(const Column& column);

 private:
  fuzz::Dice& dice_;
  SQLite::Database& database_;
  std::vector<Table> tables_;
  int free_ = 100;
};

}  // namespace sluice::differential
