#include "daemon/ctl/screens/amounts.h"

#include <fmt/core.h>

#include "daemon/base/units.h"

namespace sluice::daemon {

std::string doing(const std::string& work) {
  if (work == "copy") return "copying";
  if (work == "verify") return "comparing";
  if (work == "cutover") return "cutting over";
  return work;
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string counted(std::int64_t count, const std::string& thing) {
  return fmt::format("{} {}{}", grouped(count), thing, count == 1 ? "" : "s");
}

std::string listed_pipelines(const std::vector<std::string>& names) {
  std::string text = names.size() == 1 ? "pipeline " : "pipelines ";
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

std::string elapsed_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds < 0 ? 0 : seconds);
  if (whole < 60) return fmt::format("{:.1f} s", seconds < 0 ? 0 : seconds);
  if (whole < 3600) return fmt::format("{} min", whole / 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86400, whole % 86400 / 3600);
}

std::string moment(WallTime time, WallTime now) {
  return fmt::format("{} ({} ago)", local_text(time), elapsed_text(in_seconds(now - time)));
}

}  // namespace sluice::daemon
