#include "daemon/ctl/screens/columns.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "text/outlet.h"

namespace sluice::daemon {

namespace {

bool begins_letter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

}  // namespace

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::size_t end = 0;
  for (std::size_t letters = 0; end < text.size(); ++end)
    if (begins_letter(text[end]) && letters++ == width - 1) break;
  return text.substr(0, end) + "…";
}

std::string or_dash(const std::string& outside) {
  return outside.empty() ? "-" : text::harmless(outside);
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, width_of(text)), ' ');
}

void add_labelled(std::string& text, const char* label, const std::string& outside) {
  text += fmt::format("  {:<11}  {}\n", label, sluice::text::harmless(outside));
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace sluice::daemon
