#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/copy/shapes.h"
#include "tests/e2e/scene.h"

namespace sluice::e2e {

/// The statements that an application makes use of.
using Statements = std::vector<std::string (Shape::*)() const>;
const Statements kEveryStatement = {&Shape::replace, &Shape::update, &Shape::remove, &Shape::move};
/// Those after which every key is still there.
const Statements kWrites = {&Shape::replace, &Shape::update};

/// An application that writes all over the tables of some shapes, on a thread of its own, and notes how long
/// it has had to wait for a lock: it asks again at once and never leaves the waiting to SQLite.
class PatientWriter {
 public:
  /// Writes to the rows 1 to `rows`, and to some beyond a million.
  PatientWriter(const std::filesystem::path& file, std::vector<Shape> shapes, int rows, unsigned seed,
                Statements statements = kEveryStatement);
  ~PatientWriter() { finish(); }
  PatientWriter(const PatientWriter&) = delete;
  PatientWriter& operator=(const PatientWriter&) = delete;

  /// Ends the work: what SQLite refused, if it ever did.
  std::string finish();

  int transactions() const { return transactions_; }
  /// The longest time until a transaction had its lock or was committed.
  std::chrono::milliseconds longest_wait() const { return longest_wait_; }

 private:
  using Clock = std::chrono::steady_clock;

  void work();
  void patiently(const std::string& sql);
  void write_one();

  std::vector<Shape> shapes_;
  int rows_;
  Statements statements_;
  int next_ = 1'000'000;
  std::mt19937 random_;
  SQLite::Database database_;
  std::atomic<bool> enough_ = false;
  std::atomic<int> transactions_ = 0;
  std::atomic<std::chrono::milliseconds> longest_wait_{};
  std::string error_;
  std::thread thread_;
};

}  // namespace sluice::e2e
