#include "text/outlet.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "text/utf8.h"

namespace sluice::text {
namespace {

constexpr const char* kEllipsis = "…";

std::string hex(char mark, std::uint32_t number, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string escape{'\\', mark};
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) escape += kDigits[number >> shift & 15];
  return escape;
}

std::uint32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  std::uint32_t point = first & (0x7FU >> character.size());
  for (const unsigned char next : character.substr(1)) point = point << 6 | (next & 0x3FU);
  return point;
}

/// Characters beyond ASCII that command, and are seen by nobody: C1, line separators, what turns or hides the
/// direction of writing, the byte order mark, annotations.
bool commands(std::uint32_t point) {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 7> kRanges{{{0x80, 0x9F},
                                                                            {0x61C, 0x61C},
                                                                            {0x200E, 0x200F},
                                                                            {0x2028, 0x202E},
                                                                            {0x2060, 0x206F},
                                                                            {0xFEFF, 0xFEFF},
                                                                            {0xFFF9, 0xFFFB}}};
  return std::ranges::any_of(
      kRanges, [&](const auto& range) { return point >= range.first && point <= range.second; });
}

std::string spelled_ascii(char c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return hex('x', static_cast<unsigned char>(c), 2);
  }
}

/// What is seen of the beginning of a text, and how much of the text that is.
struct Seen {
  std::string shown;
  std::size_t characters;
  std::size_t bytes;
};

Seen first_of(std::string_view text) {
  const auto is_plain = [](unsigned char c) { return c >= 0x20 && c != 0x7F; };
  const std::size_t length = character_length(text);
  if (length == 0) return {hex('x', static_cast<unsigned char>(text[0]), 2), 4, 1};
  if (length == 1) {
    if (is_plain(static_cast<unsigned char>(text[0]))) return {std::string(1, text[0]), 1, 1};
    const std::string escape = spelled_ascii(text[0]);
    return {escape, escape.size(), 1};
  }
  const std::uint32_t point = code_point(text.substr(0, length));
  if (commands(point)) return {hex('u', point, 4), 6, length};
  return {std::string(text.substr(0, length)), 1, length};
}

}  // namespace

std::string harmless(std::string_view text, std::size_t most) {
  std::string out;
  for (std::size_t characters = 0; !text.empty();) {
    const Seen next = first_of(text);
    characters += next.characters;
    if (characters > most) return out + kEllipsis;
    out += next.shown;
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string in_ascii(std::string_view text) {
  const std::string shown = harmless(text);
  std::string out;
  for (std::string_view left = shown; !left.empty();) {
    const std::size_t length = character_length(left);
    const std::uint32_t point = code_point(left.substr(0, length));
    out += point < 0x80      ? std::string(left.substr(0, 1))
           : point < 0x10000 ? hex('u', point, 4)
                             : hex('U', point, 8);
    left.remove_prefix(length);
  }
  return out;
}

std::string harmless_json(std::string_view document) {
  std::string out;
  while (!document.empty()) {
    const std::size_t length = character_length(document);
    const std::string_view character = document.substr(0, length == 0 ? 1 : length);
    const std::uint32_t point = length == 0 ? 0xFFFD : code_point(character);
    // Control characters of ASCII stand only between the tokens: inside of them they are escaped already.
    if (length == 0 || point == 0x7F || commands(point)) {
      out += hex('u', point, 4);
    } else {
      out += character;
    }
    document.remove_prefix(character.size());
  }
  return out;
}

std::string quoted(std::string_view text, std::size_t most) {
  std::string out = "'";
  for (const char c : harmless(text, most)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

}  // namespace sluice::text
