#include <doctest/doctest.h>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/session.h"
#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "applier/server/target_table.h"
#include "tests/applier/fixture.h"

using namespace sluice;
using namespace sluice::test;
using applier::ApplyError;

TEST_SUITE("target") {
  TEST_CASE("a table is found by its exact name, else by the only one that differs in case") {
    TargetFixture target(
        "CREATE TABLE \"Item\" (\"Id\" bigint PRIMARY KEY);"
        "CREATE TABLE two (id int PRIMARY KEY); CREATE TABLE \"TWO\" (id int PRIMARY KEY)",
        {});
    const auto found = applier::find_target(*target.session, target.options, source_table(1, "ITEM", {"id"}));
    REQUIRE(found);
    CHECK(found->name == "\"public\".\"Item\"");
    CHECK(found->columns.front().name == "\"Id\"");
    CHECK(applier::find_target(*target.session, target.options, source_table(1, "two", {"id"})));
    CHECK(fault_of(target, source_table(1, "Two", {"id"})).code == "ambiguous_name");
    CHECK_FALSE(applier::find_target(*target.session, target.options, source_table(1, "none", {"id"})));
  }

  TEST_CASE("a missing column halts with the exact DDL") {
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY)", {});
    auto table = source_table(1, "item", {"id", "price"});
    table.columns[1].declared_type = "DECIMAL(8,2)";
    const auto error = fault_of(target, table);
    CHECK(error.code == "column_missing");
    CHECK(error.hint == "ALTER TABLE \"public\".\"item\" ADD COLUMN \"price\" numeric(8,2);");
    target.query(error.hint);
    CHECK(applier::find_target(*target.session, target.options, table));
  }

  TEST_CASE("a view and a key type that calls different keys equal are refused") {
    TargetFixture target(
        "CREATE TABLE item (id char(3) PRIMARY KEY); CREATE VIEW seen AS SELECT id FROM item", {});
    CHECK(fault_of(target, source_table(1, "item", {"id"})).code == "key_type_unsafe");
    CHECK(fault_of(target, source_table(1, "seen", {"id"})).code == "not_a_table");
  }

  TEST_CASE("a key needs a type in which every value has one form") {
    TargetFixture target(
        "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE ok1 (id mood PRIMARY KEY);"
        "CREATE TABLE ok2 (id numeric PRIMARY KEY); CREATE TABLE no1 (id time PRIMARY KEY);"
        "CREATE TABLE no2 (id jsonb PRIMARY KEY); CREATE TABLE no3 (id numeric(5,2) PRIMARY KEY);"
        "CREATE TABLE no4 (id real PRIMARY KEY); CREATE TABLE no5 (id inet PRIMARY KEY)",
        {});
    for (const char* name : {"ok1", "ok2"}) {
      CHECK(applier::find_target(*target.session, target.options, source_table(1, name, {"id"})));
    }
    for (const char* name : {"no1", "no2", "no3", "no4", "no5"}) {
      CAPTURE(name);
      CHECK(fault_of(target, source_table(1, name, {"id"})).code == "key_type_unsafe");
    }
  }

  TEST_CASE("two names that Postgres would cut to one stay two") {
    TargetFixture target("SELECT 1", {});
    const std::string start(63, 'x');
    for (const std::string end : {"1", "2"})
      target.session->exec(applier::create_table_sql(
          target.options, source_table(1, start + end, {"id", start + end, start + "3"})));
    CHECK(target.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'xxxx%' AND relkind = 'r'") ==
          "2\n");
    for (const std::string end : {"1", "2"})
      CHECK(applier::find_target(*target.session, target.options,
                                 source_table(1, start + end, {"id", start + end, start + "3"})));
  }

  TEST_CASE("a missing table is made with key, NOT NULL and identity") {
    TargetFixture target("SELECT 1", {});
    auto table = source_table(1, "Line Item", {"id", "name", "price"});
    table.key_is_rowid = true;
    table.columns[0].declared_type = "INTEGER";
    table.columns[1].declared_type = "VARCHAR(20)";
    table.columns[1].not_null = true;
    table.columns[2].declared_type = "DECIMAL(10,2)";
    target.session->exec(applier::create_table_sql(target.options, table));
    CHECK(
        target.query("SELECT column_name, data_type, is_nullable, is_identity FROM information_schema.columns"
                     " WHERE table_name = 'Line Item' ORDER BY ordinal_position") ==
        "id|bigint|NO|YES\nname|text|NO|NO\nprice|numeric|YES|NO\n");
    CHECK(applier::find_target(*target.session, target.options, table));
  }

  TEST_CASE("the state schema is made once, remembers exactly, and is left to a newer daemon") {
    TargetFixture target("SELECT 1", {});
    applier::ensure_state_schema(*target.session, "sluice");
    applier::TableProgress progress;
    progress.copy = {capture::CopyState::Phase::copying,
                     {integer(7), text(std::string("a\0'b", 4)), capture::Value{0.1}, capture::Blob{"\xff"}}};
    progress.rows_copied = 12;
    progress.version = "3-abc";
    progress.ours = true;
    target.session->exec(applier::save_progress_sql("sluice", "shop", "it's", progress));
    const auto state = applier::load_state(*target.session, "sluice", "shop");
    REQUIRE(state.pipeline);
    CHECK(state.pipeline->applied == target.row.applied);
    CHECK(state.pipeline->source == target.row.source);
    const auto& read = state.tables.at("it's");
    CHECK(read.copy.frontier == progress.copy.frontier);
    CHECK(read.copy.phase == progress.copy.phase);
    CHECK(read.rows_copied == 12);
    CHECK(read.version == "3-abc");
    CHECK(read.ours);

    for (const char* harm : {"DELETE FROM sluice.format", "UPDATE sluice.format SET version = 1",
                             "UPDATE sluice.format SET version = 2147483647",
                             "DROP FUNCTION sluice.columns_of(text, text, text)"}) {
      CAPTURE(harm);
      target.query(harm);
      applier::ensure_state_schema(*target.session, "sluice");
      CHECK(target.query("SELECT version FROM sluice.format") == "5\n");
      CHECK(target.query("SELECT count(*) FROM pg_proc WHERE pronamespace = 'sluice'::regnamespace") ==
            "8\n");
    }
    target.query("UPDATE sluice.format SET version = 99");
    try {
      applier::ensure_state_schema(*target.session, "sluice");
      FAIL("a newer format was accepted");
    } catch (const ApplyError& error) {
      CHECK(error.code == "format_newer");
      CHECK(std::string(error.what()).find("99") != std::string::npos);
    }
  }

  TEST_CASE("a state that somebody has written to is told, and written anew") {
    TargetFixture target("SELECT 1", {});
    applier::TableProgress progress;
    progress.made = true;
    progress.ddl = "abc";
    target.session->exec(applier::save_progress_sql("sluice", "shop", "item", progress));
    target.query("UPDATE sluice.table_copy SET phase = 'garbage'");
    target.query(
        "ALTER TABLE sluice.pipeline ALTER source_host DROP NOT NULL; UPDATE sluice.pipeline SET"
        " source_host = NULL");

    const auto state = applier::load_state(*target.session, "sluice", "shop");
    REQUIRE(state.damage);
    CHECK(state.damage->code == "state_damaged");
    CHECK(std::string(state.damage->what()).find("column source_host of table pipeline is NULL") !=
          std::string::npos);
    CHECK(state.damage->hint.find("sluicectl resync shop") != std::string::npos);
    CHECK(state.pipeline->source.id == target.row.source.id);
    CHECK(state.tables.at("item").made);

    applier::rewrite_state(*target.session, "sluice", "shop", state.pipeline, state.tables);
    const auto now = applier::load_state(*target.session, "sluice", "shop");
    CHECK_FALSE(now.damage);
    CHECK(now.tables.at("item").ddl == "abc");

    target.query("ALTER TABLE sluice.table_copy DROP COLUMN ours");
    const auto torn = applier::load_state(*target.session, "sluice", "shop");
    REQUIRE(torn.damage);
    CHECK(std::string(torn.damage->what()).find("there is no column table_copy.ours boolean") !=
          std::string::npos);
    CHECK_FALSE(torn.pipeline);
    applier::rewrite_state(*target.session, "sluice", "shop", torn.pipeline, torn.tables);
    CHECK_FALSE(applier::load_state(*target.session, "sluice", "shop").damage);
  }

  TEST_CASE("a state that can be read no more is forgotten all the same") {
    TargetFixture target("SELECT 1", {});
    target.query("DROP TABLE sluice.format");
    CHECK(applier::forget_pipeline(*target.session, "sluice", "shop"));
    CHECK(target.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'") == "0\n");
  }

  TEST_CASE("forgetting the last pipeline leaves no trace") {
    TargetFixture target("SELECT 1", {});
    CHECK(applier::forget_pipeline(*target.session, "sluice", "shop"));
    CHECK(target.query("SELECT count(*) FROM pg_namespace WHERE nspname = 'sluice'") == "0\n");
    CHECK_FALSE(applier::forget_pipeline(*target.session, "sluice", "shop"));
  }

  TEST_CASE("settings of role and database do not change what literals mean") {
    TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY, at timestamptz, day date, note text)",
                         {source_table(1, "item", {"id", "at", "day", "note"})});
    target.query("ALTER DATABASE \"" + target.database +
                 "\" SET timezone = 'Asia/Tokyo';"
                 "ALTER DATABASE \"" +
                 target.database +
                 "\" SET datestyle = 'SQL, DMY';"
                 "ALTER DATABASE \"" +
                 target.database +
                 "\" SET standard_conforming_strings = off;"
                 "ALTER DATABASE \"" +
                 target.database + "\" SET statement_timeout = '10s'");
    target.connect();
    for (const bool large : {false, true}) {
      target.apply(
          {changes(1,
                   {there({integer(large), text("2024-01-02 03:04:05"), text("2024-01-02"), text("\\n'")})})},
          large);
    }
    {
      applier::Transaction transaction(*target.session);
      CHECK(target.session->exec("SHOW statement_timeout")[0][0].as<std::string>() == "0");
    }
    CHECK(target.query("SET timezone = 'UTC'; SET datestyle = 'ISO';"
                       "SELECT DISTINCT at, day, note FROM item") ==
          "2024-01-02 03:04:05+00|2024-01-02|\\n'\n");
  }

  TEST_CASE("a server that can't be reached is an environment fault with libpq's words") {
    applier::TargetOptions options;
    options.pipeline = "shop";
    options.url = "host=/nonexistent dbname=x";
    try {
      applier::Session session(options, std::make_shared<applier::Lifeline>());
      FAIL("connected to nothing");
    } catch (const ApplyError& error) {
      CHECK(error.fault == applier::Fault::environment);
      CHECK(std::string(error.what()).find("/nonexistent") != std::string::npos);
    }
  }

  TEST_CASE("a call that waits can be cut from another thread") {
    TargetFixture target("SELECT 1", {});
    auto lifeline = std::make_shared<applier::Lifeline>();
    applier::Session session(target.options, lifeline);
    std::thread cutter([&] {
      support::wait_until("the call waits", [&] {
        return target.query(
                   "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%SELECT pg_sleep%'"
                   " AND state = 'active' AND pid <> pg_backend_pid()") == "1\n";
      });
      CHECK(lifeline->waiting_call() != 0);
      lifeline->cut();
    });
    CHECK_THROWS_AS(session.exec("SELECT pg_sleep(60)"), ApplyError);
    cutter.join();
    CHECK(lifeline->waiting_call() == 0);
  }
}
