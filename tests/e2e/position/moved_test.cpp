// The file in another place: moved, or copied and running there with a daemon of its own.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/position/stock.h"

namespace sluice::e2e {
namespace {

using std::filesystem::path;

/// A second daemon for the same pipeline of the same database, with its file in another place.
struct Elsewhere {
  Elsewhere(const Mirror& mirror, const path& file, const std::string& settings = "")
      : daemon(shop(file, mirror.cluster.url(mirror.database, mirror.role), settings)) {}

  nlohmann::json error() { return pipeline_status(daemon).at("error"); }

  support::DaemonProcess daemon;
};

std::string place_in(const Mirror& mirror) {
  return mirror.server("SELECT source_path FROM sluice.pipeline");
}

void move_file(Mirror& mirror, const path& to) {
  close_application(mirror);
  mirror.daemon.stop();
  std::filesystem::rename(mirror.source.path(), to);
}

}  // namespace

TEST_CASE(
    "a file that has moved is not replicated until its new place is accepted, and nothing is copied then") {
  Mirror mirror(kStock);
  mirror.start();
  const path moved = mirror.source.folder() / "moved.db";
  move_file(mirror, moved);
  Elsewhere there(mirror, moved);
  auto application = connect(moved, 5000);
  application.exec(added(3));
  there.daemon.start();
  wait_for_state(there.daemon, "diverged");
  CHECK(there.error().at("code") == "moved_or_copied");
  CHECK(there.error().at("hint").get<std::string>().find("sluicectl adopt shop") != std::string::npos);
  CHECK(flush(there.daemon).status == 409);
  CHECK(place_in(mirror) == mirror.source.path().string());
  CHECK(mirror.server("SELECT count(*) FROM stock") == "100");

  const auto adopted = there.daemon.ctl({"adopt", "shop"});
  CHECK(adopted.err == "");
  CHECK(adopted.exit_code == 0);
  must_flush(there.daemon);
  CHECK(place_in(mirror) == moved.string());
  CHECK(mirror.server("SELECT count(*) FROM stock") == "103");
  CHECK(pipeline_status(there.daemon).at("totals").at("rows_copied") == 0);
}

TEST_CASE("a copy of the file with a daemon of its own changes nothing, and the original goes on") {
  Mirror mirror(kStock);
  mirror.start();
  const path copy = mirror.source.folder() / "copy.db";
  back_up(mirror.source.path(), copy);
  auto application = connect(copy, 5000);
  std::string written_to_copy;
  SUBCASE("as it was copied") {
  }
  SUBCASE("written to since") {
    written_to_copy = "DELETE FROM stock WHERE id < 50;" + added(200);
  }
  if (!written_to_copy.empty()) application.exec(written_to_copy);
  Elsewhere there(mirror, copy);
  there.daemon.start();
  wait_for_state(there.daemon, "diverged");
  CHECK(there.error().at("code") == "moved_or_copied");
  mirror.run(added(5));
  CHECK(mirror.differences() == "");

  // Neither resync nor retry takes the pipeline over.
  CHECK(there.daemon.ctl({"resync", "--yes"}).exit_code == 1);
  CHECK(there.daemon.ctl({"retry"}).exit_code == 0);
  wait_for_state(there.daemon, "diverged");
  mirror.run(added(5));
  CHECK(mirror.differences() == "");
}

TEST_CASE("once the place of a copy is accepted, the daemon of the former place stops") {
  Mirror mirror(kStock);
  mirror.start();
  const path copy = mirror.source.folder() / "copy.db";
  back_up(mirror.source.path(), copy);
  Elsewhere there(mirror, copy);
  there.daemon.start();
  wait_for_state(there.daemon, "diverged");
  CHECK(there.daemon.ctl({"adopt"}).exit_code == 0);
  must_flush(there.daemon);
  const std::string before = contents(mirror, "stock");
  mirror.run(added(1));
  expect_diverged(mirror, "moved_or_copied");
  CHECK(contents(mirror, "stock") == before);
}

TEST_CASE("the same path on another machine is another place") {
  Mirror mirror(kStock);
  mirror.start();
  mirror.daemon.stop();
  mirror.server("UPDATE sluice.pipeline SET source_host = 'another machine'");
  mirror.run(added(1));
  mirror.daemon.start();
  expect_diverged(mirror, "moved_or_copied");
  CHECK(mirror.status().at("error").at("message").get<std::string>().find("another machine") !=
        std::string::npos);
  CHECK(mirror.daemon.ctl({"adopt"}).exit_code == 0);
  CHECK(mirror.differences() == "");
}

TEST_CASE("another name of the same file is the same place, and so is another inode under the same name") {
  Mirror mirror(kStock);
  mirror.start();
  mirror.daemon.stop();
  const path alias = mirror.source.folder() / "alias.db";
  std::filesystem::create_symlink(mirror.source.path(), alias);
  Elsewhere there(mirror, alias);
  there.daemon.start();
  mirror.run(added(2));
  must_flush(there.daemon);
  CHECK(mirror.server("SELECT count(*) FROM stock") == "102");
  there.daemon.stop();

  close_application(mirror);
  const path beside = mirror.source.folder() / "beside.db";
  std::filesystem::copy_file(mirror.source.path(), beside);
  std::filesystem::rename(beside, mirror.source.path());
  open_application(mirror);
  mirror.run(added(2));
  mirror.daemon.start();
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM stock") == "104");
}

TEST_CASE("a name that another source has already is refused, and no resync takes it over") {
  Mirror mirror(kStock);
  mirror.start();
  const path other = mirror.source.folder() / "other.db";
  SQLite::Database application(other, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  application.exec("CREATE TABLE stock(id INTEGER PRIMARY KEY, label TEXT, amount INTEGER)");
  Elsewhere there(mirror, other);
  there.daemon.start();
  wait_for_state(there.daemon, "diverged");
  CHECK(there.error().at("code") == "name_taken");
  const auto refused = there.daemon.ctl({"resync", "--yes"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("belongs to another source") != std::string::npos);
  CHECK(there.daemon.ctl({"adopt"}).exit_code == 1);
  CHECK(application.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice_*'").getInt() ==
        0);
  mirror.run(added(2));
  CHECK(mirror.differences() == "");
}

TEST_CASE("to adopt a file that is where it was changes nothing") {
  Mirror mirror(kStock);
  mirror.start();
  CHECK(mirror.daemon.ctl({"adopt", "shop"}).exit_code == 0);
  mirror.run(added(2));
  CHECK(mirror.differences() == "");
  CHECK(mirror.daemon.ctl({"adopt", "ship"}).exit_code == 2);
  CHECK(mirror.daemon.ctl({"pause"}).exit_code == 0);
  CHECK(mirror.daemon.ctl({"adopt"}).exit_code == 1);
}

}  // namespace sluice::e2e
