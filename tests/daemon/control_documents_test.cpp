#include <doctest/doctest.h>
#include <stdlib.h>
#include <time.h>

#include <nlohmann/json.hpp>

#include "control_fixture.h"
#include "daemon/control/documents/http_status.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/control/events.h"
#include "daemon/control/metrics.h"
#include "daemon/ctl/screens/log_table.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"
#include "daemon/report/clock_text.h"
#include "tests/support/contains.h"

using namespace sluice::daemon;
using namespace sluice::daemon::test;
using sluice::support::contains;

TEST_CASE("the status document has the fields, names and order that programs rely on") {
  DaemonReport report = full_report();
  report.pipelines.pop_back();
  CHECK(
      dump(to_json(report)) ==
      R"({"api":1,"version":"0.1.0","pid":4711,"started_at":"2026-11-20T12:00:00.000Z","config":"/home/ann/.config/sluice/config.yaml","unclean_end":{"pid":4242,"started_at":"2026-11-19T07:00:00.000Z"},"pipelines":[)"
      R"({"name":"shop","mode":"continuous","state":"halted",)"
      R"("waiting":{"for":"lock","what":"table public.packages","who":"psql, pid 7, user ann",)"
      R"("since":"2026-11-20T14:03:24.000Z","hint":"end that transaction"},)"
      R"("source":{"path":"/home/ann/shop.db","id":"5d0c","journal_mode":"wal",)"
      R"("not_captured":[{"name":"search","reason":"virtual table"}]},)"
      R"("target":{"url":"postgresql:///shop","connected":true,"apply_mode":"ordinary","server_version":"15.18"},)"
      R"("position":{"captured":1234,"applied":1230,"pending":4,"behind_s":0.2},)"
      R"("last_commit_at":"2026-11-20T14:03:22.125Z",)"
      R"("last_flush":{"at":"2026-11-20T14:03:20.000Z","changes":4,"elapsed_ms":3.142},)"
      R"("totals":{"changes_applied":1200,"batches":17,"rows_copied":100000},)"
      R"("tables":[{"name":"packages","target":"public.packages","state":"streaming","rows_copied":100000,"rows_total":100000},)"
      R"({"name":"package_categories","target":"public.package_categories","state":"halted","rows_copied":12,"rows_total":12}],)"
      R"("work":{"kind":"verify","table":"packages","rows":40000,"rows_total":100000,"rows_per_s":20000.0,"eta_s":3.0},)"
      R"("quarantined":3,)"
      R"("error":{"id":"e17","class":"table","code":"row_refused","message":"record \"new\" has no field \"update_at\"",)"
      R"("sqlstate":"42703","table":"package_categories","key":"7","column":null,)"
      R"("hint":"GRANT SET ON PARAMETER session_replication_role TO ann","since":"2026-11-20T14:03:23.000Z",)"
      R"("attempts":2,"next_retry_s":41.5}}]})"
      "\n");
}

TEST_CASE("documents that were read say what was written") {
  const std::string text = dump(to_json(full_report()));
  CHECK(dump(to_json(parse_report(text))) == text);
  const FlushAnswer flush{"shop", "flushed", 7, 2, 1, 0.5};
  CHECK(dump(to_json(parse_flush_answer(dump(to_json(flush))))) == dump(to_json(flush)));
  CHECK(dump(to_json(parse_log_answer(dump(to_json(full_log()))))) == dump(to_json(full_log())));
  const ResyncAnswer resync{"shop", "needs_yes", {{"beans", "public.beans", 3, 2, 1}}, 2.5};
  CHECK(dump(to_json(resync)) ==
        R"({"pipeline":"shop","outcome":"needs_yes","tables":[{"name":"beans","target":"public.beans",)"
        R"("changed":3,"deleted":2,"added":1}],"elapsed_ms":2.5})"
        "\n");
  CHECK(dump(to_json(parse_resync_answer(dump(to_json(resync))))) == dump(to_json(resync)));
  const ControlError error = parse_error(409, dump(to_json(ControlError{Refused::conflict, "a", "b", "c"})));
  CHECK(error.code + error.message + error.hint == "abc");
  CHECK_FALSE(parse_error(200, "<html>").hint.empty());
}

TEST_CASE(
    "a document of another version: more fields are passed over, later ones may be missing, others not") {
  const std::string text = dump(to_json(full_report()));
  auto document = nlohmann::json::parse(text);
  document["later"] = {1, 2};
  document.at("pipelines").at(0).at("source")["later"] = "x";
  CHECK(dump(to_json(parse_report(document.dump()))) == text);
  document.erase("config");
  document.erase("unclean_end");
  document.at("pipelines").at(0).erase("work");
  CHECK(parse_report(document.dump()).config.empty());
  document.at("pipelines").at(0)["state"] = "levitating";
  CHECK_THROWS_WITH_AS(parse_report(document.dump()),
                       doctest::Contains("\"levitating\"; use the sluicectl that came with the daemon"),
                       std::runtime_error);
  for (const char* other : {"{}", "[]", "<html>", "", R"({"api":1,"version":7})"}) {
    CAPTURE(other);
    CHECK_THROWS_WITH_AS(parse_report(other),
                         doctest::Contains("use the sluicectl that came with the daemon"),
                         std::runtime_error);
  }
}

TEST_CASE("a refusal keeps its kind on the way to the tool and back, by its HTTP status") {
  using enum Refused;
  for (const auto& each : {std::pair(bad_request, 400),
                           {forbidden, 403},
                           {not_found, 404},
                           {conflict, 409},
                           {too_large, 413},
                           {unavailable, 503},
                           {timed_out, 504},
                           {internal, 500}}) {
    const auto why = each.first;
    const int status = each.second;
    CAPTURE(status);
    CHECK(http_status(why) == status);
    CHECK(parse_error(status, dump(to_json(ControlError{why, "a", "b", "c"}))).why == why);
  }
  CHECK(http_status(busy) == 503);
  CHECK(parse_error(418, "{}").why == internal);
}

TEST_CASE("bytes that are no UTF-8 do not break a document") {
  DaemonReport report = full_report();
  report.pipelines[0].source_path = "/tmp/\xff.db";
  CHECK(contains(dump(to_json(report)), "/tmp/\xef\xbf\xbd.db"));
}

TEST_CASE("progress is told at most every half second, other events at once") {
  EventDiffer differ;
  DaemonReport report = full_report();
  EventDiffer::Time now{};
  CHECK(differ.next(report, now).empty());
  report.pipelines[0].applied = 1231;
  CHECK(differ.next(report, now + std::chrono::milliseconds{250}).empty());
  CHECK(differ.next(report, now + std::chrono::milliseconds{500}).at(0).type == "progress");
  CHECK(differ.next(report, now + std::chrono::seconds{5}).empty());
  report.pipelines[0].work->rows += 1;
  const auto compared = differ.next(report, now + std::chrono::seconds{5});
  CHECK(contains(compared.at(0).data, R"("work":{"kind":"verify","table":"packages","rows":40001,)"));
  report.pipelines[0].last_flush->at += std::chrono::seconds{1};
  report.pipelines[0].error->id = "e18";
  const auto events = differ.next(report, now + std::chrono::seconds{5});
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == "error");
  CHECK(events[1].type == "flush");
}

TEST_CASE("the metrics page carries every name, with the pipeline as label") {
  FlushDurations durations;
  durations.observe("shop", std::chrono::milliseconds{3});
  const std::string page = render_metrics(full_report(), durations);
  for (const char* line :
       {"sluice_build_info{version=\"0.1.0\"} 1\n", "# TYPE sluice_applied_changes_total counter\n",
        "sluice_applied_changes_total{pipeline=\"shop\"} 1200\n",
        "sluice_pending_changes{pipeline=\"shop\"} 4\n", "sluice_lag_seconds{pipeline=\"cafe\"} 0\n",
        "sluice_quarantined_rows{pipeline=\"shop\"} 3\n",
        "sluice_pipeline_state{pipeline=\"shop\",state=\"halted\"} 1\n",
        "sluice_pipeline_state{pipeline=\"shop\",state=\"streaming\"} 0\n",
        "sluice_last_commit_timestamp_seconds{pipeline=\"shop\"} 1795183402.125\n",
        "sluice_flush_duration_seconds_bucket{pipeline=\"shop\",le=\"0.005\"} 1\n"}) {
    CAPTURE(line);
    CHECK(contains(page, line));
  }
  CHECK_FALSE(contains(page, "sluice_last_commit_timestamp_seconds{pipeline=\"cafe\"}"));
}

TEST_CASE("the status screen tells people the state, the lag, the error and its remedy") {
  setenv("TZ", "CET-1", 1);
  tzset();
  CHECK(render_status(full_report(), "shop", parse_utc("2026-11-20T14:05:00.000Z")) ==
        R"(sluiced 0.1.0, process 4711, running since 2026-11-20 13:00:00 +01:00 (2 h 5 min ago)
the run before it, since 2026-11-19 08:00:00 +01:00, did not end cleanly

shop: halted: NOT REPLICATING: it stands before an error and skips nothing
  behind       4 changes, 0.2 s
  comparing    packages
               40,000 of 100,000 rows, 40 %, 20,000/s, 3.0 s left
  last commit  2026-11-20 15:03:22 +01:00 (1 min ago)
  last flush   2026-11-20 15:03:20 +01:00 (1 min ago), 4 changes in 3.1 ms
  waiting      for a lock: table public.packages, held by psql, pid 7, user ann, since 2026-11-20 15:03:24 +01:00 (1 min ago)
  remedy       end that transaction
  error        table package_categories, key 7, SQLSTATE 42703: record "new" has no field "update_at"
  remedy       GRANT SET ON PARAMETER session_replication_role TO ann
  since        2026-11-20 15:03:23 +01:00 (1 min ago), tried 2 times
  next try     in 41.5 s
  error id     e17
  quarantine   3 rows: sluicectl quarantine list
  source       /home/ann/shop.db, journal mode wal
  target       postgresql:///shop, connected, Postgres 15.18, ordinary mode
  so far       1,200 changes in 17 batches, 100,000 rows copied
  tables       2 tables
               packages            streaming  -> public.packages
               package_categories  halted     -> public.package_categories
  left out     search: virtual table
)");
}

TEST_CASE("the log's document has the fields that programs rely on") {
  CHECK(dump(to_json(full_log())) ==
        R"({"pipeline":"shop","entries":[)"
        R"({"position":7,"seen_at":null,"table":null,"operation":"base","key":null,"applied":true},)"
        R"({"position":8,"seen_at":null,"table":"packages","operation":"insert","key":"1","applied":true},)"
        R"({"position":9,"seen_at":"2026-11-20T14:03:22.125Z","table":"package_categories",)"
        R"j("operation":"maybe_replaced","key":"(1, 'it''s')","applied":false},)j"
        R"({"position":10,"seen_at":"2026-11-20T14:03:22.125Z","table":"packages","operation":"delete",)"
        R"("key":"2","applied":null}],"newest":10})"
        "\n");
}

TEST_CASE("the log is an aligned table, whose columns grow with later pages") {
  setenv("TZ", "CET-1", 1);
  tzset();
  LogTable table;
  CHECK(table.page(full_log().entries, 0) ==
        "position  time                        applied  table               operation       key\n"
        "7         -                           yes      -                   base            -\n"
        "8         -                           yes      packages            insert          1\n"
        "9         2026-11-20 15:03:22 +01:00  no       package_categories  maybe_replaced  (1, 'it''s')\n"
        "10        2026-11-20 15:03:22 +01:00  -        packages            delete          2\n");
  CHECK(table.page({}, 0).empty());
  CHECK(table.page({{11, {}, "packages", "insert", "3", false}}, 0) ==
        "11        -                           no       packages            insert          3\n");
}

TEST_CASE("a log that is followed has room for a time before there is one") {
  setenv("TZ", "CET-1", 1);
  tzset();
  const auto entries = full_log().entries;
  LogTable table;
  table.expect_more();
  CHECK(table.page({entries[1]}, 0) ==
        "position  time                        applied  table     operation       key\n"
        "8         -                           yes      packages  insert          1\n");
  CHECK(table.page({{9, entries[2].seen_at, "packages", "maybe_replaced", "1", true}}, 0) ==
        "9         2026-11-20 15:03:22 +01:00  yes      packages  maybe_replaced  1\n");
}

TEST_CASE("a window cuts the log's long names and keys, and no command reaches the terminal") {
  const std::vector<LogLine> entries{{1, {}, "äöüäöüäöüäöü", "insert", "'\x1b[31m\r\n\x7f\xc2\x9b'", true},
                                     {2, {}, "t", "insert", "'ein Schlüssel, der länger ist'", true}};
  CHECK(LogTable().page(entries, 61) ==
        "position  time  applied  table         operation  key\n"
        "1         -     yes      äöüäöüäöüäöü  insert     '\\x1b[31m\\…\n"
        "2         -     yes      t             insert     'ein Schlü…\n");
  CHECK(LogTable().page(entries, 20) ==
        "position  time  applied  table     operation  key\n"
        "1         -     yes      äöüäöüä…  insert     '\\x1b[3…\n"
        "2         -     yes      t         insert     'ein Sc…\n");
}

TEST_CASE("check says what is missing and how to mend it") {
  CHECK(render_check({"shop",
                      false,
                      {{"source file", CheckItem::Verdict::ok, "shop.db, wal", ""},
                       {"rights", CheckItem::Verdict::failed, "no CREATE", "GRANT it"}}}) ==
        "shop: NOT READY\n"
        "  ok      source file  shop.db, wal\n"
        "  FAILED  rights       no CREATE\n"
        "          remedy: GRANT it\n");
}

TEST_CASE("verbs end with the documented exit codes") {
  TestServer server;
  Invocation invocation;
  invocation.socket = server.path();
  const auto code = [&invocation](auto verb) { return run_guarded([&] { return verb(invocation); }); };
  CHECK(code(run_status) == ExitCode::done);
  CHECK(code(run_flush) == ExitCode::done);
  server.service.quarantined = 2;
  CHECK(code(run_flush) == ExitCode::failed);
  server.service.refusal = ControlError{Refused::conflict, "halted", "shop is halted", "see status"};
  CHECK(code(run_flush) == ExitCode::failed);
  CHECK(code(run_retry) == ExitCode::failed);
  server.service.refusal = ControlError{Refused::timed_out, "timed_out", "30 s were not enough", "wait"};
  CHECK(code(run_flush) == ExitCode::timed_out);
  server.service.refusal =
      ControlError{Refused::not_found, "unknown_pipeline", "no pipeline x", "there are: shop"};
  CHECK(code(run_pause) == ExitCode::usage);
  invocation.pipeline = "nobody";
  CHECK(code(run_status) == ExitCode::usage);
  invocation.socket = server.path().parent_path() / "other.sock";
  for (const auto verb : {run_status, run_flush, run_pause, run_reload, run_stop, run_log})
    CHECK(code(verb) == ExitCode::no_daemon);
}
