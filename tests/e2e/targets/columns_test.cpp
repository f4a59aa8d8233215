// Columns that only one side has, or that the server fills by itself.

#include "tests/e2e/targets/both_modes.h"

namespace sluice::e2e {

TEST_CASE("columns that are left out are neither read nor written") {
  for (const char* choice : {"{columns: [ID, name]}", "{columns: {except: [Photo, pin]}}"}) {
    CAPTURE(choice);
    MirrorOptions options;
    options.settings = rule("people", choice);
    Mirror mirror(
        "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, pin TEXT NOT NULL, photo BLOB);"
        "INSERT INTO people VALUES(1, 'Ann', '1234', x'00')",
        options);
    mirror.start();
    mirror.run("INSERT INTO people VALUES(2, 'Bob', '5678', x'01'); UPDATE people SET pin = 'x' || id");
    check_same(mirror, "SELECT id, name FROM people ORDER BY 1", "SELECT * FROM people ORDER BY 1");
    CHECK(mirror.daemon.log().find("5678") == std::string::npos);
  }
}

TEST_CASE("a column that the target lacks halts with the ALTER TABLE, or is left out by the rule") {
  Mirror mirror("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, born DATE)");
  mirror.server("CREATE TABLE people (id bigint PRIMARY KEY, name text)");
  CHECK(halted_at_start(mirror).at("code") == "column_missing");
  mirror.daemon.configure(shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role),
                               rule("people", "{columns: {except: [born]}}")));
  CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
  mirror.run("INSERT INTO people VALUES(1, 'Ann', '2001-02-03')");
  check_same(mirror, "SELECT id, name FROM people");
}

TEST_CASE(
    "a rule that leaves out the key, or names a column that is not there, is refused by check and daemon") {
  for (const auto& [choice, words] : {std::pair{"{columns: [name]}", "add it to the list"},
                                      std::pair{"{columns: {except: [id]}}", "take it out of the exception"},
                                      std::pair{"{columns: {except: [nmae]}}", "names column 'nmae'"}}) {
    MirrorOptions options;
    options.settings = rule("people", choice);
    Mirror mirror("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)", options);
    const auto check = mirror.daemon.ctl({"check"});
    CHECK(check.exit_code == 1);
    CHECK_MESSAGE(check.out.find(words) != std::string::npos, check.out);
    CHECK(halted_at_start(mirror).at("code") == "rule_refused");
  }
}

TEST_CASE("a rule for a table that is not there is said once and harms nobody") {
  MirrorOptions options;
  options.settings = rule("poeple", "{columns: [id]}");
  Mirror mirror("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)", options);
  mirror.start();
  mirror.run("INSERT INTO people VALUES(1, 'Ann'); CREATE TABLE more(id INTEGER PRIMARY KEY)");
  CHECK(mirror.differences() == "");
  const auto check = mirror.daemon.ctl({"check"});
  CHECK(check.exit_code == 1);
  CHECK(check.out.find("tables.rules.poeple speaks of a table that is not captured") != std::string::npos);
  const std::string log = mirror.daemon.log();
  const auto first = log.find("rule_without_table");
  CHECK(first != std::string::npos);
  CHECK(log.find("rule_without_table", first + 1) == std::string::npos);
}

TEST_CASE(
    "a pattern that matches no table fails the check; a pipeline without a table never says it is well") {
  const std::string people = "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT);";
  struct Case {
    std::string setting;
    std::string checked;
  };
  const std::vector<Case> cases{{"include: [people, Posts]", "tables.include: 'Posts'"},
                                {"exclude: [tmp_*]", "tables.exclude: 'tmp_*'"},
                                {"by_rowid: [logs]", "tables.by_rowid: 'logs'"}};
  for (const auto& each : cases) {
    CAPTURE(each.setting);
    MirrorOptions options;
    options.settings = "    tables: {" + each.setting + "}\n";
    Mirror mirror(people, options);
    mirror.start();
    const auto check = mirror.daemon.ctl({"check"});
    CHECK(check.exit_code == 1);
    CHECK(check.out.find(each.checked + " matches no table") != std::string::npos);
  }
  MirrorOptions options;
  options.settings = "    tables: {include: [user]}\n";
  Mirror mirror(people, options);
  const auto error = halted_at_start(mirror);
  CHECK(error.at("code") == "no_tables");
  CHECK(error.at("message").get<std::string>().find("tables.include 'user' matches none") !=
        std::string::npos);
  CHECK(mirror.daemon.ctl({"flush"}).exit_code == 1);
  CHECK(mirror.daemon.ctl({"verify"}).exit_code == 1);
  CHECK(mirror.daemon.ctl({"cutover", "--yes"}).exit_code == 1);
  mirror.run("CREATE TABLE user(id INTEGER PRIMARY KEY); INSERT INTO user VALUES(1)");
  CHECK(mirror.differences() == "people is neither captured nor reported\n");
  CHECK(mirror.status().at("state") == "streaming");
}

TEST_CASE("columns of the server's own keep their values, with and without defaults") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(
        "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO people VALUES(1, 'Ann')",
        options);
    mirror.server(
        "CREATE TABLE people (id bigint PRIMARY KEY, name text UNIQUE, stars int, born timestamptz NOT NULL"
        " DEFAULT '2001-01-01', number serial, twice text GENERATED ALWAYS AS (name || name) STORED)");
    mirror.start();
    mirror.run("INSERT INTO people VALUES(2, 'Bob')");
    check_same(mirror, "SELECT id, name FROM people ORDER BY 1");
    mirror.server("UPDATE people SET stars = id * 10, number = id * 100");
    mirror.run(
        "UPDATE people SET name = 'x' WHERE id = 1; UPDATE people SET name = 'Ann' WHERE id = 2;"
        "UPDATE people SET name = 'Bob' WHERE id = 1; INSERT INTO people VALUES(3, 'Cid')");
    check_same(mirror, "SELECT id, name, name || name FROM people ORDER BY 1",
               "SELECT id, name, twice FROM people ORDER BY 1");
    CHECK(mirror.server("SELECT string_agg(coalesce(stars, 0) || ':' || number, ' ' ORDER BY id) FROM people"
                        " WHERE id < 3") == "10:100 20:200");
    CHECK(mirror.server("SELECT count(*) FROM people WHERE born = '2001-01-01'") == "3");
  });
}

TEST_CASE(
    "a column of the server's own that takes no NULL and has no default is named before the first row") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror("CREATE TABLE people(id INTEGER PRIMARY KEY); INSERT INTO people VALUES(1)", options);
    mirror.server("CREATE TABLE people (id bigint PRIMARY KEY, tenant int NOT NULL)");
    const auto check = mirror.daemon.ctl({"check"});
    CHECK(check.exit_code == 1);
    CHECK(check.out.find("\"tenant\"") != std::string::npos);
    const auto error = halted_at_start(mirror);
    CHECK(error.at("code") == "column_required");
    CHECK(error.at("class") == "table");
    follow_remedy(mirror, "ALTER TABLE", mirror.role);
    check_same(mirror, "SELECT id FROM people");
  });
}

TEST_CASE("identity and serial ids take the ids of SQLite") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(
        "CREATE TABLE a(id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE b(id INTEGER PRIMARY KEY, t TEXT);"
        "CREATE TABLE c(id INTEGER PRIMARY KEY, t TEXT); INSERT INTO a VALUES(5, 'x')",
        options);
    mirror.server(
        "CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text UNIQUE);"
        "CREATE TABLE b (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, t text);"
        "CREATE TABLE c (id serial PRIMARY KEY, t text)");
    mirror.start();
    for (const char* table : {"a", "b", "c"}) {
      const std::string name = table;
      mirror.run("INSERT INTO " + name + " VALUES(7, 'y'), (9, 'z'); UPDATE " + name +
                 " SET t = t || 1, id = id + 20;"
                 "DELETE FROM " +
                 name + " WHERE t = 'z1'");
    }
    CHECK(mirror.differences() == "");
  });
}

TEST_CASE("a column generated in SQLite is written where it is an ordinary one in Postgres") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(
        "CREATE TABLE lines(id INTEGER PRIMARY KEY, n INTEGER, price INTEGER, total INTEGER AS (n * price),"
        " kept INTEGER AS (n + 1) STORED)",
        options);
    mirror.server(
        "CREATE TABLE lines (id bigint PRIMARY KEY, n int, price int, total int,"
        " kept int GENERATED ALWAYS AS (n + 1) STORED)");
    mirror.start();
    mirror.run("INSERT INTO lines(id, n, price) VALUES(1, 2, 3), (2, 3, 4)");
    CHECK(mirror.differences() == "");
    mirror.run("UPDATE lines SET n = 10");
    CHECK(mirror.differences() == "");
  });
}

TEST_CASE("a NOCASE key may be citext: both call the same spellings equal") {
  in_both_modes("", [](const MirrorOptions& options) {
    Mirror mirror(
        "CREATE TABLE words(word TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER); INSERT INTO words "
        "VALUES('Ape', 1)",
        options);
    mirror.cluster.psql(mirror.database, "CREATE EXTENSION citext");
    mirror.server("CREATE TABLE words (word citext PRIMARY KEY, n int)");
    mirror.start();
    mirror.run("UPDATE words SET word = 'APE', n = 2; INSERT INTO words VALUES('bee', 3), ('Cow', 4)");
    check_same(mirror, "SELECT * FROM words ORDER BY n", "SELECT word::text, n FROM words ORDER BY n");
    mirror.run(
        "DELETE FROM words WHERE word = 'bee'; INSERT INTO words VALUES('BEE', 5); REPLACE INTO words "
        "VALUES('cow', 6);"
        "DELETE FROM words WHERE word = 'ape'");
    check_same(mirror, "SELECT * FROM words ORDER BY n", "SELECT word::text, n FROM words ORDER BY n");
    mirror.run("INSERT INTO words VALUES('Été', 7)");
    wait_for_state(mirror.daemon, "halted");
    const std::string message = mirror.status().at("error").at("message");
    CHECK_MESSAGE(message.find("key not canonical") != std::string::npos, message);
    mirror.run("DELETE FROM words WHERE n = 7");
    check_same(mirror, "SELECT * FROM words ORDER BY n", "SELECT word::text, n FROM words ORDER BY n");
  });
}

}  // namespace sluice::e2e
