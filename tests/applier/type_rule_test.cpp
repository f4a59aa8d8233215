#include "applier/values/type_rule.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace sluice::applier;

namespace {

std::string reason(const char* text) {
  try {
    parse_type_rule(text);
    return "";
  } catch (const std::invalid_argument& refusal) {
    return refusal.what();
  }
}

}  // namespace

TEST_SUITE("type rules") {
  TEST_CASE("every word is a rule of its own") {
    for (const std::string& word : type_rule_words()) {
      CAPTURE(word);
      if (word == "local:ZONE") continue;
      CHECK(parse_type_rule(word) == parse_type_rule(word));
      CHECK_FALSE(parse_type_rule(word) == TypeRule{});
    }
    CHECK(parse_type_rule("unix_ms").kind == TypeRule::Kind::unix_ms);
    CHECK(parse_type_rule("local:Europe/Berlin").kind == TypeRule::Kind::local);
    CHECK_FALSE(parse_type_rule("local:Europe/Berlin") == parse_type_rule("local:Asia/Kolkata"));
  }

  TEST_CASE("an unknown rule is refused with the known ones, an unknown zone by its name") {
    CHECK(reason("unix_msec").starts_with("unknown type rule 'unix_msec'; known are: bool, integer, "));
    CHECK(reason("local:") == "the system knows no time zone ''");
    CHECK(reason("local:Europe/Bielefeld") == "the system knows no time zone 'Europe/Bielefeld'");
    CHECK_FALSE(reason("").empty());
    CHECK_FALSE(reason("local").empty());
  }

  TEST_CASE("a rule that makes no sense for a column says for which it is") {
    CHECK_FALSE(misfit({}, TypeKind::other).has_value());
    CHECK_FALSE(misfit(parse_type_rule("unix_ms"), TypeKind::timestamptz).has_value());
    CHECK(misfit(parse_type_rule("unix_ms"), TypeKind::boolean) ==
          "the rule unix_ms is for columns of type date, timestamp, timestamptz");
    CHECK(misfit(parse_type_rule("local:Europe/Berlin"), TypeKind::date).has_value());
  }

  TEST_CASE("a rule that could make one key of two is none for a key") {
    CHECK_FALSE(misfit(parse_type_rule("unix_ms"), TypeKind::timestamptz, true).has_value());
    for (const char* rule : {"julian", "core_data", "local:Europe/Berlin", "rounded"}) {
      CAPTURE(rule);
      CHECK(misfit(parse_type_rule(rule), TypeKind::timestamptz, true).has_value());
    }
  }

  TEST_CASE("a rule names the type of a column that is to be made") {
    CHECK(column_type(parse_type_rule("bool")) == "boolean");
    CHECK(column_type(parse_type_rule("interval_us")) == "interval");
    CHECK(column_type(parse_type_rule("local:Europe/Berlin")) == "timestamptz");
    CHECK_FALSE(column_type(parse_type_rule("rounded")).has_value());
    CHECK_FALSE(column_type({}).has_value());
  }
}
