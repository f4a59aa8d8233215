// Every kind of table, column and key that SQLite knows: what can be captured is, and the rest is named.

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

/// Has a halted pipeline looked at often.
void configure_impatient(Mirror& mirror) {
  std::string config = shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role));
  const std::string last = "      max: 500ms\n";
  mirror.daemon.configure(config.insert(config.find(last) + last.size(), "      halted_interval: 100ms\n"));
}

/// Why this table is left out; empty where it is not in the list.
std::string reason_for(Mirror& mirror, const std::string& table) {
  const auto left_out = mirror.status().at("source").at("not_captured");
  const auto found = std::find_if(left_out.begin(), left_out.end(),
                                  [&](const nlohmann::json& each) { return each.at("name") == table; });
  return found == left_out.end() ? "" : found->at("reason").get<std::string>();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What the halted pipeline says.
nlohmann::json error_of(Mirror& mirror) {
  wait_for_state(mirror.daemon, "halted");
  return mirror.status().at("error");
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

/// "PREFIX0 TYPE, PREFIX1 TYPE, ..."
std::string columns(const std::string& prefix, int count, const std::string& type = "") {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += (i == 0 ? "" : ", ") + prefix + std::to_string(i) + (type.empty() ? "" : " " + type);
  }
  return list;
}

}  // namespace

TEST_CASE("case 18: WITHOUT ROWID, composite, STRICT and descending keys") {
  Mirror mirror(
      "CREATE TABLE words(word TEXT PRIMARY KEY, n INTEGER UNIQUE) WITHOUT ROWID;"
      "CREATE TABLE pairs(a INTEGER, b TEXT, v TEXT, PRIMARY KEY(b, a));"
      "CREATE TABLE spots(x INTEGER, y INTEGER, v TEXT UNIQUE, PRIMARY KEY(y DESC, x)) WITHOUT ROWID;"
      "CREATE TABLE typed(id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount REAL) STRICT;"
      "CREATE TABLE typed_word(word TEXT PRIMARY KEY, amount INT) STRICT, WITHOUT ROWID;"
      "CREATE TABLE falling(id INTEGER PRIMARY KEY DESC, v TEXT);"
      "INSERT INTO words VALUES('one', 1), ('two', 2); INSERT INTO pairs VALUES(1, 'a', 'x'), (1, 'b', 'y');"
      "INSERT INTO spots VALUES(1, 1, 'p'), (2, 1, 'q'); INSERT INTO typed VALUES(1, 'tea', 0.5);"
      "INSERT INTO typed_word VALUES('w', 1); INSERT INTO falling VALUES(7, 'seven'), (5, 'five')");
  mirror.start();
  CHECK(mirror.differences() == "");
  mirror.run(
      "REPLACE INTO words VALUES('three', 2); UPDATE words SET word = 'uno' WHERE n = 1;"
      "REPLACE INTO pairs VALUES(1, 'a', 'z'); UPDATE pairs SET a = a + 1; INSERT INTO pairs VALUES(9, 'a', "
      "'');"
      "UPDATE OR REPLACE spots SET v = 'q' WHERE x = 1; INSERT INTO spots VALUES(1, 2, 'p');"
      "INSERT INTO typed(name) VALUES('rum'); UPDATE typed SET id = 10 WHERE name = 'tea';"
      "REPLACE INTO typed_word VALUES('w', 2), ('v', 3);"
      "UPDATE falling SET id = id + 1; INSERT INTO falling VALUES(1, 'one')");
  CHECK(mirror.differences() == "");
  mirror.run(
      "DELETE FROM words WHERE n = 2; DELETE FROM pairs WHERE b = 'a'; DELETE FROM spots; DELETE FROM typed;"
      "DELETE FROM typed_word WHERE word = 'v'; DELETE FROM falling WHERE id = 8");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 18: a table with NULL keys is named with their number, and the others replicate") {
  Mirror mirror(
      "CREATE TABLE codes(code TEXT PRIMARY KEY, v TEXT);"
      "CREATE TABLE falling(id INTEGER PRIMARY KEY DESC, v TEXT);"
      "CREATE TABLE pairs(a TEXT, b TEXT, v TEXT, PRIMARY KEY(a, b));"
      "CREATE TABLE fine(id INTEGER PRIMARY KEY, v TEXT);"
      "INSERT INTO codes VALUES('a', 'x'), (NULL, 'y'), (NULL, 'z'); INSERT INTO falling(v) VALUES('auto');"
      "INSERT INTO pairs VALUES('a', NULL, 'x'), (NULL, 'b', 'y'), ('a', 'b', 'z'), (NULL, NULL, '');"
      "INSERT INTO fine VALUES(1, 'here')");
  mirror.start();
  CHECK(contains(reason_for(mirror, "codes"), "2 rows with NULL in the key"));
  CHECK(contains(reason_for(mirror, "falling"), "1 row with NULL in the key"));
  CHECK(contains(reason_for(mirror, "pairs"), "3 rows with NULL in the key"));
  CHECK(contains(mirror.daemon.ctl({"check"}).out, "2 rows with NULL in the key"));
  mirror.run("INSERT INTO fine VALUES(2, 'there'); INSERT INTO codes VALUES('b', 'not captured')");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM fine") == "2");
  SUBCASE("until the keys are filled in") {
    mirror.run(
        "UPDATE codes SET code = v WHERE code IS NULL; DELETE FROM falling;"
        "DELETE FROM pairs WHERE a IS NULL OR b IS NULL");
    mirror.daemon.stop();
    mirror.start();
    CHECK(mirror.status().at("source").at("not_captured").empty());
    CHECK(mirror.differences() == "");
    mirror.run("INSERT INTO codes VALUES('c', ''); DELETE FROM codes WHERE v = 'x'");
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("case 18: a NULL key that comes later halts with its table and column, until it is gone") {
  Mirror mirror("CREATE TABLE codes(code TEXT PRIMARY KEY, v TEXT); INSERT INTO codes VALUES('a', 'x')");
  configure_impatient(mirror);
  mirror.start();
  mirror.run("INSERT INTO codes VALUES(NULL, 'y'), (NULL, 'z'), ('b', 'w')");
  const auto error = error_of(mirror);
  CAPTURE(error.dump());
  CHECK(error.at("class") == "row");
  CHECK(error.at("table") == "codes");
  CHECK(error.at("column") == "code");
  CHECK(contains(error.at("message"), "NULL"));
  CHECK(error.at("hint") != "");
  CHECK(mirror.server("SELECT string_agg(code, ' ') FROM codes") == "a");

  SUBCASE("filled in") {
    mirror.run("UPDATE codes SET code = v WHERE code IS NULL");
  }
  SUBCASE("one filled in, one deleted") {
    mirror.run("UPDATE codes SET code = 'q' WHERE v = 'y'");
    wait_for_state(mirror.daemon, "halted");
    mirror.run("DELETE FROM codes WHERE code IS NULL");
  }
  CHECK(mirror.differences() == "");
  mirror.run("UPDATE codes SET v = v || '!'");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 18: a NULL key that comes between install and the first copy is not passed over") {
  Mirror mirror("CREATE TABLE codes(code TEXT PRIMARY KEY, v TEXT); INSERT INTO codes VALUES('a', 'x')");
  configure_impatient(mirror);
  REQUIRE(mirror.daemon.ctl({"install"}).exit_code == 0);
  mirror.run("INSERT INTO codes VALUES(NULL, 'y')");
  mirror.daemon.start();
  support::wait_until("the row is reported", [&] {
    const auto status = mirror.status();
    return status.is_object() && (status.at("state") == "halted" || reason_for(mirror, "codes") != "");
  });
  mirror.run("UPDATE codes SET code = 'b' WHERE code IS NULL");
  support::wait_until("the row is there", [&] {
    return mirror.server("SELECT count(*) FROM pg_class WHERE relname = 'codes'") == "1" &&
           mirror.server("SELECT string_agg(code, ' ' ORDER BY code) FROM codes") == "a b";
  });
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 20: columns called rowid, oid, _rowid_, new and old, and tables called new and old") {
  Mirror mirror(
      "CREATE TABLE new(id TEXT PRIMARY KEY, old TEXT UNIQUE, new TEXT);"
      "CREATE TABLE old(new TEXT, old INTEGER, PRIMARY KEY(new, old)) WITHOUT ROWID;"
      "CREATE TABLE one(id TEXT PRIMARY KEY, rowid TEXT UNIQUE);"
      "CREATE TABLE two(id TEXT PRIMARY KEY, rowid TEXT UNIQUE, _rowid_ TEXT);"
      "CREATE TABLE three(id TEXT PRIMARY KEY, rowid TEXT UNIQUE, oid TEXT, _rowid_ TEXT);"
      "CREATE TABLE alias(rowid INTEGER PRIMARY KEY, oid TEXT UNIQUE);"
      "CREATE TABLE shifted(oid INTEGER PRIMARY KEY, rowid TEXT UNIQUE, \"NEW\" TEXT);"
      "INSERT INTO new VALUES('a', '1', 'x'), ('b', '2', 'y'); INSERT INTO old VALUES('n', 1);"
      "INSERT INTO one VALUES('a', 'r1'), ('b', 'r2'); INSERT INTO two VALUES('a', 'r1', 's');"
      "INSERT INTO three VALUES('a', 'r1', 's', 't'), ('b', 'r2', 's', 't');"
      "INSERT INTO alias VALUES(1, 'a'), (2, 'b'); INSERT INTO shifted VALUES(1, 'a', 'x'), (2, 'b', 'y')");
  mirror.start();
  CHECK(mirror.differences() == "");
  mirror.run(
      "REPLACE INTO new VALUES('c', '1', 'z'); UPDATE OR REPLACE new SET old = '1' WHERE id = 'b';"
      "UPDATE old SET new = 'm', old = 2; INSERT INTO old VALUES('n', 1);"
      "REPLACE INTO one VALUES('c', 'r1'); REPLACE INTO one(_rowid_, id) VALUES(2, 'by number');"
      "REPLACE INTO two VALUES('c', 'r1', 's'); REPLACE INTO two(oid, id) VALUES(2, 'by number');"
      "REPLACE INTO three VALUES('c', 'r1', 's', 't'); UPDATE OR REPLACE three SET rowid = 'r1' WHERE id = "
      "'b';"
      "REPLACE INTO alias VALUES(3, 'a'); UPDATE alias SET rowid = 20 WHERE oid = 'b';"
      "REPLACE INTO shifted VALUES(3, 'a', 'z'); UPDATE OR REPLACE shifted SET rowid = 'a' WHERE oid = 2");
  CHECK(mirror.differences() == "");
  mirror.run(
      "DELETE FROM new; DELETE FROM old WHERE new = 'm'; DELETE FROM one; DELETE FROM three; DELETE FROM "
      "alias");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 20: hostile identifiers, as tables, keys, unique columns and indexes") {
  const std::vector<std::string> names = {"qu\"ote",
                                          "it's",
                                          "[bracket]",
                                          "back`tick",
                                          "back\\slash",
                                          "select",
                                          "group by",
                                          " blanks ",
                                          "tab\there",
                                          "line\nend",
                                          "dot.ted",
                                          "semi;colon",
                                          "-- comment",
                                          "/* comment */",
                                          "per%cent",
                                          "@table@",
                                          "$1",
                                          "?1",
                                          ":x",
                                          "{}",
                                          "\xF0\x9F\xA6\x86",
                                          "gro\xC3\x9F",
                                          "NULL",
                                          "user",
                                          "CamelCase",
                                          "123",
                                          std::string(63, 'x')};
  std::string schema;
  for (const auto& name : names) {
    const std::string n = quoted(name);
    const std::string key =
        name == std::string(63, 'x') ? quoted(std::string(62, 'x') + "k") : quoted(name + "k");
    schema += "CREATE TABLE " + n + "(" + key + " TEXT PRIMARY KEY, " + n + " TEXT);" +  //
              "CREATE UNIQUE INDEX " + quoted(name + " index") + " ON " + n + "(lower(" + n + ")) WHERE " +
              n + " <> 'none';" +  //
              "INSERT INTO " + n + " VALUES('a', 'one'), ('b', 'two');";
  }
  Mirror mirror(schema);
  mirror.start();
  CHECK(mirror.status().at("tables").size() == names.size());
  CHECK(mirror.differences() == "");
  for (const auto& name : names) {
    const std::string n = quoted(name);
    mirror.run("REPLACE INTO " + n + " VALUES('c', 'ONE'); UPDATE " + n + " SET " + n + " = 'it''s' WHERE " +
               n + " = 'two'; INSERT INTO " + n + " VALUES('d', 'none'), ('e', 'none')");
  }
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 20: names that Postgres would cut to the same one stay two") {
  const std::string start(63, 'x');
  Mirror mirror("CREATE TABLE " + start + "1(id INTEGER PRIMARY KEY); CREATE TABLE " + start +
                "2(id INTEGER PRIMARY KEY)");
  mirror.start();
  mirror.run("INSERT INTO " + start + "1 VALUES(1); INSERT INTO " + start + "2 VALUES(2), (3)");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT count(*) FROM pg_class WHERE relname ~ '^x{40}' AND relkind = 'r'") == "2");
  const auto status = mirror.status();
  for (const auto& table : status.at("tables")) {
    const std::string target = table.at("target").get<std::string>().substr(7);
    CHECK(target.size() == 63);
    const bool first = table.at("name") == start + "1";
    CHECK(mirror.server("SELECT count(*) FROM " + target) == (first ? "1" : "2"));
  }
}

TEST_CASE("case 21: a table of 1,500 columns") {
  Mirror mirror("CREATE TABLE wide(id INTEGER PRIMARY KEY, " + columns("c", 1498, "TEXT") +
                ", last TEXT UNIQUE)");
  const auto insert = [&](int id, const std::string& last) {
    mirror.run("INSERT OR REPLACE INTO wide(id, c0, c700, c1497, last) VALUES(" + std::to_string(id) +
               ", 'first', 'middle', 'end', '" + last + "')");
  };
  insert(1, "a");
  insert(2, "b");
  mirror.start();
  CHECK(mirror.differences() == "");
  insert(3, "a");
  mirror.run("UPDATE wide SET c1497 = c1497 || id; DELETE FROM wide WHERE id = 2");
  CHECK(mirror.differences() == "");
  mirror.run(
      "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 700) "
      "INSERT INTO wide(id, c3, last) SELECT i, 'many', i FROM n");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 21: a table of 2,000 columns, more than Postgres holds, is reported by name") {
  Mirror mirror("CREATE TABLE wide(id INTEGER PRIMARY KEY, " + columns("c", 1999, "TEXT") +
                "); INSERT INTO wide(id, c1998) VALUES(1, 'end')");
  mirror.daemon.start();
  const auto error = error_of(mirror);
  CAPTURE(error.dump());
  CHECK(error.at("class") == "table");
  CHECK(error.at("table") == "wide");
  CHECK(contains(error.at("message"), "1600"));
  CHECK(contains(error.at("hint"), "tables."));
  mirror.run("INSERT INTO wide(id, c1998) VALUES(2, 'the application goes on')");
}

TEST_CASE(
    "case 22: a table with more columns than Postgres joins at once is written, compared and repaired") {
  Mirror mirror("CREATE TABLE wide(id INTEGER PRIMARY KEY, " + columns("c", 900, "INTEGER") +
                "); INSERT INTO wide(id, c899) VALUES(1, 10), (2, 20)");
  mirror.start();
  mirror.run("ALTER TABLE wide ADD COLUMN extra TEXT; UPDATE wide SET c5 = 7, extra = 'x' WHERE id = 1");
  mirror.run(
      "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO "
      "wide(id, c7) SELECT i, i FROM n; UPDATE wide SET c899 = 21 WHERE id = 2");
  CHECK(mirror.differences() == "");
  CHECK(mirror.daemon.ctl({"verify"}).exit_code == 0);
  mirror.server("UPDATE wide SET c12 = -1 WHERE id IN (1, 9)");
  const auto found = mirror.daemon.ctl({"verify"});
  CHECK(found.exit_code == 5);
  CHECK(contains(found.out, "2 differing"));
  CHECK(mirror.daemon.ctl({"verify", "--repair"}).exit_code == 0);
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 22: a view with INSTEAD OF triggers is captured on its base tables") {
  Mirror mirror(
      "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "CREATE TABLE phone(person INTEGER PRIMARY KEY REFERENCES person(id), number TEXT);"
      "CREATE VIEW card AS SELECT id, name, number FROM person LEFT JOIN phone ON person = id;"
      "CREATE TRIGGER card_i INSTEAD OF INSERT ON card BEGIN"
      " INSERT OR REPLACE INTO person VALUES(NEW.id, NEW.name);"
      " INSERT OR REPLACE INTO phone VALUES(NEW.id, NEW.number); END;"
      "CREATE TRIGGER card_u INSTEAD OF UPDATE ON card BEGIN"
      " UPDATE phone SET number = NEW.number WHERE person = OLD.id; END;"
      "CREATE TRIGGER card_d INSTEAD OF DELETE ON card BEGIN"
      " DELETE FROM phone WHERE person = OLD.id; DELETE FROM person WHERE id = OLD.id; END;"
      "INSERT INTO card VALUES(1, 'Ann', '11'), (2, 'Ben', '22')");
  mirror.start();
  CHECK(contains(reason_for(mirror, "card"), "view"));
  mirror.run(
      "INSERT INTO card VALUES(3, 'Ann', '33'), (4, 'Dan', '44'); UPDATE card SET number = number || '0';"
      "DELETE FROM card WHERE name = 'Ben'");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server(
            "SELECT string_agg(name || number, ' ' ORDER BY id) FROM person JOIN phone ON person = id") ==
        "Ann330 Dan440");
}

TEST_CASE("case 22: full-text tables beside are named, and what they index replicates") {
  Mirror mirror(
      "CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT);"
      "CREATE VIRTUAL TABLE note_text USING fts5(body, content = 'note', content_rowid = 'id');"
      "CREATE TRIGGER note_i AFTER INSERT ON note BEGIN"
      " INSERT INTO note_text(rowid, body) VALUES(NEW.id, NEW.body); END;"
      "CREATE TRIGGER note_d AFTER DELETE ON note BEGIN"
      " INSERT INTO note_text(note_text, rowid, body) VALUES('delete', OLD.id, OLD.body); END;"
      "CREATE TRIGGER note_u AFTER UPDATE ON note BEGIN"
      " INSERT INTO note_text(note_text, rowid, body) VALUES('delete', OLD.id, OLD.body);"
      " INSERT INTO note_text(rowid, body) VALUES(NEW.id, NEW.body); END;"
      "CREATE VIRTUAL TABLE own USING fts5(body);"
      "INSERT INTO note VALUES(1, 'green tea'), (2, 'black tea'); INSERT INTO own VALUES('alone')");
  mirror.start();
  for (const std::string table : {"note_text", "own"})
    CHECK(contains(reason_for(mirror, table), "virtual table"));
  for (const std::string table : {"note_text_data", "note_text_idx", "own_content", "own_config"}) {
    CHECK(contains(reason_for(mirror, table), "data of a virtual table"));
  }
  mirror.run(
      "INSERT INTO note VALUES(3, 'rum'); UPDATE note SET body = 'white tea' WHERE id = 2;"
      "DELETE FROM note WHERE id = 1; INSERT INTO own VALUES('still alone')");
  CHECK(mirror.differences() == "");
  CHECK(mirror.source.rows("SELECT rowid FROM note_text WHERE note_text MATCH 'tea'") == "2");
  mirror.run("INSERT INTO note_text(note_text) VALUES('integrity-check')");
}

TEST_CASE(
    "case 22: temporary and attached tables of the same names neither divert changes nor are captured") {
  Mirror mirror(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO item VALUES(1, 'main')");
  mirror.start();
  auto app = connect(mirror.source.path(), 5000);
  const support::SqliteFile other;
  app.exec("ATTACH '" + other.path().string() + "' AS other");
  app.exec(
      "CREATE TEMP TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "CREATE TEMP TABLE _sluice_changelog(seq INTEGER PRIMARY KEY, src, op, nonce, k0);"
      "CREATE TABLE other.item(id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
      "CREATE TABLE other._sluice_changelog(seq INTEGER PRIMARY KEY, src, op, nonce, k0);"
      "CREATE TEMP TABLE seen(id);"
      "CREATE TEMP TRIGGER watch AFTER INSERT ON main.item BEGIN INSERT INTO seen VALUES(NEW.id); END");
  app.exec("INSERT INTO item VALUES(1, 'temp'), (7, 'temp only'); INSERT INTO other.item VALUES(8, 'other')");
  CHECK(mirror.differences() == "");
  CHECK(must_flush(mirror.daemon).at("outcome") == "nothing_to_do");
  app.exec(
      "BEGIN; INSERT INTO main.item VALUES(2, 'two'), (3, 'three'); REPLACE INTO main.item VALUES(4, 'main');"
      "UPDATE main.item SET name = 'III' WHERE id = 3; DELETE FROM item; DELETE FROM other.item; COMMIT");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT string_agg(name, ' ' ORDER BY id) FROM item") == "two III main");
  CHECK(app.execAndGet("SELECT count(*) FROM temp._sluice_changelog").getInt() == 0);
  CHECK(app.execAndGet("SELECT count(*) FROM other._sluice_changelog").getInt() == 0);
  CHECK(app.execAndGet("SELECT group_concat(id, ' ') FROM seen").getString() == "2 3 4");
}

namespace {

/// Calls two texts equal that have the same first letter.
int by_first_letter(void*, int left_size, const void* left, int right_size, const void* right) {
  const int left_letter = left_size > 0 ? *static_cast<const unsigned char*>(left) : -1;
  const int right_letter = right_size > 0 ? *static_cast<const unsigned char*>(right) : -1;
  return left_letter - right_letter;
}

void shout(sqlite3_context* context, int, sqlite3_value** values) {
  const unsigned char* text = sqlite3_value_text(values[0]);
  const std::string loud = text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text)) + "!";
  sqlite3_result_text(context, loud.c_str(), static_cast<int>(loud.size()), SQLITE_TRANSIENT);
}

/// Teaches a connection what only this application knows.
void teach(SQLite::Database& database) {
  sqlite3_create_collation(database.getHandle(), "first_letter", SQLITE_UTF8, nullptr, by_first_letter);
  sqlite3_create_function(database.getHandle(), "shout", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                          shout, nullptr, nullptr);
}

}  // namespace

TEST_CASE("case 23: a collation that only the application has, in keys and indexes") {
  Mirror mirror("");
  teach(mirror.source.database());
  mirror.run(
      "CREATE TABLE word(word TEXT COLLATE first_letter PRIMARY KEY, v TEXT);"
      "CREATE TABLE pair(n INTEGER, word TEXT COLLATE first_letter, v TEXT, PRIMARY KEY(word, n));"
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE COLLATE first_letter, other TEXT);"
      "CREATE UNIQUE INDEX item_other ON item(other COLLATE first_letter) WHERE other > 'm' COLLATE "
      "first_letter;"
      "INSERT INTO word VALUES('apple', '1'), ('berry', '2'); INSERT INTO pair VALUES(1, 'apple', ''), (1, "
      "'b', '');"
      "INSERT INTO item VALUES(1, 'one', 'zebra'), (2, 'two', 'yak'), (3, 'x', 'ant')");
  mirror.start();
  CHECK(mirror.differences() == "");
  mirror.run(
      "REPLACE INTO word VALUES('avocado', '3'); UPDATE word SET word = 'banana' WHERE word = 'berry';"
      "UPDATE OR REPLACE pair SET word = 'bread' WHERE word = 'apple'; REPLACE INTO pair VALUES(1, 'beer', "
      "'x');"
      "INSERT OR REPLACE INTO item VALUES(4, 'orange', NULL); UPDATE OR REPLACE item SET other = 'zoo' WHERE "
      "id = 2");
  CHECK(mirror.differences() == "");
  mirror.run(
      "INSERT INTO item VALUES(1, 'eins', 'z') ON CONFLICT DO NOTHING; DELETE FROM word WHERE word = 'a'");
  CHECK(mirror.differences() == "");
  mirror.daemon.stop();
  mirror.run("INSERT INTO word VALUES('cherry', '')");
  mirror.start();
  CHECK(mirror.differences() == "");
}

TEST_CASE(
    "case 23: a table that lies in the order of such a collation is reported, and the others replicate") {
  Mirror mirror("");
  teach(mirror.source.database());
  mirror.run(
      "CREATE TABLE word(word TEXT COLLATE first_letter PRIMARY KEY, v TEXT) WITHOUT ROWID;"
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO word VALUES('apple', '1')");
  mirror.start();
  CHECK(contains(reason_for(mirror, "word"), "first_letter"));
  mirror.run("REPLACE INTO word VALUES('avocado', '2'); INSERT INTO item VALUES(1, 'one')");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT name FROM item") == "one");
}

TEST_CASE("case 23: a function that only the application has, in indexes, checks and generated columns") {
  Mirror mirror("");
  teach(mirror.source.database());
  mirror.run(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT CHECK(shout(name) <> '!'),"
      " stored TEXT GENERATED ALWAYS AS (shout(name)) STORED);"
      "CREATE UNIQUE INDEX item_shout ON item(shout(name)); CREATE INDEX item_odd ON item(id) WHERE "
      "shout(name) > 'm';"
      "CREATE TABLE lazy(id INTEGER PRIMARY KEY, name TEXT, loud TEXT UNIQUE GENERATED ALWAYS AS "
      "(shout(name)));"
      "INSERT INTO item(id, name) VALUES(1, 'a'), (2, 'b'); INSERT INTO lazy(id, name) VALUES(1, 'a'), (2, "
      "'b')");
  mirror.start();
  const auto same = [&](const std::string& rows) {
    must_flush(mirror.daemon);
    CHECK(mirror.server(rows) == mirror.source.rows(rows));
  };
  const std::string items = "SELECT id, name, stored FROM item ORDER BY id";
  const std::string lazies = "SELECT id, name FROM lazy ORDER BY id";
  same(items);
  same(lazies);
  CHECK(contains(mirror.status().at("source").at("not_captured").dump(), "loud"));
  mirror.run(
      "REPLACE INTO item(id, name) VALUES(3, 'a'); UPDATE OR REPLACE item SET name = 'a' WHERE id = 2;"
      "REPLACE INTO lazy(id, name) VALUES(3, 'a'); UPDATE OR REPLACE lazy SET name = 'a' WHERE id = 2");
  CHECK(mirror.source.rows("SELECT id FROM lazy") == "2");
  same(items);
  same(lazies);
}

}  // namespace sluice::e2e
