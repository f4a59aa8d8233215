#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Comparing the two sides by value: what is asked, and what is found. Plain data, any thread.
namespace sluice::daemon {

/// One row that is not the same on both sides.
struct RowDifference {
  enum class Kind { missing, extra, differs };  ///< as Postgres has it
  Kind kind = Kind::differs;
  std::string key;                   ///< as SQL literals; of an extra row as Postgres writes them
  std::vector<std::string> columns;  ///< of a row that differs: where, by the source's names
};

/// What comparing one table has come to.
struct TableVerdict {
  static constexpr std::size_t kMostShown = 10;

  std::string table;             ///< in the source
  std::string target;            ///< as people read it
  std::int64_t rows = 0;         ///< of the source, compared
  std::int64_t missing = 0;      ///< rows that Postgres lacks
  std::int64_t extra = 0;        ///< rows that only Postgres has
  std::int64_t differing = 0;    ///< rows with other values
  std::int64_t quarantined = 0;  ///< rows that are in quarantine, none of the above
  std::int64_t left_out = 0;     ///< rows of Postgres that the table's rule leaves out, none of the above
  std::int64_t dangling = 0;     ///< rows that break a foreign key of the server, equal or not
  std::int64_t repaired = 0;     ///< rows that were written or deleted to make the sides equal
  std::int64_t remaining = 0;    ///< rows that a second look, after a repair, finds different all the same
  std::vector<std::string>
      not_looked_at;  ///< parts of the table that this comparison says nothing of, and why
  /// Of a table that differs: triggers of the server that may rewrite what is replicated, as "name of
  /// table, function()".
  std::vector<std::string> rewritten_by;
  std::vector<std::string>
      read_by;  ///< columns whose values are read by a rule or a proven unit: "at: unix_ms"
  std::vector<std::string> altered;  ///< columns whose values arrive otherwise: "at: 3 values rounded to ..."
  std::int64_t filtered = 0;         ///< rows of the source that the rule's `where` leaves out
  std::vector<RowDifference> first;  ///< up to kMostShown, in no promised order

  std::int64_t differences() const { return missing + extra + differing; }
  bool is_equal() const { return differences() <= repaired && remaining == 0; }
};

/// Which table to compare, all of them without a name.
struct VerifyOrder {
  std::string pipeline;
  std::string table;
  bool repair = false;  ///< writes the least that makes the sides equal
};

struct VerifyAnswer {
  std::string pipeline;
  std::string outcome;        ///< equal, different, or repaired: different before, and found equal since
  std::int64_t position = 0;  ///< up to which changes had been brought over when the last table was done
  std::vector<TableVerdict> tables;
  double elapsed_ms = 0;
};

/// How far long work has come.
struct WorkProgress {
  std::string pipeline;
  std::string work;  ///< verify, copy, cutover
  std::string table;
  std::int64_t rows = 0;
  std::int64_t rows_total = 0;  ///< about; 0 where it is not known
};

using OnProgress = std::function<void(const WorkProgress&)>;

}  // namespace sluice::daemon
