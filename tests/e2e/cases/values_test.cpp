// Every value arrives bit for bit, or is refused by a written rule: through the first copy, a small batch and
// a large one, each of which writes to Postgres in its own way.

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {
namespace {

using Texts = std::vector<std::string>;

const MirrorOptions kManual{.settings = "    mode: manual\n"};
const char* const kWays[] = {"copied", "small", "large"};

/// "CREATE TABLE copied(id ..., v TYPE); ..." for each of the three ways, and a table that makes a batch
/// large.
std::string tables_with(const std::string& type) {
  std::string sql = "CREATE TABLE ballast(id INTEGER PRIMARY KEY);";
  for (const std::string way : kWays)
    sql += "CREATE TABLE " + way + "(id INTEGER PRIMARY KEY, v " + type + ");";
  return sql;
}

/// Fills the three tables so that each goes its own way.
template <typename Fill>
void go_three_ways(Mirror& mirror, const Fill& fill) {
  fill("copied");
  mirror.start();
  fill("small");
  must_flush(mirror.daemon);
  fill("large");
  mirror.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
      " INSERT INTO ballast SELECT i FROM n");
  must_flush(mirror.daemon);
}

/// Inserts the values as rows 1, 2, ..., bound, so that no SQL text stands between.
template <typename Value>
void insert_all(Mirror& mirror, const std::string& table, const std::vector<Value>& values) {
  SQLite::Transaction transaction(mirror.source.database());
  SQLite::Statement insert(mirror.source.database(), "INSERT INTO " + table + "(v) VALUES(?)");
  for (const auto& value : values) {
    insert.bind(1, value);
    insert.exec();
    insert.reset();
  }
  transaction.commit();
}

std::string hex(const void* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned char byte = static_cast<const unsigned char*>(bytes)[i];
    for (const int half : {byte >> 4, byte & 15}) text += "0123456789abcdef"[half];
  }
  return text;
}

/// The column v of the source in the order of keys, a value a line, as the bytes of its 64-bit form.
std::string doubles_of(Mirror& mirror, const std::string& table) {
  std::string list;
  SQLite::Statement rows(mirror.source.database(), "SELECT v FROM " + table + " ORDER BY id");
  while (rows.executeStep()) {
    const auto bits = std::bit_cast<std::uint64_t>(rows.getColumn(0).getDouble());
    std::array<unsigned char, sizeof bits> big_endian{};
    for (std::size_t i = 0; i < big_endian.size(); ++i)
      big_endian[i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
    list += (list.empty() ? "" : "\n") + hex(big_endian.data(), big_endian.size());
  }
  return list;
}

/// The same for texts as UTF-8, whatever the encoding of the file; "null" for NULL.
std::string texts_of(Mirror& mirror, const std::string& table) {
  std::string list;
  SQLite::Statement rows(mirror.source.database(), "SELECT v FROM " + table + " ORDER BY id");
  while (rows.executeStep()) {
    const SQLite::Column value = rows.getColumn(0);
    const char* const text = value.isNull() ? nullptr : value.getText();
    list += (list.empty() ? "<" : "\n<");
    list += (text == nullptr ? "null" : hex(text, static_cast<std::size_t>(value.getBytes()))) + ">";
  }
  return list;
}

std::string server_texts(Mirror& mirror, const std::string& table) {
  return mirror.server("SELECT '<' || coalesce(encode(convert_to(v, 'UTF8'), 'hex'), 'null') || '>' FROM " +
                       table + " ORDER BY id");
}

/// What Postgres may take for something else on its way in.
Texts difficult_texts() {
  return {"",
          " ",
          "NULL",
          "null",
          "\\N",
          "\\.",
          "\\",
          "\\\\",
          "a\\",
          "\t",
          "a\tb",
          "\n",
          "a\r\nb",
          "'",
          "''",
          "\"",
          "$$",
          "$1",
          "{}",
          "(1,2)",
          "\\x41",
          "E'\\n'",
          "%s",
          "a,b",
          "a|b",
          "\v\f",
          "\x01\x7f",
          "-0",
          "1e999",
          "0x10",
          "\xEF\xBB\xBFz",
          "Stra\xC3\x9F",
          "\xC3\xA9",
          "e\xCC\x81",
          "\xF0\x9F\xA6\x86",
          "\xEF\xBF\xBD",
          "\xEF\xBF\xBF",
          "\xF4\x8F\xBF\xBF",
          std::string(100'000, 'x')};
}

std::string with_text_policies(const std::string& nul, const std::string& invalid) {
  return "    text:\n      nul: " + nul + "\n      invalid_utf8: " + invalid + "\n";
}

/// Writes bytes into a blob in place, which fires no trigger.
void blob_write(Mirror& mirror, std::int64_t id, const std::string& bytes) {
  sqlite3_blob* blob = nullptr;
  REQUIRE(sqlite3_blob_open(mirror.source.database().getHandle(), "main", "file", "body", id, 1, &blob) ==
          SQLITE_OK);
  CHECK(sqlite3_blob_write(blob, bytes.data(), static_cast<int>(bytes.size()), 0) == SQLITE_OK);
  CHECK(sqlite3_blob_close(blob) == SQLITE_OK);
}

}  // namespace

TEST_CASE("case 32: integers up to both limits of 64 bits, as values and as keys") {
  using Limits = std::numeric_limits<std::int64_t>;
  std::vector<std::int64_t> integers{
      0, 1, -1, Limits::max(), Limits::max() - 1, Limits::min(), Limits::min() + 1};
  for (int bit = 6; bit < 63; ++bit) {
    for (const std::int64_t near : {-1, 0, 1}) integers.push_back((std::int64_t{1} << bit) + near);
  }
  Mirror mirror(tables_with("INTEGER"), kManual);
  go_three_ways(mirror, [&](const std::string& table) {
    insert_all(mirror, table, integers);
    mirror.run("INSERT OR IGNORE INTO " + table + " SELECT v, v FROM " + table);
  });
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT min(id), max(id), min(v), max(v) FROM large") ==
        "-9223372036854775808|9223372036854775807|-9223372036854775808|9223372036854775807");
  mirror.run("UPDATE small SET v = v + 1 WHERE v < 9223372036854775807; DELETE FROM large WHERE id < 0");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 32: doubles arrive bit for bit") {
  using Limits = std::numeric_limits<double>;
  std::vector<double> doubles{0.1 + 0.2,
                              1.0 / 3,
                              0x1p63,
                              -0x1p63,
                              0x1p53 + 2,
                              1e15,
                              1e16,
                              123456789.125,
                              1e22,
                              1e23,
                              Limits::max(),
                              Limits::lowest(),
                              Limits::min(),
                              Limits::denorm_min(),
                              5e-310,
                              Limits::infinity(),
                              -Limits::infinity(),
                              0.0,
                              -0.0,
                              1.0,
                              -1.0,
                              3.0};
  std::mt19937_64 random(announced_seed("doubles"));
  while (doubles.size() < 400) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isnan(number)) doubles.push_back(number);
  }
  std::string type;
  SUBCASE("in a column of declared type REAL") {
    type = "REAL";
  }
  SUBCASE("in a column without type") {
  }
  Mirror mirror(tables_with(type), kManual);
  for (const std::string way : kWays) {
    mirror.server("CREATE TABLE " + way + "(id bigint PRIMARY KEY, v double precision)");
  }
  go_three_ways(mirror, [&](const std::string& table) { insert_all(mirror, table, doubles); });
  for (const std::string way : kWays) {
    CAPTURE(way);
    CHECK(mirror.server("SELECT encode(float8send(v), 'hex') FROM " + way + " ORDER BY id") ==
          doubles_of(mirror, way));
  }
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 32: -0.0 keeps its sign in a column without type") {
  Mirror mirror(tables_with(""), kManual);
  for (const std::string way : kWays) {
    mirror.server("CREATE TABLE " + way + "(id bigint PRIMARY KEY, v double precision)");
  }
  go_three_ways(mirror,
                [&](const std::string& table) { insert_all(mirror, table, std::vector<double>{-0.0}); });
  for (const std::string way : kWays) CHECK(mirror.server("SELECT v FROM " + way) == "-0");
}

TEST_CASE("case 32: an empty text, an empty blob and NULL stay three values") {
  Mirror mirror(tables_with("TEXT, b BLOB"), kManual);
  go_three_ways(mirror, [&](const std::string& table) {
    mirror.run("INSERT INTO " + table + "(v, b) VALUES('', x''), (NULL, NULL), ('', NULL), (NULL, x'')");
  });
  for (const std::string way : kWays) {
    CHECK(mirror.server("SELECT v IS NULL, length(v), b IS NULL, length(b) FROM " + way + " ORDER BY id") ==
          "f|0|f|0\nt|NULL|t|NULL\nf|0|t|NULL\nt|NULL|f|0");
  }
  mirror.run(
      "UPDATE copied SET v = NULL, b = NULL WHERE id = 1; UPDATE small SET v = '', b = x'' WHERE id = 2");
  must_flush(mirror.daemon);
  CHECK(mirror.server("SELECT count(*) FROM copied WHERE v IS NULL AND b IS NULL") == "2");
  CHECK(mirror.server("SELECT count(*) FROM small WHERE v = '' AND b = ''") == "2");
}

TEST_CASE("case 32: difficult texts arrive byte for byte") {
  Mirror mirror(tables_with("TEXT"), kManual);
  go_three_ways(mirror, [&](const std::string& table) {
    insert_all(mirror, table, difficult_texts());
    mirror.run("INSERT INTO " + table + "(v) VALUES(NULL)");
  });
  for (const std::string way : kWays) {
    CAPTURE(way);
    CHECK(server_texts(mirror, way) == texts_of(mirror, way));
  }
}

TEST_CASE("case 32: texts as keys arrive byte for byte, and go again") {
  const std::string create = "CREATE TABLE word(word TEXT PRIMARY KEY, n INTEGER)";
  Mirror mirror(create + "; INSERT INTO word VALUES('copied', 0)", kManual);
  mirror.start();
  SQLite::Statement insert(mirror.source.database(), "INSERT INTO word VALUES(?, 1)");
  for (const auto& text : difficult_texts()) {
    if (text.size() > 1000) continue;  // too long for an index of Postgres
    insert.bind(1, text);
    insert.exec();
    insert.reset();
  }
  CHECK(mirror.differences() == "");
  mirror.run("UPDATE word SET word = word || 'x' WHERE n = 1");
  CHECK(mirror.differences() == "");
  mirror.run("DELETE FROM word WHERE n = 1");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 32: blobs of every byte") {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  Mirror mirror(tables_with("BLOB"), kManual);
  go_three_ways(mirror, [&](const std::string& table) {
    SQLite::Statement insert(mirror.source.database(), "INSERT INTO " + table + "(v) VALUES(?)");
    for (const auto& blob :
         {bytes, std::string(1, '\0'), std::string(1000, '\0'), std::string("\\x00"), bytes + bytes}) {
      insert.bind(1, blob.data(), static_cast<int>(blob.size()));
      insert.exec();
      insert.reset();
    }
  });
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT encode(v, 'hex') FROM large WHERE id = 1") == hex(bytes.data(), bytes.size()));
}

TEST_CASE("case 32: text that Postgres cannot hold halts with table, key and column") {
  std::string text;
  std::string rule;
  SUBCASE("a NUL character") {
    text = std::string("a\0b", 3);
    rule = "NUL";
  }
  SUBCASE("invalid UTF-8") {
    text = "a\xFFz";
    rule = "UTF-8";
  }
  SUBCASE("UTF-8 cut short") {
    text = "a\xF0\x9F\xA6";
    rule = "UTF-8";
  }
  SUBCASE("an encoded surrogate") {
    text = "\xED\xA0\x80";
    rule = "UTF-8";
  }
  Mirror mirror(
      "CREATE TABLE note(id INTEGER PRIMARY KEY, title TEXT, v TEXT); INSERT INTO note VALUES(1, '', 'x')");
  mirror.start();
  SQLite::Statement insert(mirror.source.database(), "INSERT INTO note VALUES(7, 'title', ?)");
  insert.bind(1, text);
  insert.exec();
  wait_for_state(mirror.daemon, "halted");
  const auto error = mirror.status().at("error");
  CAPTURE(error.dump());
  CHECK(error.at("class") == "row");
  CHECK(error.at("table") == "note");
  CHECK(error.at("key") == "7");
  CHECK(error.at("column") == "v");
  CHECK(error.at("message").get<std::string>().find(rule) != std::string::npos);
  CHECK(error.at("message").get<std::string>().find("text.") != std::string::npos);
  CHECK(mirror.server("SELECT count(*) FROM note") == "1");
  mirror.run("UPDATE note SET v = 'mended' WHERE id = 7");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 32: text that Postgres cannot hold is stripped or replaced where the settings say so") {
  const Texts texts = {
      std::string("a\0b", 3),          std::string("\0", 1), std::string("\0\0z", 3), "a\xFFz", "\xC3",
      std::string("\xFF\0\xC3\xA9", 4)};
  std::string policy;
  std::string wanted;
  SUBCASE("stripped") {
    policy = "strip";
    wanted = "<6162>\n<>\n<7a>\n<617a>\n<>\n<c3a9>";
  }
  SUBCASE("replaced") {
    policy = "replace";
    wanted = "<61efbfbd62>\n<efbfbd>\n<efbfbdefbfbd7a>\n<61efbfbd7a>\n<efbfbd>\n<efbfbdefbfbdc3a9>";
  }
  Mirror mirror(tables_with("TEXT"), {.settings = kManual.settings + with_text_policies(policy, policy)});
  go_three_ways(mirror, [&](const std::string& table) { insert_all(mirror, table, texts); });
  for (const std::string way : kWays) {
    CAPTURE(way);
    CHECK(server_texts(mirror, way) == wanted);
  }
}

TEST_CASE("case 32: two keys never become one, also where texts are stripped") {
  Mirror mirror("CREATE TABLE word(word TEXT PRIMARY KEY, n INTEGER); INSERT INTO word VALUES('ab', 1)",
                {.settings = with_text_policies("strip", "strip")});
  mirror.start();
  SQLite::Statement insert(mirror.source.database(), "INSERT INTO word VALUES(?, 2)");
  SUBCASE("a NUL character") {
    insert.bind(1, std::string("a\0b", 3));
  }
  SUBCASE("invalid UTF-8") {
    insert.bind(1, std::string("a\xFF"
                               "b"));
  }
  insert.exec();
  wait_for_state(mirror.daemon, "halted");
  CHECK(mirror.status().at("error").at("column") == "word");
  CHECK(mirror.server("SELECT word, n FROM word") == "ab|1");
  mirror.run("UPDATE word SET word = 'c' WHERE n = 2");
  CHECK(mirror.differences() == "");
}

TEST_CASE("case 32: UTF-16 files, either way round") {
  std::string encoding;
  SUBCASE("little-endian") {
    encoding = "UTF-16le";
  }
  SUBCASE("big-endian") {
    encoding = "UTF-16be";
  }
  Mirror mirror("PRAGMA encoding = '" + encoding + "';" + tables_with("TEXT") +
                    "CREATE TABLE word(word TEXT COLLATE NOCASE PRIMARY KEY, v TEXT UNIQUE);"
                    "PRAGMA journal_mode = wal",
                {.journal_mode = "delete", .settings = kManual.settings});
  REQUIRE(mirror.source.rows("PRAGMA encoding") == encoding);
  go_three_ways(mirror, [&](const std::string& table) {
    insert_all(mirror, table, difficult_texts());
    mirror.run(
        "REPLACE INTO word VALUES('Stra\xC3\x9F"
        "e', '" +
        table + "'), ('\xF0\x9F\xA6\x86', 'duck')");
  });
  for (const std::string way : kWays) {
    CAPTURE(way);
    CHECK(server_texts(mirror, way) == texts_of(mirror, way));
  }
  mirror.run(
      "REPLACE INTO word VALUES('STRA\xC3\x9F"
      "E', 'duck'); UPDATE word SET v = v || '\xC3\xA9'");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT word, v FROM word") ==
        "STRA\xC3\x9F"
        "E|duck\xC3\xA9");
}

TEST_CASE("case 32: texts and blobs of 10 MB") {
  constexpr int kSize = 10'000'000;
  Mirror mirror("CREATE TABLE big(id INTEGER PRIMARY KEY, t TEXT, b BLOB)", kManual);
  const auto insert = [&](int id) {
    std::mt19937 random(static_cast<unsigned>(id));
    std::string text(kSize, ' ');
    std::string blob(kSize, '\0');
    for (char& c : text) c = static_cast<char>(' ' + random() % 95);
    for (char& c : blob) c = static_cast<char>(random());
    SQLite::Statement row(mirror.source.database(), "INSERT INTO big VALUES(?, ?, ?)");
    row.bind(1, id);
    row.bind(2, text);
    row.bind(3, blob.data(), kSize);
    row.exec();
  };
  insert(1);
  mirror.start();
  insert(2);
  CHECK(mirror.differences() == "");
  mirror.run("UPDATE big SET t = 'short', b = zeroblob(9000000) WHERE id = 1");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT length(t), length(b) FROM big ORDER BY id") == "5|9000000\n10000000|10000000");
}

TEST_CASE("case 32: a blob written in place arrives with the transaction's write of its row") {
  Mirror mirror(
      "CREATE TABLE file(id INTEGER PRIMARY KEY, name TEXT, body BLOB);"
      "INSERT INTO file VALUES(1, 'one', x'00000000'), (2, 'two', x'00000000')");
  mirror.start();
  mirror.run("BEGIN; UPDATE file SET name = 'eins' WHERE id = 1");
  blob_write(mirror, 1, "ABCD");
  blob_write(mirror, 2, "abcd");
  mirror.run("UPDATE file SET name = 'zwei' WHERE id = 2; INSERT INTO file VALUES(3, 'drei', zeroblob(4))");
  blob_write(mirror, 3, "wxyz");
  mirror.run("COMMIT");
  CHECK(mirror.differences() == "");
  CHECK(mirror.server("SELECT string_agg(encode(body, 'escape'), ' ' ORDER BY id) FROM file") ==
        "ABCD abcd wxyz");

  // Alone it fires no trigger, so that it shows with the next write of its row.
  blob_write(mirror, 1, "late");
  mirror.run("UPDATE file SET name = name WHERE id = 1");
  CHECK(mirror.differences() == "");
}

}  // namespace sluice::e2e
