// Schemas, tables and columns whose names hold what SQL itself is written with.

#include <nlohmann/json.hpp>

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {
namespace {

/// Quotes, dollars, patterns, escapes, comments, and the words by which our own SQL is filled in.
const std::vector<std::string> kNames{
    "a\"b.c %_\\ \xC3\x9C",
    "$sluice$",
    "it's $$",
    "@schema@ '@schema_as_text@'\n-- x",
};

std::string doubled(const std::string& text, char quote) {
  std::string out(1, quote);
  for (const char letter : text) out += std::string(letter == quote ? 2 : 1, letter);
  return out + quote;
}

std::string name(const std::string& text) {
  return doubled(text, '"');
}

/// A text as YAML, which reads what JSON writes.
std::string yaml(const std::string& text) {
  return nlohmann::json(text).dump();
}

/// Tables with a foreign key, a unique column, an index and a default, all of them named so.
std::string schema(const std::string& odd) {
  return "CREATE TABLE " + name(odd) + "(" + name(odd) + " INTEGER PRIMARY KEY, " + name(odd + "2") +
         " TEXT DEFAULT 'x' UNIQUE);"
         "CREATE TABLE " +
         name(odd + " child") + "(id INTEGER PRIMARY KEY, " + name(odd) + " INTEGER REFERENCES " + name(odd) +
         ", note TEXT); CREATE INDEX " + name(odd + " index") + " ON " + name(odd + " child") + "(note);" +
         "INSERT INTO " + name(odd) + " VALUES(1, 'a'), (2, 'b'); INSERT INTO " + name(odd + " child") +
         " VALUES(1, 1, 'n'), (2, 2, 'm')";
}

std::string rows(const std::string& odd, const std::string& prefix) {
  return "SELECT p.*, c.id, c.note FROM " + prefix + name(odd) + " p JOIN " + prefix + name(odd + " child") +
         " c ON c." + name(odd) + " = p." + name(odd) + " ORDER BY 1, 3";
}

std::int64_t quarantined(Mirror& mirror) {
  return must_flush(mirror.daemon).at("quarantined").get<std::int64_t>();
}

}  // namespace

TEST_CASE("copy, batches, quarantine, verify and uninstall go by any name") {
  for (const std::string& odd : kNames) {
    CAPTURE(odd);
    in_both_modes(
        "      schema: " + yaml(odd + " s") + "\n      state_schema: " + yaml(odd) +
            "\n    on_error: quarantine\n",
        [&](const MirrorOptions& options) {
          Mirror mirror(schema(odd), options);
          const std::string prefix = name(odd + " s") + ".";
          mirror.start();
          mirror.server("ALTER TABLE " + prefix + name(odd) + " ADD CONSTRAINT " + name(odd + " good") +
                        " CHECK (" + name(odd + "2") + " <> 'bad')");
          mirror.run("INSERT INTO " + name(odd) + " VALUES(3, 'c'), (4, 'bad'); UPDATE " + name(odd) +
                     " SET " + name(odd + "2") + " = 'z' WHERE " + name(odd) + " = 1; DELETE FROM " +
                     name(odd + " child") + " WHERE id = 2");
          CHECK(quarantined(mirror) == 1);
          CHECK(mirror.daemon.ctl({"quarantine", "list"}).exit_code == 0);
          CHECK(mirror.daemon.ctl({"check"}).exit_code == 0);
          mirror.run("UPDATE " + name(odd) + " SET " + name(odd + "2") + " = 'd' WHERE " + name(odd) +
                     " = 4");
          CHECK(quarantined(mirror) == 0);
          check_same(mirror, rows(odd, ""), rows(odd, prefix));

          const auto verified = mirror.daemon.ctl({"verify"});
          CAPTURE(verified.out + verified.err);
          CHECK(verified.exit_code == 0);
          const auto uninstalled = mirror.daemon.ctl({"uninstall", "--target", "--yes"});
          CAPTURE(uninstalled.out + uninstalled.err);
          CHECK(uninstalled.exit_code == 0);
          CHECK(mirror.server("SELECT count(*) FROM pg_namespace WHERE nspname = " + doubled(odd, '\'')) ==
                "0");
          CHECK(mirror.source.rows("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice*'") == "0");
        });
  }
}

TEST_CASE("the DDL for a file runs as it is, whatever the names in it") {
  for (const std::string& odd : kNames) {
    CAPTURE(odd);
    MirrorOptions options;
    options.settings = "      schema: " + yaml(odd) + "\n";
    Mirror mirror(schema(odd), options);
    const auto ddl = mirror.daemon.ctl({"schema"});
    CAPTURE(ddl.out + ddl.err);
    CHECK(ddl.exit_code == 0);
    mirror.server(ddl.out);
    mirror.server(ddl.out);
    CHECK(mirror.server("SELECT count(*) FROM " + name(odd) + "." + name(odd + " child")) == "0");
  }
}

}  // namespace sluice::e2e
