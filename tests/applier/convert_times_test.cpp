// Dates, times of day, moments and durations.

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "tests/applier/conversions.h"

using namespace sluice::applier;
using namespace sluice::test;

namespace {

const auto kTimestamp = column(TypeKind::timestamp);
const auto kTimestamptz = column(TypeKind::timestamptz);
const auto kDate = column(TypeKind::date);

}  // namespace

TEST_SUITE("times") {
  TEST_CASE("every usual shape of ISO text is one moment") {
    const std::pair<const char*, const char*> shapes[] = {
        {"2024-02-29", "2024-02-29 00:00:00"},
        {"2024-02-29 12:30", "2024-02-29 12:30:00"},
        {"2024-02-29T12:30:15", "2024-02-29 12:30:15"},
        {"2024-02-29 12:30:15.5", "2024-02-29 12:30:15.5"},
        {"2024-02-29 12:30:15,123", "2024-02-29 12:30:15.123"},
        {"2024-02-29 12:30:15.123456", "2024-02-29 12:30:15.123456"},
        {"2024-02-29 12:30:15.1234560", "2024-02-29 12:30:15.123456"},
        {"2024-02-29T12:30:15Z", "2024-02-29 12:30:15"},
        {"2024-02-29 12:30:15 UTC", "2024-02-29 12:30:15"},
        {"2024-02-29T12:30:15.5+02:00", "2024-02-29 10:30:15.5"},
        {"2024-02-29 12:30:15 +00:00", "2024-02-29 12:30:15"},
        {"2024-02-29 12:30:15+0200", "2024-02-29 10:30:15"},
        {"2024-02-29 12:30:15-05", "2024-02-29 17:30:15"},
        {"2024-02-29 23:30:00-05:30", "2024-03-01 05:00:00"},
        {"2024-02-29 12:30:15 +0200 CEST", "2024-02-29 10:30:15"},
        {"2024-02-29 12:30:15 +0000 UTC", "2024-02-29 12:30:15"},
        {"2024-02-29 12:30:15.5 +0200 CEST m=+0.012345", "2024-02-29 10:30:15.5"},
        {"2024-02-29 12:30:15 +0300 +03", "2024-02-29 09:30:15"},
        {"2024-02-29 12:30:15 -0330 -0330 m=-1.5", "2024-02-29 16:00:15"},
        {"2024-02-29 12:30:15 +0000 UTC m=+3", "2024-02-29 12:30:15"},
        {"0000-01-01 00:00:00", "0001-01-01 00:00:00 BC"},
        {"9999-12-31T23:59:59-01:00", "10000-01-01 00:59:59"},
        {"infinity", "infinity"},
    };
    for (const auto& shape : shapes) {
      CAPTURE(shape.first);
      CHECK(converted(text_value(shape.first), kTimestamp) == shape.second);
    }
  }

  TEST_CASE("a moment with a zone column says its zone") {
    CHECK(converted(text_value("2024-02-29 12:30:15"), kTimestamptz) == "2024-02-29 12:30:15+00");
    CHECK(converted(text_value("2024-02-29 12:30:15+02:00"), kTimestamptz) == "2024-02-29 10:30:15+00");
    CHECK(converted(text_value("0000-01-01"), kTimestamptz) == "0001-01-01 00:00:00+00 BC");
    CHECK(converted(integer_value(0), column(TypeKind::timestamptz, "unix_s")) == "1970-01-01 00:00:00+00");
  }

  TEST_CASE("text that is no moment is refused, also what means another one tomorrow") {
    for (const char* none : {"",
                             "now",
                             "today",
                             "0000-00-00",
                             "0000-00-00 00:00:00",
                             "2023-02-29",
                             "2024-13-01",
                             "2024-1-31",
                             "2024-02-29 24:00:00",
                             "2024-02-29 12:60:00",
                             "2024-02-29 12:30:60",
                             "2024-02-29 12",
                             "2024-02-29T",
                             "2024-02-29 12:30:15.",
                             "2024-02-29 12:30:15 Europe/Berlin",
                             "2024-02-29 12:30:15+",
                             "2024-02-29 12:30:15+16",
                             "31.01.2024",
                             "Jan 31 2024",
                             "2024-02-29x",
                             "12:30:00",
                             "20240229"}) {
      CAPTURE(none);
      CHECK(refused(text_value(none), kTimestamp));
      CHECK(refused(text_value(none), kTimestamptz));
    }
    CHECK(refused(blob_value("2024-02-29"), kTimestamp));
  }

  TEST_CASE("digits beyond the microsecond are rounded, and that is told") {
    const auto fine = text_value("2024-12-31 23:59:58.9999996");
    CHECK(converted(fine, kTimestamp) == "2024-12-31 23:59:59");
    CHECK(remarks_on(fine, kTimestamp) == kFineTime);
    CHECK(converted(text_value("2024-12-31 12:00:00.1234567"), kTimestamp) == "2024-12-31 12:00:00.123457");
    CHECK(converted(text_value("2024-12-31 12:00:00.123456499"), kTimestamp) == "2024-12-31 12:00:00.123456");
    CHECK(remarks_on(text_value("2024-12-31 12:00:00.123456000"), kTimestamp) == 0);
  }

  TEST_CASE("rounding takes no time into another day, the hour 24 or the year 10000") {
    const auto with = [](TypeKind kind, TypeRule::Kind rule, int modifier = -1) {
      auto made = column(kind);
      made.modifier = modifier;
      made.rule.kind = rule;
      return made;
    };
    const auto last = text_value("2024-06-30 23:59:59.9999999");
    CHECK(converted(last, kTimestamp) == "2024-06-30 23:59:59.999999");
    CHECK(converted(text_value("9999-12-31T23:59:59.9999999Z"), kTimestamptz) ==
          "9999-12-31 23:59:59.999999+00");
    CHECK(converted(text_value("2024-06-30 21:59:59.9999999-02:00"), kTimestamptz) ==
          "2024-06-30 23:59:59.999999+00");
    CHECK(converted(text_value("23:59:59.9999999"), column(TypeKind::time)) == "23:59:59.999999");
    CHECK(converted(real_value(1719791999.9999998), with(TypeKind::timestamp, TypeRule::Kind::unix_s)) ==
          "2024-06-30 23:59:59.999999");
    CHECK(converted(real_value(2460492.499999999), with(TypeKind::timestamp, TypeRule::Kind::julian)) ==
          "2024-06-30 23:59:59.999");
    const auto to_seconds = with(TypeKind::timestamp, TypeRule::Kind::rounded, 0);
    CHECK(converted(text_value("2024-06-30 23:59:59.7"), to_seconds) == "2024-06-30 23:59:59");
    CHECK(converted(text_value("2024-06-30 23:59:58.7"), to_seconds) == "2024-06-30 23:59:58.7");
    CHECK(converted(text_value("23:59:59.9996"), with(TypeKind::time, TypeRule::Kind::rounded, 3)) ==
          "23:59:59.999");
    for (const char* no_midnight : {"2024-06-30 23:59:59.9999999", "2024-06-30 00:00:00.0000001"}) {
      CAPTURE(no_midnight);
      CHECK(refused(text_value(no_midnight), kDate));
    }
    CHECK(refused(real_value(1719791999.9999998), with(TypeKind::date, TypeRule::Kind::unix_s)));
    CHECK(converted(text_value("2024-06-30 00:00:00.0000000"), kDate) == "2024-06-30");
  }

  TEST_CASE("a rule says what numbers count, whatever their storage class") {
    const auto by = [](const char* rule) { return column(TypeKind::timestamp, rule); };
    CHECK(converted(integer_value(5), by("unix_ms")) == "1970-01-01 00:00:00.005");
    CHECK(converted(integer_value(5), by("unix_us")) == "1970-01-01 00:00:00.000005");
    CHECK(converted(integer_value(200'000'000'000), by("unix_s")) == "8307-10-01 19:33:20");
    CHECK(converted(real_value(1700000000.25), by("unix_s")) == "2023-11-14 22:13:20.25");
    CHECK(converted(real_value(1700000000.123456), by("unix_s")) == "2023-11-14 22:13:20.123456");
    CHECK(converted(text_value("1700000000"), by("unix_s")) == "2023-11-14 22:13:20");
    CHECK(converted(text_value("+1.5"), by("unix_s")) == "1970-01-01 00:00:01.5");
    CHECK(refused(text_value("1e400"), by("unix_s")));
    CHECK(converted(text_value("1700000000.5"), by("unix_s")) == "2023-11-14 22:13:20.5");
    CHECK(converted(text_value("2024-02-29T12:00:00Z"), by("unix_ms")) == "2024-02-29 12:00:00");
    CHECK(converted(real_value(2460370.0), by("julian")) == "2024-02-29 12:00:00");
    CHECK(converted(integer_value(2460370), by("julian")) == "2024-02-29 12:00:00");
    CHECK(converted(real_value(2460370.02425926), by("julian")) == "2024-02-29 12:34:56");
    CHECK(converted(real_value(0.0), by("core_data")) == "2001-01-01 00:00:00");
    CHECK(converted(real_value(730900800.5), by("core_data")) == "2024-02-29 12:00:00.5");
    CHECK(converted(integer_value(-1), by("core_data")) == "2000-12-31 23:59:59");
    CHECK(remarks_on(integer_value(5), by("unix_ms")) == 0);
    CHECK(converted(integer_value(5), by("iso")) ==
          "<integer value does not fit type timestamp> -> unix_s, unix_ms or unix_us");
    CHECK(converted(text_value("2024-02-29"), by("iso")) == "2024-02-29 00:00:00");
  }

  TEST_CASE("a real, or a number as text, says nothing of what it counts without a rule") {
    CHECK(converted(real_value(1.5), kTimestamp) ==
          "<real value does not fit type timestamp> -> unix_s, julian or core_data");
    CHECK(converted(text_value("1700000000"), kTimestamp) ==
          "<text value is no date or time in ISO form, as type timestamp takes it> -> unix_s, unix_ms or "
          "unix_us");
  }

  TEST_CASE("a moment outside of the calendar is refused") {
    const auto seconds = column(TypeKind::timestamp, "unix_s");
    CHECK(converted(real_value(1.1e12), seconds) == "<time is outside of the years from 4713 BC to 32766>");
    CHECK(refused(real_value(1e100), seconds));
    CHECK(refused(real_value(std::numeric_limits<double>::infinity()), seconds));
    CHECK(refused(integer_value(std::numeric_limits<std::int64_t>::max()), seconds));
    CHECK(converted(integer_value(900'000'000'000), seconds) == "30489-11-11 16:00:00");
    CHECK(refused(integer_value(-300'000'000'000), column(TypeKind::timestamp, "unix_s")));
    CHECK(converted(integer_value(-62'200'000'000), seconds) == "0003-12-17 14:13:20 BC");
  }

  TEST_CASE("a date takes no time of day with it") {
    CHECK(converted(text_value("2024-02-29"), kDate) == "2024-02-29");
    CHECK(converted(text_value("2024-02-29 00:00:00"), kDate) == "2024-02-29");
    CHECK(converted(text_value("2024-02-29T00:00:00.000Z"), kDate) == "2024-02-29");
    CHECK(converted(text_value("2024-02-29 12:00"), kDate) ==
          "<value with a time of day does not fit type date>");
    CHECK(refused(text_value("2024-02-29T00:00:00+02:00"), kDate));
    CHECK(converted(integer_value(1709164800), column(TypeKind::date, "unix_s")) == "2024-02-29");
    CHECK(refused(integer_value(1709164801), column(TypeKind::date, "unix_s")));
    CHECK(converted(integer_value(1709164800000), column(TypeKind::date, "unix_ms")) == "2024-02-29");
    CHECK(converted(real_value(2460369.5), column(TypeKind::date, "julian")) == "2024-02-29");
  }

  TEST_CASE("a time of day keeps its zone where the column has one") {
    const auto time = column(TypeKind::time);
    const auto timetz = column(TypeKind::timetz);
    CHECK(converted(text_value("12:30"), time) == "12:30:00");
    CHECK(converted(text_value("12:30:15.25"), time) == "12:30:15.25");
    CHECK(converted(text_value("24:00:00"), time) == "24:00:00");
    CHECK(refused(text_value("24:00:01"), time));
    CHECK(refused(text_value("25:00"), time));
    CHECK(refused(text_value("12:30Z"), time));
    CHECK(refused(text_value("2024-02-29 12:30"), time));
    CHECK(refused(integer_value(1), time));
    CHECK(converted(text_value("12:30"), timetz) == "12:30:00+00:00");
    CHECK(converted(text_value("12:30-05:30"), timetz) == "12:30:00-05:30");
    CHECK(converted(text_value("12:30:00 +0200"), timetz) == "12:30:00+02:00");
  }

  TEST_CASE("a time that the column's precision would round is refused, unless the owner lets it be") {
    CHECK(converted(integer_value(1700000000123), column(TypeKind::timestamp, "unix_ms", 3)) ==
          "2023-11-14 22:13:20.123");
    CHECK(converted(text_value("2024-02-29 12:00:00.1234"), column(TypeKind::timestamp, "", 3)) ==
          "<time has more digits after the second than the 3 of the column's type> -> rounded");
    CHECK(refused(text_value("2024-02-29 12:00:00.5"), column(TypeKind::timestamptz, "", 0)));
    CHECK_FALSE(refused(text_value("2024-02-29 12:00:00"), column(TypeKind::timestamptz, "", 0)));
    CHECK_FALSE(refused(text_value("2024-02-29 12:00:00.5"), column(TypeKind::timestamptz, "rounded", 0)));
    CHECK(refused(text_value("12:00:00.5"), column(TypeKind::time, "", 0)));
  }

  TEST_CASE("local times become UTC by the zone's own history") {
    const auto berlin = column(TypeKind::timestamptz, "local:Europe/Berlin");
    CHECK(converted(text_value("2024-07-01 12:00:00"), berlin) == "2024-07-01 10:00:00+00");
    CHECK(converted(text_value("2024-01-01 12:00:00"), berlin) == "2024-01-01 11:00:00+00");
    CHECK(converted(text_value("1945-07-01 12:00:00"), berlin) == "1945-07-01 09:00:00+00");
    CHECK(converted(text_value("2060-07-01 12:00:00"), berlin) == "2060-07-01 10:00:00+00");
    CHECK(converted(text_value("2024-07-01 12:00:00Z"), berlin) == "2024-07-01 12:00:00+00");
    CHECK(converted(text_value("2024-07-01"), column(TypeKind::timestamp, "local:Asia/Kolkata")) ==
          "2024-06-30 18:30:00");
    CHECK(remarks_on(text_value("2024-07-01 12:00:00"), berlin) == 0);
  }

  TEST_CASE("an hour that is there twice is the earlier one, and a skipped one lies as far behind the jump") {
    const auto berlin = column(TypeKind::timestamp, "local:Europe/Berlin");
    const auto twice = text_value("2024-10-27 02:30:00");
    CHECK(converted(twice, berlin) == "2024-10-27 00:30:00");
    CHECK(remarks_on(twice, berlin) == kAmbiguousTime);
    const auto skipped = text_value("2024-03-31 02:30:00");
    CHECK(converted(skipped, berlin) == "2024-03-31 01:30:00");
    CHECK(remarks_on(skipped, berlin) == kSkippedTime);
    CHECK(remarks_on(text_value("2024-03-31 03:00:00"), berlin) == 0);
  }

  TEST_CASE("a duration counts what the rule says, and nothing without one") {
    const auto django = column(TypeKind::interval, "interval_us");
    CHECK(converted(integer_value(93'784'000'005), django) == "26:03:04.000005");
    CHECK(converted(integer_value(-1), django) == "-00:00:00.000001");
    CHECK(converted(text_value("1500000"), django) == "00:00:01.5");
    CHECK(converted(real_value(1.5), column(TypeKind::interval, "interval_s")) == "00:00:01.5");
    CHECK(converted(integer_value(1500), column(TypeKind::interval, "interval_ms")) == "00:00:01.5");
    CHECK(converted(text_value("1 day 02:00"), django) == "1 day 02:00");
    CHECK(converted(integer_value(5), column(TypeKind::interval)) ==
          "<integer value does not fit type interval> -> interval_us, interval_ms or interval_s");
    CHECK(refused(real_value(5), column(TypeKind::interval)));
    CHECK(refused(text_value("5"), column(TypeKind::interval)));
    CHECK(refused(text_value("5.5"), django));
    CHECK(refused(integer_value(std::numeric_limits<std::int64_t>::max()), django));
    CHECK(refused(real_value(1e30), column(TypeKind::interval, "interval_s")));
  }

  TEST_CASE("the durations of .NET are days and a time of day") {
    const auto interval = column(TypeKind::interval);
    CHECK(converted(text_value("1.02:03:04"), interval) == "1 days 02:03:04");
    CHECK(converted(text_value("-10.02:03:04.5"), interval) == "-10 days -02:03:04.5");
    CHECK(remarks_on(text_value("1.02:03:04.0000001"), interval) == kFineTime);
    CHECK(converted(text_value("02:03:04.5"), interval) == "02:03:04.5");
    CHECK(converted(text_value("1.5 hours"), interval) == "1.5 hours");
  }
}
