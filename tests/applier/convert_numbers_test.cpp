// Booleans, integers, floating point and numeric.

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "applier/values/decimal.h"
#include "tests/applier/conversions.h"

using namespace sluice::applier;
using namespace sluice::test;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The modifier of numeric(p,s), as pg_attribute.atttypmod holds it.
int numeric_modifier(int precision, int scale) {
  return ((precision << 16) | (scale & 2047)) + 4;
}

}  // namespace

TEST_SUITE("numbers") {
  TEST_CASE("a boolean is 0, 1 or one of ten words, and never a guess") {
    const auto boolean = column(TypeKind::boolean);
    for (const char* yes : {"1", "t", "T", "TRUE", "true", "Yes", "on", "ON"}) {
      CHECK(converted(text_value(yes), boolean) == "t");
    }
    for (const char* no : {"0", "f", "F", "False", "NO", "off"})
      CHECK(converted(text_value(no), boolean) == "f");
    CHECK(converted(integer_value(1), boolean) == "t");
    CHECK(converted(integer_value(0), boolean) == "f");
    for (const char* neither : {"", "maybe", "y", "2", " t", "tru", "1.0"}) {
      CAPTURE(neither);
      CHECK(refused(text_value(neither), boolean));
    }
    CHECK(refused(integer_value(2), boolean));
    CHECK(refused(integer_value(-1), boolean));
    CHECK(refused(real_value(1), boolean));
    CHECK(refused(blob_value("1"), boolean));
  }

  TEST_CASE("integers arrive whole or not at all") {
    CHECK(converted(integer_value(kMost), column(TypeKind::int8)) == "9223372036854775807");
    CHECK(converted(integer_value(-kMost - 1), column(TypeKind::int8)) == "-9223372036854775808");
    CHECK(converted(integer_value(32767), column(TypeKind::int2)) == "32767");
    CHECK(refused(integer_value(32768), column(TypeKind::int2)));
    CHECK(converted(integer_value(-32768), column(TypeKind::int2)) == "-32768");
    CHECK(refused(integer_value(-32769), column(TypeKind::int2)));
    CHECK(converted(integer_value(2147483647), column(TypeKind::int4)) == "2147483647");
    CHECK(refused(integer_value(2147483648), column(TypeKind::int4)));
    CHECK(refused(blob_value("1"), column(TypeKind::int8)));
  }

  TEST_CASE("a real or a text is an integer where nothing of it is lost") {
    const auto bigint = column(TypeKind::int8);
    CHECK(converted(real_value(3), bigint) == "3");
    CHECK(refused(real_value(3.5), bigint));
    CHECK(refused(real_value(9223372036854775808.0), bigint));
    CHECK(converted(real_value(-9223372036854775808.0), bigint) == "-9223372036854775808");
    CHECK(refused(real_value(kInfinity), bigint));
    CHECK(converted(text_value("42"), bigint) == "42");
    CHECK(converted(text_value("+42"), bigint) == "42");
    CHECK(converted(text_value("3.0"), bigint) == "3");
    CHECK(converted(text_value("-3.000"), bigint) == "-3");
    CHECK(converted(text_value("0.0"), bigint) == "0");
    CHECK(converted(text_value("1e3"), bigint) == "1000");
    CHECK(converted(text_value("9223372036854775807.0"), bigint) == "9223372036854775807");
    for (const char* none : {"3.5", "", "42 ", " 42", "lots-of-it", "0x10", "1e30", "9223372036854775808",
                             "--1", "true", "Infinity", "1e", "1e+-3"}) {
      CAPTURE(none);
      CHECK(refused(text_value(none), bigint));
    }
  }

  TEST_CASE("a double keeps its last bit") {
    const auto type = column(TypeKind::float8);
    CHECK(converted(real_value(0.1 + 0.2), type) == "0.30000000000000004");
    CHECK(converted(real_value(-0.0), type) == "-0");
    CHECK(converted(real_value(kInfinity), type) == "Infinity");
    CHECK(converted(real_value(-kInfinity), type) == "-Infinity");
    CHECK(converted(real_value(5e-324), type) == "5e-324");
    CHECK(converted(real_value(std::numeric_limits<double>::max()), type) == "1.7976931348623157e+308");
    CHECK(converted(text_value("nan"), type) == "NaN");
    CHECK(converted(text_value("-inf"), type) == "-Infinity");
    CHECK(refused(text_value("lots"), type));
    CHECK(refused(text_value("1e400"), type));
    CHECK(refused(blob_value("1"), type));
  }

  TEST_CASE("what a double can't hold exactly is refused, unless the owner lets it be rounded") {
    const auto type = column(TypeKind::float8);
    CHECK(converted(integer_value(9007199254740992), type) == "9007199254740992");
    CHECK(converted(integer_value(9007199254740993), type) ==
          "<number needs more digits than type double precision keeps> -> rounded");
    CHECK(converted(integer_value(9007199254740993), column(TypeKind::float8, "rounded")) ==
          "9007199254740993");
    for (const char* kept :
         {"0.1", "0.10000000000000001", "0.30000000000000004", "1.50", "-2e3", ".5", "5."}) {
      CAPTURE(kept);
      CHECK(converted(text_value(kept), type) == kept);
    }
    CHECK(refused(text_value("9007199254740993"), type));
    CHECK(refused(text_value("3.14159265358979323846"), type));
  }

  TEST_CASE("a single-precision column takes numbers whose digits it shows again") {
    const auto type = column(TypeKind::float4);
    CHECK(converted(real_value(0.1), type) == "0.1");
    CHECK(converted(real_value(19.99), type) == "19.99");
    CHECK(converted(real_value(static_cast<double>(0.1F)), type) == "0.10000000149011612");
    CHECK(converted(real_value(kInfinity), type) == "Infinity");
    CHECK(converted(integer_value(16777216), type) == "16777216");
    CHECK(refused(integer_value(16777217), type));
    CHECK(refused(real_value(0.1 + 0.2), type));
    CHECK(refused(real_value(1e39), type));
    CHECK(converted(text_value("0.1"), type) == "0.1");
    CHECK(refused(text_value("0.123456789"), type));
    CHECK(converted(real_value(0.1 + 0.2), column(TypeKind::float4, "rounded")) == "0.30000000000000004");
  }

  TEST_CASE("numeric keeps every digit") {
    const auto type = column(TypeKind::numeric);
    CHECK(converted(integer_value(kMost), type) == "9223372036854775807");
    CHECK(converted(real_value(0.1 + 0.2), type) == "0.30000000000000004");
    CHECK(converted(real_value(kInfinity), type) == "Infinity");
    CHECK(converted(text_value("123456789012345678901234567890.123456789"), type) ==
          "123456789012345678901234567890.123456789");
    CHECK(converted(text_value("1e400"), type) == "1e400");
    CHECK(converted(text_value("NaN"), type) == "NaN");
    for (const char* none : {"", "abc", "1,5", "0x1", "1_000", " 1", "true"}) {
      CAPTURE(none);
      CHECK(refused(text_value(none), type));
    }
    CHECK(refused(blob_value("1"), type));
  }

  TEST_CASE("a number that numeric(p,s) would round is refused, unless the owner lets it be") {
    const auto money = column(TypeKind::numeric, "", numeric_modifier(10, 2));
    for (const char* fits : {"1", "1.5", "1.50", "1.500", "-0.25", "1.5e3", "25e-2", "0.000", "Infinity"}) {
      CAPTURE(fits);
      CHECK(converted(text_value(fits), money) == fits);
    }
    for (const char* too_fine : {"1.005", "0.30000000000000004", "1e-3", "1.25e-1"}) {
      CAPTURE(too_fine);
      CHECK(refused(text_value(too_fine), money));
    }
    CHECK(converted(real_value(19.99), money) == "19.99");
    CHECK(converted(real_value(3 * 6.1), money) ==
          "<number has more digits after the point than the 2 of the column's numeric type> -> rounded");
    CHECK(converted(real_value(3 * 6.1), column(TypeKind::numeric, "rounded", numeric_modifier(10, 2))) ==
          "18.299999999999997");
    CHECK(refused(text_value("1.5"), column(TypeKind::numeric, "", numeric_modifier(10, 0))));
    CHECK(refused(integer_value(150), column(TypeKind::numeric, "", numeric_modifier(10, -2))));
    CHECK(converted(integer_value(1500), column(TypeKind::numeric, "", numeric_modifier(10, -2))) == "1500");
  }

  TEST_CASE("decimals are compared by value") {
    CHECK(parse_decimal("1.50") == parse_decimal("15e-1"));
    CHECK(parse_decimal("-0.0") == parse_decimal("0"));
    CHECK(parse_decimal("100") == parse_decimal("1e2"));
    CHECK(parse_decimal("0.001")->exponent == -3);
    CHECK_FALSE(parse_decimal(".").has_value());
    CHECK_FALSE(parse_decimal("1.2.3").has_value());
  }
}
