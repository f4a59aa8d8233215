#include "applier/values/json_array.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "applier/values/json_escape.h"

namespace sluice::applier {
namespace {

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Where a string that begins at `at` with a quote ends: behind its closing quote.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

/// The same for an object.
std::size_t end_of_object(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  do {
    if (json[at] == '"') {
      at = end_of_string(json, at);
      continue;
    }
    depth += json[at] == '{' ? 1 : 0;
    depth -= json[at] == '}' ? 1 : 0;
    ++at;
  } while (depth > 0);
  return at;
}

/// What a sound JSON string stands for, without its quotes.
std::string decoded(std::string_view text) {
  constexpr std::string_view kShort = "bfnrt";
  constexpr std::string_view kMeant = "\b\f\n\r\t";
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
    } else if (text[++at] == 'u') {
      std::uint32_t point = unit_at(text, at + 1).value_or(0);
      at += 4;
      if (is_high_surrogate(point)) {
        point = 0x10000 + ((point - 0xD800) << 10) + (unit_at(text, at + 3).value_or(0xDC00) - 0xDC00);
        at += 6;
      }
      append_utf8(out, point);
    } else {
      const auto place = kShort.find(text[at]);
      out += place == std::string_view::npos ? text[at] : kMeant[place];
    }
  }
  return out;
}

void append_element(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

bool is_rectangular(std::string_view json) {
  std::vector<std::size_t> elements;                // of the arrays that are open, outermost first
  std::vector<std::optional<std::size_t>> lengths;  // of the arrays of each level
  std::optional<std::size_t> level_of_values;
  bool fits = true;
  const auto value = [&] {
    if (level_of_values.value_or(elements.size()) != elements.size()) fits = false;
    level_of_values = elements.size();
    ++elements.back();
  };
  for (std::size_t at = 0; at < json.size() && fits;) {
    const char c = json[at];
    if (c == '"' || c == '{') {
      value();
      at = c == '"' ? end_of_string(json, at) : end_of_object(json, at);
    } else if (c == '[') {
      if (!elements.empty()) ++elements.back();
      elements.push_back(0);
      lengths.resize(std::max(lengths.size(), elements.size()));
      ++at;
    } else if (c == ']') {
      auto& length = lengths[elements.size() - 1];
      fits = length.value_or(elements.back()) == elements.back();
      length = elements.back();
      elements.pop_back();
      ++at;
    } else if (std::string_view(", \t\n\r").find(c) != std::string_view::npos) {
      ++at;
    } else {
      value();
      at = std::min(json.find_first_of(",] \t\n\r", at), json.size());
    }
  }
  return fits;
}

std::string array_literal(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = end_of_string(json, at);
      append_element(out, decoded(json.substr(at + 1, end - at - 2)));
      at = end;
    } else if (c == '{') {
      const std::size_t end = end_of_object(json, at);
      append_element(out, json.substr(at, end - at));
      at = end;
    } else if (json.substr(at).starts_with("null")) {
      out += "NULL";
      at += 4;
    } else {
      if (c == '[' || c == ']') {
        out += c == '[' ? '{' : '}';
      } else if (std::string_view(" \t\n\r").find(c) == std::string_view::npos) {
        out += c;
      }
      ++at;
    }
  }
  return out;
}

}  // namespace sluice::applier
