#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "daemon/report/service.h"

namespace sluice::daemon {

/// The changes as an aligned table for people, one page after the other. The columns grow with what they
/// hold. Pure; the time zone is the process's.
class LogTable {
 public:
  /// Leaves room for what later pages may hold: a time, and the longest operation.
  void expect_more();

  /// The next entries, below the header where they are the first. In a window of so many columns, long names
  /// and keys are cut so that a change fits on a line; without one (0) nothing is.
  std::string page(const std::vector<LogLine>& entries, std::size_t window);

 private:
  enum Column : std::size_t { kPosition, kTime, kApplied, kTable, kOperation, kKey, kColumns };
  using Fields = std::array<std::string, kColumns>;

  static Fields fields_of(const LogLine& entry);
  void widen(const Fields& fields);
  std::string line(Fields fields, std::size_t window) const;

  std::array<std::size_t, kColumns> widths_{};
  bool begun_ = false;
};

}  // namespace sluice::daemon
