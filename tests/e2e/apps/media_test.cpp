// A media library moves to Postgres: documents, arrays and zones, and what the server's checks refuse.

#include <doctest/doctest.h>

#include "tests/e2e/apps/app.h"
#include "tests/e2e/apps/by_value.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::PostgresCluster;

struct Library : App {
  explicit Library(const std::string& owner = PostgresCluster::kOwner, const std::string& settings = "")
      : App("media", owner, settings) {
    source.exec("PRAGMA foreign_keys = ON");
    start();
  }
  nlohmann::json error() {
    wait_for_state(daemon, "halted");
    return status().at("error");
  }
  void check_equal() {
    must_flush(daemon);
    CHECK(differences_by_value(*this) == "");
  }
};

void check_a_day(const std::string& role) {
  Library library(role);
  library.check_equal();
  library.run(
      "UPDATE songs SET genre = json_insert(coalesce(genre, '[]'), '$[#]', 'rock, \"hard\"') WHERE id < 4");
  library.run("UPDATE playlist_items SET position = 3 - position WHERE playlist_id = 1");
  library.run(
      "UPDATE playlist_items SET song_id = 3, added_at = '2024-07-01T00:00:00.001-07:00' WHERE song_id = 2");
  library.run("INSERT OR REPLACE INTO playlist_items VALUES(1, 3, 9, '2024-07-01T00:00:00+00')");
  library.check_equal();
  library.run("DELETE FROM media_blobs WHERE id = 2; DELETE FROM songs WHERE id = 1");
  library.run(
      "BEGIN; INSERT INTO playlists VALUES(9, 'Below none yet', NULL, '[1]', '2024-03-01T18:00:00+01:00');"
      "UPDATE playlists SET metadata = '{\"b\": [], \"a\": {}}', parent_id = 2 WHERE id = 9; COMMIT");
  library.check_equal();
  library.run("DELETE FROM playlists WHERE id = 3");
  library.check_equal();
  CHECK(library.server("SELECT string_agg(id::text, ',') FROM playlists") == "1");
  CHECK(library.server("SELECT array_to_string(genre, ' + ') FROM songs WHERE id = 4") ==
        "a \"b\" + {c,d} + back\\slash + NULL + é, ü");
}

}  // namespace

TEST_CASE("a media library arrives by value in replica mode, through cascades and composite keys") {
  check_a_day(PostgresCluster::kReplicaOwner);
}

TEST_CASE("a media library arrives by value in ordinary mode, through cascades and composite keys") {
  check_a_day(PostgresCluster::kOwner);
}

TEST_CASE("a row that a check refuses halts with its name, and mending it in SQLite goes on by itself") {
  Library library;
  std::string violation;
  std::string mended;
  std::string column;
  std::string constraint;
  SUBCASE("six genres") {
    violation = "UPDATE songs SET genre = '[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]' WHERE id = 2";
    mended = "UPDATE songs SET genre = '[\"a\",\"b\",\"c\",\"d\",\"e\"]' WHERE id = 2";
    column = "genre";
    constraint = "at_most_five_genres";
  }
  SUBCASE("metadata that is an array") {
    violation = "UPDATE songs SET metadata = '[1, 2]' WHERE id = 2";
    mended = "UPDATE songs SET metadata = '{\"list\": [1, 2]}' WHERE id = 2";
    column = "metadata";
    constraint = "metadata_is_an_object";
  }
  SUBCASE("metadata that is no JSON") {
    violation = "UPDATE songs SET metadata = '{year: 1999}' WHERE id = 2";
    mended = "UPDATE songs SET metadata = '{\"year\": 1999}' WHERE id = 2";
    column = "metadata";
  }
  SUBCASE("genres that are no list") {
    violation = "UPDATE songs SET genre = 'rock' WHERE id = 2";
    mended = "UPDATE songs SET genre = '[\"rock\"]' WHERE id = 2";
    column = "genre";
  }
  library.run("BEGIN; UPDATE songs SET title = 'in the same transaction' WHERE id = 1; " + violation +
              "; UPDATE playlists SET name = 'and this' WHERE id = 1; COMMIT");
  const auto error = library.error();
  CAPTURE(error.dump());
  CHECK(error.at("class") == "row");
  CHECK(error.at("table") == "songs");
  CHECK(error.at("key") == "2");
  CHECK(error.at("column") == column);
  CHECK(error.at("message").get<std::string>().find(constraint) != std::string::npos);
  if (!constraint.empty()) CHECK(error.at("sqlstate") == "23514");
  CHECK(error.at("hint") != "");
  CHECK(library.server("SELECT count(*) FROM playlists WHERE name = 'and this'") == "0");
  library.run(mended);
  wait_for_state(library.daemon, "streaming");
  library.check_equal();
}

TEST_CASE("a row that a check refuses waits in quarantine with its column, and the rest goes on without it") {
  Library library(PostgresCluster::kOwner, "    on_error: quarantine\n");
  library.run("UPDATE songs SET metadata = '[]', title = 'held back' WHERE id = 2");
  library.run("UPDATE songs SET title = 'gone on' WHERE id = 3");
  CHECK(must_flush(library.daemon).at("quarantined") == 1);
  CHECK(library.server("SELECT title FROM songs WHERE id IN (2, 3) ORDER BY id") == "Untitled\ngone on");
  const auto list = library.daemon.ctl({"quarantine", "show", "1"});
  CAPTURE(list.out);
  CHECK(list.exit_code == 0);
  for (const std::string word : {"songs", "metadata_is_an_object", "23514", "held back"}) {
    CHECK(list.out.find(word) != std::string::npos);
  }
  library.run("UPDATE songs SET metadata = '{}' WHERE id = 2");
  CHECK(must_flush(library.daemon).at("quarantined") == 0);
  library.check_equal();
}

TEST_CASE("a playlist below one that is not there halts with its name, though the check is deferred") {
  Library library;
  library.run(
      "PRAGMA foreign_keys = OFF; INSERT INTO playlists VALUES(50, 'lost', 77, '{}', '2024-05-01 10:00:00')");
  const auto error = library.error();
  CAPTURE(error.dump());
  CHECK(error.at("sqlstate") == "23503");
  CHECK(error.at("table") == "playlists");
  CHECK(error.at("key") == "50");
  library.run("INSERT INTO playlists VALUES(77, 'found', NULL, '{}', '2024-05-01 10:00:00')");
  wait_for_state(library.daemon, "streaming");
  library.check_equal();
}

TEST_CASE("a cure that is committed while its row is still being refused is not overlooked") {
  Library library;
  for (int i = 0; i < 8; ++i) {
    const std::string title = "take " + std::to_string(i);
    library.run("UPDATE songs SET metadata = '[]', title = '" + title + "' WHERE id = 2");
    library.run("UPDATE songs SET metadata = '{}' WHERE id = 2");
    support::wait_until("it goes on by itself",
                        [&] { return library.server("SELECT title FROM songs WHERE id = 2") == title; });
  }
  library.check_equal();
}

}  // namespace sluice::e2e
