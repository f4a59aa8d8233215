// Random histories of a real SQLite file, followed by every way of writing in both modes: after every look
// the target holds the rows of the source, and the server's own values in the rows that stayed.

#include <doctest/doctest.h>

#include <chrono>

#include "tests/applier/differential/history.h"
#include "tests/applier/differential/run.h"
#include "tests/e2e/scene.h"

namespace sluice::differential {

TEST_CASE("every way of writing leads to the rows of the source, in both modes") {
  std::uint64_t seed = e2e::announced_seed("differential");
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(e2e::number_from("SLUICE_FUZZ_SECONDS", 3));
  const auto lines = all_lines();
  Tally tally;
  for (std::size_t i = 0; std::chrono::steady_clock::now() < end || i < shapes().size(); ++i, ++seed) {
    const fuzz::Scenario history = make_history(seed, shapes()[seed % shapes().size()]);
    CAPTURE(seed);
    const auto divergence = run(history, all_of(lines), &tally);
    if (divergence) FAIL_CHECK(least(history, *divergence));
  }
  MESSAGE(tally.histories << " histories, " << tally.statements << " statements, " << tally.batches
                          << " batches, " << tally.halts << " of them refused for good reason");
}

}  // namespace sluice::differential
