// What docs/TYPES.md says is compared with the program.

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "applier/values/conversion_table.h"
#include "applier/values/convert.h"
#include "applier/values/type_rule.h"

using namespace sluice::applier;

namespace {

std::string between(const std::string& begin, const std::string& end) {
  std::ifstream stream(TYPES_FILE);
  const std::string page(std::istreambuf_iterator<char>(stream), {});
  const auto from = page.find(begin);
  REQUIRE_MESSAGE(from != std::string::npos, "TYPES.md has no " << begin);
  const auto to = page.find(end, from);
  REQUIRE_MESSAGE(to != std::string::npos, "TYPES.md has no " << end);
  return page.substr(from + begin.size(), to - from - begin.size());
}

}  // namespace

TEST_CASE("the table of conversions in the documentation is the program's") {
  CHECK(between("<!-- conversions -->\n", "<!-- /conversions -->") == conversions_markdown());
}

TEST_CASE("the documentation explains every rule, and no other") {
  const std::string rules = between("<!-- rules -->\n", "<!-- /rules -->");
  std::size_t lines = 0;
  for (const std::string& word : type_rule_words()) {
    CAPTURE(word);
    CHECK(rules.find("| `" + word + "` |") != std::string::npos);
    ++lines;
  }
  std::size_t found = 0;
  for (auto at = rules.find("\n| `"); at != std::string::npos; at = rules.find("\n| `", at + 1)) ++found;
  CHECK(found == lines);
}
