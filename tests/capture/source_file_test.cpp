#include "capture/source_file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <fstream>

#include "capture/migration_lock.h"
#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

std::string code_of_opening(const SourceOptions& options) {
  try {
    Source source(options);
  } catch (const SourceError& error) {
    CHECK_FALSE(error.hint().empty());
    CHECK(std::string(error.what()).find(options.path) != std::string::npos);
    return error.code();
  }
  return "opened";
}

}  // namespace

TEST_CASE("only the owner and root may open a file") {
  CHECK_NOTHROW(check_owner("/x.db", 1000, 1000));
  CHECK_NOTHROW(check_owner("/x.db", 1000, 0));
  try {
    check_owner("/x.db", 0, 65534);
    FAIL("another user's file was accepted");
  } catch (const SourceError& error) {
    CHECK(error.code() == "source_wrong_owner");
    CHECK(std::string(error.what()).find("user id 0") != std::string::npos);
    CHECK(std::string(error.what()).find("user id 65534") != std::string::npos);
    CHECK_FALSE(error.hint().empty());
  }
}

TEST_CASE("network file systems are known by name") {
  CHECK(std::string(remote_file_system(0x6969)) == "NFS");
  CHECK(std::string(remote_file_system(0x01021997)) == "9p");
  CHECK(remote_file_system(0xEF53) == nullptr);
  CHECK(remote_file_system(0x01021994) == nullptr);
}

TEST_CASE("a path that holds no database is refused with its reason") {
  Sandbox sandbox;
  SourceOptions options = sandbox.options();
  options.path = (sandbox.folder() / "absent.db").string();
  CHECK(code_of_opening(options) == "source_missing");
  CHECK_FALSE(std::filesystem::exists(options.path));
  options.path = sandbox.folder().string();
  CHECK(code_of_opening(options) == "source_not_a_file");
  options.path = (sandbox.folder() / "notes.txt").string();
  std::ofstream(options.path) << std::string(2000, 'x');
  CHECK(code_of_opening(options) == "source_not_a_database");
  CHECK(code_of_opening(sandbox.options()) == "opened");
}

TEST_CASE("a folder that cannot be locked is not taken for a migration that runs") {
  Sandbox sandbox;
  const auto code_of_locking = [](const std::string& path) -> std::string {
    try {
      MigrationLock lock(path, MigrationLock::Kind::installation);
    } catch (const SourceError& error) {
      CHECK_FALSE(error.hint().empty());
      return error.code();
    }
    return "locked";
  };
  CHECK(code_of_locking(sandbox.path()) == "locked");
  {
    const MigrationLock migration(sandbox.path(), MigrationLock::Kind::migration);
    CHECK(code_of_locking(sandbox.path()) == "migration_running");
  }
  CHECK(code_of_locking((sandbox.folder() / "gone" / "app.db").string()) == "source_missing");
  if (geteuid() != 0) {
    std::filesystem::permissions(sandbox.folder(), std::filesystem::perms::owner_exec);
    CHECK(code_of_locking(sandbox.path()) == "source_folder_unwritable");
    std::filesystem::permissions(sandbox.folder(), std::filesystem::perms::owner_all);
  }
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const std::string code = code_of_locking(sandbox.path());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(code == "too_many_files");
}

TEST_CASE("a locked file is SQLite's error, not a wrong file") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)", "PRAGMA journal_mode = DELETE");
  sandbox.run("BEGIN EXCLUSIVE");
  SourceOptions options = sandbox.options();
  options.busy_timeout = std::chrono::milliseconds(0);
  try {
    Source source(options);
    FAIL("a locked file was opened");
  } catch (const SQLite::Exception& error) {
    CHECK(error.getErrorCode() == SQLITE_BUSY);
  }
}

TEST_CASE("a file put in the place of the open one is noticed") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  Source source(sandbox.options());
  CHECK_FALSE(source.replaced());
  std::filesystem::rename(sandbox.path(), sandbox.path() + ".old");
  CHECK(source.replaced());
  std::ofstream(sandbox.path()).flush();
  CHECK(source.replaced());
}

TEST_CASE("a file that is empty or cut short is not written to, one beside a log may well be short") {
  Sandbox sandbox("CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)", "PRAGMA journal_mode = DELETE");
  sandbox.run("INSERT INTO t SELECT NULL, hex(randomblob(2000)) FROM pragma_table_list, pragma_table_list");
  sandbox.close();
  const auto size = std::filesystem::file_size(sandbox.path());
  const auto is_whole = [&] {
    SQLite::Database database(sandbox.path(), SQLite::OPEN_READWRITE);
    try {
      check_whole(sandbox.path(), database.getHandle());
      return true;
    } catch (const SourceError& error) {
      CHECK(error.code() == "source_incomplete");
      return false;
    }
  };
  CHECK(is_whole());
  std::filesystem::resize_file(sandbox.path(), size - 4096);
  CHECK_FALSE(is_whole());
  std::ofstream(sandbox.path() + "-wal") << "frames";
  CHECK(is_whole());
  std::filesystem::resize_file(sandbox.path(), 0);
  CHECK_FALSE(is_whole());
}

}  // namespace sluice::capture
