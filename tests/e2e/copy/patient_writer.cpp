#include "tests/e2e/copy/patient_writer.h"

#include <sqlite3.h>

#include <algorithm>

namespace sluice::e2e {

PatientWriter::PatientWriter(const std::filesystem::path& file, std::vector<Shape> shapes, int rows,
                             unsigned seed, Statements statements)
    : shapes_(std::move(shapes)),
      rows_(rows),
      statements_(std::move(statements)),
      random_(seed),
      database_(connect(file, 0)) {
  thread_ = std::thread([this] { work(); });
}

std::string PatientWriter::finish() {
  enough_ = true;
  if (thread_.joinable()) thread_.join();
  return error_;
}

void PatientWriter::work() {
  try {
    patiently("PRAGMA synchronous = OFF");
    while (!enough_) {
      patiently("BEGIN IMMEDIATE");
      for (auto left = 1 + random_() % 4; left > 0; --left) write_one();
      patiently("COMMIT");
      ++transactions_;
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 3000));  // an application thinks
    }
  } catch (const std::exception& error) {
    error_ = error.what();
  }
}

void PatientWriter::patiently(const std::string& sql) {
  const auto begin = Clock::now();
  while (database_.tryExec(sql) != SQLITE_OK) {
    if (database_.getErrorCode() != SQLITE_BUSY || Clock::now() - begin > support::kPatience)
      throw std::runtime_error(sql + ": " + database_.getErrorMsg());
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  longest_wait_ = std::max(longest_wait_.load(), waited);
}

void PatientWriter::write_one() {
  const Shape& shape = shapes_[random_() % shapes_.size()];
  const auto sql = statements_[random_() % statements_.size()];
  SQLite::Statement statement(database_, (shape.*sql)());
  statement.bind(1, static_cast<int>(1 + random_() % static_cast<unsigned>(rows_)));
  // A number beside its own: a row moves over the copy's frontier now and then, not to the end each time.
  const bool among_them = random_() % 2 == 0;
  statement.bind(2, among_them ? static_cast<int>(1 + random_() % static_cast<unsigned>(rows_)) : next_++);
  statement.exec();
}

}  // namespace sluice::e2e
