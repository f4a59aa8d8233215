#include "daemon/ctl/screens/columns.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

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

std::string harmless(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool high_control =  // U+0080 to U+009F
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (high_control) ++i;
    plain += high_control || byte < 0x20 || byte == 0x7F ? '?' : text[i];
  }
  return plain;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : harmless(text);
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace sluice::daemon
