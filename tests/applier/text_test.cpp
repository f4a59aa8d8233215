#include <doctest/doctest.h>

#include "applier/server/apply_error.h"
#include "applier/server/target_table.h"
#include "applier/values/identifiers.h"
#include "applier/write/table_write.h"
#include "text/utf8.h"

using namespace sluice::applier;

TEST_SUITE("text") {
  TEST_CASE("well-formed UTF-8 is told from everything that looks like it") {
    for (const char* good : {"", "abc", "é", "€", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80"}) {
      CHECK(sluice::text::is_valid_utf8(good));
    }
    for (const char* bad : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                            "\xF0\x9F\x98", "\xFF"}) {
      CHECK_FALSE(sluice::text::is_valid_utf8(bad));
    }
    CHECK(sluice::text::without_invalid_utf8("\xE2\x82z\xF0\x9F\x98\x80", false) == "z\xF0\x9F\x98\x80");
  }

  TEST_CASE("names and literals survive whatever they hold") {
    CHECK(quote_name("a\"b") == "\"a\"\"b\"");
    CHECK(quote_literal("it's fine") == "'it''s fine'");
    CHECK(quote_literal("it's \\ fine") == "E'it''s \\\\ fine'");
    CHECK(replace_all("@x@ and @x@", "@x@", "y") == "y and y");
  }

  TEST_CASE("a copy line escapes what COPY reads as its own") {
    std::string lines;
    const std::optional<std::string> plain = "a";
    const std::optional<std::string> wild = "\\N\t\r\n";
    const std::optional<std::string> null;
    append_copy_line(lines, {&plain, &wild, &null});
    CHECK(lines == "a\t\\\\N\\t\\r\\n\t\\N\n");
  }

  TEST_CASE("every SQLSTATE leads to one next step") {
    const std::pair<const char*, Fault> cases[] = {
        {"22001", Fault::row},         {"23505", Fault::row},         {"P0001", Fault::row},
        {"44000", Fault::row},         {"54000", Fault::row},         {"21000", Fault::row},
        {"SL002", Fault::row},         {"42703", Fault::table},       {"42501", Fault::table},
        {"0A000", Fault::table},       {"428C9", Fault::table},       {"2F005", Fault::table},
        {"22P04", Fault::table},       {"55000", Fault::table},       {"55P03", Fault::environment},
        {"55006", Fault::environment}, {"57P01", Fault::environment}, {"40P01", Fault::environment},
        {"53100", Fault::environment}, {"25006", Fault::environment}, {"28P01", Fault::environment},
        {"XX000", Fault::environment}, {"42P05", Fault::environment}, {"08006", Fault::environment},
        {"08007", Fault::in_doubt},    {"40003", Fault::in_doubt},    {"SL001", Fault::fenced},
    };
    for (const auto& each : cases) {
      CAPTURE(each.first);
      CHECK(classify(each.first) == each.second);
    }
  }

  TEST_CASE("declared types become sound Postgres types") {
    const std::pair<const char*, const char*> cases[] = {
        {"INTEGER", "bigint"},
        {"UNSIGNED BIG INT", "bigint"},
        {"TINYINT(1)", "boolean"},
        {"tinyint", "bigint"},
        {"VARCHAR(64)", "text"},
        {"", "text"},
        {"DECIMAL(10, 2)", "numeric(10, 2)"},
        {"NUMERIC", "numeric"},
        {"double", "double precision"},
        {"FLOAT", "double precision"},
        {"BLOB", "bytea"},
        {"varbinary(16)", "bytea"},
        {"datetime", "timestamp"},
        {"DATE", "date"},
        {"BOOL", "boolean"},
        {"JSON", "jsonb"},
        {"INTERGER", "text"},
        {"POINT", "text"},
        {"mood", "text"},
    };
    for (const auto& each : cases) {
      CAPTURE(each.first);
      CHECK(type_for(each.first) == each.second);
    }
  }

  TEST_CASE("names are spelled as the owner wants them") {
    CHECK(spell("OrderItems", Identifiers::preserve) == "OrderItems");
    CHECK(spell("OrderItems", Identifiers::lower) == "orderitems");
    CHECK(spell("OrderItems", Identifiers::snake) == "order_items");
    CHECK(spell("Line2Total Net", Identifiers::snake) == "line2_total_net");
    CHECK(spell("HTTPStatus", Identifiers::snake) == "httpstatus");
  }

  TEST_CASE("parents come before their children, and a cycle ends") {
    TargetTable parent, child, self;
    parent.oid = 1;
    child.oid = 2;
    child.parents = {1, 3};
    self.oid = 3;
    self.parents = {2};
    const auto ordered = parents_first({child, self, parent});
    REQUIRE(ordered.size() == 3);
    const auto place = [&](unsigned oid) {
      for (std::size_t i = 0; i < 3; ++i) {
        if (ordered[i].oid == oid) return i;
      }
      return std::size_t{9};
    };
    CHECK(place(1) < place(2));
  }
}
