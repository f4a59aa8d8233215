#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "applier/values/convert.h"

namespace sluice::applier {

/// What is to be told about a column: one remark, and of how many values.
struct ConversionNote {
  std::string table;
  std::string column;
  Remarks remark = 0;  ///< one bit
  std::int64_t count = 0;
};

/// Gathers the remarks on the values of a batch, by the columns of the source. Used from one thread.
class ConversionNotes {
 public:
  void add(std::string_view table, std::string_view column, Remarks remarks);
  void clear() { tables_.clear(); }
  std::vector<ConversionNote> all() const;

 private:
  using Counts = std::array<std::int64_t, 8>;  ///< one a bit of Remarks
  std::map<std::string, std::map<std::string, Counts, std::less<>>, std::less<>> tables_;
};

}  // namespace sluice::applier
