// verify, held against an oracle that shares no code with it: every kind of single difference is planted
// behind the daemon's back, found where it is and nowhere else, and repaired by writing that row and no
// other.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>

#include "tests/e2e/copy/english_server.h"
#include "tests/e2e/copy/patient_writer.h"
#include "tests/e2e/copy/shapes.h"
#include "tests/e2e/scene.h"
#include "tests/e2e/verify/oracle.h"

namespace sluice::e2e {
namespace {

using nlohmann::json;
using support::PostgresCluster;

/// Small pieces, so that a scan of these tables takes several.
constexpr const char* kSmallPieces = "    apply: {max_batch_changes: 40}\n";
constexpr int kRows = 130;

/// A difference as verify is to tell of it: "by_text differs 'word 7' amount".
using Lines = std::vector<std::string>;

std::string joined(Lines lines) {
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

/// Tables that are equal on both sides, and the daemon.
struct Pair {
  explicit Pair(const std::string& owner = PostgresCluster::kReplicaOwner,
                const std::string& settings = kSmallPieces)
      : role(owner),
        database(cluster.create_database(role)),
        daemon(shop(source.path(), cluster.url(database, role), settings)),
        oracle(source, cluster, database, role) {
    cluster.psql(database, "CREATE EXTENSION citext");
    server(kCollations);
  }

  void add(const std::string& table, const std::string& source_sql, const std::string& target_sql) {
    source.exec(source_sql);
    server(target_sql);
    tables.push_back(table);
  }

  void start() {
    daemon.start();
    must_flush(daemon);
    REQUIRE(differences() == "");
  }

  std::string server(const std::string& sql) const { return cluster.psql(database, sql, role); }

  std::string differences() {
    std::string list;
    for (const auto& table : tables) list += oracle.differences(table);
    return list;
  }

  json verify(const std::vector<std::string>& options, int exit_code) const {
    std::vector<std::string> arguments{"verify", "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto outcome = daemon.ctl(arguments);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.exit_code == exit_code);
    return json::parse(outcome.out);
  }

  /// Remembers every version of every row that is there.
  void remember_rows() const {
    server(
        "DROP TABLE IF EXISTS versions; CREATE TABLE versions (source_table text, place tid, writer text)");
    for (const auto& table : tables)
      server("INSERT INTO versions SELECT '" + table + "', ctid, xmin::text FROM " + table);
  }
  /// How many rows have been written since, over all tables.
  int rows_written() const {
    int written = 0;
    for (const auto& table : tables)
      written += std::stoi(server("SELECT count(*) FROM " + table +
                                  " AS t WHERE NOT EXISTS (SELECT FROM versions v"
                                  " WHERE v.source_table = '" +
                                  table + "' AND v.place = t.ctid AND v.writer = t.xmin::text)"));
    return written;
  }

  /// Finds exactly these differences, and mends them by the fewest writes.
  void check_found_and_repaired(const Lines& expected) {
    CHECK(differences() != "");
    CHECK(joined(found(verify({}, 5))) == joined(expected));
    remember_rows();
    CHECK(joined(found(verify({"--repair"}, 0))) == joined(expected));
    CHECK(differences() == "");
    const auto deleted = std::count_if(expected.begin(), expected.end(), [](const std::string& line) {
      return line.find(" extra ") != std::string::npos;
    });
    CHECK(rows_written() == static_cast<int>(expected.size()) - deleted);
    CHECK(verify({}, 0).at("outcome") == "equal");
  }

  static Lines found(const json& answer) {
    Lines lines;
    for (const auto& table : answer.at("tables")) {
      const std::int64_t count = table.at("missing").get<std::int64_t>() +
                                 table.at("extra").get<std::int64_t>() +
                                 table.at("differing").get<std::int64_t>();
      CHECK(count == static_cast<std::int64_t>(table.at("first").size()));
      for (const auto& row : table.at("first")) {
        std::string line = table.at("name").get<std::string>() + " " + row.at("kind").get<std::string>() +
                           " " + row.at("key").get<std::string>();
        for (const auto& column : row.at("columns")) line += " " + column.get<std::string>();
        lines.push_back(line);
      }
    }
    return lines;
  }

  PostgresCluster& cluster = english_server();
  std::string role;
  std::string database;
  support::SqliteFile source;
  support::DaemonProcess daemon;
  Oracle oracle;
  std::vector<std::string> tables;
};

TEST_SUITE_BEGIN("verify_values");

// --- values
// ------------------------------------------------------------------------------------------------------

/// A column of every type, what row 1 to 130 have in it, and what is planted in one of them.
struct Value {
  const char* column;
  const char* source_type;
  const char* target_type;
  const char* source;   ///< an expression over i, where it is text in the form in which the server writes it
  const char* planted;  ///< an expression over the column
};

const std::vector<Value> kValues = {
    {"flag", "BOOLEAN", "boolean", "i % 2", "NOT flag"},
    {"flag_null", "BOOLEAN", "boolean", "CASE i % 2 WHEN 0 THEN 0 END", "false"},
    {"small", "INTEGER", "smallint", "i", "small + 1"},
    {"big", "INTEGER", "bigint", "9007199254740992 + i", "big + 1"},
    {"next_double", "REAL", "double precision", "0.1", "0.10000000000000002"},
    {"minus_zero", "REAL", "double precision", "0.0", "'-0'::float8"},
    {"plus_zero", "", "double precision", "-0.0", "0"},
    {"tiny", "REAL", "double precision", "5e-324", "1e-323"},
    {"scale", "TEXT", "numeric", "'1.0'", "1.00"},
    {"digit", "TEXT", "numeric", "'12345678901234567890.' || i", "digit + 0.001"},
    {"fixed", "TEXT", "numeric(12,4)", "i || '.2500'", "fixed + 0.0001"},
    {"empty", "TEXT", "text", "''", "NULL"},
    {"no_text", "TEXT", "text", "NULL", "''"},
    {"blank", "TEXT", "text", "'word'", "blank || ' '"},
    {"letter", "TEXT", "text COLLATE public.american", "'word'", "'Word'"},
    {"accent", "TEXT", "text COLLATE public.worldly", "'é'", "'e' || U&'\\0301'"},
    {"limited", "TEXT", "varchar(20)", "'word'", "limited || ' '"},
    {"padded", "TEXT", "char(8)", "'word'", "'words'"},
    {"caseless", "TEXT", "citext", "'Word'", "'word'"},
    {"bytes", "BLOB", "bytea", "x'00ff'", "'\\x00fe'"},
    {"no_bytes", "BLOB", "bytea", "x''", "NULL"},
    {"day", "DATE", "date", "'2024-02-29'", "day - 1"},
    {"hour", "TIME", "time", "'12:30:00'", "hour + interval '1 microsecond'"},
    {"moment", "TIMESTAMP", "timestamp", "'2024-02-29 12:30:00'", "moment + interval '1 microsecond'"},
    {"zoned", "TIMESTAMP", "timestamptz", "'2024-02-29 14:30:00+02:00'", "'2024-02-29 12:30:00+01'"},
    {"hour_zoned", "TIME", "timetz", "'12:30:00+00'", "'13:30:00+01'"},
    {"months", "TEXT", "interval", "'30 days'", "'1 mon'"},
    {"hours", "TEXT", "interval", "'1 day'", "'24:00:00'"},
    {"id_of", "TEXT", "uuid", "'00000000-0000-4000-8000-00000000000a'",
     "'00000000-0000-4000-8000-00000000000b'"},
    {"document", "TEXT", "json", "'{\"a\":1}'", "'{\"a\": 1}'"},
    {"document_order", "TEXT", "json", "'{\"a\":1,\"b\":2}'", "'{\"b\":2,\"a\":1}'"},
    {"binary_document", "TEXT", "jsonb", "'{\"a\": 1}'", "'{\"a\": 1.0}'"},
    {"null_document", "TEXT", "jsonb", "'null'", "NULL"},
    {"list", "TEXT", "int[]", "'{1,2}'", "'{2,1}'"},
    {"bounds", "TEXT", "int[]", "'{1,2}'", "'[0:1]={1,2}'"},
    {"address", "TEXT", "inet", "'10.0.0.1'", "'10.0.0.1/24'"},
    {"period", "TEXT", "int4range", "'[1,5)'", "'[1,6)'"},
};

void add_values(Pair& pair) {
  std::string source_columns = "id INTEGER PRIMARY KEY";
  std::string target_columns = "id bigint PRIMARY KEY";
  std::string values = "i";
  for (const Value& value : kValues) {
    source_columns += std::string(", ") + value.column + " " + value.source_type;
    target_columns += std::string(", ") + value.column + " " + value.target_type;
    values += std::string(", ") + value.source;
  }
  pair.add("samples",
           "CREATE TABLE samples (" + source_columns + ");" +
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
               std::to_string(kRows) + ") INSERT INTO samples SELECT " + values + " FROM n",
           "CREATE TABLE samples (" + target_columns + ")");
}

TEST_CASE(
    "one value that differs is found in every type, however alike the server calls the two, and repaired") {
  Pair pair;
  add_values(pair);
  pair.start();
  constexpr std::size_t kAtOnce = 4;  // each in a row of its own
  Lines expected;
  int row = 1;
  for (const Value& value : kValues) {
    row = (row + 36) % kRows / 2 * 2 + 1;  // odd, and in another piece each time
    const std::string column = value.column;
    const std::string place = std::to_string(row);
    pair.server("UPDATE samples SET " + column + " = " + value.planted + " WHERE id = " + place);
    expected.push_back("samples differs " + place + " " + column);
    if (expected.size() < kAtOnce && &value != &kValues.back()) continue;
    pair.check_found_and_repaired(expected);
    expected.clear();
  }
}

TEST_CASE("several columns of one row are one difference that names them all") {
  Pair pair;
  add_values(pair);
  pair.start();
  pair.server("UPDATE samples SET empty = NULL, months = '1 mon', big = 0 WHERE id = 130");
  pair.check_found_and_repaired({"samples differs 130 big empty months"});
}

TEST_SUITE_END();
TEST_SUITE_BEGIN("verify_rows");

// --- keys
// --------------------------------------------------------------------------------------------------------

/// Something planted in each of the tables, and what verify is to say of it.
using Plant = std::function<std::string(Pair&, const Shape&)>;

std::string key_columns(const Shape& shape) {
  std::string list;
  for (const auto& column : shape.columns) list += (list.empty() ? "" : ", ") + column;
  return list;
}

/// The condition for the row that is so far from the beginning, as the server sorts keys; or from the end.
std::string row_at(const Shape& shape, int offset) {
  const std::string keys = shape.columns.size() > 1 ? "(" + key_columns(shape) + ")" : key_columns(shape);
  return " WHERE ctid = (SELECT ctid FROM " + shape.table + " ORDER BY " + keys +
         (offset < 0 ? " DESC" : "") + " LIMIT 1 OFFSET " +
         std::to_string(offset < 0 ? -1 - offset : offset) + ")";
}

std::string source_key(Pair& pair, const Shape& shape, const std::string& where) {
  std::vector<std::string> key;
  for (const auto& column : shape.columns)
    key.push_back(pair.server("SELECT " + column + " FROM " + shape.table + where));
  return pair.oracle.source_key(shape.table, key);
}

Plant value_at(int offset) {
  return [offset](Pair& pair, const Shape& shape) {
    const std::string where = row_at(shape, offset);
    const std::string key = source_key(pair, shape, where);
    const double amount = std::stod(pair.server("SELECT amount FROM " + shape.table + where));
    std::array<char, 32> next{};
    std::snprintf(next.data(), next.size(), "%.17g", std::nextafter(amount, 1e9));
    pair.server("UPDATE " + shape.table + " SET amount = '" + next.data() + "'" + where);
    return shape.table + " differs " + key + " amount";
  };
}

Plant missing_at(int offset) {
  return [offset](Pair& pair, const Shape& shape) {
    const std::string where = row_at(shape, offset);
    const std::string key = source_key(pair, shape, where);
    pair.server("DELETE FROM " + shape.table + where);
    return shape.table + " missing " + key;
  };
}

/// A row whose key is none of the source's: lies before all others, behind them, or among them.
Plant extra(std::string Shape::*key) {
  return [key](Pair& pair, const Shape& shape) {
    std::string literals;
    for (const auto& column : shape.columns)
      literals += (literals.empty() ? "" : " || ', ' || ") +
                  ("CASE WHEN pg_typeof(" + column + ") = 'bigint'::regtype THEN " + column +
                   "::text ELSE quote_literal(" + column + ") END");
    const std::string told =
        pair.server("INSERT INTO " + shape.table + " (" + key_columns(shape) + ", note) VALUES (" +
                    shape.*key + ", 'planted') RETURNING " + literals);
    return shape.table + " extra " + (shape.columns.size() > 1 ? "(" + told + ")" : told);
  };
}

void plant_in_tables_of_every_key(const std::string& role, const std::vector<Plant>& plants) {
  Pair pair(role);
  for (const Shape& shape : shapes())
    pair.add(shape.table, shape.source_ddl() + shape.fill(kRows), shape.target_ddl());
  pair.start();
  for (const Plant& plant : plants) {
    Lines expected;
    for (const Shape& shape : shapes()) expected.push_back(plant(pair, shape));
    pair.check_found_and_repaired(expected);
  }
}

TEST_CASE(
    "one row that differs, is missing or is only there is found in tables with keys of every kind, and "
    "repaired") {
  plant_in_tables_of_every_key(PostgresCluster::kReplicaOwner,
                               {value_at(0), value_at(39), value_at(40), missing_at(0), missing_at(-1),
                                extra(&Shape::first_key), extra(&Shape::last_key)});
}

TEST_CASE("so it is in ordinary mode") {
  plant_in_tables_of_every_key(PostgresCluster::kOwner,
                               {value_at(-1), missing_at(40), extra(&Shape::first_key)});
}

TEST_CASE(
    "rows in a table that is empty in the source are found, and so is a table that is empty on the server") {
  Pair pair;
  const auto all = shapes();
  for (const Shape& shape : all) pair.add(shape.table, shape.source_ddl(), shape.target_ddl());
  pair.source.exec(all.front().fill(3));
  pair.start();
  Lines expected;
  for (const Shape& shape : all) {
    if (shape.table != all.front().table) expected.push_back(extra(&Shape::first_key)(pair, shape));
  }
  for (int row = 0; row < 3; ++row) expected.push_back(missing_at(0)(pair, all.front()));
  pair.check_found_and_repaired(expected);
}

TEST_CASE("--table looks at one table alone, and repairs no other") {
  Pair pair;
  const auto all = shapes();
  for (const Shape& shape : {all[0], all[1]})
    pair.add(shape.table, shape.source_ddl() + shape.fill(kRows), shape.target_ddl());
  pair.start();
  const std::string one = value_at(7)(pair, all[0]);
  const std::string other = missing_at(7)(pair, all[1]);
  CHECK(Pair::found(pair.verify({"--table", all[0].table}, 5)) == Lines{one});
  CHECK(Pair::found(pair.verify({"--table", all[1].table, "--repair"}, 0)) == Lines{other});
  pair.check_found_and_repaired({one});
}

// --- a writer beside it
// ------------------------------------------------------------------------------------------

TEST_CASE("beside a writer nothing is called different that is not, and what is, is found") {
  const unsigned seed = announced_seed("verify beside a writer");
  constexpr int kManyRows = 900;
  // Large enough that the daemon keeps up with the writer, small enough that a scan takes several pieces.
  Pair pair(PostgresCluster::kReplicaOwner, "    apply: {max_batch_changes: 300}\n");
  const auto all = shapes();
  for (const Shape& shape : all)
    pair.add(shape.table, shape.source_ddl() + shape.fill(kManyRows), shape.target_ddl());
  pair.start();
  PatientWriter writer(pair.source.path(), all, kManyRows, seed);
  for (int round = 0; round < 4; ++round) CHECK(Pair::found(pair.verify({}, 0)).empty());
  Lines expected;
  for (const Shape& shape : all) expected.push_back(extra(&Shape::last_key)(pair, shape));
  for (int round = 0; round < 2; ++round) CHECK(joined(Pair::found(pair.verify({}, 5))) == joined(expected));
  CHECK(joined(Pair::found(pair.verify({"--repair"}, 0))) == joined(expected));
  CHECK(writer.finish() == "");
  MESSAGE(writer.transactions() << " transactions meanwhile");
  must_flush(pair.daemon);
  CHECK(pair.differences() == "");
  CHECK(pair.verify({}, 0).at("outcome") == "equal");
}

TEST_SUITE_END();

}  // namespace
}  // namespace sluice::e2e
