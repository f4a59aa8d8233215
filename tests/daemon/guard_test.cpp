#include "daemon/sync/guard.h"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::daemon;
using capture::Match;

namespace {

Evidence evidence(Match match) {
  Evidence evidence;
  evidence.expected_id = evidence.found_id = "5eed";
  evidence.match = match;
  evidence.versions = {{"orders", "1-a"}, {"users", "4-b"}, {"new", "0-c"}};
  evidence.copied = {{"orders", "1-a"}, {"users", "4-b"}};
  return evidence;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_SUITE("guard") {
  TEST_CASE("a changelog that holds the anchor goes on") {
    CHECK(judge(evidence(Match::together)).outcome == Outcome::go_on);
  }

  TEST_CASE("a table with another version than its copy is copied again, alone") {
    auto found = evidence(Match::together);
    found.versions["users"] = "5-b";
    const auto judgement = judge(found);
    CHECK(judgement.outcome == Outcome::resync_tables);
    CHECK(judgement.copy_again == Names{"users"});
  }

  TEST_CASE("a table that is gone asks for nothing") {
    auto found = evidence(Match::together);
    found.versions.erase("users");
    CHECK(judge(found).outcome == Outcome::go_on);
  }

  TEST_CASE("a ring that has passed by asks for every copied table") {
    const auto judgement = judge(evidence(Match::overrun));
    CHECK(judgement.outcome == Outcome::resync_all);
    CHECK(judgement.copy_again == Names{"orders", "users"});
  }

  TEST_CASE("a source that went back, or is another one, diverges by name") {
    const PlaceOfDivergence place{"shop", "/data/shop.db", "/old/shop.db", "m1", {1234}};
    auto other = evidence(Match::together);
    other.found_id = "0ther";
    auto moved = evidence(Match::together);
    moved.elsewhere = true;
    auto taken = other;
    taken.elsewhere = true;
    struct Case {
      Evidence found;
      std::string code;
      std::string remedy;
    };
    const Case cases[] = {{evidence(Match::rewound), "moved_back", "sluicectl resync shop"},
                          {evidence(Match::different), "different_history", "sluicectl resync shop"},
                          {moved, "moved_or_copied", "sluicectl adopt shop"},
                          {other, "another_file", "sluicectl resync shop"},
                          {taken, "name_taken", "sluicectl uninstall --target shop"}};
    for (const auto& each : cases) {
      CAPTURE(each.code);
      CHECK(judge(each.found).outcome == Outcome::diverged);
      const Diverged why = explain(each.found, place);
      CHECK(why.code == each.code);
      CHECK(why.hint.find(each.remedy) != std::string::npos);
    }
    CHECK(std::string(explain(evidence(Match::rewound), place).what()).find("1234") != std::string::npos);
    CHECK(std::string(explain(moved, place).what()).find("/old/shop.db on machine m1") != std::string::npos);
  }
}
