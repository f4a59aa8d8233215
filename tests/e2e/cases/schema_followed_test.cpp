// What an application drops and renames: told with the statement to run, or followed.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/e2e/cases/asleep.h"
#include "tests/e2e/cases/mirror.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

const std::string kItems =
    "CREATE TABLE items(id INTEGER PRIMARY KEY, label TEXT UNIQUE, name TEXT, amount INTEGER, code TEXT);"
    "CREATE TABLE spare(id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE more(id INTEGER PRIMARY KEY, name TEXT);"
    "INSERT INTO spare VALUES(1, 'one'), (2, 'two'); INSERT INTO more VALUES(3, 'three');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
    " INSERT INTO items SELECT i, 'l' || i, 'n' || i, i, 'c' || i FROM n;";

const MirrorOptions kFollowing{.settings = "    schema_changes: mirror\n"};

/// A table that takes the place of `items`, as migration tools make it.
std::string rebuilt(const std::string& columns, const std::string& values) {
  return "BEGIN; CREATE TABLE new_items(" + columns + "); INSERT INTO new_items SELECT " + values +
         " FROM items; DROP TABLE items; ALTER TABLE new_items RENAME TO items; COMMIT;";
}

std::string columns_of(const Mirror& mirror, const std::string& table) {
  return mirror.server(
      "SELECT string_agg(column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' !' ELSE '' "
      "END, ', '"
      " ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'public' AND "
      "table_name = '" +
      table + "'");
}

std::string tables_of(const Mirror& mirror) {
  return mirror.server(
      "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
      " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'");
}

nlohmann::json error_when_halted(Mirror& mirror) {
  wait_for_state(mirror.daemon, "halted");
  return mirror.status().at("error");
}

/// The statements of a remedy.
std::string statements_in(const std::string& hint) {
  const auto begin = hint.find(": ") + 2;
  return hint.substr(begin, hint.rfind(';') + 1 - begin);
}

/// Without a word to the daemon: the next change makes it look.
void run_on_server(Mirror& mirror, const std::string& statements) {
  mirror.server(statements);
  mirror.run("INSERT INTO witness(what) VALUES('a change')");
  wait_for_state(mirror.daemon, "streaming");
}

const std::string kWitness = "CREATE TABLE witness(id INTEGER PRIMARY KEY, what TEXT);";

struct Told {
  std::string migration;
  std::string ddl;
  std::string writes;  ///< while it stands
};

const std::vector<Told> kTold{
    {"ALTER TABLE items DROP COLUMN amount", R"(ALTER TABLE "public"."items" DROP COLUMN "amount";)",
     "INSERT INTO items(name) VALUES('x'); DELETE FROM items WHERE id < 5"},
    {"ALTER TABLE items RENAME COLUMN amount TO quantity",
     R"(ALTER TABLE "public"."items" RENAME COLUMN "amount" TO "quantity";)",
     "UPDATE items SET quantity = -id WHERE id > 20; DELETE FROM items WHERE id < 5"},
    {"ALTER TABLE items RENAME TO things", R"(ALTER TABLE "public"."items" RENAME TO "things";)",
     "UPDATE things SET name = 'x' WHERE id > 20; DELETE FROM things WHERE id < 5"},
    {"DROP TABLE spare", R"(DROP TABLE "public"."spare";)", "UPDATE items SET name = 'x'"},
    {"DROP TABLE spare; DROP TABLE more", R"(DROP TABLE "public"."more", "public"."spare";)",
     "UPDATE items SET name = 'x'"},
    {"BEGIN; ALTER TABLE spare RENAME TO aside; ALTER TABLE more RENAME TO spare;"
     "ALTER TABLE aside RENAME TO more; COMMIT",
     R"(RENAME TO "spare"; ALTER TABLE)", "INSERT INTO more VALUES(9, 'nine'); DELETE FROM spare"},
    {"BEGIN; ALTER TABLE items RENAME COLUMN amount TO quantity; ALTER TABLE items RENAME TO things;"
     "ALTER TABLE things DROP COLUMN code; ALTER TABLE things ADD COLUMN stock INTEGER DEFAULT 7; COMMIT",
     R"(ALTER TABLE "public"."things" RENAME COLUMN "amount" TO "quantity";)",
     "UPDATE things SET quantity = id, stock = 8 WHERE id > 20"},
};

}  // namespace

TEST_CASE(
    "what is dropped or renamed halts with the statements for the server, and goes on once they were run") {
  for (const auto& told : kTold) {
    CAPTURE(told.migration);
    Mirror mirror(kItems + kWitness);
    mirror.start();
    {
      const Asleep daemon(mirror);
      mirror.run("INSERT INTO items(name, amount) VALUES('before', 1)");
      mirror.run(told.migration);
      mirror.run(told.writes);
    }
    const auto error = error_when_halted(mirror);
    const std::string hint = error.at("hint");
    CHECK_MESSAGE(hint.find(told.ddl) != std::string::npos, hint);
    run_on_server(mirror, statements_in(hint));
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("what is dropped or renamed is followed once the owner says so") {
  for (const auto& told : kTold) {
    CAPTURE(told.migration);
    Mirror mirror(kItems);
    mirror.start();
    mirror.run(told.migration);
    mirror.run(told.writes);
    error_when_halted(mirror);
    mirror.daemon.configure(
        shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role), kFollowing.settings));
    CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("additions follow beside the name of what has to be dropped by hand") {
  Mirror mirror(kItems + kWitness);
  mirror.start();
  mirror.run(rebuilt("id INTEGER PRIMARY KEY, name TEXT, extra TEXT", "id, name, 'e' || id"));
  run_on_server(mirror, statements_in(error_when_halted(mirror).at("hint")));
  CHECK(mirror.differences() == "");
  CHECK(columns_of(mirror, "items") == "id bigint !, name text, extra text");
}

TEST_CASE("a table whose rows are to stay in Postgres is excluded") {
  Mirror mirror(kItems, {.settings = "    tables:\n      exclude: [spare]\n"});
  mirror.start();
  mirror.run("DROP TABLE spare; UPDATE items SET name = 'x'");
  CHECK(mirror.differences() == "");
}

TEST_CASE("the server's table looks like the source's after each change that is mirrored") {
  Mirror mirror(kItems, kFollowing);
  mirror.start();
  const auto after = [&](const std::string& migration) {
    mirror.run(migration);
    CHECK(mirror.differences() == "");
    return columns_of(mirror, "items");
  };
  CHECK(after("ALTER TABLE items RENAME COLUMN amount TO quantity") ==
        "id bigint !, label text, name text, quantity bigint, code text");
  CHECK(after("ALTER TABLE items DROP COLUMN code; ALTER TABLE items ADD COLUMN price REAL") ==
        "id bigint !, label text, name text, quantity bigint, price double precision");
  CHECK(after(rebuilt(
            "id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, name TEXT, quantity TEXT, price REAL",
            "id, label, name, 'about ' || quantity, price")) ==
        "id bigint !, label text !, name text, quantity text, price double precision");
  CHECK(after(rebuilt("id INTEGER PRIMARY KEY, label TEXT, name TEXT, quantity INTEGER, price REAL",
                      "id, nullif(label, 'l7'), name, substr(quantity, 7), price")) ==
        "id bigint !, label text, name text, quantity bigint, price double precision");
  CHECK(
      after(
          "DROP TABLE spare; ALTER TABLE more RENAME TO spare; CREATE TABLE fresh(id INTEGER PRIMARY KEY)") ==
      "id bigint !, label text, name text, quantity bigint, price double precision");
  CHECK(tables_of(mirror) == "fresh items spare");
}

TEST_CASE("a rebuild that is looked at statement by statement leaves no table of the moment behind") {
  for (const auto& options : {kFollowing, MirrorOptions{}}) {
    CAPTURE(options.settings);
    Mirror mirror(kItems, options);
    mirror.start();
    for (const char* statement : {"CREATE TABLE new_items(id INTEGER PRIMARY KEY, label TEXT UNIQUE, name "
                                  "TEXT, amount INTEGER, code TEXT)",
                                  "INSERT INTO new_items SELECT * FROM items WHERE id <> 7",
                                  "DROP TABLE items", "ALTER TABLE new_items RENAME TO items"}) {
      mirror.run(statement);
      (void)flush(mirror.daemon);
    }
    CHECK(mirror.differences() == "");
    CHECK(tables_of(mirror) == "items more spare");
    mirror.run("UPDATE items SET name = 'later' WHERE id < 20; DELETE FROM items WHERE id = 30");
    CHECK(mirror.differences() == "");
  }
}

TEST_CASE("what depends on a column on the server is not dropped with it") {
  Mirror mirror(kItems + kWitness, kFollowing);
  mirror.start();
  mirror.server(
      "ALTER TABLE items ADD COLUMN note text DEFAULT 'mine'; CREATE VIEW codes AS SELECT code FROM items");
  mirror.run("ALTER TABLE items DROP COLUMN amount");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM items WHERE note = 'mine'") == "50");
  mirror.run("ALTER TABLE items DROP COLUMN code");
  const auto error = error_when_halted(mirror);
  CHECK(error.at("code") == "schema_change_refused");
  CHECK(error.at("sqlstate") == "2BP01");
  CHECK(error.at("hint").get<std::string>().find(R"(ALTER TABLE "public"."items" DROP COLUMN "code";)") !=
        std::string::npos);
  CHECK(mirror.server("SELECT count(*) FROM codes") == "50");
  run_on_server(mirror, "DROP VIEW codes");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT count(*) FROM items WHERE note = 'mine'") == "50");
}

TEST_CASE("a table that Sluice has not made is dropped by its owner alone") {
  Mirror mirror(kItems + kWitness, kFollowing);
  mirror.server("CREATE TABLE spare(id bigint PRIMARY KEY, name text)");
  mirror.start();
  mirror.run("DROP TABLE spare; DROP TABLE more");
  const auto error = error_when_halted(mirror);
  CHECK(error.at("code") == "table_dropped");
  CHECK(mirror.server("SELECT count(*) FROM spare") == "2");
  run_on_server(mirror, "DROP TABLE spare");
  CHECK(tables_of(mirror) == "items witness");
}

TEST_CASE(
    "a parent is dropped under the foreign keys of children that Sluice has made, and under no others") {
  Mirror mirror(
      "CREATE TABLE parent(id INTEGER PRIMARY KEY); CREATE TABLE other(id INTEGER PRIMARY KEY);"
      "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER, other INTEGER);"
      "INSERT INTO parent VALUES(1); INSERT INTO other VALUES(1); INSERT INTO child VALUES(1, 1, 1);" +
          kWitness,
      kFollowing);
  mirror.start();
  mirror.server(
      "ALTER TABLE child ADD CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES parent;"
      "CREATE TABLE theirs(other bigint CONSTRAINT to_other REFERENCES other)");
  mirror.run("DROP TABLE parent");
  CHECK(mirror.differences() == "");
  CHECK(tables_of(mirror) == "child other theirs witness");
  mirror.run("DROP TABLE other");
  CHECK(error_when_halted(mirror).at("sqlstate") == "2BP01");
  run_on_server(mirror, "ALTER TABLE theirs DROP CONSTRAINT to_other");
  CHECK(tables_of(mirror) == "child theirs witness");
}

TEST_CASE("a file that has lost all of its tables drops none on the server, and goes on when they are back") {
  Mirror mirror(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, v); INSERT INTO a VALUES(1, 'x');"
      "CREATE TABLE b(id INTEGER PRIMARY KEY)",
      kFollowing);
  mirror.start();
  mirror.run("DROP TABLE a; DROP TABLE b");
  CHECK(error_when_halted(mirror).at("code") == "table_dropped");
  CHECK(mirror.server("SELECT v FROM a") == "x");
  mirror.run(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, v); INSERT INTO a VALUES(2, 'y');"
      "CREATE TABLE b(id INTEGER PRIMARY KEY)");
  CHECK(mirror.differences() == "");
}

TEST_CASE("indexes of tables that Sluice has made follow, the owner's own stay") {
  Mirror mirror(
      kItems + std::string("CREATE INDEX first ON items(amount); CREATE UNIQUE INDEX second ON items(code);"),
      kFollowing);
  mirror.start();
  const auto indexes = [&] {
    return mirror.server(
        "SELECT string_agg(indexdef, '; ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'items' AND"
        " indexname IN ('first', 'second', 'third', 'owners')");
  };
  mirror.server("CREATE INDEX owners ON items (code)");
  mirror.run(
      "DROP INDEX second; DROP INDEX first; CREATE INDEX first ON items(code, amount); "
      "CREATE INDEX third ON items(amount DESC)");
  const std::string expected =
      "CREATE INDEX first ON public.items USING btree (code, amount); "
      "CREATE INDEX owners ON public.items USING btree (code); "
      "CREATE INDEX third ON public.items USING btree (amount DESC)";
  support::wait_until("the indexes have followed", [&] { return indexes() == expected; });
  mirror.run("UPDATE items SET code = 'the same'");
  CHECK(mirror.differences() == "");
}

TEST_CASE("a daemon that is killed while it follows goes on where it was") {
  Mirror mirror(kItems, kFollowing);
  mirror.start();
  const std::string exchange =
      "BEGIN; ALTER TABLE things RENAME TO aside; ALTER TABLE spare RENAME TO things;"
      "ALTER TABLE aside RENAME TO spare; COMMIT";
  const std::vector<std::string> migrations{
      "ALTER TABLE items RENAME COLUMN amount TO quantity; UPDATE items SET quantity = -id",
      "ALTER TABLE items RENAME TO things; DELETE FROM things WHERE id > 40",
      "ALTER TABLE things DROP COLUMN code; ALTER TABLE things ADD COLUMN stock INTEGER DEFAULT 7",
      "DROP TABLE spare; ALTER TABLE more RENAME TO spare",
      exchange,
      "ALTER TABLE spare RENAME TO items; ALTER TABLE items RENAME COLUMN quantity TO amount"};
  for (std::size_t turn = 0; turn < migrations.size(); ++turn) {
    CAPTURE(turn);
    mirror.run(migrations[turn]);
    for (std::size_t i = 0; i < turn; ++i) (void)mirror.status();  // each a little later
    mirror.daemon.kill();
    mirror.start();
    CHECK(mirror.differences() == "");
  }
  CHECK(tables_of(mirror) == "items things");
}

TEST_CASE("a table that somebody has renamed on the server goes on under its new name") {
  Mirror mirror(kItems + kWitness);
  mirror.start();
  const auto oid = mirror.server("SELECT 'items'::regclass::oid");
  mirror.server("ALTER TABLE items RENAME TO things");
  mirror.run("ALTER TABLE items RENAME TO things; UPDATE things SET name = 'x' WHERE id > 20");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT 'things'::regclass::oid") == oid);
}

TEST_CASE("a rule that names the column on the server goes before a rename") {
  Mirror mirror(kItems + kWitness);
  mirror.start();
  mirror.run("ALTER TABLE items RENAME COLUMN amount TO quantity");
  error_when_halted(mirror);
  mirror.daemon.configure(
      shop(mirror.source.path(), mirror.cluster.url(mirror.database, mirror.role),
           "    tables:\n      rules:\n        items:\n          rename: {quantity: amount}\n"));
  CHECK(mirror.daemon.ctl({"reload"}).exit_code == 0);
  mirror.run("UPDATE items SET quantity = -id");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT count(*) FROM items WHERE amount = -id") == "50");
}

}  // namespace sluice::e2e
