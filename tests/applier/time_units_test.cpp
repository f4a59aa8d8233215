// What numbers in columns of times count: proven by the column, never by one value.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "applier/values/time_units.h"
#include "tests/applier/conversions.h"

using namespace sluice::applier;
using namespace sluice::test;

namespace {

using Kind = TypeRule::Kind;

std::string proven(std::initializer_list<std::int64_t> numbers) {
  UnitProof proof;
  for (const auto number : numbers) proof.note(number);
  const auto unit = proof.unit();
  return unit ? std::string(word_of(*unit)) : "";
}

ColumnType counting(Kind unit, TypeKind kind = TypeKind::timestamp) {
  ColumnType type = column(kind);
  type.unit = unit;
  return type;
}

constexpr std::int64_t kNever = 253'402'214'400;  ///< 9999-12-31, in seconds

}  // namespace

TEST_SUITE("units") {
  TEST_CASE("numbers prove the one unit in which all of them are times") {
    CHECK(proven({1'700'000'000, 1'700'000'100}) == "unix_s");
    CHECK(proven({1'700'000'000'000, 1'600'000'000'000, 0}) == "unix_ms");
    CHECK(proven({1'700'000'000'000'000, 1'600'000'000'000'000}) == "unix_us");
    CHECK(proven({1'700'000'000'000'000'000, 1'600'000'000'000'000'000}) == "unix_ns");
    CHECK(proven({13'300'000'000'000'000, 13'400'000'000'000'000}) == "webkit");
    CHECK(proven({133'000'000'000'000'000, 134'000'000'000'000'000}) == "filetime");
    CHECK(proven({638'000'000'000'000'000, 639'000'000'000'000'000}) == "dotnet_ticks");
  }

  TEST_CASE("what lies around 1970 or never comes is of the unit of its neighbours") {
    CHECK(proven({478'742'400'000, 42'249'600'000, -18'576'000'000}) == "unix_ms");
    CHECK(proven({1'700'000'000'000, kNever * 1000}) == "unix_ms");
    CHECK(proven({1'700'000'000, kNever}) == "unix_s");
    CHECK(proven({1'700'000'000, -62'135'596'800}) == "unix_s");  // the first moment of .NET
    CHECK(converted(integer_value(kNever * 1000), counting(Kind::unix_ms)) == "9999-12-31 00:00:00");
    CHECK(converted(integer_value(86'400'000), counting(Kind::unix_ms)) == "1970-01-02 00:00:00");
    CHECK(converted(integer_value(-1), counting(Kind::unix_s)) == "1969-12-31 23:59:59");
  }

  TEST_CASE("too few numbers, and numbers that are something else, prove nothing") {
    CHECK(proven({}) == "");
    CHECK(proven({0}) == "");
    CHECK(proven({1'700'000'000'000}) == "");
    CHECK(proven({1'700'000'000'000, 1'700'000'000'000}) == "");
    CHECK(proven({1'700'000'000, 1'700'000'000'000}) == "");  // of two units
    CHECK(proven({20'240'102, 20'231'231}) == "");
    CHECK(proven({202'401'021'530, 202'312'312'359}) == "");
    CHECK(proven({20'240'102'153'000, 20'231'231'235'959}) == "");
    CHECK(proven({45'292, 45'300}) == "");
    CHECK(proven({2024, 2023}) == "");
    CHECK(proven({2'460'311, 2'460'312}) == "");
    CHECK(proven({700'000'000, 710'000'000}) == "");  // since 1970 or since 2001
    CHECK(proven({1, 2, 3}) == "");
    CHECK(proven({-1, -1'700'000'000}) == "");
    CHECK(proven({std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) == "");
  }

  TEST_CASE("a number that speaks against its column's unit is refused, and the rules are named") {
    CHECK(contradicts(Kind::unix_ms, 1'700'000'000));
    CHECK(contradicts(Kind::unix_s, 1'700'000'000'000));
    CHECK(contradicts(Kind::unix_s, 20'240'102));
    CHECK(contradicts(Kind::unix_s, 45'292));
    CHECK(contradicts(Kind::unix_s, 2024));
    CHECK(contradicts(Kind::unix_ms, 1'700'000'000'000'000));
    CHECK(contradicts(Kind::unix_us, 1'700'000'000'000));
    CHECK(contradicts(Kind::core_data, 1'700'000'000));
    CHECK(contradicts(Kind::unix_s, std::numeric_limits<std::int64_t>::min()));
    CHECK_FALSE(contradicts(Kind::core_data, 800'000'000));
    CHECK_FALSE(contradicts(Kind::core_data, -900'000'000));
    CHECK_FALSE(contradicts(Kind::unix_ms, 0));
    CHECK(converted(integer_value(1'700'000'000), counting(Kind::unix_ms)) ==
          "<number makes little sense as unix_ms, the unit that its column has been found to have> -> "
          "unix_s (2023-11-14 22:13:20), unix_ms (1970-01-20 16:13:20) or unix_us (1970-01-01 00:28:20)");
    CHECK(refused(real_value(1'700'000'000.5), counting(Kind::unix_ms)));
    // What the owner declares is so.
    CHECK(converted(integer_value(1'700'000'000), column(TypeKind::timestamp, "unix_ms")) ==
          "1970-01-20 16:13:20");
  }

  TEST_CASE("without a unit a number is refused, and the rules are named with what they would make of it") {
    CHECK(converted(integer_value(1'700'000'000'000), column(TypeKind::timestamp)) ==
          "<number in a column of type timestamp, and nothing proves what it counts> -> unix_ms (2023-11-14 "
          "22:13:20) or unix_us (1970-01-20 16:13:20)");
    CHECK(converted(integer_value(1'700'000'000'000), column(TypeKind::timestamptz, "rounded")).front() ==
          '<');
    CHECK(converted(integer_value(20'240'102), column(TypeKind::date)).front() == '<');
  }

  TEST_CASE("a unit says nothing where a rule does, and nothing of text in ISO form") {
    auto ruled = column(TypeKind::timestamp, "unix_s");
    ruled.unit = Kind::unix_ms;
    CHECK(converted(integer_value(5), ruled) == "1970-01-01 00:00:05");
    CHECK(converted(text_value("2024-02-29T12:00:00Z"), counting(Kind::unix_ms)) == "2024-02-29 12:00:00");
    CHECK(converted(text_value("1700000000000"), counting(Kind::unix_ms)) == "2023-11-14 22:13:20");
  }

  TEST_CASE("a file of a known kind says what its numbers count") {
    CHECK(unit_by_convention({"User", "_prisma_migrations"}) == Kind::unix_ms);
    CHECK(unit_by_convention({"ZNOTE", "Z_METADATA", "Z_PRIMARYKEY"}) == Kind::core_data);
    CHECK_FALSE(unit_by_convention({"ZNOTE", "Z_METADATA"}));
    CHECK_FALSE(unit_by_convention({}));
  }

  TEST_CASE("parts of a microsecond are rounded within their day, and dates take none") {
    const auto ns = column(TypeKind::timestamp, "unix_ns");
    CHECK(converted(integer_value(1'700'000'000'123'456'789), ns) == "2023-11-14 22:13:20.123457");
    CHECK(converted(integer_value(-1), ns) == "1969-12-31 23:59:59.999999");
    CHECK(converted(integer_value(638'396'640'000'000'000), column(TypeKind::date, "dotnet_ticks")) ==
          "2024-01-01");
    CHECK(refused(integer_value(638'396'640'000'000'001), column(TypeKind::date, "dotnet_ticks")));
    CHECK(converted(integer_value(3'155'378'975'999'999'999), column(TypeKind::timestamp, "dotnet_ticks")) ==
          "9999-12-31 23:59:59.999999");
    CHECK(converted(integer_value(0), column(TypeKind::timestamp, "dotnet_ticks")) == "0001-01-01 00:00:00");
    CHECK(converted(integer_value(133'485'408'000'000'000), column(TypeKind::timestamp, "filetime")) ==
          "2024-01-01 00:00:00");
    CHECK(converted(integer_value(13'348'540'800'000'000), column(TypeKind::timestamp, "webkit")) ==
          "2024-01-01 00:00:00");
  }

  TEST_CASE("whatever times a column holds, what is proven of its numbers is true") {
    const char* given = std::getenv("SLUICE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
    MESSAGE("units: seed " << seed << " (again with SLUICE_SEED=" << seed << ")");
    std::mt19937_64 random(seed);
    struct Clock {
      Kind rule;
      std::int64_t per_second;
      std::int64_t epoch;  ///< in seconds since 1970
    };
    // Written down apart from the program's own table.
    const std::array<Clock, 7> clocks{{{Kind::unix_s, 1, 0},
                                       {Kind::unix_ms, 1'000, 0},
                                       {Kind::unix_us, 1'000'000, 0},
                                       {Kind::unix_ns, 1'000'000'000, 0},
                                       {Kind::webkit, 1'000'000, -11'644'473'600},
                                       {Kind::filetime, 10'000'000, -11'644'473'600},
                                       {Kind::dotnet_ticks, 10'000'000, -62'135'596'800}}};
    int proofs = 0;
    for (int history = 0; history < 20'000; ++history) {
      const Clock& clock = clocks[random() % clocks.size()];
      const std::int64_t from = -3'000'000'000 + static_cast<std::int64_t>(random() % 6'000'000'000);
      const std::int64_t span = 1 + static_cast<std::int64_t>(random() % 1'000'000'000);
      UnitProof proof;
      std::vector<std::int64_t> seconds;
      for (int i = 0; i < 8; ++i) {
        const std::int64_t at = from + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span));
        // Before there were clocks of that kind a nanosecond looks like what Windows counts.
        if (clock.rule == Kind::unix_ns && at < 800'000'000) continue;
        seconds.push_back(at);
        proof.note((at - clock.epoch) * clock.per_second);
      }
      const auto unit = proof.unit();
      // Where nothing is further from 1970 than half a year, a coarser unit would spread it over the
      // centuries.
      const bool far = std::ranges::any_of(seconds, [](auto at) { return std::abs(at) > 16'000'000; });
      if (!unit || !far) continue;
      ++proofs;
      CAPTURE(from);
      CAPTURE(span);
      CAPTURE(word_of(clock.rule));
      REQUIRE(word_of(*unit) == word_of(clock.rule));
      for (const auto at : seconds) {
        const std::int64_t number = (at - clock.epoch) * clock.per_second;
        REQUIRE_FALSE(contradicts(*unit, number));
        REQUIRE(converted(integer_value(number), counting(*unit)) ==
                converted(integer_value(at), column(TypeKind::timestamp, "unix_s")));
      }
    }
    CHECK(proofs > 5'000);
  }

  TEST_CASE("the page shows every form of a time, and what becomes of it") {
    struct Form {
      const char* written;
      sluice::capture::Value value;
      const char* rule;
    };
    const std::vector<Form> forms{
        {"`2024-02-29`", text_value("2024-02-29"), ""},
        {"`2024-02-29 12:30:15`", text_value("2024-02-29 12:30:15"), ""},
        {"`2024-02-29T12:30:15.123456789Z`", text_value("2024-02-29T12:30:15.123456789Z"), ""},
        {"`2024-02-29T12:30:15+02:00`", text_value("2024-02-29T12:30:15+02:00"), ""},
        {"`2024-02-29 12:30:15 +0200 CEST m=+0.5` (Go)", text_value("2024-02-29 12:30:15 +0200 CEST m=+0.5"),
         ""},
        {"`2024-02-29 12:30:15 +0200 +0200` (Go)", text_value("2024-02-29 12:30:15 +0200 +0200"), ""},
        {"`2024-02-29 12:30:15` in Berlin", text_value("2024-02-29 12:30:15"), "local:Europe/Berlin"},
        {"`12:30:15`", text_value("12:30:15"), ""},
        {"`now`", text_value("now"), ""},
        {"1709164800", integer_value(1709164800), "unix_s"},
        {"1709209815.5", real_value(1709209815.5), "unix_s"},
        {"1709209815123", integer_value(1709209815123), "unix_ms"},
        {"1709209815123456", integer_value(1709209815123456), "unix_us"},
        {"1709209815123456789", integer_value(1709209815123456789), "unix_ns"},
        {"2460370.5", real_value(2460370.5), "julian"},
        {"730902615.5", real_value(730902615.5), "core_data"},
        {"13353683415123456", integer_value(13353683415123456), "webkit"},
        {"133536834151234567", integer_value(133536834151234567), "filetime"},
        {"638448066151234567", integer_value(638448066151234567), "dotnet_ticks"},
        {"1709209815, nothing proven", integer_value(1709209815), ""},
        {"20240229, 45351 or 2024", integer_value(20240229), ""},
    };
    std::string table =
        "| in SQLite | rule, or proven unit | date | timestamp | timestamptz | time |\n"
        "|---|---|---|---|---|---|\n";
    for (const auto& form : forms) {
      table += std::string("| ") + form.written + " | " +
               (*form.rule ? "`" + std::string(form.rule) + "`" : "") + " |";
      for (const auto kind : {TypeKind::date, TypeKind::timestamp, TypeKind::timestamptz, TypeKind::time}) {
        const bool fits = !misfit(*form.rule ? parse_type_rule(form.rule) : TypeRule{}, kind);
        const std::string made = fits ? converted(form.value, column(kind, form.rule)) : "<";
        table += " " + (made.starts_with('<') ? "refused" : "`" + made + "`") + " |";
      }
      table += "\n";
    }
    std::ifstream stream(TYPES_FILE);
    const std::string page(std::istreambuf_iterator<char>(stream), {});
    INFO("the table as it is:\n" << table);
    CHECK(page.find("<!-- times -->\n" + table + "<!-- /times -->") != std::string::npos);
  }
}
