#include "capture/change.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace sluice::capture {

TEST_CASE("a key survives encoding bit for bit") {
  const Key key = {std::monostate{},
                   std::int64_t{-5},
                   std::numeric_limits<std::int64_t>::max(),
                   std::numeric_limits<std::int64_t>::min(),
                   0.1,
                   -0.0,
                   std::numeric_limits<double>::infinity(),
                   Text{std::string("a\0b\xff", 4)},
                   Text{},
                   Blob{},
                   Blob{"\x01\x02"}};
  const Key back = decode_key(encode(key));
  CHECK(back == key);
  CHECK(std::signbit(std::get<double>(back[5])));
}

TEST_CASE("an encoded key reads as one word a value") {
  CHECK(encode({std::int64_t{7}, Text{"ab"}, std::monostate{}, Blob{"\x0f"}, 1.0}) ==
        "i7 t6162 n b0f r3ff0000000000000");
  CHECK(encode({}).empty());
}

TEST_CASE("anything that encode does not write is refused") {
  for (const char* text :
       {"x", "i", "i07", "i1 ", " i1", "i1  i2", "t6", "t6G", "tAB", "r3ff", "n1", "i9223372036854775808"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(decode_key(text), std::invalid_argument);
  }
}

TEST_CASE("literals read as SQL and are cut where they are long") {
  CHECK(to_literal(Value{std::monostate{}}) == "NULL");
  CHECK(to_literal(Value{std::int64_t{12}}) == "12");
  CHECK(to_literal(Value{1.0}) == "1.0");
  CHECK(to_literal(Value{1.5}) == "1.5");
  CHECK(to_literal(Value{Text{"it's"}}) == "'it''s'");
  CHECK(to_literal(Value{Blob{std::string("\0\xff", 2)}}) == "x'00ff'");
  CHECK(to_literal(Value{Text{"abcdef"}}, 3) == "'abc…'");
  CHECK(to_literal(Value{Text{"a\xc3\xa9z"}}, 2) == "'a\xc3\xa9…'");
  CHECK(to_literal(Value{Text{"a\xc3\n\x1b"}}) == "'a\\xc3\\n\\x1b'");
  CHECK(to_literal(Key{std::int64_t{7}}) == "7");
  CHECK(to_literal(Key{std::int64_t{1}, Text{"a"}}) == "(1, 'a')");
  CHECK(describe(Key{std::int64_t{1}, Text{"\xc3\xa9"}}) == "(integer, text of 2 bytes)");
}

}  // namespace sluice::capture
