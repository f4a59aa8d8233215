#include "capture/schema/index_terms.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace sluice::capture {

using Terms = std::vector<std::string>;

TEST_CASE("the terms of an index are cut out of its statement as they are written") {
  struct Example {
    const char* sql;
    Terms terms;
    const char* where;
  };
  const Example examples[] = {
      {"CREATE UNIQUE INDEX i ON t(a)", {"a"}, ""},
      {"CREATE UNIQUE INDEX i ON t(a DESC, \"b\" COLLATE NOCASE ASC)", {"a", "\"b\""}, ""},
      {"CREATE UNIQUE INDEX i ON t(org, lower(code)) WHERE org > 0", {"org", "lower(code)"}, "org > 0"},
      {"CREATE UNIQUE INDEX \"we(ird,\" ON [t(1](substr(a, 1, 2), 'x,)''' || b)",
       {"substr(a, 1, 2)", "'x,)''' || b"},
       ""},
      {"CREATE UNIQUE INDEX i ON t(a /* , ( */, -- )\n b)\nwhere\n(a) IN (1,2)", {"a", "b"}, "(a) IN (1,2)"},
      {"CREATE UNIQUE INDEX i ON t((a COLLATE NOCASE) COLLATE `R``T`)", {"(a COLLATE NOCASE)"}, ""},
      {"CREATE UNIQUE INDEX i ON t(\"desc\")", {"\"desc\""}, ""},
  };
  for (const auto& example : examples) {
    CAPTURE(example.sql);
    const IndexTerms index = split_index(example.sql);
    CHECK(index.terms == example.terms);
    CHECK(index.where == example.where);
  }
}

TEST_CASE("what is no index statement is refused") {
  for (const char* sql : {"", "CREATE UNIQUE INDEX i ON t", "CREATE INDEX i ON t(a",
                          "CREATE INDEX i ON t('a)", "CREATE INDEX i ON t(a) HAVING b"}) {
    CAPTURE(sql);
    CHECK_THROWS_AS(split_index(sql), std::invalid_argument);
  }
}

TEST_CASE("a word in double quotes is a string unless it names a column or a function") {
  const auto is_column = [](std::string_view word) { return word == "a"; };
  CHECK(with_plain_strings("\"a\" = \"open\"", is_column) == "\"a\" = 'open'");
  CHECK(with_plain_strings("\"lower\" (a) || \"it's\"", is_column) == "\"lower\" (a) || 'it''s'");
}

}  // namespace sluice::capture
