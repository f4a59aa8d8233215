// SQLite's schema in the words of Postgres: tables of what goes in and what comes out.

#include <doctest/doctest.h>

#include "applier/design/default_value.h"
#include "applier/design/sqlite_expression.h"
#include "applier/design/table_ddl.h"
#include "applier/design/type_choice.h"
#include "applier/values/names.h"

using namespace sluice;
using namespace sluice::applier;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::optional<KnownColumn> column(std::string_view name) {
  if (name == "n") return KnownColumn{"\"n\"", TypeKind::int8, false};
  if (name == "x") return KnownColumn{"\"x\"", TypeKind::float8, false};
  if (name == "t" || name == "T T") return KnownColumn{"\"t\"", TypeKind::text, true};
  if (name == "mixed") return KnownColumn{"\"mixed\"", TypeKind::text, false};
  if (name == "b") return KnownColumn{"\"b\"", TypeKind::boolean, false};
  if (name == "d" || name == "e") return KnownColumn{"\"" + std::string(name) + "\"", TypeKind::date, false};
  if (name == "at") return KnownColumn{"\"at\"", TypeKind::timestamp, false};
  if (name == "j") return KnownColumn{"\"j\"", TypeKind::jsonb, false};
  return std::nullopt;
}

/// The translation, or why there is none.
std::string condition(const std::string& text) {
  try {
    return translated_condition(text, column);
  } catch (const Untranslatable&) {
    return "";
  }
}

std::string default_of(const std::string& text, const std::string& type) {
  try {
    return translated_default(text, type, {});
  } catch (const Untranslatable&) {
    return "left out";
  }
}

std::string type_of(const char* declared, const capture::Row& values, bool in_key = false) {
  TypeChoice choice(declared, {}, in_key);
  for (const auto& value : values) choice.note(value);
  return choice.type();
}

capture::Value text(const char* bytes) {
  return capture::Text{bytes};
}

capture::Value integer(std::int64_t value) {
  return value;
}

const capture::Value kBlob = capture::Blob{"\x01"};

}  // namespace

TEST_SUITE("design") {
  TEST_CASE("conditions that surely mean the same are translated") {
    const Pairs cases = {
        {"n > 0", R"("n" > 0)"},
        {"n>=0 and n<10", R"(("n" >= 0) AND ("n" < 10))"},
        {"n == 1 OR n != 2", R"(("n" = 1) OR ("n" <> 2))"},
        {"NOT n IS NULL", R"(NOT ("n" IS NULL))"},
        {"n NOTNULL AND t NOT NULL", R"(("n" IS NOT NULL) AND ("t" IS NOT NULL))"},
        {"n BETWEEN 1 AND -5", R"(("n" >= 1) AND ("n" <= (-5)))"},
        {"n + 1 > x * 2", R"((("n" + 1)) > (("x" * 2)))"},
        {"n", R"(("n" <> 0))"},
        {"b", R"("b")"},
        {"b = 1", R"("b" = true)"},
        {"b IN (0, 1)", R"("b" IN (false, true))"},
        {"(n IS NULL) + (t IS NULL) = 1", ""},
        {"t IN ('a', 'b''c')", R"("t" IN ('a', 'b''c'))"},
        {"[T T] = 'a'", R"("t" = 'a')"},
        {"t < 'm'", R"(("t" COLLATE "C") < 'm')"},
        {"length(trim(t)) > 2", R"(length(btrim("t")) > 2)"},
        {"lower(t) = t", R"(lower("t" COLLATE "C") = "t")"},
        {"t LIKE 'A%_'", R"(lower("t" COLLATE "C") LIKE 'a%_' ESCAPE '')"},
        {"t NOT GLOB '[0-9]*.x'", R"(NOT ("t" COLLATE "C" ~ E'^[0-9].*\\.x$'))"},
        {"coalesce(n, 0) >= 0", R"(coalesce("n", 0) >= 0)"},
        {"n IS NOT 3", R"("n" IS DISTINCT FROM 3)"},
        {"d <= e AND d > '2020-01-01'", R"(("d" <= "e") AND ("d" > '2020-01-01'))"},
        {"CASE WHEN n > 0 THEN t IS NOT NULL ELSE 1 = 1 END",
         R"(CASE WHEN ("n" > 0) THEN ("t" IS NOT NULL) ELSE (1 = 1) END)"},
        {"j IS NOT NULL /* that's all */", R"("j" IS NOT NULL)"},
        {"substr(t, 1, 2) = 'ab' -- the start", R"(substr("t", 1, 2) = 'ab')"},
    };
    for (const auto& [given, expected] : cases) {
      if (expected.empty()) continue;
      const std::string& shown = given;
      CAPTURE(shown);
      std::string result = condition(given);
      // Parentheses may be more than are needed.
      const auto without = [](std::string sql) {
        std::erase(sql, '(');
        std::erase(sql, ')');
        return sql;
      };
      CHECK(without(result) == without(expected));
    }
  }

  TEST_CASE("conditions that may mean something else are left out") {
    for (const char* given : {"n = '5'",
                              "t > 5",
                              "mixed = 'a'",
                              "at > '2020-01-01'",
                              "at < at",
                              "json_valid(j)",
                              "random() > 0",
                              "n / 2 = 1",
                              "n % 2 = 0",
                              "typeof(n) = 'integer'",
                              "t REGEXP 'a'",
                              "t MATCH 'a'",
                              "nobody = 1",
                              "t = 'a' COLLATE NOCASE",
                              "n IN (SELECT 1)",
                              "t LIKE t",
                              "t LIKE 'a' ESCAPE 'b'",
                              "n & 1",
                              "0x10 = n",
                              "substr(t, -1) = 'a'",
                              "t || n = 'a'",
                              "max(n, 1) > 0",
                              "n >",
                              "(n",
                              "'open",
                              "n IS DISTINCT FROM 1",
                              "t->>'$.a' = 'b'",
                              "CAST(n AS TEXT) = '1'",
                              "t",
                              "b + 1 > t"}) {
      CAPTURE(given);
      CHECK(condition(given) == "");
    }
  }

  TEST_CASE("precedence survives: what is nested stays in parentheses") {
    CHECK(condition("(n > 0 OR b) AND t = 'a'") == R"((("n" > 0) OR "b") AND ("t" = 'a'))");
    CHECK(condition("n * (n + 1) = 2") == R"(("n" * ("n" + 1)) = 2)");
    CHECK(condition("NOT (n = 1 AND b)") == R"(NOT (("n" = 1) AND "b"))");
    CHECK(condition("- (- n) > 0") == R"((-(-"n")) > 0)");
  }

  TEST_CASE("defaults become what they are in the column's type") {
    const std::tuple<const char*, const char*, const char*> cases[] = {
        {"0", "bigint", "0"},
        {"'0'", "bigint", "0"},
        {"-1", "bigint", "-1"},
        {"(-1.5)", "double precision", "-1.5"},
        {"0", "boolean", "false"},
        {"TRUE", "boolean", "true"},
        {"'FALSE'", "boolean", "false"},
        {"true", "bigint", "1"},
        {"NULL", "text", ""},
        {"'it''s'", "text", "'it''s'"},
        {"0", "text", "'0'"},
        {"''", "bigint", "left out"},
        {"'{}'", "jsonb", "'{}'"},
        {"'{'", "jsonb", "left out"},
        {"x'00ff'", "bytea", R"(E'\\x00ff')"},
        {"0.005", "numeric(10,2)", "left out"},
        {"CURRENT_TIMESTAMP", "timestamp", "(now() AT TIME ZONE 'UTC')"},
        {"current_timestamp", "timestamptz", "now()"},
        {"(datetime('now'))", "timestamptz", "now()"},
        {"datetime('now','localtime')", "timestamp", "LOCALTIMESTAMP"},
        {"CURRENT_DATE", "date", "(now() AT TIME ZONE 'UTC')::date"},
        {"date('now')", "text", "to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD')"},
        {"(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", "text",
         R"(to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))"},
        {"strftime('%W', 'now')", "text", "left out"},
        {"(strftime('%s','now'))", "bigint", "floor(extract(epoch FROM now()))::bigint"},
        {"(cast(strftime('%s', 'now') as int) * 1000)", "bigint",
         "floor(extract(epoch FROM now()) * 1000)::bigint"},
        {"unixepoch()", "timestamptz", "now()"},
        {"(unixepoch('subsec') * 1000)", "bigint", "floor(extract(epoch FROM now()) * 1000)::bigint"},
        {"(cast((julianday('now') - 2440587.5)*86400000 as integer))", "bigint",
         "floor(extract(epoch FROM now()) * 1000)::bigint"},
        {"CURRENT_TIMESTAMP", "bigint", "left out"},
        {"(lower(hex(randomblob(16))))", "text", "replace(gen_random_uuid()::text, '-', '')"},
        {"(hex(randomblob(16)))", "uuid", "gen_random_uuid()"},
        {"(random())", "bigint", "left out"},
        {"(1 + 2)", "bigint", "(1 + 2)"},
        {"('a' || 'b')", "text", "('a' || 'b')"},
        {"(abs(", "bigint", "left out"},
        {"'nope'", "uuid", "left out"},
        {"1e999", "double precision", "'Infinity'"},
        {"-1e999", "double precision", "'-Infinity'"},
    };
    for (const auto& [given, type, expected] : cases) {
      const std::string shown = std::string(given) + " as " + type;
      CAPTURE(shown);
      CHECK(default_of(given, type) == expected);
    }
  }

  TEST_CASE("a column gets the likeliest type that takes all of its values") {
    const std::string uuid = "123e4567-e89b-12d3-a456-426614174000";
    CHECK(type_of("INTEGER", {integer(1), integer(1LL << 40)}) == "bigint");
    CHECK(type_of("INTEGER", {integer(1), text("n/a")}) == "text");
    CHECK(type_of("INTEGER", {integer(1), 1.5}) == "double precision");
    CHECK(type_of("INTEGER", {integer((1LL << 53) + 1), 1.5}) == "numeric");
    CHECK(type_of("REAL", {1.5, text("x")}) == "text");
    CHECK(type_of("BOOLEAN", {integer(0), integer(1)}) == "boolean");
    CHECK(type_of("BOOLEAN", {integer(0), integer(2)}) == "bigint");
    CHECK(type_of("DECIMAL(10,2)", {19.99, integer(3)}) == "numeric(10,2)");
    CHECK(type_of("DECIMAL(10,2)", {18.299999999999997}) == "numeric");
    CHECK(type_of("DECIMAL(2,10)", {}) == "numeric");
    CHECK(type_of("DATETIME", {text("2024-02-29 12:30:15")}) == "timestamp");
    CHECK(type_of("DATETIME", {text("2024-02-29T12:30:15Z")}) == "timestamptz");
    CHECK(type_of("DATETIME", {integer(1'600'000'000), integer(1'600'000'001)}) == "timestamptz");
    CHECK(type_of("TIMESTAMP", {1.6e9, 1.5}) == "double precision");
    CHECK(type_of("DATETIME", {text("yesterday")}) == "text");
    CHECK(type_of("DATE", {text("2024-02-29 10:00:00")}) == "timestamp");
    CHECK(type_of("TIME", {text("10:00")}) == "time");
    CHECK(type_of("CHAR(36)", {text(uuid.c_str())}) == "uuid");
    CHECK(type_of("CHAR(36)", {text("other")}) == "text");
    CHECK(type_of("CHAR(36)", {}) == "text");
    CHECK(type_of("GUID", {}) == "uuid");
    CHECK(type_of("JSON", {text("{\"a\": 1}")}) == "jsonb");
    CHECK(type_of("JSON", {text("\"\\u0000\"")}) == "json");
    CHECK(type_of("JSON", {text("{")}) == "text");
    CHECK(type_of("TEXT", {text("1"), text("2024-01-01")}) == "text");
    CHECK(type_of("TEXT", {text("a"), kBlob}) == "bytea");
    CHECK(type_of("BLOB", {kBlob, text("a")}) == "bytea");
    CHECK(type_of("", {}) == "text");
    CHECK(type_of("", {integer(1)}) == "text");
    CHECK(type_of("", std::vector<capture::Value>(100, integer(1))) == "bigint");
    CHECK(type_of("ANY", std::vector<capture::Value>(100, integer(1))) == "text");
    CHECK(type_of("", {text("007")}) == "text");
    CHECK(type_of("", {integer(1), text("7")}) == "text");
    CHECK(type_of("", {kBlob}) == "bytea");
    CHECK(type_of("STRING", {integer(7)}) == "text");
    CHECK(type_of("YEAR", {integer(2024)}) == "bigint");
  }

  TEST_CASE("a type is one of numbers by its words, not by the letters in them") {
    for (const char* number : {"INT", "integer", "UNSIGNED BIG INT", "INT8", "UINT32", "TINYINT(4)",
                               "BIGINT UNSIGNED", "MEDIUMINT", "int(11) unsigned"}) {
      CAPTURE(number);
      CHECK(type_of(number, {}) == "bigint");
    }
    for (const char* number : {"REAL", "FLOAT8", "DOUBLE PRECISION", "FLOATING POINT", "float(24)"}) {
      CAPTURE(number);
      CHECK(type_of(number, {}) == "double precision");
    }
    for (const char* other : {"POINT", "INTERVAL", "INTEGER[]", "FINGERPRINT", "BIT(8)", "TEXT[]", "REAL[]",
                              "PRINTER", "INTERNAL", "REALM"}) {
      CAPTURE(other);
      CHECK(type_of(other, {}) == "text");
      CHECK(type_of(other, {text("01:02:03"), integer(5)}) == "text");
      CHECK(type_of(other, {kBlob}) == "bytea");
    }
    CHECK(type_of("BIT(1)", {}) == "boolean");
    CHECK(type_of("POINT", std::vector<capture::Value>(100, integer(1))) == "bigint");
  }

  TEST_CASE("numbers become times only where their unit is proven") {
    const auto ms = integer(1'700'000'000'000);
    const auto older = integer(1'600'000'000'000);
    CHECK(type_of("DATETIME", {ms, older}) == "timestamptz");
    CHECK(type_of("DATETIME", {ms, older, text("2024-02-29 12:00:00")}) == "timestamptz");
    CHECK(type_of("DATETIME", {ms}) == "bigint");
    CHECK(type_of("DATETIME", {ms, text("2024-02-29 12:00:00")}) == "text");
    CHECK(type_of("DATETIME", {integer(20'240'102), integer(20'240'103)}) == "bigint");
    CHECK(type_of("DATE", {integer(45'292), integer(45'293)}) == "bigint");
    CHECK(type_of("DATETIME", {1'700'000'000.5, 1'600'000'000.5}) == "double precision");
    CHECK(type_of("DATE", {integer(1'709'164'800'000), integer(1'709'251'200'000)}) == "date");
    CHECK(type_of("DATE", {ms, older}) == "timestamptz");
    TypeChoice choice("DATETIME", {}, false);
    choice.note(ms);
    CHECK(choice.keeps_numbers());
    CHECK_FALSE(choice.unit());
    choice.note(older);
    CHECK_FALSE(choice.keeps_numbers());
    CHECK(choice.unit() == TypeRule::Kind::unix_ms);
    TypeChoice prisma("DATETIME", {}, false, TypeRule::Kind::unix_ms);
    CHECK(prisma.type() == "timestamp");
    CHECK(prisma.unit() == TypeRule::Kind::unix_ms);
    prisma.note(ms);
    CHECK(prisma.type() == "timestamptz");
    prisma.note(integer(1'700'000'000));
    CHECK(prisma.type() == "bigint");
    TypeChoice apple("TIMESTAMP", {}, false, TypeRule::Kind::core_data);
    apple.note(730'902'615.5);
    apple.note(integer(800'000'000));
    CHECK(apple.type() == "timestamptz");
    CHECK(apple.unit() == TypeRule::Kind::core_data);
  }

  TEST_CASE("in a key only types in which equal keys look alike") {
    CHECK(type_of("TIME", {text("10:00")}, true) == "text");
    CHECK(type_of("DECIMAL(10,2)", {1.5}, true) == "numeric");
    CHECK(type_of("CHAR(32)", {text("123e4567e89b12d3a456426614174000")}, true) == "text");
    CHECK(type_of("CHAR(36)", {text("123e4567-e89b-12d3-a456-426614174000")}, true) == "uuid");
    CHECK(type_of("DATETIME", {integer(1'600'000'000)}, true) == "bigint");
  }

  TEST_CASE("what values look like is said, where the declaration stands") {
    const auto hint = [](const char* declared, const capture::Value& value) {
      TypeChoice choice(declared, {}, false);
      choice.note(value);
      return choice.recognised().value_or("");
    };
    CHECK(hint("TEXT", text("123e4567-e89b-12d3-a456-426614174000")) == "uuid");
    CHECK(hint("TEXT", text("2024-01-01")) == "date");
    CHECK(hint("TEXT", text("2024-01-01T10:00:00Z")) == "iso");
    CHECK(hint("TEXT", text("[1]")) == "json");
    CHECK(hint("TEXT", text("words")) == "");
    CHECK(hint("INTEGER", integer(1)) == "bool");
    CHECK(hint("INTEGER", integer(1'600'000'000)) == "unix_s");
    CHECK(hint("INTEGER", integer(1'600'000'000'000)) == "unix_ms");
    CHECK(hint("INTEGER", integer(12)) == "");
  }

  TEST_CASE("names that are too long stay whole characters, and two stay two") {
    const std::string start(60, 'n');
    CHECK(shortened(start) == start);
    CHECK(shortened(start + "\u00e9\u00e9").size() <= 63);
    CHECK(shortened(start + "1234") != shortened(start + "1235"));
    std::string accents;
    for (int i = 0; i < 40; ++i) accents += "\u00e9";
    CHECK(shortened(accents).substr(0, 46) == accents.substr(0, 46));
    CHECK(spelled_column("XMin", Identifiers::lower) == "xmin_");
    CHECK(spelled_column("XMin", Identifiers::preserve) == "XMin");
  }

  TEST_CASE("a line that breaks out of a comment does not") {
    capture::TableDetails details;
    details.table.name = "a";
    details.table.columns = {{"id", "INTEGER", true, false}};
    details.table.key = {0};
    details.checks = {{"", "evil(1)\n; DROP TABLE x; --"}};
    const auto text = script(design_tables({}, {ObservedTable({}, details)}));
    CHECK(text.find("\n; DROP") == std::string::npos);
    CHECK(text.find("-- CHECK (evil(1)") != std::string::npos);
  }
}
