// Links that break, again and again: whatever they carry at a time, everything arrives, once.

#include <doctest/doctest.h>

#include <random>

#include "tests/e2e/links/parcels.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::TcpRelay;
using support::wait_until;
using Direction = TcpRelay::Direction;

/// What a connection carries before it breaks, both directions taken together.
constexpr std::int64_t kLifetime = 64 << 10;
/// What has to get over such a link.
constexpr int kBacklog = 20 * kLifetime;

/// Half of the backlog in rows of which hundreds fit, half in rows of which only a few do.
void add_backlog(Parcels& parcels, int bytes = kBacklog) {
  parcels.add(bytes / 2 / 200, 200);
  parcels.add(bytes / 2 / 12'000, 12'000);
}

/// Lets the daemon go on behind a link that carries no connection for long, until both sides are equal.
void arrives_over_the_bad_link(Parcels& parcels) {
  parcels.relay.carry_at_most(kLifetime);
  parcels.relay.reject(false);
  const std::string all = parcels.source.rows("SELECT count(*), sum(length(content)) FROM parcels");
  const auto there = [&] {
    return parcels.server("SELECT count(*), sum(length(content)) FROM parcels") == all;
  };
  wait_until("the backlog is there", there, std::chrono::seconds(120));
  MESSAGE(parcels.relay.worn_out() << " connections wore out");
  CHECK(parcels.relay.worn_out() >= 10);
  CHECK(parcels.has_been("retrying"));
  CHECK(parcels.differences() == "");
  parcels.check_inserted_once();
}

}  // namespace

TEST_SUITE_BEGIN("bad_link");

TEST_CASE("a backlog of inserts, which goes straight into its table, arrives over a link that wears out") {
  Parcels parcels;
  parcels.start();
  parcels.relay.reject(true);
  parcels.relay.cut();
  add_backlog(parcels);
  arrives_over_the_bad_link(parcels);
  CHECK(parcels.has_been("catching_up"));

  // On a link that has become good batches grow again.
  parcels.relay.carry_at_most(std::nullopt);
  wait_for_state(parcels.daemon, "streaming");
  // Small ones arrive, and each doubles what the next may bring over.
  for (int flushed = 0; flushed < 12; ++flushed) {
    parcels.add(1, 200);
    must_flush(parcels.daemon);
  }
  parcels.add(20'000, 200);
  must_flush(parcels.daemon);
  CHECK(parcels.daemon.log().find(" changes=20000 ") != std::string::npos);
}

TEST_CASE("a backlog of all kinds of changes, which goes through a stage, arrives over it as well") {
  Parcels parcels;
  parcels.add(300, 20);
  parcels.start();
  parcels.relay.reject(true);
  parcels.relay.cut();
  add_backlog(parcels, kBacklog / 2);
  parcels.source.exec(
      "DELETE FROM parcels WHERE id % 7 = 0;"
      "UPDATE parcels SET content = hex(randomblob(length(content) / 2)) WHERE id % 3 = 0 OR id > 300");
  add_backlog(parcels, kBacklog / 2);
  arrives_over_the_bad_link(parcels);
  CHECK(parcels.has_been("catching_up"));
}

TEST_CASE("a first copy arrives over a link that wears out") {
  Parcels parcels;
  add_backlog(parcels);
  parcels.relay.reject(true);
  parcels.daemon.start();
  arrives_over_the_bad_link(parcels);
  CHECK(parcels.has_been("copying"));
}

TEST_CASE("wherever a conversation is cut, its rows arrive once") {
  const unsigned seed = announced_seed("cuts");
  std::mt19937 random(seed);
  Parcels parcels;
  parcels.start();
  for (int cut = 0; cut < 40; ++cut) {
    const bool large = cut % 2 == 0;
    const auto direction = random() % 3 == 0 ? Direction::to_client : Direction::to_server;
    const int most = direction == Direction::to_client ? 1000 : large ? 150'000 : 4000;
    parcels.relay.cut_after(direction, static_cast<std::int64_t>(random() % static_cast<unsigned>(most)));
    parcels.add(large ? 1000 : 3, 40);
    // The cut may come while a new connection is made: then the flush says so.
    wait_until("the rows are there", [&] { return flush(parcels.daemon).status == 200; });
  }
  CHECK(parcels.relay.connections() >= 10);
  CHECK(parcels.differences() == "");
  parcels.check_inserted_once();
}

TEST_CASE("the round trips of a batch hardly grow with its rows") {
  Parcels parcels("    mode: manual\n");
  parcels.start();
  parcels.add(1, 20);
  must_flush(parcels.daemon);
  std::int64_t spoken[2];
  for (const int round : {0, 1}) {
    parcels.relay.reset_counts();
    parcels.add(round == 0 ? 1000 : 15'000, 20);
    must_flush(parcels.daemon);
    spoken[round] = parcels.relay.round_trips();
  }
  CHECK(spoken[1] <= 4 * spoken[0]);
}

TEST_SUITE_END();

}  // namespace sluice::e2e
