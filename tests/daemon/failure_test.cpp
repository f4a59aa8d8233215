#include "daemon/sync/failure.h"

#include <SQLiteCpp/Exception.h>
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <fstream>

#include "applier/server/apply_error.h"
#include "capture/source.h"
#include "daemon/sync/replicator.h"
#include "daemon/sync/source_place.h"
#include "tests/support/temp_dir.h"

using namespace sluice;
using namespace sluice::daemon;

namespace {

template <typename Error>
FailureReport reported(const Error& error) {
  return report_failure(std::make_exception_ptr(error));
}

}  // namespace

TEST_SUITE("failure") {
  TEST_CASE("every error leads to the pump's next step and says its class") {
    using applier::ApplyError;
    using applier::Fault;
    const auto row = reported(ApplyError(Fault::row, "no", "22001"));
    CHECK(row.failure == Failure::refused);
    CHECK(row.error.cls == "row");
    CHECK(reported(ApplyError(Fault::table, "no", "42P01")).error.cls == "table");
    for (const auto fault : {Fault::environment, Fault::in_doubt, Fault::fenced}) {
      const auto away = reported(ApplyError(fault, "gone"));
      CHECK(away.failure == Failure::away);
      CHECK(away.error.cls == "target");
    }
    for (const char* collision : {"40001", "40P01"}) {
      CHECK(reported(ApplyError(Fault::environment, "in the way", collision)).failure == Failure::collided);
    }
    CHECK(reported(Diverged("moved_back", "m", "h")).failure == Failure::diverged);
    CHECK(reported(Diverged("finished", "m", "h")).failure == Failure::finished);
    CHECK(reported(capture::SourceError("source_missing", "m", "h")).failure == Failure::refused);
    const auto locked = reported(SQLite::Exception("database is locked", SQLITE_BUSY));
    CHECK(locked.failure == Failure::away);
    CHECK(locked.error.code == "source_locked");
    CHECK(reported(SQLite::Exception("full", SQLITE_FULL)).error.code == "source_disk_full");
  }

  TEST_CASE("every report carries a remedy and an id that stays with the error") {
    const auto first = reported(applier::ApplyError(applier::Fault::environment, "down"));
    const auto again = reported(applier::ApplyError(applier::Fault::environment, "down"));
    const auto other = reported(applier::ApplyError(applier::Fault::environment, "full"));
    CHECK_FALSE(first.error.hint.empty());
    CHECK(first.error.id == again.error.id);
    CHECK(first.error.id != other.error.id);
    CHECK_FALSE(reported(std::runtime_error("bug")).error.hint.empty());
  }

  TEST_CASE("a machine that can't be told is no other machine, and one without an id has none") {
    const support::TempDir folder;
    const auto file = folder / "machine-id";
    CHECK(read_machine_id(file) == "unknown");
    std::ofstream(file) << "abc\n";
    CHECK(read_machine_id(file) == "abc");
    CHECK_THROWS_WITH_AS(read_machine_id(file / "below"), doctest::Contains("can't tell which machine"),
                         applier::ApplyError);
  }

  TEST_CASE("a file that can't be opened for want of descriptors is not called unreadable") {
    const SQLite::Exception refused("unable to open database file", SQLITE_CANTOPEN);
    CHECK(reported(refused).error.code == "source_unreadable");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto report = reported(refused);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(report.error.code == "no_descriptors");
    CHECK(report.error.hint.find("LimitNOFILE") != std::string::npos);
  }
}
