#include "applier/batch.h"

#include <doctest/doctest.h>

#include "applier/server/apply_error.h"
#include "tests/applier/fixture.h"

using namespace sluice;
using namespace sluice::test;
using applier::ApplyError;
using applier::Fault;
using support::PostgresCluster;

namespace {

const char* const kItems =
    "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(8) NOT NULL, note text,"
    " stamp text DEFAULT 'server')";

capture::SourceTable items() {
  return source_table(1, "item", {"id", "name", "note"});
}

}  // namespace

TEST_SUITE("batch") {
  TEST_CASE("both ways of writing lead to the same rows, in both modes") {
    for (const char* role : {PostgresCluster::kReplicaOwner, PostgresCluster::kOwner}) {
      for (const bool large : {false, true}) {
        CAPTURE(role);
        CAPTURE(large);
        TargetFixture target(kItems, {items()}, role);
        target.apply(
            {changes(1,
                     {there({integer(1), text("one"), {}}), there({integer(2), text("two"), text("x")}),
                      there({integer(3), text("three"), {}})},
                     true)},
            large);
        target.apply({changes(1, {there({integer(1), text("ONE"), text("it's")}), gone(integer(2)),
                                  there({integer(4), text("four"), {}}), gone(integer(99))})},
                     large);
        CHECK(target.query("SELECT id, name, note, stamp FROM item ORDER BY id") ==
              "1|ONE|it's|server\n3|three|NULL|server\n4|four|NULL|server\n");
        CHECK(target.query("SELECT position FROM sluice.pipeline") == "102\n");
      }
    }
  }

  TEST_CASE("a row that is already equal is not written") {
    TargetFixture target(kItems, {items()});
    for (const bool large : {false, true}) {
      target.apply({changes(1, {there({integer(1), text("one"), {}})})}, large);
      const auto before = target.query("SELECT xmin, ctid FROM item");
      target.apply({changes(1, {there({integer(1), text("one"), {}})})}, large);
      CHECK(target.query("SELECT xmin, ctid FROM item") == before);
    }
  }

  TEST_CASE("values whose images differ are written, though = calls them equal") {
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY, price numeric, doc json)",
                         {source_table(1, "item", {"id", "price", "doc"})});
    for (const bool large : {false, true}) {
      target.apply({changes(1, {there({integer(1), text("1.0"), text("{\"a\": 1}")})})}, large);
      target.apply({changes(1, {there({integer(1), text("1.00"), text("{\"a\":1}")})})}, large);
      CHECK(target.query("SELECT price, doc FROM item") == "1.00|{\"a\":1}\n");
    }
  }

  TEST_CASE("a later chunk of a batch wins over an earlier one") {
    TargetFixture target(kItems, {items()});
    target.apply({changes(1, {there({integer(3), text("old"), {}})})}, false);
    capture::Chunk first, second;
    first.from = target.row.applied;
    first.to = {{101}, 1, "1 u i1"};
    first.tables = {changes(
        1, {there({integer(1), text("a"), {}}), gone(integer(3)), there({integer(2), text("b"), {}})})};
    second.from = first.to;
    second.to = {{102}, 2, "1 u i2"};
    second.at_boundary = true;
    second.tables = {changes(1, {gone(integer(1)), there({integer(3), text("new"), {}})})};
    applier::LargeBatch batch(*target.session, target.plan, target.context(), target.row);
    batch.add(first);
    batch.add(second);
    batch.commit(second.to, true);
    CHECK(target.query("SELECT id, name FROM item ORDER BY id") == "2|b\n3|new\n");
  }

  TEST_CASE("a batch that is not committed leaves nothing") {
    TargetFixture target(kItems, {items()});
    {
      capture::Chunk chunk;
      chunk.to = {{101}, 1, "1 i i1"};
      chunk.tables = {changes(1, {there({integer(1), text("a"), {}})}, true)};
      applier::LargeBatch batch(*target.session, target.plan, target.context(), target.row);
      batch.add(chunk);
    }
    CHECK(target.query("SELECT count(*) FROM item") == "0\n");
    CHECK(target.query("SELECT position FROM sluice.pipeline") == "100\n");
  }

  TEST_CASE("a refused value names table, key and SQLSTATE, and nothing of its batch stays") {
    for (const bool large : {false, true}) {
      CAPTURE(large);
      TargetFixture target(kItems, {items()});
      std::vector<capture::KeyState> rows;
      for (int i = 1; i <= 40; ++i)
        rows.push_back(there({integer(i), text(i == 27 ? "much too long" : "ok"), {}}));
      const auto error = refusal([&] { target.apply({changes(1, rows)}, large); });
      CHECK(error.fault == Fault::row);
      CHECK(error.sqlstate == "22001");
      CHECK(error.table == "item");
      CHECK(error.key == "27");
      CHECK(target.query("SELECT count(*) FROM item") == "0\n");
      CHECK(target.query("SELECT position FROM sluice.pipeline") == "100\n");
    }
  }

  TEST_CASE("a value that our own rules refuse names the column as well") {
    TargetFixture target(kItems, {items()});
    const auto error = refusal([&] {
      target.apply({changes(1, {there({integer(5), capture::Blob{"x"}, {}})})}, false);
    });
    CHECK(error.key == "5");
    CHECK(error.column == "name");
    CHECK(error.sqlstate.empty());
    CHECK(error.hint.find("change the value in SQLite") != std::string::npos);
  }

  TEST_CASE("a unique value that moves to a row of a later chunk of the copy gives way in time") {
    using Straight = applier::LargeBatch::Straight;
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY, name text UNIQUE)",
                         {source_table(1, "item", {"id", "name"})});
    const applier::TargetTable& table = target.plan.tables.front();
    capture::Chunk moved;
    moved.to = {{101}, 1, "1 d i1"};
    moved.at_boundary = true;
    moved.tables = {changes(1, {gone(integer(1))})};
    for (const Straight way : {Straight::checked, Straight::streamed}) {
      applier::LargeBatch batch(*target.session, target.plan, target.context(), target.row);
      batch.copy_straight(table, {{integer(1), text("a")}, {integer(2), text("b")}}, Straight::streamed);
      batch.add(moved);
      const auto finish = [&] {
        batch.copy_straight(table, {{integer(9), text("a")}}, way);
        batch.commit(moved.to, true);
      };
      if (way == Straight::checked) {
        finish();
        CHECK(target.query("SELECT * FROM item ORDER BY id") == "2|b\n9|a\n");
        target.query("DELETE FROM item");
        target.row.applied = moved.to;
        ++target.row.epoch;
        moved.to = {{102}, 2, "1 d i1"};
      } else {
        CHECK(refusal(finish).sqlstate == "23505");
      }
    }
  }

  TEST_CASE("what is refused of a streamed chunk comes with the next call, as what it is") {
    using Straight = applier::LargeBatch::Straight;
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY, name text)",
                         {source_table(1, "item", {"id", "name"})});
    target.apply({changes(1, {there({integer(1), text("there")})})}, false);
    capture::Chunk chunk;
    chunk.to = {{102}, 2, "1 u i5"};
    chunk.at_boundary = true;
    chunk.tables = {changes(1, {there({integer(5), text("e")})})};
    applier::LargeBatch batch(*target.session, target.plan, target.context(), target.row);
    batch.copy_straight(target.plan.tables.front(), {{integer(1), text("again")}}, Straight::streamed);
    const auto error = refusal([&] { batch.add(chunk); });
    CHECK(error.fault == Fault::row);
    CHECK(error.sqlstate == "23505");
  }

  TEST_CASE("the fence lets no batch through that does not follow the stored position") {
    for (const bool large : {false, true}) {
      TargetFixture target(kItems, {items()});
      target.query("UPDATE sluice.pipeline SET nonce = nonce + 1");
      const auto error = refusal([&] {
        target.apply({changes(1, {there({integer(1), text("a"), {}})})}, large);
      });
      CHECK(error.fault == Fault::fenced);
      CHECK(target.query("SELECT count(*) FROM item") == "0\n");
    }
  }

  TEST_CASE("a finished pipeline takes no batch") {
    TargetFixture target(kItems, {items()});
    target.query("UPDATE sluice.pipeline SET finished_at = now()");
    const auto error = refusal([&] { target.apply({changes(1, {gone(integer(1))})}, false); });
    CHECK(error.fault == Fault::fenced);
  }

  TEST_CASE("the server's own triggers leave a mirror alone in replica mode and fire in ordinary mode") {
    const std::string ddl =
        std::string(kItems) +
        "; CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.stamp = 'touched'; RETURN NEW; END $$;"
        " CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()";
    for (const bool large : {false, true}) {
      TargetFixture replica(ddl, {items()}, PostgresCluster::kReplicaOwner);
      TargetFixture ordinary(ddl, {items()}, PostgresCluster::kOwner);
      for (auto* target : {&replica, &ordinary}) {
        target->apply({changes(1, {there({integer(1), text("a"), {}})})}, large);
        target->apply({changes(1, {there({integer(1), text("b"), {}})})}, large);
      }
      CHECK(replica.session->mode() == applier::ApplyMode::replica);
      CHECK(ordinary.session->mode() == applier::ApplyMode::ordinary);
      CHECK(replica.query("SELECT name, stamp FROM item") == "b|server\n");
      CHECK(ordinary.query("SELECT name, stamp FROM item") == "b|touched\n");
    }
  }

  TEST_CASE("a broken trigger function halts with its own message and the right that would help") {
    TargetFixture target(
        std::string(kItems) +
            "; CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.stmp = 'x'; RETURN NEW; END $$;"
            " CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
        {items()}, PostgresCluster::kOwner);
    target.apply({changes(1, {there({integer(1), text("a"), {}})})}, false);
    const auto error = refusal([&] {
      target.apply({changes(1, {there({integer(1), text("b"), {}})})}, false);
    });
    CHECK(error.fault == Fault::table);
    CHECK(error.sqlstate == "42703");
    CHECK(std::string(error.what()).find("stmp") != std::string::npos);
    CHECK(error.table == "item");
    CHECK(error.key == "1");
    CHECK(error.hint.find("GRANT SET ON PARAMETER session_replication_role TO owner") != std::string::npos);
  }

  TEST_CASE("a delete never takes children along that the source still has") {
    const std::string ddl =
        "CREATE TABLE parent (id bigint PRIMARY KEY, name text);"
        "CREATE TABLE child (id bigint PRIMARY KEY, parent bigint REFERENCES parent ON DELETE CASCADE);"
        "CREATE TABLE grandchild (id bigint PRIMARY KEY, child bigint REFERENCES child ON DELETE CASCADE)";
    const std::vector<capture::SourceTable> tables{source_table(1, "parent", {"id", "name"}),
                                                   source_table(2, "child", {"id", "parent"}),
                                                   source_table(3, "grandchild", {"id", "child"})};
    for (const char* role : {PostgresCluster::kReplicaOwner, PostgresCluster::kOwner}) {
      for (const bool large : {false, true}) {
        CAPTURE(role);
        CAPTURE(large);
        TargetFixture target(ddl, tables, role);
        target.apply(
            {changes(3, {there({integer(100), integer(10)})}), changes(2, {there({integer(10), integer(1)})}),
             changes(1, {there({integer(1), text("a")}), there({integer(2), text("b")})})},
            large);
        // The child moves to another parent, and the old parent goes: one transaction of the source.
        target.apply({changes(1, {gone(integer(1))}), changes(2, {there({integer(10), integer(2)})})}, large);
        CHECK(target.query("SELECT id, parent FROM child") == "10|2\n");
        CHECK(target.query("SELECT count(*) FROM grandchild") == "1\n");
        CHECK(target.query("SELECT id FROM parent") == "2\n");
        // The whole tree goes in one transaction.
        target.apply({changes(1, {gone(integer(2))}), changes(2, {gone(integer(10))}),
                      changes(3, {gone(integer(100))})},
                     large);
        CHECK(target.query("SELECT count(*) FROM parent") == "0\n");
      }
    }
  }

  TEST_CASE("a cascade that the source did not do is refused in ordinary mode") {
    const std::string ddl =
        "CREATE TABLE parent (id bigint PRIMARY KEY, name text);"
        "CREATE TABLE child (id bigint PRIMARY KEY, parent bigint REFERENCES parent ON DELETE CASCADE)";
    for (const bool large : {false, true}) {
      TargetFixture target(
          ddl, {source_table(1, "parent", {"id", "name"}), source_table(2, "child", {"id", "parent"})},
          PostgresCluster::kOwner);
      target.apply(
          {changes(1, {there({integer(1), text("a")})}), changes(2, {there({integer(10), integer(1)})})},
          large);
      const auto error = refusal([&] { target.apply({changes(1, {gone(integer(1))})}, large); });
      CHECK(error.sqlstate == "SL002");
      CHECK(error.table == "parent");
      CHECK(target.query("SELECT count(*) FROM child") == "1\n");
    }
  }

  TEST_CASE("a text that is too long is refused, whatever the type that would cut it, and never cut") {
    const std::string types[] = {"varchar(3)", "char(3)", "short", "varchar(3)[]"};
    for (const auto& type : types) {
      for (const bool large : {false, true}) {
        CAPTURE(type);
        CAPTURE(large);
        TargetFixture target(
            "CREATE DOMAIN short AS varchar(3); CREATE TABLE item (id bigint PRIMARY KEY, name " + type + ")",
            {source_table(1, "item", {"id", "name"})});
        const bool list = type.ends_with("[]");
        target.apply({changes(1, {there({integer(1), text(list ? "{abc}" : "abc")})})}, large);
        const auto before = target.query("SELECT name, xmin FROM item");
        target.apply({changes(1, {there({integer(1), text(list ? "{abc}" : "abc")})})}, large);
        CHECK(target.query("SELECT name, xmin FROM item") == before);
        const auto error = refusal([&] {
          target.apply({changes(1, {there({integer(1), text(list ? "{abcdef}" : "abcdef")})})}, large);
        });
        CHECK(error.sqlstate == "22001");
        CHECK(target.query("SELECT name, xmin FROM item") == before);
      }
    }
  }

  TEST_CASE("a row that was replaced stays one, also where the server keeps no key unique") {
    TargetFixture target("CREATE TABLE item (id bigint, name text)",
                         {source_table(1, "item", {"id", "name"})});
    for (const bool large : {false, true}) {
      target.apply({changes(1, {there({integer(1), text("a")})}, true)}, large);
      target.apply({changes(1, {there({integer(1), text("b")})}, true)}, large);
      CHECK(target.query("SELECT * FROM item") == "1|b\n");
    }
  }

  TEST_CASE("a key that the target can't hold has no row there, so that its delete passes") {
    TargetFixture target(kItems, {items()});
    for (const bool large : {false, true}) {
      target.apply({changes(1, {gone(text("abc")), gone({}), there({integer(large), text("a"), {}})})},
                   large);
    }
    CHECK(target.query("SELECT count(*) FROM item") == "2\n");
  }

  TEST_CASE("a message shows of a value only how it begins") {
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY, ref uuid)",
                         {source_table(1, "item", {"id", "ref"})});
    for (const bool large : {false, true}) {
      const auto error = refusal([&] {
        target.apply(
            {changes(1, {there({integer(1), text("my secret diary entry of today, the whole of it")})})},
            large);
      });
      CHECK(error.sqlstate == "22P02");
      CHECK(std::string(error.what()).find("my secret diary entr…") != std::string::npos);
    }
  }

  TEST_CASE("a batch that moves nothing but a copy is fenced as well") {
    TargetFixture target(kItems, {items()});
    const auto stale = target.row;
    applier::TableProgress progress;
    const auto copy_step = [&](const applier::PipelineRow& believed) {
      applier::LargeBatch batch(*target.session, target.plan, target.context(), believed);
      batch.save("item", progress);
      batch.commit(believed.applied, true);
    };
    copy_step(stale);
    const auto error = refusal([&] { copy_step(stale); });
    CHECK(error.fault == Fault::fenced);
    CHECK_THROWS_AS(applier::confirm_position(*target.session, "sluice", "shop", stale), ApplyError);
  }

  TEST_CASE("an identity that is always the server's takes the source's numbers") {
    TargetFixture target(
        "CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text,"
        " twice bigint GENERATED ALWAYS AS (id * 2) STORED)",
        {source_table(1, "item", {"id", "name", "twice"})});
    for (const bool large : {false, true}) {
      target.apply({changes(1, {there({integer(41), text("a"), integer(0)})})}, large);
      target.apply({changes(1, {there({integer(41), text("b"), integer(0)})})}, large);
      CHECK(target.query("SELECT * FROM item") == "41|b|82\n");
    }
  }
}
