// Keys, where no two source values may become one.

#include <doctest/doctest.h>

#include <string>

#include "tests/applier/conversions.h"

using namespace sluice::applier;
using namespace sluice::test;

namespace {

bool refused_as_key(const sluice::capture::Value& value, const ColumnType& type) {
  return key_converted(value, type).starts_with("<");
}

const std::string kBytes(16, '\x11');

}  // namespace

TEST_SUITE("keys") {
  TEST_CASE("a key has one storage class and one written form") {
    CHECK(key_converted(integer_value(1), column(TypeKind::int8)) == "1");
    CHECK(refused_as_key(text_value("1"), column(TypeKind::int8)));
    CHECK(refused_as_key(real_value(1), column(TypeKind::int8)));
    CHECK(refused_as_key(integer_value(1), column(TypeKind::text)));
    CHECK(refused_as_key({}, column(TypeKind::text)));
    CHECK(refused_as_key(text_value("a"), column(TypeKind::bytea)));
    CHECK(refused_as_key(text_value("t"), column(TypeKind::boolean)));
    CHECK(key_converted(real_value(1.5), column(TypeKind::numeric)) == "1.5");
    CHECK(refused_as_key(text_value("1.50"), column(TypeKind::numeric)));
  }

  TEST_CASE("two integers that one double would stand for are not both keys") {
    CHECK(key_converted(integer_value(9007199254740992), column(TypeKind::float8)) == "9007199254740992");
    CHECK(refused_as_key(integer_value(9007199254740993), column(TypeKind::float8)));
  }

  TEST_CASE("a text key is never stripped") {
    CHECK(refused_as_key(text_value(std::string("a\0", 2)), column(TypeKind::text)));
    CHECK(refused_as_key(text_value("a\xFF"), column(TypeKind::text)));
  }

  TEST_CASE("moments are keys in their shortest full form, or as numbers by rule") {
    CHECK(key_converted(text_value("2024-01-31"), column(TypeKind::date)) == "2024-01-31");
    CHECK(refused_as_key(text_value("2024-1-31"), column(TypeKind::date)));
    CHECK(refused_as_key(text_value("2024-01-31 00:00:00"), column(TypeKind::date)));
    CHECK(key_converted(text_value("2024-01-31 12:00:00"), column(TypeKind::timestamp)) ==
          "2024-01-31 12:00:00");
    CHECK(refused_as_key(text_value("2024-01-31T12:00:00"), column(TypeKind::timestamp)));
    CHECK(refused_as_key(text_value("2024-01-31 24:00:00"), column(TypeKind::timestamp)));
    CHECK(key_converted(integer_value(5), column(TypeKind::timestamptz))
              .ends_with("-> unix_s, unix_ms or unix_us"));
    CHECK(key_converted(integer_value(5), column(TypeKind::timestamptz, "unix_s")) ==
          "1970-01-01 00:00:05+00");
    CHECK(refused_as_key(text_value("1970-01-01 00:00:05"), column(TypeKind::timestamptz, "unix_s")));
    CHECK(refused_as_key(real_value(5), column(TypeKind::timestamptz, "unix_s")));
  }

  TEST_CASE("a UUID key has the one form that its rule names") {
    const std::string dashed = "11111111-1111-1111-1111-111111111111";
    const std::string hex(32, '1');
    CHECK(key_converted(text_value(dashed), column(TypeKind::uuid)) == dashed);
    CHECK(refused_as_key(text_value("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), column(TypeKind::uuid)));
    CHECK(key_converted(text_value(hex), column(TypeKind::uuid)).ends_with("-> uuid_hex"));
    CHECK(key_converted(text_value(hex), column(TypeKind::uuid, "uuid_hex")) == dashed);
    CHECK(refused_as_key(text_value(dashed), column(TypeKind::uuid, "uuid_hex")));
    const std::string capitals = "0B1D3C5E-7F9A-4B2C-8D6E-0F1A2B3C4D5E";
    CHECK(key_converted(text_value(capitals), column(TypeKind::uuid)).ends_with("-> uuid_upper"));
    const auto in_capitals = column(TypeKind::uuid, "uuid_upper");
    CHECK(key_converted(text_value(capitals), in_capitals) == "0b1d3c5e-7f9a-4b2c-8d6e-0f1a2b3c4d5e");
    for (const char* other : {"0B1D3C5E-7F9A-4B2C-8D6E-0F1A2B3C4d5E", "0b1d3c5e-7f9a-4b2c-8d6e-0f1a2b3c4d5e",
                              "0B1D3C5E7F9A4B2C8D6E0F1A2B3C4D5E"})
      CHECK(refused_as_key(text_value(other), in_capitals));
  }
}
