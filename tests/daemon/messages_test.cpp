// What people are told of a failure, whatever has failed: our own words, on one line, with a remedy that fits
// what it is.

#include <SQLiteCpp/Exception.h>
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "applier/server/connection_failure.h"
#include "capture/source_types.h"
#include "daemon/log/log.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/guard.h"
#include "tests/support/contains.h"
#include "text/outlet.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;
using support::contains;

struct Case {
  std::string name;
  FailureReport report;
};

template <typename Error>
Case failing(const std::string& name, const Error& error) {
  return {name, report_failure(std::make_exception_ptr(error))};
}

/// Every branch: each class of fault with and without an SQLSTATE, each of SQLite's errors, what is neither.
std::vector<Case> all_failures() {
  std::vector<Case> cases;
  for (const char* state :
       {"SL001", "SL002", "SL003", "09000", "21000", "22001", "22003", "22007", "22008", "22021", "22023",
        "22P02", "22P04", "22P05", "23502", "23503", "23505", "23514", "23P01", "23001", "27000", "38000",
        "39000", "44000", "54000", "54011", "P0001", "0A000", "2BP01", "2F005", "3F000", "42P01", "42501",
        "42703", "42P05", "55000", "55006", "55P03", "40001", "40P01", "40003", "08006", "08007", "25006",
        "28P01", "3D000", "53100", "53300", "57P01", "57P03", "58030", "XX000"})
    cases.push_back(failing(state, applier::server_refusal("the server's words", state)));
  for (const Fault fault : {Fault::row, Fault::table, Fault::environment, Fault::in_doubt, Fault::fenced})
    cases.push_back(failing("without a state", ApplyError(fault, "our own words")));
  cases.push_back(failing("a lost connection", applier::connection_lost()));
  for (int code = SQLITE_ERROR; code <= SQLITE_NOTADB; ++code)
    cases.push_back(failing("SQLite " + std::to_string(code), SQLite::Exception(sqlite3_errstr(code), code)));
  cases.push_back(
      failing("a source at fault", capture::SourceError("source_missing", "it is not there", "put it back")));
  cases.push_back(
      failing("two that do not belong together", Diverged("moved_back", "it went back", "resync")));
  cases.push_back(failing("a bad_alloc", std::bad_alloc()));
  cases.push_back(
      failing("an out_of_range", std::out_of_range("array::at: __n (which is 3) >= _Nm (which is 3)")));
  cases.push_back(
      failing("a logic_error", std::logic_error("basic_string: construction from null is not valid")));
  return cases;
}

/// What libpq says of a connection that does not come about, and the SQLSTATE of a server that refuses.
struct RefusedConnection {
  const char* text;
  const char* sqlstate;
  const char* told;
};

constexpr RefusedConnection kRefused[] = {
    {"connection to server at \"db\", port 5432 failed: Connection refused\n\tIs the server running?", "",
     "nobody listens there"},
    {"connection to server on socket \"/run/.s.PGSQL.5432\" failed: No such file or directory", "",
     "there is no such socket"},
    {"could not translate host name \"db\" to address: Name or service not known", "",
     "the name of the host is not known"},
    {"connection to server at \"db\" (10.0.0.1), port 5432 failed: timeout expired", "",
     "no answer came in time"},
    {"connection to server failed: server does not support SSL, but SSL was required", "",
     "encryption could not be agreed on"},
    {"connection to server failed: server closed the connection unexpectedly", "",
     "whoever listens there hung up"},
    {"connection to server failed: fe_sendauth: no password supplied", "",
     "the server asks for a password, and none is given"},
    {"connection to server failed: session is read-only", "", "the server takes no writes"},
    {"invalid URI query parameter: \"pass word\"", "", "the URL can't be read"},
    {"connection to server failed: FATAL:  Passwort-Authentifizierung fehlgeschlagen", "28P01",
     "the server does not accept the role's password"},
    {"connection to server failed: FATAL:  no pg_hba.conf entry", "28000",
     "the server does not let the role in"},
    {"connection to server failed: FATAL:  database does not exist", "3D000",
     "the server has no such database"},
    {"connection to server failed: FATAL:  sorry, too many clients already", "53300",
     "all connections of the server are taken"},
    {"connection to server failed: FATAL:  the database system is starting up", "57P03",
     "the server is starting up"},
    {"connection to server failed: FATAL:  anything else", "", "the server refuses the connection"},
};

}  // namespace

TEST_CASE("no failure tells a library's words, and each has a remedy") {
  for (const Case& each : all_failures()) {
    CAPTURE(each.name);
    const ErrorReport& error = each.report.error;
    CAPTURE(error.message);
    CHECK_FALSE(error.code.empty());
    CHECK_FALSE(error.id.empty());
    for (const std::string* told : {&error.message, &error.hint}) {
      CHECK_FALSE(told->empty());
      CHECK(*told == text::harmless(*told));
      for (const char* theirs : {"std::", "SQLite:", "array::at", "basic_string", "bad_alloc", "what()",
                                 "pqxx", "libpq", "server closed the connection", "unknown error"})
        CHECK_FALSE(contains(*told, theirs));
    }
  }
}

TEST_CASE("a connection that does not come about is told with its place and reason in our own words") {
  for (const RefusedConnection& each : kRefused) {
    CAPTURE(each.text);
    CHECK(applier::server_spoke(each.text) == contains(each.text, "FATAL"));
    const auto error =
        failing("", applier::connection_failure({"db", "5432", each.text}, each.sqlstate)).report.error;
    CHECK(error.message.starts_with("cannot connect to Postgres at db, port 5432: "));
    CHECK(contains(error.message, each.told));
    CHECK(error.sqlstate == each.sqlstate);
    CHECK(error.code == "target_away");
    CHECK(contains(error.hint, "sluicectl retry"));
    for (const char* theirs : {"failed:", "FATAL", "pass word", "fe_sendauth", "unexpectedly"})
      CHECK_FALSE(contains(error.message + error.hint, theirs));
  }
  CHECK(applier::sqlstate_in("x failed: FATAL:  28P01: no\nLOCATION:  auth_failed, auth.c:1") == "28P01");
  CHECK(applier::sqlstate_in("x failed: FATAL:  no 28P01") == "");
}

TEST_CASE("SQLite's errors are told in our own words") {
  for (int code = SQLITE_ERROR; code <= SQLITE_NOTADB; ++code) {
    const auto error = failing("", SQLite::Exception(sqlite3_errstr(code), code)).report.error;
    CAPTURE(code);
    CHECK(error.cls == "source");
    CHECK(error.code.starts_with("source_"));
    CHECK_FALSE(contains(error.message, sqlite3_errstr(code)));
  }
}

TEST_CASE("the remedy fits the class: a row's for rows alone, and an outage goes on by itself") {
  for (const Case& each : all_failures()) {
    CAPTURE(each.name);
    const ErrorReport& error = each.report.error;
    CAPTURE(error.hint);
    const bool mends_a_row = contains(error.hint, "change the row");
    CHECK(mends_a_row == (error.cls == "row"));
    if (each.report.failure == Failure::away || each.report.failure == Failure::collided)
      CHECK(contains(error.hint, "sluiced"));
  }
}

TEST_CASE("an id stays with its row, whatever of it is shown, and tells rows apart that look alike") {
  const auto refused = [](const std::string& key) {
    ApplyError error = applier::server_refusal("invalid input value: \"" + key + "\"", "22P02");
    error.name_row("t", {capture::Text{key}});
    error.name_value("k", capture::Text{key}, true);
    return error;
  };
  const std::string long_key(250, 'k');
  const auto one = failing("", refused(long_key + "1")).report.error;
  const auto two = failing("", refused(long_key + "2")).report.error;
  CHECK(one.key == two.key);
  CHECK(one.row != two.row);
  CHECK(one.id != two.id);
  configure_log({.values = false});
  const auto hidden = failing("", refused(long_key + "1")).report.error;
  configure_log({});
  CHECK(hidden.id == one.id);
  CHECK(hidden.key == "text of 251 bytes");
  CHECK(hidden.message == "SQLSTATE 22P02: the text is no value of the column's type (text of 251 bytes)");
}

TEST_CASE("of a value no more than its beginning is told, and nothing with log.values off") {
  ApplyError error(Fault::row, "text value does not fit type integer");
  error.name_row("t", {std::int64_t{7}});
  error.name_value("c", capture::Text{"4111111111111111, and more"}, false);
  CHECK(error.told(true) ==
        "text value does not fit type integer (text of 26 bytes: '4111111111111111, an…')");
  CHECK(error.told(false) == "text value does not fit type integer (text of 26 bytes)");
  CHECK(error.told_key(false) == "7");

  ApplyError raised = applier::server_refusal("no 4111111111111111, and more!", "P0001");
  raised.cut_values({std::int64_t{7}, capture::Text{"4111111111111111, and more"}});
  CHECK(raised.told(true) == "no 4111111111111111, an…!");
  CHECK(raised.told(false) == "SQLSTATE P0001: a trigger or function of the server refuses the row");
  CHECK(raised.in_words("step: ", "; end").told(false) ==
        "step: SQLSTATE P0001: a trigger or function of the server refuses the row; end");
  CHECK(applier::server_refusal("value \"" + std::string(18, 'x') + "éééé\"", "22P02").told(true) ==
        "value \"" + std::string(18, 'x') + "éé…\"");
}

}  // namespace sluice::daemon
