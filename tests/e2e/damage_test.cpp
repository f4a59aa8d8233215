// Whoever may write to Sluice's own tables may write anything. Every column of every one of them, in the
// SQLite file and on the server, is overwritten with what does not belong there; tables, columns and
// functions are taken away. Afterwards both sides are equal, or the pipeline says what is wrong and the
// remedy that it names helps.
//
// Which of them is chance, and as many as SLUICE_DAMAGES says; 0: all.

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <regex>
#include <sstream>

#include "tests/e2e/store.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::wait_until;

/// One way to spoil something, on the server or in the file.
struct Damage {
  bool in_file = false;
  std::string sql;
  bool breaks_triggers = false;  ///< the application's own writes fail until it is put back
};

/// A pipeline whose tables were made by Sluice, with a row in quarantine and a quick eye.
struct Spoiled : Store {
  Spoiled() : Store("    on_error: quarantine\n") {
    source.exec(
        "CREATE TABLE notes(code TEXT PRIMARY KEY NOT NULL, body TEXT UNIQUE); INSERT INTO notes VALUES('a',"
        " 'first'), ('b', 'second'); INSERT INTO packages VALUES(3, 'a name of more than twenty letters')");
    start();
    must_flush(daemon);
  }

  std::vector<std::string> lines(const std::string& text) {
    std::istringstream input(text);
    std::vector<std::string> all;
    for (std::string line; std::getline(input, line);) all.push_back(line);
    return all;
  }

  /// But for the row in quarantine.
  bool equal() {
    const char* const kPackages = "SELECT id, name FROM packages WHERE id <> 3 ORDER BY id";
    const char* const kNotes = "SELECT code, body FROM notes ORDER BY code";
    return source.rows(kPackages) == server(kPackages) && source.rows(kNotes) == server(kNotes);
  }

  /// What the application goes on doing. False where it is refused.
  bool write() {
    try {
      const std::string next = std::to_string(++written);
      source.exec("UPDATE packages SET name = 'tea " + next + "' WHERE id = 1; INSERT INTO packages VALUES(" +
                  std::to_string(100 + written) + ", 'new'); UPDATE notes SET body = 'note " + next +
                  "' WHERE code = 'a'; DELETE FROM packages WHERE id = " + std::to_string(98 + written));
      return true;
    } catch (const SQLite::Exception&) {
      return false;
    }
  }

  /// Waits until both sides are equal, or something stands in the way that only a person ends.
  json settled() {
    json error;
    wait_until("it is equal, or says why not", [&] {
      REQUIRE_MESSAGE(daemon.running(), daemon.log());
      const json now = status();
      if (!now.is_object()) return false;
      const std::string state = now.at("state");
      error = now.at("error");
      check_words(error);
      if (state == "halted" || state == "diverged") return true;
      return state == "streaming" && error.is_null() && now.at("position").at("pending") == 0 &&
             now.at("quarantined") == 1 && equal();
    });
    return error;
  }

  /// No error speaks in the words of a library, or has no name of its own.
  static void check_words(const json& error) {
    if (error.is_null()) return;
    const std::string all = error.dump();
    CAPTURE(all);
    CHECK(error.at("code") != "internal");
    CHECK_FALSE(error.at("hint").get<std::string>().empty());
    for (const char* word : {"::", "unknown word", "bad_", "_M_", "onversion", "pqxx", "not a UTC",
                             "not an encoded", "no such column", "datatype mismatch", "not a remembered"}) {
      CAPTURE(word);
      CHECK(all.find(word) == std::string::npos);
    }
  }

  /// Does what the hint says, word by word.
  void follow(const json& error) {
    const std::string hint = error.at("hint");
    std::smatch found;
    std::string command = "resync shop";  // where it leaves the choice of how the two are to be made equal
    if (std::regex_search(hint, found, std::regex("sluicectl ([a-z]+( --target)?( shop)?)")))
      command = found[1];
    std::istringstream input(command);
    std::vector<std::string> words{std::istream_iterator<std::string>(input), {}};
    if (words.front() == "resync" || words.front() == "uninstall") words.emplace_back("--yes");
    const auto outcome = daemon.ctl(words);
    CAPTURE(command);
    CHECK_MESSAGE(outcome.exit_code <= 1, outcome.err);
    if (words.front() == "uninstall") {
      daemon.stop();
      daemon.start();
    }
  }

  void spoil(const Damage& damage) {
    if (damage.in_file) {
      source.exec(damage.sql);
    } else {
      cluster.psql(database, damage.sql);
    }
  }

  int written = 0;
};

/// What does not belong into a column of this type.
std::vector<std::string> bad_values(const std::string& type) {
  if (type == "text" || type.empty())
    return {"NULL", "''", "'garbage'", "'t7'", "'-1'", "9223372036854775807", "-9223372036854775807", "0.5"};
  if (type == "boolean") return {"NULL", "true", "false"};
  if (type.starts_with("timestamp"))
    return {"NULL", "'infinity'", "'-infinity'", "'294276-01-01'", "'4713-01-01 BC'"};
  if (type == "integer") return {"NULL", "0", "-1", "2147483647"};
  return {"NULL", "0", "-1", "9223372036854775807", "-9223372036854775808"};
}

/// Everything that can be done to the state schema, column by column of what is there.
std::vector<Damage> on_server(Spoiled& shop) {
  std::vector<Damage> all;
  for (const auto& line : shop.lines(
           shop.cluster.psql(shop.database,
                             "SELECT quote_ident(table_name), quote_ident(column_name), data_type FROM"
                             " information_schema.columns WHERE table_schema = 'sluice' ORDER BY 1, 2"))) {
    std::smatch part;
    REQUIRE(std::regex_match(line, part, std::regex("([^|]+)\\|([^|]+)\\|(.+)")));
    const std::string table = "sluice." + part.str(1);
    const std::string column = part.str(2);
    const std::string alter = "ALTER TABLE " + table + " ALTER COLUMN " + column;
    // That the pipeline has ended is what a time there says, whatever the time.
    const bool says_the_end = column == "finished_at";
    for (const auto& value : bad_values(part.str(3))) {
      if (says_the_end && value != "NULL") continue;
      const std::string quoted =
          part.str(3) == "text" && value != "NULL" && value.front() != '\'' ? "'" + value + "'" : value;
      const std::string nullable = value == "NULL" ? alter + " DROP NOT NULL;" : "";
      all.push_back({.sql = nullable + "UPDATE " + table + " SET " + column + " = " + quoted});
    }
    if (part.str(3) == "text")
      all.push_back({.sql = "UPDATE " + table + " SET " + column + " = repeat('x', 300000)"});
    all.push_back({.sql = "ALTER TABLE " + table + " DROP COLUMN " + column + " CASCADE"});
    all.push_back({.sql = alter + " DROP IDENTITY IF EXISTS;" + alter + " DROP DEFAULT; " + alter +
                          " TYPE bytea USING 'garbage'"});
  }
  for (const auto& table : shop.lines(shop.cluster.psql(
           shop.database,
           "SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'sluice'"))) {
    all.push_back({.sql = "DROP TABLE sluice." + table + " CASCADE"});
    // An empty quarantine is what `quarantine discard` leaves.
    if (table != "quarantine") all.push_back({.sql = "DELETE FROM sluice." + table});
  }
  for (const auto& function : shop.lines(shop.cluster.psql(
           shop.database,
           "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'sluice'::regnamespace"))) {
    all.push_back({.sql = "DROP FUNCTION " + function});
  }
  all.push_back({.sql = "DROP SCHEMA sluice CASCADE"});
  return all;
}

/// The same for the tables in the file: a value in every row, or in the newest alone.
std::vector<Damage> in_file(Spoiled& shop) {
  std::vector<Damage> all;
  for (const std::string table : {"_sluice_meta", "_sluice_table", "_sluice_changelog"}) {
    for (const auto& column :
         shop.lines(shop.source.rows("SELECT name FROM pragma_table_info('" + table + "')"))) {
      for (const std::string& value : bad_values(column == "seq" || column == "src" ? "" : "text")) {
        for (const char* where : {"", " WHERE rowid = (SELECT max(rowid) FROM "}) {
          const std::string rows = *where == '\0' ? "" : where + table + ")";
          all.push_back({.in_file = true,
                         .sql = "UPDATE OR REPLACE " + table + " SET " + column + " = " + value + rows});
        }
      }
      all.push_back(
          {.in_file = true, .sql = "UPDATE OR REPLACE " + table + " SET " + column + " = zeroblob(100000)"});
      if (column != "seq" && column != "src")
        all.push_back({.in_file = true,
                       .sql = "ALTER TABLE " + table + " DROP COLUMN " + column,
                       .breaks_triggers = table == "_sluice_changelog"});
    }
    all.push_back(
        {.in_file = true, .sql = "DROP TABLE " + table, .breaks_triggers = table == "_sluice_changelog"});
    all.push_back({.in_file = true, .sql = "DELETE FROM " + table});
  }
  all.push_back({.in_file = true,
                 .sql =
                     "INSERT INTO _sluice_changelog(seq, src, op, nonce, k0) VALUES(9223372036854775807, 1,"
                     " 'u', 1, 1)"});
  return all;
}

/// Is it one that the database itself does not let through?
bool refused_by_the_database(Spoiled& shop, const Damage& damage) {
  try {
    shop.spoil(damage);
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

void check(Spoiled& shop, const Damage& damage) {
  CAPTURE(damage.sql);
  REQUIRE(shop.write());
  REQUIRE(
      shop.settled().is_null());  // so that no change is still unread, whose entry could be made another's
  if (refused_by_the_database(shop, damage)) return;
  const bool after = shop.write();
  CHECK((after || damage.breaks_triggers));
  json error = shop.settled();
  if (error.is_null()) {
    // What has not been read again since shows at the next start.
    shop.daemon.kill();
    shop.daemon.start();
    shop.write();
    error = shop.settled();
  }
  for (int remedies = 0; !error.is_null() && remedies < 3; ++remedies) {
    CAPTURE(error.dump());
    shop.follow(error);
    error = shop.settled();
  }
  CHECK_MESSAGE(error.is_null(), error.dump());
  CHECK(shop.write());
  CHECK_MESSAGE(shop.settled().is_null(), shop.daemon.log());
}

}  // namespace

TEST_SUITE_BEGIN("damage");

TEST_CASE("whatever somebody writes to Sluice's own tables is noticed, and the remedy that is told helps") {
  Spoiled shop;
  std::vector<Damage> all = on_server(shop);
  const auto more = in_file(shop);
  all.insert(all.end(), more.begin(), more.end());
  std::mt19937 chance(announced_seed("damage"));
  std::shuffle(all.begin(), all.end(), chance);
  const int wanted = number_from("SLUICE_DAMAGES", 15);
  if (wanted > 0) all.resize(std::min(all.size(), static_cast<std::size_t>(wanted)));
  for (const Damage& damage : all) check(shop, damage);
}

TEST_CASE("after a history that began anew below the former one, nothing is said to be pending") {
  Spoiled shop;
  check(shop, {.in_file = true, .sql = "UPDATE _sluice_meta SET source_id = zeroblob(100000)"});
  CHECK(shop.status().at("position").at("pending") == 0);
}

TEST_SUITE_END();

}  // namespace sluice::e2e
