// The log as the daemon shows it: when a change was seen, whether Postgres has it, and when the file is
// opened for it.

#include <doctest/doctest.h>

#include "daemon/inspect/log_view.h"
#include "daemon/pipeline/status_board.h"
#include "daemon/report/seen_marks.h"
#include "daemon/sync/source_place.h"
#include "tests/support/sqlite_file.h"

namespace sluice::daemon {
namespace {

using capture::Position;

WallTime at(int second) {
  return WallTime{} + std::chrono::seconds(second);
}

/// The second at which a position was seen; -1 where nobody knows.
long long second_of(const SeenMarks& marks, std::int64_t position) {
  const auto seen = marks.seen_at(position);
  return seen ? std::chrono::duration_cast<std::chrono::seconds>(seen->time_since_epoch()).count() : -1;
}

capture::LogExcerpt two_entries() {
  return {{{Position{100}, "t", "insert", "1"}, {Position{105}, "t", "delete", "1"}}, Position{105}};
}

PipelineReport report_of(State state, std::int64_t applied) {
  PipelineReport report;
  report.name = "shop";
  report.state = state;
  report.applied = applied;
  return report;
}

}  // namespace

TEST_CASE("what was there at the first look has no time") {
  SeenMarks marks;
  CHECK(second_of(marks, 1) == -1);
  marks.note(100, at(1));
  CHECK(second_of(marks, 1) == -1);
  CHECK(second_of(marks, 100) == -1);
  CHECK(second_of(marks, 101) == -1);
}

TEST_CASE("a position was seen at the first look that found it") {
  SeenMarks marks;
  marks.note(100, at(1));
  marks.note(105, at(2));
  marks.note(106, at(3));
  CHECK(second_of(marks, 100) == -1);
  CHECK(second_of(marks, 101) == 2);
  CHECK(second_of(marks, 105) == 2);
  CHECK(second_of(marks, 106) == 3);
  CHECK(second_of(marks, 107) == -1);
}

TEST_CASE("a look that finds nothing new, or comes late, changes no time") {
  SeenMarks marks;
  marks.note(100, at(1));
  marks.note(105, at(2));
  marks.note(105, at(3));
  marks.note(103, at(4));
  CHECK(marks.size() == 2);
  CHECK(second_of(marks, 103) == 2);
  CHECK(second_of(marks, 105) == 2);
}

TEST_CASE("only the newest marks are remembered") {
  SeenMarks marks;
  const auto most = static_cast<int>(SeenMarks::kMostMarks);
  for (int i = 1; i <= most + 10; ++i) marks.note(i, at(i));
  CHECK(marks.size() == SeenMarks::kMostMarks);
  CHECK(second_of(marks, 11) == -1);
  CHECK(second_of(marks, 12) == 12);
  CHECK(second_of(marks, most + 10) == most + 10);
}

TEST_CASE("another history has no times of the one before") {
  SeenMarks marks;
  marks.note(100, at(1));
  marks.note(105, at(2));
  marks.forget();
  CHECK(second_of(marks, 105) == -1);
  marks.note(90, at(3));
  marks.note(95, at(4));
  CHECK(second_of(marks, 95) == 4);
}

TEST_CASE("a change is applied up to the position that Postgres holds") {
  SeenMarks marks;
  marks.note(100, at(1));
  marks.note(105, at(2));
  const LogAnswer answer = log_answer(two_entries(), marks, report_of(State::streaming, 104));
  CHECK(answer.pipeline == "shop");
  CHECK(answer.newest == 105);
  REQUIRE(answer.entries.size() == 2);
  CHECK(answer.entries[0].applied == true);
  CHECK(answer.entries[1].applied == false);
  CHECK_FALSE(answer.entries[0].seen_at);
  CHECK(answer.entries[1].seen_at == at(2));
}

TEST_CASE(
    "nothing is called applied before Postgres has told, or where the two sides do not belong together") {
  for (const auto& report : {report_of(State::starting, 0), report_of(State::diverged, 200)}) {
    const LogAnswer answer = log_answer(two_entries(), {}, report);
    for (const auto& entry : answer.entries) CHECK_FALSE(entry.applied);
  }
}

TEST_CASE("whoever follows the log does not open a file that has been at rest since") {
  support::SqliteFile file("delete");
  file.exec("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  PipelineConfig config;
  config.source.path = file.path();
  config.source.busy_timeout = Milliseconds(0);
  capture::Source(source_options(config)).install();
  LogView view(config);
  const auto newest = view.read({}).newest.value;
  const LogQuery following{.pipeline = {}, .limit = 20, .after = newest};

  file.exec("BEGIN EXCLUSIVE");
  CHECK_THROWS(view.read(following));  // written too recently to be sure
  file.exec("COMMIT");
  std::filesystem::last_write_time(file.path(),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::seconds(10));
  CHECK(view.read(following).entries.empty());

  file.exec("BEGIN EXCLUSIVE");
  CHECK(view.read(following).newest.value == newest);
  CHECK_THROWS(view.read({.pipeline = {}, .limit = 20, .after = newest - 1}));
  CHECK_THROWS(view.read({}));
  file.exec("INSERT INTO t VALUES(1); COMMIT");
  CHECK(view.read(following).entries.size() == 1);
}

TEST_CASE("what a former history was seen to hold says nothing about one that counts anew below it") {
  StatusBoard board(PipelineConfig{});
  board.set_captured({100});
  board.set_captured({200});
  CHECK(board.seen_marks().seen_at(150));
  board.set_captured({120});
  CHECK_FALSE(board.seen_marks().seen_at(150));
  board.set_captured({160});
  CHECK(board.seen_marks().seen_at(150));
  CHECK(board.report().captured == 160);
}

}  // namespace sluice::daemon
