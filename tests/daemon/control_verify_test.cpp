// Comparing by value: its documents, and what people see of it.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "control_fixture.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/verify.h"
#include "daemon/ctl/verbs/verbs.h"

using namespace sluice::daemon;
using namespace sluice::daemon::test;

TEST_CASE("the document of a comparison has the fields, names and order that programs rely on") {
  const std::string text = dump(to_json(full_verdict()));
  CHECK(
      text ==
      R"({"pipeline":"shop","outcome":"different","position":1234,"tables":[)"
      R"({"name":"packages","target":"public.packages","rows":1000000,"missing":0,"extra":0,"differing":0,)"
      R"("quarantined":0,"left_out":5,"dangling":0,"repaired":0,"first":[],)"
      R"("remaining":0,"not_looked_at":[],"rewritten_by":[],"read_by":[],"altered":[],"filtered":0},)"
      R"({"name":"package_categories","target":"public.package_categories","rows":29,"missing":1,"extra":2,)"
      R"("differing":11,"quarantined":3,"left_out":0,"dangling":4,"repaired":0,"first":[)"
      R"j({"kind":"missing","key":"(1, 'it''s')","columns":[]},{"kind":"extra","key":"9","columns":[]},)j"
      R"({"kind":"differs","key":"7","columns":["name","price"]}],)"
      R"("remaining":0,"not_looked_at":[],"rewritten_by":[],"read_by":[],"altered":[],"filtered":0}],"elapsed_ms":12345.679})"
      "\n");
  CHECK(dump(to_json(parse_verify_answer(text))) == text);
}

TEST_CASE("a comparison tells people the verdict, the tables, the first keys and the remedy") {
  CHECK(render_verify(full_verdict(), 0) == R"(shop: DIFFERENT: 14 rows in 1 of 2 tables
1,000,029 rows compared in 12.3 s, up to position 1234

table                    rows  verdict
packages            1,000,000  equal
                               5 only in Postgres, left there by the configuration
package_categories         29  1 missing, 2 extra, 11 differing
                               3 in quarantine
                               4 break a foreign key

package_categories -> public.package_categories, the first 3 of 14
  missing  (1, 'it''s')
  extra    9
  differs  7             name, price

make Postgres equal, writing these rows alone: sluicectl verify shop --repair

the rows in quarantine, with their reasons: sluicectl quarantine list shop
)");
}

TEST_CASE("what was repaired is said, and so is that rows in quarantine are not equal") {
  VerifyAnswer answer = full_verdict();
  answer.outcome = "repaired";
  answer.tables[1].repaired = answer.tables[1].differences();
  const std::string repaired = render_verify(answer, 0);
  CHECK(repaired.starts_with("shop: repaired: 14 rows in 1 of 2 tables, equal now\n"));
  CHECK(repaired.find("repaired: 1 missing, 2 extra, 11 differing\n") != std::string::npos);
  CHECK(repaired.find("--repair") == std::string::npos);
  answer.outcome = "equal";
  answer.tables[1] = equal_table("package_categories", 29);
  CHECK(render_verify(answer, 0).starts_with("shop: equal\n"));
  answer.tables[1].quarantined = 1;
  CHECK(render_verify(answer, 0).starts_with("shop: equal but for 1 row in quarantine\n"));
}

TEST_CASE("a window cuts long names, keys and columns, and no command reaches the terminal") {
  VerifyAnswer answer = full_verdict();
  answer.tables[1].table = std::string(60, 't') + "\x1b[31m";
  answer.tables[1].first[2].key = "'" + std::string(100, 'k') + "\x1b[31m'";
  answer.tables[1].first[2].columns = std::vector<std::string>(20, "column\x1b");
  const std::string text = render_verify(answer, 79);
  CHECK(text.find('\x1b') == std::string::npos);
  const std::string tables = text.substr(0, text.find("\nmake Postgres equal"));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = tables.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::size_t letters = 0;
    for (std::size_t at = begin; at < end; ++at) letters += (tables[at] & 0xC0) != 0x80 ? 1 : 0;
    CHECK(letters <= 79);
  }
}

TEST_CASE("a comparison is asked for with its table, and says what it found by its exit code") {
  TestServer server;
  Invocation invocation;
  invocation.socket = server.path();
  const auto code = [&invocation] { return run_guarded([&] { return run_verify(invocation); }); };
  CHECK(code() == ExitCode::differences);
  CHECK(server.service.calls() == std::vector<std::string>{"verify shop ", "verify cafe "});
  invocation.pipeline = "cafe";
  invocation.table = "beans";
  invocation.repair = true;
  server.service.verdict.outcome = "repaired";
  CHECK(code() == ExitCode::done);
  CHECK(server.service.calls().back() == "verify cafe beans repair");
  server.service.verdict.outcome = "equal";
  invocation.json = true;
  CHECK(code() == ExitCode::done);
  server.service.refusal = ControlError{Refused::conflict, "paused", "cafe is paused", "resume it"};
  CHECK(code() == ExitCode::failed);
  server.service.refusal =
      ControlError{Refused::not_found, "unknown_table", "cafe has no table beans", "there are others"};
  CHECK(code() == ExitCode::usage);
  invocation.socket = server.path().parent_path() / "other.sock";
  CHECK(code() == ExitCode::no_daemon);
}
