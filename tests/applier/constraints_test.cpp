// Constraints that were put on beside rows that nobody had checked.

#include "applier/server/constraints.h"

#include "tests/applier/fixture.h"

namespace sluice::test {

TEST_SUITE("constraints") {
  TEST_CASE("what rows keep is valid afterwards, what they break is named and stays") {
    TargetFixture target(
        "CREATE TABLE a (id bigint PRIMARY KEY, size int);"
        "CREATE TABLE b (id bigint PRIMARY KEY, a bigint, \"odd \"\"one\" bigint);"
        "INSERT INTO a VALUES (1, -1); INSERT INTO b VALUES (1, 1, 5);"
        "ALTER TABLE a ADD CONSTRAINT positive CHECK (size > 0) NOT VALID;"
        "ALTER TABLE b ADD CONSTRAINT kept FOREIGN KEY (a) REFERENCES a NOT VALID;"
        "ALTER TABLE b ADD CONSTRAINT \"dang\"\"ling\" FOREIGN KEY (\"odd \"\"one\") REFERENCES a NOT VALID",
        {source_table(1, "a", {"id", "size"}), source_table(2, "b", {"id", "a", "odd \"one"})});
    std::string found;
    for (const auto& each : validate_constraints(*target.session, target.plan.tables)) {
      found += each.table + " " + each.name + ": " + (each.reason.empty() ? "valid" : each.reason) + "\n";
      if (!each.reason.empty()) CHECK(each.remedy.find("VALIDATE CONSTRAINT") != std::string::npos);
    }
    CAPTURE(found);
    CHECK(found.find("public.a positive: check constraint") != std::string::npos);
    CHECK(found.find("public.b dang\"ling: insert or update") != std::string::npos);
    CHECK(found.find("public.b kept: valid") != std::string::npos);
    CHECK(target.query("SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1") ==
          "dang\"ling\npositive\n");
    target.query("UPDATE a SET size = 1; INSERT INTO a VALUES (5, 5)");
    for (const auto& each : validate_constraints(*target.session, target.plan.tables))
      CHECK(each.reason.empty());
    CHECK(validate_constraints(*target.session, target.plan.tables).empty());
  }
}

}  // namespace sluice::test
