#include "daemon/base/units.h"

#include <doctest/doctest.h>

#include <limits>

using namespace sluice::daemon;
using namespace std::chrono_literals;

TEST_CASE("durations read back as they were printed") {
  for (const auto value : {0ms, 1ms, 250ms, 1000ms, 1500ms, 60'000ms, 61'000ms, 3'600'000ms, 90'000'000ms}) {
    CAPTURE(value.count());
    CHECK(parse_duration(print_duration(value)) == value);
  }
  CHECK(print_duration(250ms) == "250ms");
  CHECK(print_duration(10s) == "10s");
  CHECK(print_duration(5min) == "5m");
  CHECK(print_duration(1h) == "1h");
  CHECK(print_duration(0ms) == "0ms");
}

TEST_CASE("sizes read back as they were printed") {
  for (const std::int64_t value : {0LL, 1LL, 1023LL, 1024LL, 1025LL, 32LL << 20, 3LL << 30, 1LL << 40}) {
    CAPTURE(value);
    CHECK(parse_size(print_size(value)) == value);
  }
  CHECK(print_size(32 << 20) == "32MiB");
}

TEST_CASE("a duration without a known unit is refused") {
  for (const char* text : {"", "10", "s", "-1s", "+1s", "1.5s", "10 s", " 10s", "10s ", "10S", "10sec",
                           "10 parsecs", "1d", "99999999999999999999s", "9223372036854775807h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a size without a known unit is refused") {
  for (const char* text :
       {"", "10", "MiB", "-1MiB", "1.5MiB", "10 MiB", "10MB", "10mib", "10M", "99999999TiB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("a count is digits only and must fit") {
  CHECK(parse_count("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", "-1", "1e6", "1_000", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_count(text));
  }
}
