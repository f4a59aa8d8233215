// A cutover over the control channel: what is asked, the document, and the screen that people read.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/cutover.h"
#include "tests/daemon/control_fixture.h"

namespace sluice::daemon::test {

TEST_CASE("the document of a cutover holds everything and reads back") {
  const std::string document = dump(to_json(full_cutover()));
  CHECK(
      document ==
      R"({"pipeline":"shop","outcome":"finished","position":1795228098,"fenced":true,"shared_with":[],"locked_ms":7.5,)"
      R"("tables":[{"name":"orders","target":"public.orders","rows":1234,"dangling":0},)"
      R"({"name":"package_categories","target":"public.package_categories","rows":2,"dangling":1}],)"
      R"("sequences":[{"name":"public.orders_id_seq","table":"public.orders","column":"id","next":1301}],)"
      R"("constraints":[{"name":"of_a_package","table":"public.orders","valid":true,"reason":"","remedy":""},)"
      R"({"name":"of_a_category","table":"public.package_categories","valid":false,)"
      R"("reason":"it is violated by some row",)"
      R"("remedy":"ALTER TABLE public.package_categories VALIDATE CONSTRAINT of_a_category;"}],)"
      R"("not_captured":[{"name":"words","reason":"a virtual table"}],"elapsed_ms":2031.25})"
      "\n");
  CHECK(dump(to_json(parse_cutover_answer(document))) == document);
}

TEST_CASE("the report of a cutover reads like this") {
  CHECK(render_cutover(full_cutover()) ==
        "shop: moved to Postgres\n"
        "  verified     2 tables, 1,236 rows: equal by value\n"
        "                 public.orders              1,234 rows\n"
        "                 public.package_categories  2 rows, 1 break a foreign key of the server\n"
        "  last change  position 1795228098, in Postgres\n"
        "  locked       writers waited for 8 ms at most\n"
        "  sequences    1 sequence goes on after the rows\n"
        "                 public.orders_id_seq  next 1,301\n"
        "  constraint   public.orders, of_a_package: valid now\n"
        "  constraint   public.package_categories, of_a_category: NOT VALID: it is violated by some row\n"
        "               remedy: ALTER TABLE public.package_categories VALIDATE CONSTRAINT of_a_category;\n"
        "  left behind  words: a virtual table\n"
        "  the file     refuses every write from now on: this database has moved to Postgres\n"
        "  took         2.0 s\n"
        "\n"
        "Left to you: let the application use Postgres, and take the pipeline out of the configuration.\n"
        "The rows are still in the file, as they were. To go back to it instead: sluicectl uninstall shop\n");
}

TEST_CASE("a file that other pipelines read goes on, which the report says") {
  CutoverAnswer answer = full_cutover();
  answer.fenced = false;
  answer.shared_with = {"bar", "cafe", "inn"};
  CHECK(parse_cutover_answer(dump(to_json(answer))).shared_with == answer.shared_with);
  CHECK(render_cutover(answer).find(
            "  the file     takes writes as before, which go on to pipelines bar, cafe and "
            "inn, and to this Postgres no more\n") != std::string::npos);
}

TEST_CASE("of a great many tables the first are listed and the others counted") {
  CutoverAnswer answer;
  for (int i = 0; i < 25; ++i) answer.tables.push_back({"t", "public.t" + std::to_string(i), 1, 0});
  answer.fenced = false;
  const std::string screen = render_cutover(answer);
  CHECK(screen.find("public.t18  1 row\n                 and 6 more\n") != std::string::npos);
  CHECK(screen.find("public.t19") == std::string::npos);
  CHECK(screen.find("has no fence") != std::string::npos);
}

TEST_CASE("a cutover is asked for with its lock and its fence, and locks for five seconds without") {
  TestServer server;
  CHECK(body_of(ask(server, "POST", "/v1/cutover")) == dump(to_json(full_cutover())));
  ask(server, "POST", "/v1/cutover", R"({"pipeline":"shop","max_lock_ms":250,"fence":false})");
  CHECK(server.service.calls() == std::vector<std::string>{"cutover  5000", "cutover shop 250 unfenced"});
  CHECK(ask(server, "GET", "/v1/cutover").find("405") != std::string::npos);
}

}  // namespace sluice::daemon::test
