#include "text/outlet.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "text/utf8.h"

namespace sluice::text {
namespace {

unsigned announced_seed() {
  const char* given = std::getenv("SLUICE_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                         : static_cast<unsigned>(std::random_device{}());
  MESSAGE("outlet: seed " << seed << " (again with SLUICE_SEED=" << seed << ")");
  return seed;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(character_length(text));
  return count;
}

/// Written down apart from the outlet: what no screen, log or reader should meet.
bool holds_a_command(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  for (const char* hidden :
       {"\u061C", "\u200E", "\u200F", "\u2028", "\u2029", "\u202A", "\u202B", "\u202C", "\u202D", "\u202E",
        "\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF", "\uFFF9"})
    if (text.find(hidden) != std::string_view::npos) return true;
  for (char c1 = '\x80'; c1 <= '\x9F'; ++c1)
    if (text.find(std::string{'\xC2', c1}) != std::string_view::npos) return true;
  return false;
}

/// Bytes of any kind, and pieces of what text is made of, well-formed and broken.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces{"a",
                                                " ",
                                                "\\",
                                                "\"",
                                                "'",
                                                "\n",
                                                "\r",
                                                "\t",
                                                "\x1b[31m",
                                                "\x7f",
                                                "é",
                                                "中",
                                                "\U0001F600",
                                                "\xC2\x9B",
                                                "\u202E",
                                                "\u2028",
                                                "\u2066",
                                                "\xC3",
                                                "\xE2\x82",
                                                "\xF0\x9F",
                                                "\xED\xA0\x80",
                                                "\xFF",
                                                "\xEF\xBB\xBF",
                                                "…",
                                                "\\x1b"};
  std::string text;
  for (auto left = random() % 30; left > 0; --left) {
    if (random() % 3 == 0) {
      text += static_cast<char>(random());
    } else {
      text += kPieces[random() % kPieces.size()];
    }
  }
  return text;
}

}  // namespace

TEST_CASE("whatever comes in, one harmless line of valid UTF-8 comes out, cut between characters") {
  std::mt19937 random(announced_seed());
  for (int round = 0; round < 50'000; ++round) {
    const std::string outside = random_text(random);
    const std::size_t most = random() % 40;
    CAPTURE(outside);
    CAPTURE(most);
    const std::string whole = harmless(outside);
    const std::string cut = harmless(outside, most);
    REQUIRE(is_valid_utf8(whole));
    REQUIRE(is_valid_utf8(cut));
    REQUIRE_FALSE(holds_a_command(whole));
    REQUIRE_FALSE(holds_a_command(cut));
    REQUIRE(harmless(whole) == whole);
    REQUIRE(harmless(cut, most) == cut);
    REQUIRE(characters(cut) <= most + 1);  // and the ellipsis
    if (characters(whole) <= most) {
      REQUIRE(cut == whole);
    } else {
      REQUIRE(cut.ends_with("…"));
      REQUIRE(whole.starts_with(cut.substr(0, cut.size() - std::string("…").size())));
    }
    REQUIRE(is_valid_utf8(harmless_json(outside)));
    for (const char c : in_ascii(outside)) REQUIRE(static_cast<unsigned char>(c) < 0x7F);
  }
}

TEST_CASE("what is plain stays as it is, and what is not is seen for what it was") {
  CHECK(harmless("Grüße, 中 and \U0001F600: \"it's\" a\\b") == "Grüße, 中 and \U0001F600: \"it's\" a\\b");
  CHECK(harmless("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(harmless(std::string_view("\0\x1b\x7f", 3)) == "\\x00\\x1b\\x7f");
  CHECK(harmless("\xff\xc3(") == "\\xff\\xc3(");
  CHECK(harmless("\xC2\x9B") == "\\u009b");
  CHECK(harmless("a\u202Eb\u2028") == "a\\u202eb\\u2028");
  CHECK(harmless("ééééé", 3) == "ééé…");
  CHECK(harmless("ab\x1b", 4) == "ab…");
  CHECK(harmless("abc", 3) == "abc");
  CHECK(in_ascii("é\U0001F600…\n") == "\\u00e9\\U0001f600\\u2026\\n");
  CHECK(quoted("it's\n", 3) == "'it''…'");
}

TEST_CASE("a JSON document keeps its meaning, and loses what a terminal would obey") {
  CHECK(harmless_json("{\"a\":\"\u202E\xC2\x9B\x7Fé\"}\n") == "{\"a\":\"\\u202e\\u009b\\u007fé\"}\n");
}

}  // namespace sluice::text
