// Every cell of the table of conversions, sent to a real server both ways and read back: what is emitted is
// what Postgres reads.

#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/values/conversion_table.h"
#include "tests/applier/conversions.h"
#include "tests/applier/fixture.h"

using namespace sluice;
using namespace sluice::test;
using applier::TypeKind;
using capture::Value;

namespace {

const double kInfinity = std::numeric_limits<double>::infinity();
const std::string kBytes = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10";
constexpr const char* kUuid = "01020304-0506-0708-090a-0b0c0d0e0f10";

/// A column of one type under one rule: what goes in, and what Postgres shows of it.
struct Column {
  const char* type;
  const char* rule;
  std::vector<std::pair<Value, std::string>> values;
};

Value i(std::int64_t number) {
  return integer_value(number);
}
Value r(double number) {
  return real_value(number);
}
Value t(std::string bytes) {
  return text_value(std::move(bytes));
}
Value b(std::string bytes) {
  return blob_value(std::move(bytes));
}

std::vector<Column> numbers() {
  return {
      {"boolean",
       "",
       {{i(0), "false"}, {i(1), "true"}, {t("YES"), "true"}, {t("off"), "false"}, {{}, "NULL"}}},
      {"smallint", "", {{i(-32768), "-32768"}, {r(3), "3"}, {t("3.0"), "3"}}},
      {"integer", "", {{i(2147483647), "2147483647"}, {r(-3), "-3"}, {t("+42"), "42"}}},
      {"bigint",
       "",
       {{i(std::numeric_limits<std::int64_t>::max()), "9223372036854775807"},
        {r(1e15), "1000000000000000"},
        {t("-9223372036854775808"), "-9223372036854775808"}}},
      {"real",
       "",
       {{i(16777216), "1.6777216e+07"}, {r(0.1), "0.1"}, {r(kInfinity), "Infinity"}, {t("19.99"), "19.99"}}},
      {"real", "rounded", {{r(0.1 + 0.2), "0.3"}}},
      {"double precision",
       "",
       {{i(5), "5"},
        {r(0.1 + 0.2), "0.30000000000000004"},
        {r(5e-324), "5e-324"},
        {r(std::numeric_limits<double>::max()), "1.7976931348623157e+308"},
        {r(-kInfinity), "-Infinity"},
        {r(-0.0), "-0"},
        {t("nan"), "NaN"},
        {t("+1.5"), "1.5"}}},
      {"numeric",
       "",
       {{i(-1), "-1"},
        {r(0.1 + 0.2), "0.30000000000000004"},
        {r(1e20), "100000000000000000000"},
        {t("123456789012345678901234567890.5"), "123456789012345678901234567890.5"},
        {t("1e3"), "1000"},
        {t("NaN"), "NaN"}}},
      {"numeric(10,2)", "", {{i(7), "7.00"}, {r(19.99), "19.99"}, {t("-0.500"), "-0.50"}}},
      {"numeric(10,2)", "rounded", {{r(3 * 6.1), "18.30"}, {t("1.005"), "1.01"}}},
      {"price", "", {{r(19.99), "19.99"}}},
  };
}

std::vector<Column> texts() {
  return {
      {"text",
       "",
       {{i(-5), "-5"}, {r(2), "2.0"}, {r(1e20), "1.0e+20"}, {t(""), ""}, {t("a\t\\N\n'é"), "a\t\\N\n'é"}}},
      {"text", "text", {{b("bytes"), "bytes"}}},
      {"varchar(3)", "", {{t("äöü"), "äöü"}, {i(123), "123"}, {t("a  "), "a  "}}},
      {"char(3)", "", {{t("ab"), "ab"}}},
      {"bytea",
       "",
       {{b(""), "\\x"},
        {b(std::string("\0\xff", 2)), "\\x00ff"},
        {t("ab"), "\\x6162"},
        {t("\\x41"), "\\x5c783431"}}},
      {"uuid",
       "",
       {{b(kBytes), kUuid},
        {t(kUuid), kUuid},
        {t("0102030405060708090A0B0C0D0E0F10"), kUuid},
        {t("{" + std::string(kUuid) + "}"), kUuid}}},
      {"uuid", "uuid_dotnet", {{b(kBytes), "04030201-0605-0807-090a-0b0c0d0e0f10"}}},
      {"json", "", {{i(5), "5"}, {r(1.5), "1.5"}, {t(R"({"a": "\ud83d"})"), R"({"a": "\ud83d"})"}}},
      {"json", "json", {{b("[]"), "[]"}}},
      {"jsonb",
       "",
       {{i(5), "5"},
        {r(2), "2.0"},
        {t(R"({"b":[1e2,null],"a":"\ud83d\ude00"})"), R"({"a": "😀", "b": [100, null]})"},
        {t(R"("\\u0000")"), R"("\\u0000")"}}},
      {"jsonb", "text", {{b("{}"), "{}"}}},
      {"text[]",
       "",
       {{t(R"(["a","b c",null,"NULL","say \"hi\"\\",""])"), R"({a,"b c",NULL,"NULL","say \"hi\"\\",""})"},
        {t("[]"), "{}"},
        {t("{x,y}"), "{x,y}"},
        {t(R"([["a","b"],["c","d"]])"), "{{a,b},{c,d}}"},
        {t(R"([{"a":["}"]}])"), R"({"{\"a\":[\"}\"]}"})"}}},
      {"integer[]", "", {{t("[1, -2,null]"), "{1,-2,NULL}"}}},
      {"boolean[]", "json", {{b("[true,false]"), "{t,f}"}}},
      {"jsonb[]", "", {{t(R"([{"a":1},"2"])"), R"({"{\"a\": 1}",2})"}}},
      {"mood", "", {{t("happy"), "happy"}}},
      {"percent", "", {{i(50), "50"}, {t("50.0"), "50"}}},
      {"inet", "", {{t("10.0.0.1/8"), "10.0.0.1/8"}}},
      {"int4range", "", {{t("[1,5)"), "[1,5)"}}},
      {"oid", "", {{i(5), "5"}}},
      {"money", "", {{r(2.5), "$2.50"}}},
      {"point", "text", {{b("(1,2)"), "(1,2)"}}},
  };
}

std::vector<Column> times() {
  return {
      {"date",
       "",
       {{t("2024-02-29"), "2024-02-29"},
        {t("2024-02-29T00:00:00Z"), "2024-02-29"},
        {t("0000-02-29"), "0001-02-29 BC"},
        {t("-infinity"), "-infinity"}}},
      {"date", "julian", {{r(2460369.5), "2024-02-29"}}},
      {"date", "unix_s", {{i(1709164800), "2024-02-29"}}},
      {"time", "", {{t("12:30"), "12:30:00"}, {t("24:00"), "24:00:00"}, {t("01:02:03.5"), "01:02:03.5"}}},
      {"timetz", "", {{t("12:30"), "12:30:00+00"}, {t("12:30 -05:30"), "12:30:00-05:30"}}},
      {"timestamp",
       "",
       {{t("2024-02-29 12:00:00.5+02:00"), "2024-02-29 10:00:00.5"},
        {t("2024-02-29 23:59:59.9999999"), "2024-02-29 23:59:59.999999"},
        {t("0000-12-31T23:00:00-02:00"), "0001-01-01 01:00:00"},
        {t("0000-01-01 12:00"), "0001-01-01 12:00:00 BC"}}},
      {"timestamp", "unix_ns", {{i(1700000000123456789), "2023-11-14 22:13:20.123457"}}},
      {"timestamp", "core_data", {{r(730900800.5), "2024-02-29 12:00:00.5"}}},
      {"timestamptz",
       "",
       {{t("2024-02-29 12:00:00"), "2024-02-29 12:00:00+00"},
        {t("2024-02-29 12:00:00.25 +0200 CEST"), "2024-02-29 10:00:00.25+00"},
        {t("0000-01-01"), "0001-01-01 00:00:00+00 BC"},
        {t("9999-12-31 23:59:59-01"), "10000-01-01 00:59:59+00"},
        {t("infinity"), "infinity"}}},
      {"timestamptz",
       "unix_ms",
       {{i(900'000'000'000'000), "30489-11-11 16:00:00+00"}, {r(0.5), "1970-01-01 00:00:00.0005+00"}}},
      {"timestamptz", "julian", {{r(0), "4714-11-24 12:00:00+00 BC"}}},
      {"timestamptz", "local:Europe/Berlin", {{t("2024-10-27 02:30:00"), "2024-10-27 00:30:00+00"}}},
      {"timestamp(0)", "rounded", {{t("2024-02-29 12:00:00.6"), "2024-02-29 12:00:01"}}},
      {"interval",
       "",
       {{t("1 day 02:03"), "1 day 02:03:00"}, {t("P1M"), "1 mon"}, {t("02:03:04.5"), "02:03:04.5"}}},
      {"interval", "", {{t("-1.02:03:04.5"), "-1 days -02:03:04.5"}}},
      {"integer", "empty_is_null", {{t(""), "NULL"}}},
      {"interval",
       "interval_us",
       {{i(93'784'000'005), "26:03:04.000005"}, {i(-1), "-00:00:00.000001"}, {r(1.0), "00:00:00.000001"}}},
  };
}

std::vector<Column> all_columns() {
  std::vector<Column> columns = numbers();
  for (auto more : {texts(), times()}) columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

constexpr const char* kTypes =
    "CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE DOMAIN price AS numeric(10,2);"
    "CREATE DOMAIN percent AS integer CHECK (VALUE BETWEEN 0 AND 100);";

std::string table_name(std::size_t number) {
  return "values_" + std::to_string(number);
}

std::string ddl(const std::vector<Column>& columns) {
  std::string sql = kTypes;
  for (std::size_t n = 0; n < columns.size(); ++n)
    sql += "CREATE TABLE " + table_name(n) + " (id bigint PRIMARY KEY, v " + columns[n].type + ");";
  return sql;
}

std::vector<capture::SourceTable> sources(const std::vector<Column>& columns) {
  std::vector<capture::SourceTable> tables;
  for (std::size_t n = 0; n < columns.size(); ++n)
    tables.push_back(source_table(static_cast<capture::TableId>(n), table_name(n), {"id", "v"}));
  return tables;
}

std::vector<capture::TableChanges> rows(const std::vector<Column>& columns) {
  std::vector<capture::TableChanges> all;
  for (std::size_t n = 0; n < columns.size(); ++n) {
    std::vector<capture::KeyState> keys;
    for (const auto& value : columns[n].values)
      keys.push_back(there({integer(static_cast<std::int64_t>(keys.size())), value.first}));
    all.push_back(changes(static_cast<capture::TableId>(n), std::move(keys)));
  }
  return all;
}

void give_rules(TargetFixture& target, const std::vector<Column>& columns) {
  for (auto& table : target.plan.tables) {
    const char* rule = columns[static_cast<std::size_t>(table.source.id)].rule;
    auto& column = table.columns.back();
    column.rule = *rule ? applier::parse_type_rule(rule) : applier::TypeRule{};
    REQUIRE_FALSE(applier::misfit(column.rule, column.kind).has_value());
  }
}

/// The values as Postgres shows them, each in a line, marked by its place.
std::string shown(const TargetFixture& target, const std::vector<Column>& columns) {
  std::string sql = "SET TimeZone = 'UTC'; SET lc_monetary = 'C'; ";
  for (std::size_t n = 0; n < columns.size(); ++n) {
    sql += (n ? " UNION ALL " : "") + std::string("SELECT ") + std::to_string(n) +
           " AS n, id, coalesce(v::text, 'NULL') FROM " + table_name(n);
  }
  return target.query(sql + " ORDER BY 1, 2");
}

std::string expected(const std::vector<Column>& columns) {
  std::string lines;
  for (std::size_t n = 0; n < columns.size(); ++n) {
    for (std::size_t id = 0; id < columns[n].values.size(); ++id)
      lines += std::to_string(n) + "|" + std::to_string(id) + "|" + columns[n].values[id].second + "\n";
  }
  return lines;
}

using Cell = std::pair<TypeKind, std::size_t>;  // a type and the index of a storage class in Value

/// The cells that are refusals whatever the rule, and those that are not.
bool takes(const applier::TypeConversions& to, std::size_t storage_class) {
  const bool convert[] = {true, to.integer.convert != nullptr, to.real.convert != nullptr,
                          to.text.convert != nullptr, to.blob.convert != nullptr};
  return convert[storage_class];
}

}  // namespace

TEST_SUITE("values on a server") {
  TEST_CASE("every value arrives as what it was, whichever way it is sent") {
    const auto columns = all_columns();
    for (const bool large : {false, true}) {
      CAPTURE(large);
      TargetFixture target(ddl(columns), sources(columns));
      give_rules(target, columns);
      target.apply(rows(columns), large);
      CHECK(shown(target, columns) == expected(columns));
    }
  }

  TEST_CASE("every cell of the table is among them, or a refusal") {
    const auto columns = all_columns();
    TargetFixture target(ddl(columns), sources(columns));
    std::set<Cell> sent;
    for (const auto& table : target.plan.tables) {
      for (const auto& value : columns[static_cast<std::size_t>(table.source.id)].values)
        sent.emplace(table.columns.back().kind, value.first.index());
    }
    const Value samples[] = {{}, i(1), r(1.5), t("x"), b("x")};
    for (int number = 0; number <= static_cast<int>(TypeKind::other); ++number) {
      const auto kind = static_cast<TypeKind>(number);
      for (std::size_t storage_class = 1; storage_class < std::size(samples); ++storage_class) {
        CAPTURE(applier::name_of(kind));
        CAPTURE(storage_class);
        const bool is_taken = takes(applier::conversions_to(kind), storage_class);
        CHECK(is_taken == sent.contains({kind, storage_class}));
        if (!is_taken) CHECK(refused(samples[storage_class], column(kind)));
      }
    }
  }

  TEST_CASE("a value that does not fit names column and rule, and a value that fits then goes in") {
    TargetFixture target("CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz)",
                         {source_table(1, "event", {"id", "at"})});
    const auto apply = [&](Value value) {
      target.apply({changes(1, {there({integer(1), std::move(value)})})}, false);
    };
    try {
      apply(r(1.5));
      FAIL("the value was accepted");
    } catch (const applier::ApplyError& error) {
      CHECK(error.column == "at");
      CHECK(error.key == "1");
      CHECK(std::string(error.what()).find("real value does not fit type timestamptz") != std::string::npos);
      CHECK(error.hint.ends_with("set tables.rules.event.types.at to unix_s, julian or core_data"));
    }
    target.plan.tables.front().columns.back().rule = applier::parse_type_rule("unix_s");
    apply(r(1.5));
    CHECK(target.query("SET TimeZone = 'UTC'; SELECT at FROM event") == "1970-01-01 00:00:01.5+00\n");
  }
}
