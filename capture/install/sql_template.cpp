#include "capture/install/sql_template.h"

#include <stdexcept>

namespace sluice::capture {
namespace {

std::string_view section_of(std::string_view file, std::string_view section) {
  const std::string title = "-- [" + std::string(section) + "]\n";
  const auto start = file.find(title);
  if (start == std::string_view::npos) throw std::logic_error("no section " + title);
  const std::string_view rest = file.substr(start + title.size());
  const std::string_view body = rest.substr(0, rest.find("\n-- ["));
  return body.substr(0, body.find_last_not_of('\n') + 1);
}

}  // namespace

std::string render(std::string_view file, std::string_view section, const Words& words) {
  std::string_view rest = section_of(file, section);
  std::string text;
  while (true) {
    const auto open = rest.find('@');
    text += rest.substr(0, open);
    if (open == std::string_view::npos) return text;
    const auto close = rest.find('@', open + 1);
    if (close == std::string_view::npos)
      throw std::logic_error("a lone @ in section " + std::string(section));
    const auto word = words.find(rest.substr(open + 1, close - open - 1));
    if (word == words.end()) {
      throw std::logic_error("no word for " + std::string(rest.substr(open, close - open + 1)));
    }
    text += word->second;
    rest.remove_prefix(close + 1);
  }
}

}  // namespace sluice::capture
