#include "daemon/config/value_text.h"

#include <spdlog/fmt/fmt.h>

#include <cctype>

#include "daemon/base/redact.h"

namespace sluice::daemon {

namespace {

constexpr std::size_t kLongestQuoted = 80;

bool is_plain(std::string_view text) {
  constexpr std::string_view kNulls[] = {"null", "Null", "NULL"};
  for (const std::string_view null : kNulls) {
    if (text == null) return false;
  }
  if (text.empty() || text.back() == ':') return false;
  const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  if (!is_letter(text.front()) && text.front() != '/') return false;
  for (const char c : text) {
    if (!is_letter(c) && std::string_view("_-./:@%=+?&").find(c) == std::string_view::npos) return false;
  }
  return true;
}

std::string in_double_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

/// Inside brackets and braces a colon or a question mark means something.
std::string yaml_scalar_within(std::string_view text) {
  const bool plain = is_plain(text) && text.find_first_of(":?") == std::string::npos;
  return plain ? std::string(text) : in_double_quotes(text);
}

}  // namespace

std::string yaml_scalar(std::string_view text) {
  return is_plain(text) ? std::string(text) : in_double_quotes(text);
}

std::string yaml_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + yaml_scalar_within(text);
  return '[' + list + ']';
}

std::string yaml_map(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string map;
  for (const auto& [key, value] : entries) {
    map += (map.empty() ? "" : ", ") + yaml_scalar_within(key) + ": " + yaml_scalar_within(value);
  }
  return '{' + map + '}';
}

std::string quoted_for_message(std::string_view text) {
  if (may_hold_secret(text)) return fmt::format("a text of {} bytes that may hold a password", text.size());
  if (text.size() > kLongestQuoted) return fmt::format("a text of {} bytes", text.size());
  std::string quoted = "'";
  for (const char c : text) quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return quoted + '\'';
}

}  // namespace sluice::daemon
