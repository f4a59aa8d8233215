#pragma once

#include <cstddef>
#include <string>

#include "daemon/report/verify.h"
#include "daemon/report/work_meter.h"

namespace sluice::daemon {

/// "123,456 of 1,000,000 rows, 12 %, 45,123/s, 19.0 s left", as much of it as is known.
std::string pace_text(const WorkReport& work);

/// "shop: comparing orders, 123,456 of 1,000,000 rows, 12 %, ...", at most so many letters: a long table's
/// name is cut first. 0: as long as it is.
std::string work_line(const std::string& pipeline, const WorkReport& work, std::size_t columns);

/// Writes a text over what stands in the terminal's line, and no further.
void overwrite_line(const std::string& text);

/// A line that overwrites itself on the terminal while work goes on, and is gone at its end. Shows nothing
/// where it is not wanted. One thread.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : wanted_(wanted) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

  void show(const WorkProgress& progress);

 private:
  bool wanted_;
  bool shown_ = false;
  WorkMeter meter_;
};

}  // namespace sluice::daemon
