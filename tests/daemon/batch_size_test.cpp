#include "daemon/sync/batch_size.h"

#include <doctest/doctest.h>

using sluice::daemon::BatchSize;

namespace {

constexpr std::int64_t kMiB = 1 << 20;

void lose_twice(BatchSize& size, std::int64_t changes, std::int64_t bytes) {
  size.lost(changes, bytes);
  size.lost(changes, bytes);
}

}  // namespace

TEST_SUITE("batch size") {
  TEST_CASE("the second loss halves what was under way, the first does nothing") {
    BatchSize size(1'000'000, 256 * kMiB);
    size.lost(20'000, 4 * kMiB);
    CHECK(size.changes() == 1'000'000);
    CHECK(size.bytes() == 256 * kMiB);
    size.lost(20'000, 4 * kMiB);
    CHECK(size.changes() == 10'000);
    CHECK(size.bytes() == 2 * kMiB);
  }

  TEST_CASE("it gets no smaller than 100 changes, or than a few rows that are wide") {
    BatchSize size(1'000'000, 256 * kMiB);
    for (int i = 0; i < 30; ++i) lose_twice(size, size.changes(), 20);
    CHECK(size.changes() == 100);
    CHECK(size.bytes() == 256 * kMiB);
    for (int i = 0; i < 30; ++i) lose_twice(size, 50, size.bytes());
    CHECK(size.changes() == 100);
    CHECK(size.bytes() == 8 << 10);
  }

  TEST_CASE("each batch that arrives doubles it, up to what the configuration says") {
    BatchSize size(1000, kMiB);
    lose_twice(size, 1000, kMiB);
    size.lost(500, kMiB / 2);
    size.arrived();
    CHECK(size.changes() == 1000);
    CHECK(size.bytes() == kMiB);
    size.arrived();
    CHECK(size.changes() == 1000);
    // The loss before the arrival is forgotten.
    size.lost(1000, kMiB);
    CHECK(size.changes() == 1000);
  }

  TEST_CASE("a small batch that was lost says nothing about a large one") {
    BatchSize size(1'000'000, 256 * kMiB);
    for (int i = 0; i < 10; ++i) lose_twice(size, 1, 60);
    CHECK(size.changes() == 1'000'000);
    CHECK(size.bytes() == 256 * kMiB);
  }

  TEST_CASE("a limit that is configured to be small stays as it is") {
    BatchSize size(10, 1024);
    lose_twice(size, 10, 1024);
    CHECK(size.changes() == 10);
    CHECK(size.bytes() == 1024);
  }
}
