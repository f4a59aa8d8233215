// JSON, and arrays written as JSON.

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "applier/values/json_text.h"
#include "tests/applier/conversions.h"

using namespace sluice::applier;
using namespace sluice::test;

TEST_SUITE("json") {
  TEST_CASE("JSON is told from everything that looks like it") {
    for (const char* good : {"{}", "[]", "null", "true", "0", "-1.5e+3", "1e400", "\"\"", R"("a\n\u00e9\"")",
                             R"({"a":[1,{"b":null}],"c":""})", " [ 1 , 2 ] ", "[[[]]]", R"({"a":{},"b":[]})",
                             R"("\ud83d\ude00")"}) {
      CAPTURE(good);
      CHECK_FALSE(json_fault(good, JsonEscapes::storable).has_value());
    }
    for (const char* bad :
         {"",      " ",   "{",        "]",      "[1,]",    "{\"a\"}",     "{\"a\":1,}", "{a:1}",
          "'a'",   "NaN", "Infinity", "01",     "1.",      ".5",          "+1",         "tru",
          "nullx", "1 2", "\"a",      "\"\t\"", R"("\x")", R"("\u12g4")", "[1}",        "{\"a\":1]"}) {
      CAPTURE(bad);
      CHECK(json_fault(bad, JsonEscapes::any).has_value());
    }
  }

  TEST_CASE("however deep JSON is, checking it takes no stack") {
    constexpr std::size_t kDepth = 1'000'000;
    const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
    CHECK_FALSE(json_fault(deep, JsonEscapes::storable).has_value());
    CHECK(json_fault(deep.substr(1), JsonEscapes::storable).has_value());
  }

  TEST_CASE("what jsonb can't store is refused by name, and json takes it") {
    const auto jsonb = column(TypeKind::jsonb);
    CHECK(converted(text_value(R"({"a":"x\u0000"})"), jsonb) ==
          "<JSON text holds \\u0000, which Postgres can't store as text, at byte 14>");
    for (const char* half : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\u0041")"}) {
      CAPTURE(half);
      CHECK(converted(text_value(half), jsonb).find("one half of a surrogate pair") != std::string::npos);
      CHECK(converted(text_value(half), column(TypeKind::json)) == half);
    }
    CHECK(converted(text_value(R"("\\u0000")"), jsonb) == R"("\\u0000")");
    CHECK(converted(text_value("{'a':1}"), jsonb) == "<text is not JSON, from byte 2 on>");
  }

  TEST_CASE("numbers are JSON, blobs only where the owner says so") {
    const auto jsonb = column(TypeKind::jsonb);
    CHECK(converted(integer_value(5), jsonb) == "5");
    CHECK(converted(real_value(1.5), jsonb) == "1.5");
    CHECK(refused(real_value(std::numeric_limits<double>::infinity()), jsonb));
    CHECK(converted(blob_value("{}"), jsonb) == "<blob value does not fit type jsonb> -> json");
    CHECK(converted(blob_value("{}"), column(TypeKind::jsonb, "json")) == "{}");
    CHECK(refused(blob_value("\x7C\x17"), column(TypeKind::jsonb, "json")));
  }

  TEST_CASE("a JSON array becomes a Postgres array") {
    const auto array = column(TypeKind::array);
    CHECK(converted(text_value("[]"), array) == "{}");
    CHECK(converted(text_value(R"(["a","b c","",null,"NULL"])"), array) == R"({"a","b c","",NULL,"NULL"})");
    CHECK(converted(text_value(R"(["say \"hi\"","back\\slash","{}",",","\u00e9\ud83d\ude00\n"])"), array) ==
          "{\"say \\\"hi\\\"\",\"back\\\\slash\",\"{}\",\",\",\"é😀\n\"}");
    CHECK(converted(text_value("[1, 2.5 ,-3e2, true]"), array) == "{1,2.5,-3e2,true}");
    CHECK(converted(text_value("[[1,2],[3,null]]"), array) == "{{1,2},{3,NULL}}");
    CHECK(converted(text_value(R"([{"a":["}"]},{}])"), array) == R"({"{\"a\":[\"}\"]}","{}"})");
  }

  TEST_CASE("a JSON array that is no rectangle is refused, which Postgres would bend into one") {
    const auto array = column(TypeKind::array);
    for (const char* json :
         {"[[1],[[2]]]", "[[1],[2,3]]", "[1,[2]]", "[[1],2]", "[null,[1]]", "[[[1]],[[2],[3]]]"}) {
      CHECK(refused(text_value(json), array));
    }
    CHECK(converted(text_value(R"([["]",{"a":[1]}],[null,"[" ]])"), array) ==
          R"({{"]","{\"a\":[1]}"},{NULL,"["}})");
  }

  TEST_CASE("text in Postgres's own form of an array passes, anything else is refused") {
    const auto array = column(TypeKind::array);
    CHECK(converted(text_value("{a,b}"), array) == "{a,b}");
    CHECK(refused(text_value("a,b"), array));
    CHECK(refused(text_value(""), array));
    CHECK(converted(text_value("5"), array) == "<text value is neither a JSON array nor in the form {...}>");
    CHECK(refused(text_value(R"(["\u0000"])"), array));
    CHECK(refused(integer_value(5), array));
    CHECK(converted(blob_value("[1]"), array) == "<blob value does not fit type array> -> json");
    CHECK(converted(blob_value("[1]"), column(TypeKind::array, "json")) == "{1}");
  }
}
