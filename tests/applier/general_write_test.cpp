// Rows that stand in one another's way, and rows that the server does not take: what becomes of them.

#include <doctest/doctest.h>

#include "applier/batch.h"
#include "applier/server/apply_error.h"
#include "applier/server/target_survey.h"
#include "tests/applier/fixture.h"
#include "tests/support/tcp_relay.h"

using namespace sluice;
using namespace sluice::test;
using applier::Fault;
using support::PostgresCluster;

namespace {

struct Way {
  const char* role;
  bool large;
};

const std::vector<Way> kWays{{PostgresCluster::kReplicaOwner, false},
                             {PostgresCluster::kReplicaOwner, true},
                             {PostgresCluster::kOwner, false},
                             {PostgresCluster::kOwner, true}};

const char* const kSeats =
    "CREATE TABLE seat (id bigint PRIMARY KEY, place text NOT NULL UNIQUE, note text DEFAULT 'kept')";

capture::SourceTable seats() {
  return source_table(1, "seat", {"id", "place"});
}

capture::TableChanges placed(std::vector<std::pair<std::int64_t, std::string>> rows) {
  std::vector<capture::KeyState> keys;
  for (auto& [id, place] : rows) keys.push_back(there({integer(id), text(place)}));
  return changes(1, std::move(keys));
}

/// Applies a batch that may put rows into the quarantine.
applier::QuarantineMoves apply_tolerantly(TargetFixture& target, std::vector<capture::TableChanges> tables,
                                          const applier::Tolerance& tolerance, bool large = false) {
  capture::Chunk chunk;
  chunk.from = target.row.applied;
  chunk.to = {{target.row.applied.position.value + 1}, target.row.applied.nonce + 1, "1 i i1"};
  chunk.changes = 1;
  chunk.at_boundary = true;
  chunk.tables = std::move(tables);
  auto context = target.context();
  context.tolerance = &tolerance;
  const auto write = [&] {
    if (!large) return applier::write_small_batch(*target.session, target.plan, context, target.row, chunk);
    applier::LargeBatch batch(*target.session, target.plan, context, target.row);
    batch.add(chunk);
    return batch.commit(chunk.to, true);
  };
  auto quarantined = write();
  target.row.applied = chunk.to;
  ++target.row.epoch;
  return quarantined;
}

applier::Tolerance quarantine() {
  applier::Tolerance tolerance;
  tolerance.everything = true;
  return tolerance;
}

}  // namespace

TEST_SUITE("general write") {
  TEST_CASE("rows that pass unique values around end as in the source, and keep what only the server knows") {
    for (const auto& way : kWays) {
      CAPTURE(way.role);
      CAPTURE(way.large);
      TargetFixture target(kSeats, {seats()}, way.role);
      target.apply({placed({{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}})}, way.large);
      target.query("UPDATE seat SET note = 'mine' || id");
      target.apply({placed({{1, "b"}, {2, "a"}})}, way.large);
      target.apply({placed({{2, "c"}, {3, "d"}, {4, "a"}})}, way.large);
      CHECK(target.query("SELECT id, place, note FROM seat ORDER BY id") ==
            "1|b|mine1\n2|c|mine2\n3|d|mine3\n4|a|mine4\n");
    }
  }

  TEST_CASE("a value goes from a row that is gone to a new one, while children point at both") {
    for (const auto& way : kWays) {
      for (const char* action : {"CASCADE", "SET NULL", "NO ACTION", "RESTRICT"}) {
        CAPTURE(way.role);
        CAPTURE(way.large);
        CAPTURE(action);
        TargetFixture target(
            std::string(kSeats) +
                ";CREATE TABLE guest (id bigint PRIMARY KEY, seat bigint REFERENCES seat ON DELETE " +
                action + ")",
            {seats(), source_table(2, "guest", {"id", "seat"})}, way.role);
        target.apply({placed({{1, "a"}}),
                      changes(2, {there({integer(7), integer(1)}), there({integer(8), integer(1)})})},
                     way.large);
        target.apply({changes(1, {gone(integer(1)), there({integer(2), text("a")})}),
                      changes(2, {there({integer(7), integer(2)}), gone(integer(8))})},
                     way.large);
        CHECK(target.query("SELECT id, place FROM seat") == "2|a\n");
        CHECK(target.query("SELECT id, seat FROM guest") == "7|2\n");
      }
    }
  }

  TEST_CASE("where other rows cascade, values that take NULL are parked, and others halt with the remedies") {
    const std::string guests =
        ";CREATE TABLE guest (id bigint PRIMARY KEY, seat bigint REFERENCES seat ON DELETE CASCADE)";
    const std::vector<capture::SourceTable> tables{seats(), source_table(2, "guest", {"id", "seat"})};
    const capture::TableChanges sitting = changes(2, {there({integer(7), integer(1)})});
    for (const bool large : {false, true}) {
      TargetFixture parked("CREATE TABLE seat (id bigint PRIMARY KEY, place text UNIQUE)" + guests, tables,
                           PostgresCluster::kOwner);
      parked.apply({placed({{1, "a"}, {2, "b"}}), sitting}, large);
      parked.apply({placed({{1, "b"}, {2, "a"}})}, large);
      CHECK(parked.query("SELECT id, place FROM seat ORDER BY id") == "1|b\n2|a\n");
      CHECK(parked.query("SELECT id, seat FROM guest") == "7|1\n");

      TargetFixture halted(kSeats + guests, tables, PostgresCluster::kOwner);
      halted.apply({placed({{1, "a"}, {2, "b"}}), sitting}, large);
      const auto error = refusal([&] { halted.apply({placed({{1, "b"}, {2, "a"}})}, large); });
      CHECK(error.code == "unique_exchange");
      CHECK(error.sqlstate == "23505");
      CHECK(error.table == "seat");
      CHECK(error.key == "1");
      CHECK(error.constraint == "seat_place_key");
      CHECK(error.column == "place");
      CHECK(error.hint.find("DEFERRABLE") != std::string::npos);
      CHECK(error.hint.find("GRANT SET ON PARAMETER session_replication_role") != std::string::npos);

      TargetFixture deferrable(
          "CREATE TABLE seat (id bigint PRIMARY KEY, place text NOT NULL UNIQUE DEFERRABLE)" + guests, tables,
          PostgresCluster::kOwner);
      deferrable.apply({placed({{1, "a"}, {2, "b"}}), sitting}, large);
      deferrable.apply({placed({{1, "b"}, {2, "a"}})}, large);
      CHECK(deferrable.query("SELECT id, place FROM seat ORDER BY id") == "1|b\n2|a\n");
    }
  }

  TEST_CASE("a row that points at one that comes with it, in its own table or around a circle, goes in") {
    for (const auto& way : kWays) {
      CAPTURE(way.role);
      CAPTURE(way.large);
      TargetFixture target(
          "CREATE TABLE man (id bigint PRIMARY KEY, friend bigint REFERENCES man, dog bigint);"
          "CREATE TABLE dog (id bigint PRIMARY KEY, man bigint NOT NULL REFERENCES man);"
          "ALTER TABLE man ADD FOREIGN KEY (dog) REFERENCES dog",
          {source_table(1, "man", {"id", "friend", "dog"}), source_table(2, "dog", {"id", "man"})}, way.role);
      target.apply({changes(1, {there({integer(1), {}, {}})})}, way.large);
      target.apply({changes(1, {there({integer(1), integer(2), {}}), there({integer(2), integer(3), {}}),
                                there({integer(3), integer(1), integer(5)})}),
                    changes(2, {there({integer(5), integer(3)})})},
                   way.large);
      CHECK(target.query("SELECT id, friend, dog FROM man ORDER BY id") == "1|2|NULL\n2|3|NULL\n3|1|5\n");
    }
  }

  TEST_CASE("a duplicate that a deferrable constraint forbids is refused though replica mode does not look") {
    for (const bool large : {false, true}) {
      TargetFixture target("CREATE TABLE seat (id bigint PRIMARY KEY, place text UNIQUE DEFERRABLE)",
                           {seats()});
      target.apply({placed({{1, "a"}, {2, "b"}})}, large);
      const auto error = refusal([&] { target.apply({placed({{1, "c"}, {3, "b"}})}, large); });
      CHECK(error.sqlstate == "23505");
      CHECK(error.key == "3");
      CHECK(error.constraint == "seat_place_key");
      target.apply({placed({{1, "b"}, {2, "a"}})}, large);
      CHECK(target.query("SELECT id, place FROM seat ORDER BY id") == "1|b\n2|a\n");
    }
  }

  TEST_CASE("a write that a trigger swallows is refused, whichever statement it is") {
    for (const char* event : {"INSERT", "UPDATE", "DELETE"}) {
      for (const bool large : {false, true}) {
        CAPTURE(event);
        CAPTURE(large);
        TargetFixture target(kSeats, {seats()}, PostgresCluster::kOwner);
        target.apply({placed({{1, "a"}, {2, "b"}})}, large);
        target.query(
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER t BEFORE " +
            std::string(event) + " ON seat FOR EACH ROW EXECUTE FUNCTION nothing()");
        target.plan.tables = {applier::find_target(*target.session, target.options, seats()).value()};
        const auto error = refusal([&] {
          target.apply({changes(1, {there({integer(1), text("A")}), gone(integer(2)),
                                    there({integer(3), text("c")})})},
                       large);
        });
        CHECK(error.sqlstate == "SL003");
        CHECK(error.key == (*event == 'I' ? "3" : *event == 'U' ? "1" : "2"));
        CHECK(target.query("SELECT id, place FROM seat ORDER BY id") == "1|a\n2|b\n");
      }
    }
  }

  TEST_CASE(
      "a row that a trigger writes under another key is refused, one whose other values it rewrites is not") {
    for (const bool large : {false, true}) {
      for (const std::string rewrite : {"NEW.id := NEW.id + 100", "NEW.place := upper(NEW.place)"}) {
        TargetFixture target(kSeats, {seats()}, PostgresCluster::kOwner);
        target.query("CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN " + rewrite +
                     "; RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON seat FOR EACH ROW EXECUTE "
                     "FUNCTION other()");
        target.plan.tables = {applier::find_target(*target.session, target.options, seats()).value()};
        const auto write = [&] { target.apply({placed({{1, "a"}})}, large); };
        if (rewrite.starts_with("NEW.id")) {
          CHECK(refusal(write).sqlstate == "SL003");
          CHECK(target.query("SELECT count(*) FROM seat") == "0\n");
        } else {
          write();
          CHECK(target.query("SELECT id, place FROM seat") == "1|A\n");
        }
      }
    }
  }

  TEST_CASE(
      "refused rows stand alone in the quarantine, with their evidence, and leave it once they are let in") {
    for (const char* role : {PostgresCluster::kReplicaOwner, PostgresCluster::kOwner}) {
      CAPTURE(role);
      TargetFixture target(
          "CREATE TABLE seat (id bigint PRIMARY KEY, place varchar(3) CHECK (place <> 'no'))", {seats()},
          role);
      auto tolerance = quarantine();
      target.apply({placed({{4, "d"}})}, false);
      auto quarantined = apply_tolerantly(
          target, {placed({{1, "a"}, {2, "long"}, {3, "no"}, {4, "longer"}, {5, "e"}})}, tolerance);
      CHECK(quarantined.refused.size() == 3);
      CHECK(target.query("SELECT id, place FROM seat ORDER BY id") == "1|a\n4|d\n5|e\n");
      CHECK(
          target.query("SELECT key, operation, sqlstate, column_name, constraint_name, position, image FROM "
                       "sluice.quarantine ORDER BY key") ==
          "i2|write|22001|place||102|i2 t6c6f6e67\ni3|write|23514|place|seat_place_check|102|i3 t6e6f\n"
          "i4|write|22001|place||102|i4 t6c6f6e676572\n");

      tolerance.quarantined.insert(quarantined.refused.begin(), quarantined.refused.end());
      quarantined = apply_tolerantly(target, {placed({{2, "b"}, {3, "no"}}), changes(9, {})}, tolerance);
      CHECK(quarantined.resolved == std::vector<applier::RowName>{{"seat", "i2"}});
      CHECK(target.query("SELECT key, attempts FROM sluice.quarantine ORDER BY key") == "i3|2\ni4|1\n");
      quarantined = apply_tolerantly(target, {changes(1, {gone(integer(3)), gone(integer(4))})}, tolerance);
      CHECK(quarantined.resolved.size() == 2);
      CHECK(target.query("SELECT id, place FROM seat ORDER BY id") == "1|a\n2|b\n5|e\n");
      CHECK(target.query("SELECT count(*) FROM sluice.quarantine") == "0\n");
    }
  }

  TEST_CASE("an intrinsically bad row does not keep others from exchanging their values") {
    TargetFixture target(
        "CREATE TABLE seat (id bigint PRIMARY KEY, place text NOT NULL UNIQUE CHECK (place <> 'no'))",
        {seats()});
    target.apply({placed({{1, "a"}, {2, "b"}, {3, "c"}})}, false);
    const auto quarantined =
        apply_tolerantly(target, {placed({{1, "b"}, {2, "no"}, {3, "a"}})}, quarantine());
    // Row 2 keeps its old value, so row 1 can't have it either: the two belong together.
    CHECK(quarantined.refused.size() >= 1);
    const auto more = apply_tolerantly(target, {placed({{1, "b"}, {2, "z"}, {3, "a"}})}, quarantine());
    CHECK(more.refused.empty());
    CHECK(target.query("SELECT id, place FROM seat ORDER BY id") == "1|b\n2|z\n3|a\n");
  }

  TEST_CASE(
      "a table that refuses beyond its limit halts, and so does a table at fault, whatever the tolerance") {
    TargetFixture target("CREATE TABLE seat (id bigint PRIMARY KEY, place text CHECK (place <> 'no'))",
                         {seats()});
    std::vector<std::pair<std::int64_t, std::string>> rows;
    for (int i = 0; i < 100; ++i) rows.emplace_back(i, i < 12 ? "no" : "yes");
    auto error = refusal([&] { apply_tolerantly(target, {placed(rows)}, quarantine()); });
    CHECK(error.code == "too_many_refused");
    CHECK(std::string(error.what()).find("12 of 100 rows") != std::string::npos);
    CHECK(target.query("SELECT count(*) FROM seat") == "0\n");

    target.query(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.nonsense := 1; RETURN NEW; "
        "END';"
        "CREATE TRIGGER t BEFORE INSERT ON seat FOR EACH ROW EXECUTE FUNCTION broken();"
        "ALTER TABLE seat ENABLE ALWAYS TRIGGER t");
    error = refusal([&] { apply_tolerantly(target, {placed({{1, "yes"}})}, quarantine()); });
    CHECK(error.fault == Fault::table);
    CHECK(error.key == "1");
    CHECK(target.query("SELECT count(*) FROM sluice.quarantine") == "0\n");
  }

  TEST_CASE("one bad row among 100,000 costs a few messages more than none, savepoints and all") {
    constexpr int kRows = 100'000;
    constexpr int kBadRow = 77'777;
    constexpr int kFew = 28;
    TargetFixture target("CREATE TABLE seat (id bigint PRIMARY KEY, place varchar(9) CHECK (place <> 'no'))",
                         {seats()}, PostgresCluster::kOwner);
    support::TcpRelay relay(target.cluster.socket());
    target.options.url = relay.url(target.database, PostgresCluster::kOwner);
    target.connect();
    const auto messages = [&](const std::string& place, const std::string& bad_place, bool all_new) {
      target.query("TRUNCATE sluice.quarantine");
      if (all_new) target.query("TRUNCATE seat");
      std::vector<capture::KeyState> keys;
      for (int i = 0; i < kRows; ++i)
        keys.push_back(there({integer(i), text(i == kBadRow ? bad_place : place)}));
      relay.reset_counts();
      const auto quarantined =
          apply_tolerantly(target, {changes(1, std::move(keys), all_new)}, quarantine(), true);
      const auto count = relay.round_trips();
      CHECK(quarantined.refused.size() == (place == bad_place ? 0 : 1));
      CHECK(target.query("SELECT count(*) FROM seat WHERE place = '" + place + "'") ==
            std::to_string(place == bad_place ? kRows : kRows - 1) + "\n");
      return count;
    };
    const auto clean_inserts = messages("a", "a", true);
    CHECK(messages("b", "no", true) <= clean_inserts + kFew);
    CHECK(messages("b", "much too long", true) <= clean_inserts + kFew);
    const auto clean_updates = messages("c", "c", false);
    CHECK(messages("d", "no", false) <= clean_updates + kFew);
    CHECK(messages("e", "much too long", false) <= clean_updates + kFew);
  }

  TEST_CASE("a skipped row is held back though refusals halt") {
    TargetFixture target("CREATE TABLE seat (id bigint PRIMARY KEY, place varchar(3))", {seats()});
    const auto error = refusal([&] { target.apply({placed({{1, "a"}, {2, "long"}})}, false); });
    applier::Tolerance tolerance;
    tolerance.skipped.emplace(error.table, error.row);
    CHECK(apply_tolerantly(target, {placed({{1, "a"}, {2, "long"}})}, tolerance).refused.size() == 1);
    CHECK(target.query("SELECT id FROM seat") == "1\n");
  }
}
