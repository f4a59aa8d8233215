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
    "INSERT INTO events VALUES(1, 1700000000, '2024-10-27 02:30:00', 1500000, 18.299999999999997),"
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
  mirror.run("INSERT INTO events VALUES(4, 1700000001, '2024-10-27 02:31:00', 0, 0)");
  must_flush(mirror.daemon);

  CHECK(mirror.server("SET TimeZone = 'UTC'; SELECT seen, local, took, paid FROM events ORDER BY id") ==
        "2023-11-14 22:13:20|2024-10-27 00:30:00+00|00:00:01.5|18.30\n"
        "2023-11-14 22:13:20.123|2024-03-31 01:30:00+00|NULL|1.00\n"
        "2024-02-29 10:00:00.123457|NULL|NULL|2.50\n"
        "2023-11-14 22:13:21|2024-10-27 00:31:00+00|00:00:00|0.00");
  const std::string log = mirror.daemon.log();
  CHECK(count_in(log, "values_guessed pipeline=shop table=events column=seen count=1") == 2);
  CHECK(count_in(log, "values_guessed") == 2);
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
  CHECK(mirror.daemon.log().find("values_guessed") == std::string::npos);
}

}  // namespace sluice::e2e
