// The quarantine over the control channel and in sluicectl: requests, documents, screens, exit codes.

#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include <nlohmann/json.hpp>

#include "control_fixture.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/quarantine.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"
#include "daemon/report/clock_text.h"

using namespace sluice::daemon;
using namespace sluice::daemon::test;
using Json = nlohmann::json;

namespace {

struct Asked {
  std::string method;
  std::string target;
  std::string body;
  std::string call;  ///< of the service
};

struct BadRequest {
  std::string method;
  std::string target;
  std::string body;
  std::string code;
  std::string word;
};

/// A thousand and one rows: one more than a page.
QuarantineAnswer more_than_a_page() {
  QuarantineAnswer many{.pipeline = "shop", .rows = {}, .total = QuarantineQuery::kMost + 1};
  for (std::int64_t id = 1; id <= many.total; ++id) {
    many.rows.push_back(full_quarantine().rows[0]);
    many.rows.back().id = id;
  }
  return many;
}

struct Verb {
  TestServer server;
  Invocation invocation;

  Verb() { invocation.socket = server.path(); }
  ExitCode operator()(ExitCode (*verb)(const Invocation&)) {
    return run_guarded([&] { return verb(invocation); });
  }
  std::string last_call() const { return server.service.calls().back(); }
};

}  // namespace

TEST_CASE("what is asked about the quarantine reaches the service") {
  TestServer server;
  const Asked cases[] = {
      {"GET", "/v1/quarantine", "", "quarantine  1000 0"},
      {"GET", "/v1/quarantine?pipeline=shop&limit=1&after=7", "", "quarantine shop 1 7"},
      {"GET", "/v1/quarantine?id=8", "", "quarantine  1000 0 8"},
      {"POST", "/v1/quarantine/retry", "", "retry_quarantined  30000"},
      {"POST", "/v1/quarantine/retry", R"({"pipeline":"shop","ids":[7,8],"timeout_ms":5})",
       "retry_quarantined shop 5 7 8"},
      {"POST", "/v1/quarantine/discard", R"({"ids":[7]})", "discard_quarantined  7"},
      {"POST", "/v1/skip", R"({"pipeline":"shop","error":"7bfae9f5"})", "skip shop 7bfae9f5 30000"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.target);
    CHECK(status_of(ask(server, each.method, each.target, each.body)) == 200);
    CHECK(server.service.calls().back() == each.call);
  }
}

TEST_CASE("a bad request about the quarantine is refused by name, before it reaches the service") {
  TestServer server;
  const BadRequest cases[] = {
      {"GET", "/v1/quarantine?limit=1001", "", "out_of_range", "1 to 1000"},
      {"GET", "/v1/quarantine?id=0", "", "out_of_range", "/v1/quarantine"},
      {"GET", "/v1/quarantine?id=7&limit=1", "", "bad_query", "id"},
      {"GET", "/v1/quarantine?ids=7", "", "unknown_parameter", "did you mean 'id'?"},
      {"POST", "/v1/quarantine/retry", R"({"ids":7})", "wrong_type", "number"},
      {"POST", "/v1/quarantine/retry", R"({"ids":["7"]})", "wrong_type", "string"},
      {"POST", "/v1/quarantine/retry", R"({"ids":[1.5]})", "wrong_type", "whole"},
      {"POST", "/v1/quarantine/retry", R"({"ids":[0]})", "out_of_range", "0"},
      {"POST", "/v1/quarantine/retry", R"({"ids":[-1]})", "out_of_range", "-1"},
      {"POST", "/v1/quarantine/retry", R"({"ids":[18446744073709551615]})", "out_of_range",
       "18446744073709551615"},
      {"POST", "/v1/quarantine/discard", "", "ids_needed", "ids"},
      {"POST", "/v1/quarantine/discard", R"({"ids":[]})", "ids_needed", "ids"},
      {"POST", "/v1/quarantine/discard", R"({"ids":[7],"timeout_ms":1})", "unknown_field", "timeout_ms"},
      {"POST", "/v1/skip", "", "error_needed", "/v1/status"},
      {"POST", "/v1/skip", R"({"error":7})", "wrong_type", "number"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.target);
    CAPTURE(each.body);
    const std::string response = ask(server, each.method, each.target, each.body);
    CHECK(status_of(response) == 400);
    const Json error = Json::parse(body_of(response)).at("error");
    CHECK(error.at("code") == each.code);
    CHECK(error.at("hint") != "");
    CHECK(response.find(each.word) != std::string::npos);
  }
  CHECK(server.service.calls().empty());
  CHECK(status_of(ask(server, "POST", "/v1/quarantine")) == 405);
  CHECK(status_of(ask(server, "GET", "/v1/skip")) == 405);
}

TEST_CASE("the documents of the quarantine have the fields that programs rely on") {
  CHECK(
      dump(to_json(full_quarantine())) ==
      R"({"pipeline":"shop","rows":[)"
      R"({"id":7,"table":"packages","key":"3","operation":"write","code":"row_refused",)"
      R"j("message":"value too long for type character varying(20)","sqlstate":"22001","column":"name",)j"
      R"("constraint":null,"hint":"change the row in SQLite","position":1234,)"
      R"("first_at":"2026-11-20T14:03:22.125Z","last_at":"2026-11-20T14:04:22.125Z","attempts":2,)"
      R"("values":[{"column":"id","value":"3"},{"column":"name","value":"'a name of more than twenty letters'"}]},)"
      R"j({"id":8,"table":"package_categories","key":"(1, 'it''s')","operation":"delete","code":"row_refused",)j"
      R"("message":"still pointed at","sqlstate":null,"column":null,"constraint":"package_category_fk",)"
      R"("hint":"change the row in SQLite","position":1234,"first_at":"2026-11-20T14:03:22.125Z",)"
      R"("last_at":"2026-11-20T14:04:22.125Z","attempts":2}],"total":2})"
      "\n");
  CHECK(dump(to_json(RetriedAnswer{"shop", 3, 2, 1})) ==
        "{\"pipeline\":\"shop\",\"tried\":3,\"resolved\":2,\"quarantined\":1}\n");
  CHECK(dump(to_json(DiscardedAnswer{"shop", 2, 1})) ==
        "{\"pipeline\":\"shop\",\"discarded\":2,\"quarantined\":1}\n");
  CHECK(dump(to_json(SkippedAnswer{"shop", "packages", "3", 1})) ==
        "{\"pipeline\":\"shop\",\"table\":\"packages\",\"key\":\"3\",\"quarantined\":1}\n");
}

TEST_CASE("documents of the quarantine that were read say what was written") {
  const auto back = [](const auto& answer, auto parse) {
    return dump(to_json(parse(dump(to_json(answer)))));
  };
  CHECK(back(full_quarantine(), parse_quarantine_answer) == dump(to_json(full_quarantine())));
  const RetriedAnswer retried{"shop", 3, 2, 1};
  CHECK(back(retried, parse_retried_answer) == dump(to_json(retried)));
  const DiscardedAnswer discarded{"shop", 2, 1};
  CHECK(back(discarded, parse_discarded_answer) == dump(to_json(discarded)));
  const SkippedAnswer skipped{"shop", "packages", "3", 1};
  CHECK(back(skipped, parse_skipped_answer) == dump(to_json(skipped)));
}

TEST_CASE("the quarantine is an aligned table, cut to the window") {
  setenv("TZ", "CET-1", 1);
  tzset();
  CHECK(render_quarantine(full_quarantine(), 0) ==
        "shop: 2 rows in quarantine\n"
        "id  table               key           since                       refusal      message\n"
        "7   packages            3             2026-11-20 15:03:22 +01:00  22001        "
        "value too long for type character varying(20)\n"
        "8   package_categories  (1, 'it''s')  2026-11-20 15:03:22 +01:00  row_refused  still pointed at\n"
        "one of them with its values and the remedy: sluicectl quarantine show ID\n");
  CHECK(render_quarantine(full_quarantine(), 110) ==
        "shop: 2 rows in quarantine\n"
        "id  table               key           since                       refusal      message\n"
        "7   packages            3             2026-11-20 15:03:22 +01:00  22001        value too long for "
        "type charac…\n"
        "8   package_categories  (1, 'it''s')  2026-11-20 15:03:22 +01:00  row_refused  still pointed at\n"
        "one of them with its values and the remedy: sluicectl quarantine show ID\n");
  CHECK(render_quarantine({"shop", {}, 0}, 80) == "shop: nothing in quarantine\n");
}

TEST_CASE("one row is shown with everything, and no command reaches the terminal") {
  setenv("TZ", "CET-1", 1);
  tzset();
  QuarantineAnswer answer = full_quarantine();
  answer.rows[0].values[1].value = "'\x1b[31mred\n'";
  const WallTime now = parse_utc("2026-11-20T14:05:00.000Z");
  CHECK(render_quarantine_entry("shop", answer.rows[0], now) == R"(shop: row 7 in quarantine
  table       packages
  key         3
  refusal     SQLSTATE 22001
  message     value too long for type character varying(20)
  column      name
  remedy      change the row in SQLite
  since       2026-11-20 15:03:22 +01:00 (1 min ago)
  last try    2026-11-20 15:04:22 +01:00 (37.9 s ago), tried 2 times
  position    1234
  row         id    3
              name  '\x1b[31mred\n'
)");
  CHECK(render_quarantine_entry("shop", answer.rows[1], now) == R"(shop: row 8 in quarantine
  table       package_categories
  key         (1, 'it''s')
  refusal     row_refused
  message     still pointed at
  constraint  package_category_fk
  remedy      change the row in SQLite
  since       2026-11-20 15:03:22 +01:00 (1 min ago)
  last try    2026-11-20 15:04:22 +01:00 (37.9 s ago), tried 2 times
  position    1234
  row         it is gone in SQLite, and was to be deleted in Postgres
)");
}

TEST_CASE("a halted pipeline's status names the verb that skips the row, where it is a single row") {
  DaemonReport report = full_report();
  ErrorReport& error = *report.pipelines[0].error;
  const auto screen = [&report] {
    return render_status(report, "shop", parse_utc("2026-11-20T14:05:00.000Z"));
  };
  const char* way = "\n  or skip it   sluicectl skip shop --error e17\n";
  CHECK(screen().find("or skip it") == std::string::npos);
  error.cls = "row";
  CHECK(screen().find(way) != std::string::npos);
  error.code = "too_many_refused";
  CHECK(screen().find("or skip it") == std::string::npos);
  error.code = "row_refused";
  report.pipelines[0].state = State::retrying;
  CHECK(screen().find("or skip it") == std::string::npos);
}

TEST_CASE("what was done about the quarantine is said in one line") {
  CHECK(retried_line({"shop", 0, 0, 0}) == "shop: nothing in quarantine");
  CHECK(retried_line({"shop", 3, 1, 2}) == "shop: 1 of 3 rows has gone over");
  CHECK(retried_line({"shop", 1, 0, 1}) == "shop: 0 of 1 row have gone over");
  CHECK(discarded_line({"shop", 2, 0}).starts_with("shop: 2 rows dropped from the quarantine; "));
  CHECK(skipped_line({"shop", "packages", "3", 1}) ==
        "shop: goes on without table packages, key 3; 1 row in quarantine");
  CHECK(skipped_line({"shop", "packages", "3", 0}) ==
        "shop: goes on; table packages, key 3 is not refused any more");
  FlushAnswer flushed{"shop", "nothing_to_do", 7, 0, 1, 0.5};
  CHECK(flush_line(flushed) == "shop: nothing to do, Postgres is equal but for the quarantine at position 7");
  flushed.quarantined = 0;
  CHECK(flush_line(flushed) == "shop: nothing to do, Postgres is equal at position 7");
}

TEST_CASE("the verbs of the quarantine ask for what was said, and end with the documented codes") {
  Verb verb;
  CHECK(verb(run_quarantine_list) == ExitCode::done);
  CHECK(verb.last_call() == "quarantine cafe 1000 0");
  verb.invocation.pipeline = "shop";
  CHECK(verb(run_quarantine_list) == ExitCode::done);
  CHECK(verb.last_call() == "quarantine shop 1000 0");
  verb.invocation.rows = {7};
  CHECK(verb(run_quarantine_show) == ExitCode::done);
  CHECK(verb.last_call() == "quarantine shop 1000 0 7");
  verb.invocation.rows = {7, 8};
  CHECK(verb(run_quarantine_show) == ExitCode::usage);
  CHECK(verb(run_quarantine_retry) == ExitCode::done);
  CHECK(verb.last_call() == "retry_quarantined shop 30000 7 8");
  CHECK(verb(run_quarantine_discard) == ExitCode::done);
  CHECK(verb.last_call() == "discard_quarantined shop 7 8");
  verb.invocation.error = "7bfae9f5";
  CHECK(verb(run_skip) == ExitCode::done);
  CHECK(verb.last_call() == "skip shop 7bfae9f5 30000");

  verb.server.service.quarantined = 1;
  CHECK(verb(run_quarantine_retry) == ExitCode::failed);
  verb.invocation.rows = {7};
  verb.server.service.refusal = ControlError{Refused::not_found, "unknown_row", "no row 7", "see the list"};
  for (const auto each : {run_quarantine_show, run_quarantine_retry, run_quarantine_discard})
    CHECK(verb(each) == ExitCode::usage);
  verb.server.service.refusal =
      ControlError{Refused::conflict, "another_error", "another by now", "see status"};
  CHECK(verb(run_skip) == ExitCode::failed);
  verb.server.service.refusal = ControlError{Refused::timed_out, "timed_out", "not yet", "wait"};
  CHECK(verb(run_skip) == ExitCode::timed_out);
  verb.invocation.socket = verb.server.path().parent_path() / "other.sock";
  for (const auto each :
       {run_quarantine_list, run_quarantine_show, run_quarantine_retry, run_quarantine_discard, run_skip})
    CHECK(verb(each) == ExitCode::no_daemon);
}

TEST_CASE("everything that is held back can be discarded at once, page after page") {
  Verb verb;
  verb.server.service.quarantine_page = more_than_a_page();
  verb.invocation.pipeline = "shop";
  verb.invocation.all = true;
  CHECK(verb(run_quarantine_discard) == ExitCode::done);
  const auto calls = verb.server.service.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0] == "quarantine shop 1000 0");
  CHECK(calls[1] == "quarantine shop 1000 1000");
  CHECK(calls[2].ends_with(" 998 999 1000"));
  CHECK(calls[3] == "discard_quarantined shop 1001");
  verb.server.service.quarantine_page = {"shop", {}, 0};
  CHECK(verb(run_quarantine_discard) == ExitCode::done);
  CHECK(verb.last_call() == "quarantine shop 1000 0");
  verb.invocation.all = false;
  CHECK(verb(run_quarantine_discard) == ExitCode::usage);
}
