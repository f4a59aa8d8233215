// Text, bytes, UUIDs and what goes through Postgres's own input; NULL everywhere.

#include "applier/values/convert.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/applier/conversions.h"

using namespace sluice::applier;
using namespace sluice::test;

TEST_SUITE("conversion") {
  TEST_CASE("NULL stays NULL in every type") {
    for (int kind = 0; kind <= static_cast<int>(TypeKind::other); ++kind) {
      CHECK(converted({}, column(static_cast<TypeKind>(kind))) == "NULL");
    }
  }

  TEST_CASE("text takes every number with all its digits") {
    const auto text = column(TypeKind::text);
    CHECK(converted(integer_value(-42), text) == "-42");
    CHECK(converted(real_value(2), text) == "2.0");
    CHECK(converted(real_value(1e20), text) == "1.0e+20");
    CHECK(converted(real_value(0.1 + 0.2), text) == "0.30000000000000004");
    CHECK(converted(real_value(-std::numeric_limits<double>::infinity()), text) == "-Inf");
    CHECK(converted(text_value(""), text).empty());
  }

  TEST_CASE("a blob is text only where the owner says so") {
    CHECK(converted(blob_value("ab"), column(TypeKind::text)) ==
          "<blob value does not fit type text> -> text");
    CHECK(converted(blob_value("ab"), column(TypeKind::text, "text")) == "ab");
    CHECK(refused(blob_value("\xFF"), column(TypeKind::text, "text")));
  }

  TEST_CASE("blanks that varchar(n) would cut are refused") {
    constexpr int kVarchar3 = 3 + 4;
    CHECK(converted(text_value("ab "), column(TypeKind::text, "", kVarchar3)) == "ab ");
    CHECK(converted(text_value("äöü"), column(TypeKind::text, "", kVarchar3)) == "äöü");
    CHECK(converted(text_value("äö "), column(TypeKind::text, "", kVarchar3)) == "äö ");
    CHECK(converted(text_value("abc "), column(TypeKind::text, "", kVarchar3)) ==
          "<text is longer than the column's 3 characters>");
  }

  TEST_CASE("text that Postgres can't hold is refused, stripped or replaced, as the owner says") {
    const auto text = column(TypeKind::text);
    const auto nul = text_value(std::string("a\0b", 3));
    const auto broken = text_value("a\xC3z");
    CHECK(refused(nul, text));
    CHECK(refused(broken, text));
    CHECK(converted(nul, text, {TextPolicy::strip, TextPolicy::error}) == "ab");
    CHECK(converted(nul, text, {TextPolicy::replace, TextPolicy::error}) ==
          "a\xEF\xBF\xBD"
          "b");
    CHECK(converted(broken, text, {TextPolicy::error, TextPolicy::strip}) == "az");
    CHECK(converted(broken, text, {TextPolicy::error, TextPolicy::replace}) == "a\xEF\xBF\xBDz");
    for (const TypeKind kind : {TypeKind::json, TypeKind::jsonb, TypeKind::array, TypeKind::uuid,
                                TypeKind::interval, TypeKind::other}) {
      CHECK(refused(nul, column(kind)));
      CHECK(refused(broken, column(kind)));
    }
  }

  TEST_CASE("NULL, an empty blob and text in a blob column are three things") {
    const auto bytea = column(TypeKind::bytea);
    CHECK(converted({}, bytea) == "NULL");
    CHECK(converted(blob_value(""), bytea) == "\\x");
    CHECK(converted(blob_value(std::string("\0\xff", 2)), bytea) == "\\x00ff");
    CHECK(converted(text_value("ab"), bytea) == "\\x6162");
    CHECK(refused(integer_value(1), bytea));
    CHECK(refused(real_value(1), bytea));
  }

  TEST_CASE("a UUID may be sixteen bytes, in the usual order or in that of .NET") {
    const auto bytes = blob_value("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
    CHECK(converted(bytes, column(TypeKind::uuid)) == "01020304-0506-0708-090a-0b0c0d0e0f10");
    CHECK(converted(bytes, column(TypeKind::uuid, "uuid_dotnet")) == "04030201-0605-0807-090a-0b0c0d0e0f10");
    CHECK(refused(blob_value("short"), column(TypeKind::uuid)));
    CHECK(refused(integer_value(1), column(TypeKind::uuid)));
    CHECK(converted(text_value("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}"), column(TypeKind::uuid)) ==
          "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}");
  }

  TEST_CASE("other types get the value's text") {
    const auto other = column(TypeKind::other);
    CHECK(converted(text_value("10.0.0.0/8"), other) == "10.0.0.0/8");
    CHECK(converted(integer_value(5), other) == "5");
    CHECK(converted(real_value(2.5), other) == "2.5");
    CHECK(converted(blob_value("x"), other) == "<blob value does not fit type of the target column> -> text");
  }

  TEST_CASE("empty text and the date 0000-00-00 are NULL only where the owner says so") {
    for (const TypeKind kind :
         {TypeKind::int8, TypeKind::float8, TypeKind::boolean, TypeKind::timestamp, TypeKind::jsonb}) {
      CHECK(converted(text_value(""), column(kind)).ends_with("> -> empty_is_null"));
      CHECK(converted(text_value(""), column(kind, "empty_is_null")) == "NULL");
      CHECK(converted({}, column(kind, "empty_is_null")) == "NULL");
    }
    CHECK(converted(text_value("0000-00-00"), column(TypeKind::date)).ends_with("> -> empty_is_null"));
    CHECK(converted(text_value("0000-00-00 00:00:00"), column(TypeKind::timestamp, "empty_is_null")) ==
          "NULL");
    CHECK(converted(text_value("2024-02-29"), column(TypeKind::date, "empty_is_null")) == "2024-02-29");
    CHECK(misfit(parse_type_rule("empty_is_null"), TypeKind::text).has_value());
    CHECK(misfit(parse_type_rule("empty_is_null"), TypeKind::uuid, true).has_value());
  }
}
