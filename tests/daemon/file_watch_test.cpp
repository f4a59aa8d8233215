#include "daemon/pipeline/file_watch.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>
#include <fstream>
#include <memory>

#include "daemon/base/file_signature.h"
#include "tests/support/sqlite_file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

using namespace sluice::daemon;
using sluice::support::SqliteFile;

namespace {

/// Runs the context until `told` counts up, or fails.
bool hears(boost::asio::io_context& io, const int& told, int before) {
  try {
    sluice::support::wait_until(
        "the watch tells",
        [&] {
          io.restart();
          io.poll();
          return told > before;
        },
        std::chrono::seconds(5));
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

TEST_SUITE("file watch") {
  TEST_CASE("a commit is heard in every journal mode, and after the log was made anew") {
    for (const char* mode : {"wal", "delete", "truncate", "persist"}) {
      CAPTURE(mode);
      SqliteFile file(mode);
      file.exec("CREATE TABLE t(x)");
      boost::asio::io_context io;
      int told = 0;
      const auto owner = std::make_shared<int>();
      FileWatch watch(io.get_executor(), file.path(), owner, [&] { ++told; });
      file.exec("INSERT INTO t VALUES(1)");
      CHECK(hears(io, told, 0));
      if (std::string(mode) == "wal") {
        file.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        io.restart();
        io.poll();
        const int before = told;
        file.exec("INSERT INTO t VALUES(2)");
        CHECK(hears(io, told, before));
      }
      watch.close();
      io.restart();
      io.poll();
    }
  }

  TEST_CASE("another file of the folder is not heard") {
    SqliteFile file;
    boost::asio::io_context io;
    int told = 0;
    const auto owner = std::make_shared<int>();
    FileWatch watch(io.get_executor(), file.path(), owner, [&] { ++told; });
    std::ofstream(file.folder() / "other") << "x";
    std::ofstream(file.path().string() + "-shm2") << "x";
    file.exec("CREATE TABLE t(x)");
    CHECK(hears(io, told, 0));
    const int after_own = told;
    std::ofstream(file.folder() / "other") << "y";
    io.restart();
    io.poll();
    CHECK(told == after_own);
    watch.close();
    io.restart();
    io.poll();
  }

  TEST_CASE("the end of the folder is heard, and so is what happens in the one made in its place") {
    const sluice::support::TempDir place;
    const auto folder = place / "shop";
    const auto file = folder / "shop.db";
    std::filesystem::create_directory(folder);
    boost::asio::io_context io;
    int told = 0;
    const auto owner = std::make_shared<int>();
    FileWatch watch(io.get_executor(), file, owner, [&] { ++told; });
    for (int i = 0; i < 3; ++i) {  // file systems give the number of the former folder away again
      int before = told;
      std::filesystem::remove_all(folder);
      CHECK(hears(io, told, before));
      std::filesystem::create_directory(folder);
      watch.follow();
      before = told;
      std::ofstream(file) << "x";
      CHECK(hears(io, told, before));
    }
    watch.close();
    io.restart();
    io.poll();
  }

  TEST_CASE("a folder that cannot be watched is no reason to end, and is watched once it can") {
    const sluice::support::TempDir place;
    const auto file = place / "later" / "shop.db";
    boost::asio::io_context io;
    int told = 0;
    const auto owner = std::make_shared<int>();
    FileWatch watch(io.get_executor(), file, owner, [&] { ++told; });
    watch.follow();
    std::filesystem::create_directory(file.parent_path());
    watch.follow();
    std::ofstream(file) << "x";
    CHECK(hears(io, told, 0));
    watch.close();
    io.restart();
    io.poll();

    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_NOTHROW(FileWatch(io.get_executor(), file, owner, [&] { ++told; }).follow());
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  }

  TEST_CASE("a signature tells a write and a new file apart from rest") {
    SqliteFile file;
    file.exec("CREATE TABLE t(x)");
    const auto rest = signature_of(file.path());
    CHECK(signature_of(file.path()) == rest);
    file.exec("INSERT INTO t VALUES(1)");
    CHECK_FALSE(signature_of(file.path()) == rest);
    CHECK_FALSE(signature_of("/nonexistent") == rest);
  }
}
