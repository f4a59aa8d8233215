#include "applier/convert.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace sluice::applier;
using sluice::capture::Blob;
using sluice::capture::Text;
using sluice::capture::Value;

namespace {

const Value kNull{};
const Value kBig{std::numeric_limits<std::int64_t>::max()};

std::string text_of(const Value& value, TypeKind kind, TextPolicies policies = {}) {
  return to_postgres(value, kind, policies).value_or("NULL");
}

bool refused(const Value& value, TypeKind kind) {
  try {
    to_postgres(value, kind, {});
    return false;
  } catch (const ConversionError&) {
    return true;
  }
}

bool refused_as_key(const Value& value, TypeKind kind) {
  try {
    key_to_postgres(value, kind, {});
    return false;
  } catch (const ConversionError&) {
    return true;
  }
}

}  // namespace

TEST_SUITE("conversion") {
  TEST_CASE("NULL stays NULL in every type") {
    for (const auto kind :
         {TypeKind::boolean, TypeKind::int8, TypeKind::real, TypeKind::text, TypeKind::bytea,
          TypeKind::timestamp, TypeKind::json, TypeKind::uuid, TypeKind::other}) {
      CHECK_FALSE(to_postgres(kNull, kind, {}).has_value());
    }
  }

  TEST_CASE("integers arrive whole or not at all") {
    CHECK(text_of(kBig, TypeKind::int8) == "9223372036854775807");
    CHECK(text_of(Value{std::int64_t{32767}}, TypeKind::int2) == "32767");
    CHECK(refused(Value{std::int64_t{32768}}, TypeKind::int2));
    CHECK(refused(kBig, TypeKind::int4));
    CHECK(text_of(Value{3.0}, TypeKind::int8) == "3");
    CHECK(refused(Value{3.5}, TypeKind::int8));
    CHECK(refused(Value{9223372036854775808.0}, TypeKind::int8));
    CHECK(text_of(Value{Text{"42"}}, TypeKind::int8) == "42");
    CHECK(refused(Value{Text{"42 "}}, TypeKind::int8));
    CHECK(refused(Value{Text{"3.0"}}, TypeKind::int8));
    CHECK(refused(Value{Blob{"1"}}, TypeKind::int8));
  }

  TEST_CASE("a double keeps its last bit") {
    CHECK(text_of(Value{0.1 + 0.2}, TypeKind::real) == "0.30000000000000004");
    CHECK(text_of(Value{-0.0}, TypeKind::real) == "-0");
    CHECK(text_of(Value{std::numeric_limits<double>::infinity()}, TypeKind::real) == "inf");
    CHECK(text_of(Value{5e-324}, TypeKind::real) == "5e-324");
    CHECK(refused(Value{Text{"lots"}}, TypeKind::real));
  }

  TEST_CASE("a boolean is one of ten words, and never a guess") {
    for (const char* yes : {"1", "t", "TRUE", "Yes", "on"})
      CHECK(text_of(Value{Text{yes}}, TypeKind::boolean) == "t");
    for (const char* no : {"0", "F", "false", "NO", "off"})
      CHECK(text_of(Value{Text{no}}, TypeKind::boolean) == "f");
    CHECK(text_of(Value{std::int64_t{1}}, TypeKind::boolean) == "t");
    CHECK(refused(Value{std::int64_t{2}}, TypeKind::boolean));
    CHECK(refused(Value{Text{"maybe"}}, TypeKind::boolean));
    CHECK(refused(Value{1.0}, TypeKind::boolean));
  }

  TEST_CASE("NULL, an empty blob and text in a blob column are three things") {
    CHECK(text_of(Value{Blob{""}}, TypeKind::bytea) == "\\x");
    CHECK(text_of(Value{Blob{std::string("\0\xff", 2)}}, TypeKind::bytea) == "\\x00ff");
    CHECK(text_of(Value{Text{"ab"}}, TypeKind::bytea) == "\\x6162");
    CHECK(refused(Value{std::int64_t{1}}, TypeKind::bytea));
  }

  TEST_CASE("text that Postgres can't hold is refused, stripped or replaced, as the owner says") {
    const Value nul{Text{std::string("a\0b", 3)}};
    const Value broken{Text{"a\xC3z"}};
    CHECK(refused(nul, TypeKind::text));
    CHECK(refused(broken, TypeKind::text));
    CHECK(text_of(nul, TypeKind::text, {TextPolicy::strip, TextPolicy::error}) == "ab");
    CHECK(text_of(nul, TypeKind::text, {TextPolicy::replace, TextPolicy::error}) ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(text_of(broken, TypeKind::text, {TextPolicy::error, TextPolicy::strip}) == "az");
    CHECK(text_of(broken, TypeKind::text, {TextPolicy::error, TextPolicy::replace}) == "a\xEF\xBF\xBDz");
    CHECK(refused(Value{Blob{"a"}}, TypeKind::text));
    CHECK(text_of(Value{2.0}, TypeKind::text) == "2.0");
  }

  TEST_CASE("a moment is read by its size, and nothing of it is dropped") {
    CHECK(text_of(Value{std::int64_t{0}}, TypeKind::timestamp) == "1970-01-01 00:00:00.000000");
    CHECK(text_of(Value{std::int64_t{1700000000}}, TypeKind::timestamptz) == "2023-11-14 22:13:20.000000");
    CHECK(text_of(Value{std::int64_t{1700000000123}}, TypeKind::timestamp) == "2023-11-14 22:13:20.123000");
    CHECK(text_of(Value{std::int64_t{1700000000123456}}, TypeKind::timestamp) ==
          "2023-11-14 22:13:20.123456");
    CHECK(text_of(Value{std::int64_t{-1}}, TypeKind::timestamp) == "1969-12-31 23:59:59.000000");
    CHECK(refused(kBig, TypeKind::timestamp));
    CHECK(text_of(Value{Text{"2024-02-29 12:00:00"}}, TypeKind::timestamp) == "2024-02-29 12:00:00");
    for (const char* zoned :
         {"2024-02-29 12:00:00Z", "2024-02-29T12:00:00+02:00", "2024-02-29 12:00:00 -05"}) {
      CHECK(refused(Value{Text{zoned}}, TypeKind::timestamp));
      CHECK_FALSE(refused(Value{Text{zoned}}, TypeKind::timestamptz));
    }
    CHECK(refused(Value{Text{"2024-02-29 12:00"}}, TypeKind::date));
    CHECK(refused(Value{std::int64_t{1700000000}}, TypeKind::date));
  }

  TEST_CASE("a UUID may be sixteen bytes") {
    CHECK(text_of(Value{Blob{std::string(16, '\x11')}}, TypeKind::uuid) ==
          "11111111111111111111111111111111");
    CHECK(refused(Value{Blob{"short"}}, TypeKind::uuid));
  }

  TEST_CASE("a number that the column would round is refused") {
    const auto rounded = [](const char* number, const char* type) {
      try {
        refuse_rounding(number, type);
        return false;
      } catch (const ConversionError&) {
        return true;
      }
    };
    for (const char* fits : {"1", "1.5", "1.50", "1.500", "-0.25", "1.5e3", "25e-2", "inf"}) {
      CAPTURE(fits);
      CHECK_FALSE(rounded(fits, "numeric(10,2)"));
    }
    for (const char* too_fine : {"1.005", "0.30000000000000004", "1e-3", "1.25e-1"}) {
      CAPTURE(too_fine);
      CHECK(rounded(too_fine, "numeric(10,2)"));
      CHECK_FALSE(rounded(too_fine, "numeric"));
      CHECK_FALSE(rounded(too_fine, "double precision"));
    }
    CHECK(rounded("1.5", "numeric(10,0)"));
    CHECK_FALSE(rounded("0.5", "real"));
    CHECK(rounded("0.1", "real"));
  }

  TEST_CASE("two source keys never become one target key") {
    CHECK(key_to_postgres(Value{std::int64_t{1}}, TypeKind::int8, {}) == "1");
    CHECK(refused_as_key(Value{Text{"1"}}, TypeKind::int8));
    CHECK(refused_as_key(Value{1.0}, TypeKind::int8));
    CHECK(refused_as_key(Value{std::int64_t{1}}, TypeKind::text));
    CHECK(refused_as_key(kNull, TypeKind::text));
    CHECK(refused_as_key(Value{Text{"a"}}, TypeKind::bytea));
    CHECK(key_to_postgres(Value{Text{"2024-01-31"}}, TypeKind::date, {}) == "2024-01-31");
    CHECK(refused_as_key(Value{Text{"2024-1-31"}}, TypeKind::date));
    CHECK(refused_as_key(Value{Text{"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}}, TypeKind::uuid));
    // Even where the owner lets values be stripped: two texts could become one.
    CHECK_THROWS_AS(key_to_postgres(Value{Text{std::string("a\0", 2)}}, TypeKind::text,
                                    {TextPolicy::strip, TextPolicy::strip}),
                    ConversionError);
  }
}
