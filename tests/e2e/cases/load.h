#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "tests/e2e/scene.h"

namespace sluice::e2e {

/// A second writer that keeps writing while the test does something to the file: a thread with a connection
/// of its own, one transaction a turn. What SQLite refuses is remembered, and it goes on with the next turn.
class Load {
 public:
  /// The statements of a turn; called inside the transaction, so that it can look at the schema first.
  using Statements = std::function<std::string(SQLite::Database&, int turn)>;

  Load(const std::filesystem::path& file, Statements statements)
      : statements_(std::move(statements)),
        database_(connect(file, kBusyTimeout)),
        thread_([this] { work(); }) {}
  ~Load() { finish(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Waits until so many more turns have been committed.
  void go_on_for(int turns) {
    const int goal = committed_ + turns;
    support::wait_until("the second writer has written", [&] { return committed_ >= goal; });
  }

  int refused() const { return refused_; }
  /// When the last turn was refused; the epoch where none was.
  std::chrono::steady_clock::time_point last_refusal() const { return last_refusal_; }

  /// Ends the work: the first thing that SQLite refused, else an empty text.
  std::string finish() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
    return first_error_;
  }

 private:
  static constexpr int kBusyTimeout = 10'000;

  void work() {
    for (int turn = 0; !enough_; ++turn) {
      try {
        SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
        database_.exec(statements_(database_, turn));
        transaction.commit();
        ++committed_;
      } catch (const SQLite::Exception& error) {
        if (refused_++ == 0) first_error_ = error.what();
        last_refusal_ = std::chrono::steady_clock::now();
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // an application thinks
    }
  }

  Statements statements_;
  SQLite::Database database_;
  std::atomic<bool> enough_ = false;
  std::atomic<int> committed_ = 0;
  std::atomic<int> refused_ = 0;
  std::atomic<std::chrono::steady_clock::time_point> last_refusal_{};
  std::string first_error_;
  std::thread thread_;
};

}  // namespace sluice::e2e
