#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "applier/compare/comparison.h"
#include "capture/change.h"
#include "daemon/report/status.h"
#include "daemon/report/verify.h"

namespace sluice::daemon {

/// Where a comparison of tables stands: which one is being scanned, how far, and what has been found.
/// Outlives connections. Pure: does no work itself.
class Verification {
 public:
  explicit Verification(VerifyOrder order) : order_(std::move(order)) {}

  const VerifyOrder& order() const { return order_; }

  /// The tables to compare, once they are known; later calls do nothing.
  void begin(const std::vector<std::string>& tables);
  bool begun() const { return failure_ || tables_; }
  bool done() const { return failure_ || (tables_ && next_ == tables_->size()); }

  /// Are rows written? Not by the second look, which follows a repair and goes over the tables that it wrote.
  bool repairs() const { return order_.repair && !second_look_; }

  /// It can't be carried out, for this reason; the stream can.
  void fail(ErrorReport failure) { failure_ = std::move(failure); }
  const std::optional<ErrorReport>& failure() const { return failure_; }

  /// The table that is being scanned; not when done.
  const std::string& table() const { return tables_->at(next_); }
  const capture::Key& frontier() const { return frontier_; }  ///< empty before the first chunk
  WorkProgress progress() const;

  /// The scan of the table begins anew where its target is another one than before, or it has been copied
  /// again.
  void scans(unsigned target_oid);
  void restart();
  void expect(std::int64_t rows) { rows_total_ = rows; }

  /// Values of the table that do not arrive as they are: the column and what was done, and how many.
  void note_altered(const std::string& column, const std::string& how, std::int64_t count) {
    altered_[{column, how}] += count;
  }

  void add(const applier::Findings& findings, const capture::CopyChunk& chunk, bool repaired);
  /// What has been found of the table so far.
  TableVerdict& current() { return current_; }
  /// Nothing more is to be found of it.
  void finish_table();
  /// Is there, of what has been found of the table so far, something that a trigger of the server may
  /// explain?
  bool differs() const { return !repairs() && current_.differences() > 0; }

  const std::vector<TableVerdict>& verdicts() const { return verdicts_; }
  std::string outcome() const;  ///< as VerifyAnswer::outcome

 private:
  void begin_second_look();

  VerifyOrder order_;
  std::optional<std::vector<std::string>> tables_;
  std::size_t next_ = 0;
  bool second_look_ = false;
  std::optional<ErrorReport> failure_;
  std::vector<TableVerdict> verdicts_;
  std::map<std::pair<std::string, std::string>, std::int64_t> altered_;  ///< of the table so far
  TableVerdict current_;
  capture::Key frontier_;
  unsigned target_oid_ = 0;
  std::int64_t rows_total_ = 0;  ///< about
};

}  // namespace sluice::daemon
