// Text from outside on its way to people: values, keys, names and the server's own words, written to command
// a terminal, to break a line, or to be cut inside of a character, arrive harmless wherever they are shown.

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "tests/e2e/cases/mirror.h"
#include "tests/e2e/store.h"
#include "tests/support/wait_until.h"
#include "text/outlet.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::wait_until;

constexpr const char* kQuarantine = "    on_error: quarantine\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Every line of what somebody sees is as the outlet would have it.
void check_harmless(const std::string& seen) {
  std::istringstream lines(seen);
  for (std::string line; std::getline(lines, line);) CHECK(text::harmless(line) == line);
}

/// The same of each text in a document.
void check_harmless(const json& document) {
  const json flat = document.flatten();
  for (const auto& each : flat.items())
    if (each.value().is_string())
      CHECK_MESSAGE(text::harmless(each.value().get<std::string>()) == each.value(), each.key());
}

/// More lines under the pipeline, and under `log:`.
void configure(Mirror& mirror, const std::string& settings, const std::string& log) {
  mirror.daemon.configure(
      shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role), settings) + log);
}

/// An enum column refuses what is not in it, and quotes that; a trigger quotes the value as well, and adds
/// commands of its own. The names are as bad.
constexpr const char* kTarget =
    "CREATE TYPE \"mo\nod\" AS ENUM ('ok');"
    "CREATE TABLE \"od\x1b[31md\ntable\" (id text PRIMARY KEY, \"co\u202El\" text, mood \"mo\nod\");"
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.\"co\u202El\" LIKE 'no%' "
    "THEN"
    " RAISE EXCEPTION E'\\x1b[2Jno: %\\nSTOPPING=1', NEW.\"co\u202El\"; END IF; RETURN NEW; END $$;"
    "CREATE TRIGGER refuse BEFORE INSERT ON \"od\x1b[31md\ntable\" FOR EACH ROW EXECUTE FUNCTION refuse();"
    "ALTER TABLE \"od\x1b[31md\ntable\" ENABLE ALWAYS TRIGGER refuse;";

const std::string kTable = "\"od\x1b[31md\ntable\"";

struct Hostile : Mirror {
  explicit Hostile(const std::string& settings = "", const std::string& log = "")
      : Mirror("CREATE TABLE " + kTable + "(id TEXT PRIMARY KEY NOT NULL, \"co\u202El\" TEXT, mood TEXT);" +
                   "INSERT INTO " + kTable + " VALUES('a', 'fine', 'ok')",
               {}) {
    server(kTarget);
    configure(*this, settings, log);
    start();
  }

  void insert(const std::string& key, const std::string& value, const std::string& mood) {
    SQLite::Statement statement(source.database(), "INSERT INTO " + kTable + " VALUES(?, ?, ?)");
    statement.bind(1, key);
    statement.bind(2, value);
    statement.bind(3, mood);
    statement.exec();
  }

  std::string rows() {
    return server("SELECT string_agg(id, ' ' ORDER BY id) FROM " + kTable + " WHERE id < 'k'");
  }
};

/// Values, keys and server messages of every kind, each in a row that is refused.
void insert_refused(Hostile& hostile) {
  hostile.insert("k1", "fine", "aéééééééééééééé");
  hostile.insert("k2", "fine", std::string(19, 'x') + "\U0001F600\U0001F600");
  hostile.insert("k3", "fine", "x\nSTOPPING=1\x1b[31m\u202E\u2028\xC2\x9B\t\r");
  hostile.insert("k4\x1b]0;title\x07\x1b[31mRED\xC2\x85\u2066", "fine", "bad");
  hostile.insert("k5", "no \x1b[31m\u202Eway\n", "ok");
}

}  // namespace

TEST_SUITE_BEGIN("outlet");

TEST_CASE("hostile text is held back, and arrives harmless wherever it is shown") {
  std::string log;
  SUBCASE("log as text") {
  }
  SUBCASE("log as JSON") {
    log = "  format: json\n";
  }
  Hostile hostile(kQuarantine, log);
  insert_refused(hostile);
  hostile.insert("b", "behind them", "ok");
  CHECK(must_flush(hostile.daemon).at("quarantined") == 5);
  CHECK(hostile.rows() == "a b");

  const json list = hostile.daemon.http("GET", "/v1/quarantine").json;
  CHECK(list.at("total") == 5);
  for (json row : list.at("rows")) {
    row.erase("table");  // names are exact in JSON, which has escapes of its own
    check_harmless(row);
    const auto shown = hostile.daemon.ctl({"quarantine", "show", row.at("id").dump()});
    CHECK(shown.exit_code == 0);
    check_harmless(shown.out);
  }
  check_harmless(hostile.daemon.http("GET", "/v1/quarantine").body);
  check_harmless(hostile.daemon.http("GET", "/v1/status").body);
  check_harmless(hostile.daemon.ctl({"quarantine", "list"}).out);
  check_harmless(hostile.daemon.ctl({"status"}).out);
  check_harmless(hostile.daemon.ctl({"check"}).out);
  check_harmless(hostile.daemon.ctl({"log"}).out);
  check_harmless(hostile.daemon.ctl({"verify"}).out);
  check_harmless(hostile.daemon.log());
  CHECK(hostile.status().at("tables").at(0).at("name") == "od\x1b[31md\ntable");
}

TEST_CASE("what a halted pipeline tells commands nobody") {
  Hostile hostile;
  std::string trace;
  SUBCASE("a value that would be a line of its own") {
    hostile.insert("k3", "fine", "x\nSTOPPING=1\x1b[31m\u202E");
    trace = "x\\nSTOPPING=1\\x1b[31…";
  }
  SUBCASE("a key that names the window") {
    hostile.insert("k4\x1b]0;title\x07", "fine", "bad");
    trace = "bad";
  }
  SUBCASE("words of the server") {
    hostile.insert("k5", "no \x1b[31m way", "ok");
    trace = "\\x1b[2Jno: no \\x1b[31m way\\nSTOPPING=1";
  }
  wait_for_state(hostile.daemon, "halted");
  wait_until("the service manager is told", [&] { return contains(hostile.daemon.status_line(), trace); });
  json error = hostile.status().at("error");
  error.erase("table");
  check_harmless(error);
  const auto screen = hostile.daemon.ctl({"status"});
  CHECK(contains(screen.out, trace));
  check_harmless(screen.out);
  const auto flushed = hostile.daemon.ctl({"flush", "--timeout", "2s"});
  CHECK(flushed.exit_code == 1);
  check_harmless(flushed.err);
  check_harmless(hostile.daemon.log());
  const auto skipped = hostile.daemon.ctl({"skip", "--error", error.at("id")});
  CHECK(skipped.exit_code == 0);
  check_harmless(skipped.out);
}

TEST_CASE("with log.values off the text of a refused value is in no log and no answer but the owner's") {
  const std::string secret = "4111111111111111";
  Mirror mirror(
      "CREATE TABLE cards(id INTEGER PRIMARY KEY, mood TEXT, number TEXT, note TEXT);"
      "CREATE TABLE holders(number TEXT PRIMARY KEY NOT NULL)");
  mirror.server(
      "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE cards(id bigint PRIMARY KEY, mood mood, number bigint"
      " CHECK (number < 9), note text); CREATE TABLE holders(number bigint PRIMARY KEY);"
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.note <> '' THEN"
      " RAISE EXCEPTION 'no %', NEW.note; END IF; RETURN NEW; END $$;"
      "CREATE TRIGGER refuse BEFORE INSERT ON cards FOR EACH ROW EXECUTE FUNCTION refuse();"
      "ALTER TABLE cards ENABLE ALWAYS TRIGGER refuse");
  configure(mirror, kQuarantine, "  values: false\n");
  mirror.start();
  mirror.run("INSERT INTO cards VALUES(1, '" + secret + "', NULL, ''), (2, 'ok', '" + secret +
             "x', ''),"
             "(3, 'ok', NULL, '" +
             secret + "'), (4, 'ok', '" + secret +
             "', '');"
             "INSERT INTO holders VALUES('" +
             secret + "y')");
  CHECK(must_flush(mirror.daemon).at("quarantined") == 5);

  const auto list = mirror.daemon.http("GET", "/v1/quarantine");
  CHECK(list.json.at("total") == 5);
  CHECK_FALSE(contains(list.body, secret));
  CHECK_FALSE(contains(mirror.daemon.ctl({"quarantine", "list"}).out, secret));
  for (const json& row : list.json.at("rows"))
    CHECK(contains(mirror.daemon.ctl({"quarantine", "show", row.at("id").dump()}).out, secret));

  configure(mirror, "", "  values: false\n");
  CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
  const auto halts = [&](const std::string& row, const std::string& told) {
    mirror.run("INSERT INTO " + row);
    wait_for_state(mirror.daemon, "halted");
    const auto status = mirror.daemon.http("GET", "/v1/status");
    const json error = status.json.at("pipelines").at(0).at("error");
    CAPTURE(error.dump());
    CHECK(contains(error.at("message"), told));
    CHECK_FALSE(contains(status.body, secret));
    CHECK_FALSE(contains(mirror.daemon.ctl({"flush", "--timeout", "2s"}).err, secret));
    const auto skipped = mirror.daemon.ctl({"skip", "--error", error.at("id")});
    CHECK(skipped.exit_code == 0);
    CHECK_FALSE(contains(skipped.out, secret));
  };
  halts("cards VALUES(5, '" + secret + "', NULL, '')", "SQLSTATE 22P02");
  halts("cards VALUES(6, 'ok', '" + secret + "x', '')", "(text of 17 bytes)");
  halts("cards VALUES(7, 'ok', NULL, '" + secret + "')", "SQLSTATE P0001");
  halts("holders VALUES('" + secret + "z')", "(text of 17 bytes)");
  CHECK_FALSE(contains(mirror.daemon.log(), secret));
}

TEST_CASE("of two rows whose keys look alike the skip of one sets one aside") {
  Hostile hostile;
  const std::string key(250, 'k');
  hostile.insert(key + "1", "fine", "bad");
  hostile.insert(key + "2", "fine", "bad");
  wait_for_state(hostile.daemon, "halted");
  const std::string id = hostile.status().at("error").at("id");
  CHECK(hostile.daemon.ctl({"skip", "--error", id}).exit_code == 1);  // it stands before the other one
  wait_for_state(hostile.daemon, "halted");
  CHECK(hostile.status().at("error").at("id") != id);
  const json skipped =
      hostile.daemon.http("POST", "/v1/skip", json{{"error", hostile.status().at("error").at("id")}}.dump())
          .json;
  CHECK(skipped.at("quarantined") == 2);
}

TEST_CASE("a character that the server's encoding lacks is its row's fault, and the row is held back") {
  Mirror mirror(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, mood TEXT);"
      "INSERT INTO t VALUES(1, 'Gr\u00FC\u00DFe', 'ok'), (2, '\u4E2D', 'ok'), (3, 'tea', 'ok')");
  const std::string database = mirror.database + "_latin1";
  mirror.cluster.psql("postgres", "CREATE DATABASE " + database +
                                      " TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' OWNER " +
                                      mirror.role);
  const auto server = [&](const std::string& sql) { return mirror.cluster.psql(database, sql, mirror.role); };
  server("CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t(id bigint PRIMARY KEY, name text, mood mood)");
  mirror.daemon.configure(shop(mirror.source.path(), mirror.cluster.url(database, mirror.role), kQuarantine));
  mirror.start();
  mirror.run(
      "INSERT INTO t VALUES(4, 'rum \u4E2D', 'ok'), (5, 'gin', 'ok'),"
      "(6, 'ale', 'a mood that is no mood: much too long')");
  CHECK(must_flush(mirror.daemon).at("quarantined") == 3);
  CHECK(server("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t") == "1 3 5");
  const json rows = mirror.daemon.http("GET", "/v1/quarantine").json.at("rows");
  CHECK(rows.at(0).at("key") == "2");
  CHECK(rows.at(0).at("column") == "name");
  CHECK(rows.at(0).at("sqlstate") == "22P05");
  CHECK(rows.at(1).at("key") == "4");
  CHECK(contains(rows.at(2).at("message"), "\"a mood that is no mo\\u2026\""));
}

TEST_CASE("a server that lets nobody in is told in our words, with its SQLSTATE") {
  Mirror mirror("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  const auto told = [&](const std::string& url) {
    mirror.daemon.configure(shop(mirror.source.path(), url));
    mirror.daemon.start();
    wait_until("the outage is told", [&] { return !mirror.status().at("error").is_null(); });
    const json error = mirror.status().at("error");
    mirror.daemon.stop();
    check_harmless(error);
    CHECK(error.at("code") == "target_away");
    CHECK(contains(error.at("hint"), "sluicectl retry"));
    CHECK_FALSE(contains(error.at("message"), "FATAL"));
    CHECK_FALSE(contains(error.at("message"), "connection to server"));
    return error;
  };
  const json database = told(mirror.cluster.url("nobody_made_this", mirror.role));
  CHECK(database.at("sqlstate") == "3D000");
  CHECK(contains(database.at("message"), "the server has no such database"));
  const json role = told(mirror.cluster.url(mirror.database, "nobody_is_this"));
  CHECK(role.at("sqlstate") == "28000");
  const json socket = told("postgresql:///shop?host=/nowhere&port=5999");
  CHECK(socket.at("message") ==
        "cannot connect to Postgres by the socket /nowhere/.s.PGSQL.5999: there is no such socket");
  const json refused = told("postgresql://127.0.0.1:1/shop");
  CHECK(refused.at("message") == "cannot connect to Postgres at 127.0.0.1, port 1: nobody listens there");
}

TEST_SUITE_END();

}  // namespace sluice::e2e
