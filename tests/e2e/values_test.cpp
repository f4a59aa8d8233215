// Values that can be read in more than one way, through the real daemon: rules, and what people are told.

#include <doctest/doctest.h>

#include <string>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

/// How often the log has this text.
std::size_t count_in(const std::string& log, const std::string& text) {
  std::size_t count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
  return count;
}

constexpr const char* kEvents =
    "CREATE TABLE events(id INTEGER PRIMARY KEY, seen, local, took, paid);"
    "INSERT INTO events VALUES(1, 1700000000000, '2024-10-27 02:30:00', 1500000, 18.299999999999997),"
    "  (2, 1700000000123, '2024-03-31 02:30:00', NULL, 1), (3, '2024-02-29T12:00:00.1234567+02:00', NULL, "
    "NULL, '2.5')";

constexpr const char* kTarget =
    "CREATE TABLE events(id bigint PRIMARY KEY, seen timestamp, local timestamptz, took interval, paid "
    "numeric(10,2))";

constexpr const char* kRules =
    "    tables:\n"
    "      rules:\n"
    "        events:\n"
    "          types: {local: 'local:Europe/Berlin', took: interval_us, paid: rounded}\n";

}  // namespace

TEST_CASE("values that could be read in several ways are told once a column and way") {
  Mirror mirror(kEvents, {.settings = kRules});
  mirror.server(kTarget);
  mirror.start();
  mirror.run("INSERT INTO events VALUES(4, 1700000001000, '2024-10-27 02:31:00', 0, 0)");
  must_flush(mirror.daemon);

  CHECK(mirror.server("SET TimeZone = 'UTC'; SELECT seen, local, took, paid FROM events ORDER BY id") ==
        "2023-11-14 22:13:20|2024-10-27 00:30:00+00|00:00:01.5|18.30\n"
        "2023-11-14 22:13:20.123|2024-03-31 01:30:00+00|NULL|1.00\n"
        "2024-02-29 10:00:00.123457|NULL|NULL|2.50\n"
        "2023-11-14 22:13:21|2024-10-27 00:31:00+00|00:00:00|0.00");
  const std::string log = mirror.daemon.log();
  CHECK(count_in(log, "unit_found pipeline=shop table=events column=seen unit=unix_ms") == 1);
  CHECK(count_in(log, "unit_found") == 1);
  CHECK(count_in(log, "local_time_ambiguous pipeline=shop table=events column=local count=1") == 1);
  CHECK(count_in(log, "local_time_skipped pipeline=shop table=events column=local count=1") == 1);
  CHECK(count_in(log, "time_rounded pipeline=shop table=events column=seen count=1") == 1);
}

TEST_CASE("a rule gives the column that Sluice makes its type") {
  Mirror mirror(
      "CREATE TABLE flags(id INTEGER PRIMARY KEY, up NUMERIC, since INTEGER);"
      "INSERT INTO flags VALUES(1, 1, 1700000000123), (2, 0, NULL)",
      {.settings =
           "    tables:\n      rules:\n        flags:\n          types: {up: bool, since: unix_ms}\n"});
  mirror.start();
  CHECK(mirror.server("SET TimeZone = 'UTC'; SELECT up, since FROM flags ORDER BY id") ==
        "t|2023-11-14 22:13:20.123+00\nf|NULL");
  CHECK(mirror.daemon.log().find("unit_found") == std::string::npos);
}

TEST_CASE("a table that was made while it was empty follows the first values that do not fit") {
  Mirror mirror(
      "CREATE TABLE visit(at DATETIME DEFAULT CURRENT_TIMESTAMP, id INTEGER PRIMARY KEY);"
      "CREATE TABLE bag(key PRIMARY KEY, item)");
  mirror.start();
  mirror.run("INSERT INTO visit VALUES(1700000000000, 1); INSERT INTO bag VALUES(7, 1.5)");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT at FROM visit") == "1700000000000");
  CHECK(mirror.server("SELECT key FROM bag") == "7");
  CHECK(mirror.server("SELECT col_description('visit'::regclass, 1)").find("unix_ms") != std::string::npos);
  CHECK(count_in(mirror.daemon.log(), "pipeline_error") == 0);
  CHECK(must_flush(mirror.daemon).at("quarantined") == 0);
}

TEST_CASE("a table that was made empty keeps what somebody else has given it, and what it may not change") {
  constexpr const char* kVisit = "CREATE TABLE visit(id INTEGER PRIMARY KEY, at DATETIME, note DATE)";
  SUBCASE("another type") {
    Mirror mirror(kVisit);
    mirror.start();
    mirror.server("ALTER TABLE visit ALTER COLUMN note TYPE varchar(20)");
    mirror.run("INSERT INTO visit VALUES(1, 1700000000000, 20240102)");
    must_flush(mirror.daemon);
    CHECK(mirror.server("SELECT at, note, pg_typeof(note) FROM visit") ==
          "1700000000000|20240102|character varying");
  }
  SUBCASE("a schema that is not to follow") {
    Mirror mirror(kVisit, {.settings = "    schema_changes: halt\n"});
    mirror.start();
    mirror.run("INSERT INTO visit VALUES(1, 1700000000000, NULL)");
    support::wait_until("it has halted", [&] { return mirror.status().at("state") == "halted"; });
    CHECK(mirror.status().at("error").at("code") == "unit_doubtful");
    CHECK(mirror.server("SELECT pg_typeof(at) FROM (VALUES(1)) one LEFT JOIN visit ON true") ==
          "timestamp without time zone");
  }
  SUBCASE("rows of somebody else") {
    Mirror mirror(kVisit);
    mirror.start();
    mirror.server("INSERT INTO visit VALUES(7, '2024-02-29', NULL)");
    mirror.run("INSERT INTO visit VALUES(1, 1700000000000, NULL)");
    support::wait_until("it has halted", [&] { return mirror.status().at("state") == "halted"; });
    CHECK(mirror.server("SELECT at FROM visit") == "2024-02-29 00:00:00");
  }
}

TEST_CASE("a quarantined row lets a table that was made empty follow as well") {
  Mirror mirror("CREATE TABLE visit(id INTEGER PRIMARY KEY, at DATETIME)",
                {.settings = "    on_error: quarantine\n"});
  mirror.start();
  mirror.run("INSERT INTO visit VALUES(1, 1700000000000)");
  support::wait_until("it is held back", [&] { return mirror.status().at("quarantined") == 1; });
  CHECK(mirror.daemon.ctl({"quarantine", "retry"}).exit_code == 0);
  support::wait_until("it is let in", [&] { return mirror.status().at("quarantined") == 0; });
  CHECK(mirror.server("SELECT at FROM visit") == "1700000000000");
}

TEST_CASE("a number in a column of times that was there waits for its unit, and says which there are") {
  Mirror mirror("CREATE TABLE visit(id INTEGER PRIMARY KEY, at DATETIME)");
  mirror.server("CREATE TABLE visit(id bigint PRIMARY KEY, at timestamptz)");
  mirror.start();
  mirror.run("INSERT INTO visit VALUES(1, 1700000000000)");
  support::wait_until("it has halted", [&] { return mirror.status().at("state") == "halted"; });
  const auto error = mirror.status().at("error");
  CHECK(error.at("code") == "unit_doubtful");
  CHECK(error.at("column") == "at");
  CHECK(error.at("hint").get<std::string>().find("unix_ms (2023-11-14 22:13:20)") != std::string::npos);
  // Another number proves it, and the row goes over by itself.
  mirror.run("INSERT INTO visit VALUES(2, 1600000000000)");
  support::wait_until("it goes on", [&] { return mirror.status().at("state") == "streaming"; });
  must_flush(mirror.daemon);
  CHECK(mirror.server("SET TimeZone = 'UTC'; SELECT at FROM visit ORDER BY id") ==
        "2023-11-14 22:13:20+00\n2020-09-13 12:26:40+00");
  CHECK(mirror.status().at("tables").at(0).at("units") == nlohmann::json{"at: unix_ms"});
  CHECK(mirror.daemon.ctl({"status"}).out.find("-> public.visit, at: unix_ms") != std::string::npos);
  const auto read = mirror.daemon.ctl({"verify"});
  CHECK(read.exit_code == 0);
  CHECK(read.out.find("read as at: unix_ms, proven by its values") != std::string::npos);
  // What is known stays known, whatever becomes of the rows that proved it.
  mirror.run("DELETE FROM visit");
  must_flush(mirror.daemon);
  mirror.daemon.stop();
  mirror.daemon.start();
  mirror.run("INSERT INTO visit VALUES(3, 42249600000)");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SET TimeZone = 'UTC'; SELECT at FROM visit") == "1971-05-05 00:00:00+00");
  mirror.run("INSERT INTO visit VALUES(4, 1700000000)");
  support::wait_until("it has halted", [&] { return mirror.status().at("state") == "halted"; });
  CHECK(mirror.status().at("error").at("code") == "unit_doubtful");
}

TEST_CASE("the kind of a file says what its numbers count, also before there are any") {
  Mirror mirror(
      "CREATE TABLE _prisma_migrations(id TEXT PRIMARY KEY);"
      "CREATE TABLE visit(id INTEGER PRIMARY KEY, at DATETIME)");
  mirror.start();
  mirror.run("INSERT INTO visit VALUES(1, 42249600000)");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SET TimeZone = 'UTC'; SELECT at FROM visit") == "1971-05-05 00:00:00");
}

TEST_CASE("verify says which values arrive rounded, and how many rows a rule leaves out") {
  Mirror mirror(
      "CREATE TABLE visit(id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO visit VALUES(1, "
      "'2024-01-02 03:04:05.1234567'), (2, '2024-01-02 03:04:05'), (3, NULL)",
      {.settings = "    tables: {rules: {visit: {where: id < 3, types: {at: iso}}}}\n"});
  mirror.start();
  const auto answer = nlohmann::json::parse(mirror.daemon.ctl({"verify", "--json"}).out);
  const auto& table = answer.at("tables").at(0);
  CAPTURE(table.dump());
  CHECK(answer.at("outcome") == "equal");
  CHECK(table.at("read_by") == nlohmann::json{"at: iso"});
  CHECK(table.at("altered") ==
        nlohmann::json{"at: 1 value rounded to the microsecond, the finest that Postgres keeps"});
  CHECK(table.at("filtered") == 1);
}

}  // namespace sluice::e2e
