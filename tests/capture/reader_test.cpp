#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

Chunk chunk_of(Follower& follower, const ReadRequest& request) {
  return std::get<Chunk>(follower.source.read(follower.catalog, request));
}

}  // namespace

TEST_CASE("a chunk nets many entries into the last state of each key") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run(
      "INSERT INTO t VALUES(1,'a'),(2,'b'); UPDATE t SET v = 'c' WHERE id = 1; DELETE FROM t WHERE id = 2");
  const Chunk chunk = chunk_of(follower, after(follower.at));
  CHECK(chunk.changes == 4);
  CHECK(chunk.at_boundary);
  CHECK(chunk.to == follower.source.newest());
  REQUIRE(chunk.tables.size() == 1);
  CHECK_FALSE(chunk.tables[0].inserts_only);
  REQUIRE(chunk.tables[0].keys.size() == 2);
  CHECK(chunk.tables[0].keys[0].row == Row{std::int64_t{1}, Text{"c"}});
  CHECK_FALSE(chunk.tables[0].keys[1].row);
}

TEST_CASE("nothing new is an empty chunk at the boundary") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  const Chunk chunk = chunk_of(follower, after(follower.at));
  CHECK(chunk.from == chunk.to);
  CHECK(chunk.changes == 0);
  CHECK(chunk.at_boundary);
}

TEST_CASE("an open transaction is not seen") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  CHECK(follower.source.changed());
  sandbox.run("BEGIN; INSERT INTO t VALUES(1,'a')");
  CHECK(follower.drain() == 0);
  CHECK_FALSE(follower.source.changed());
  sandbox.run("COMMIT");
  CHECK(follower.source.changed());
  CHECK(follower.drain() == 1);
}

TEST_CASE("a limit ends a chunk after a whole entry, and the chunks go on where it ended") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run("INSERT INTO t VALUES(1,zeroblob(5000)),(2,zeroblob(5000)),(3,zeroblob(5000))");
  ReadRequest request = after(follower.at);
  request.limits.changes = 2;
  CHECK(chunk_of(follower, request).changes == 2);
  CHECK_FALSE(chunk_of(follower, request).at_boundary);
  request.limits = {};
  request.limits.bytes = 6000;
  CHECK(chunk_of(follower, request).changes == 2);
  request.limits = {};
  request.limits.time = std::chrono::milliseconds(0);
  CHECK(chunk_of(follower, request).changes == 1);
  CHECK(follower.drain(request.limits) == 3);
  CHECK(follower.equal());
}

TEST_CASE("an anchor is held against position, entry and nonce") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run("INSERT INTO t VALUES(1,'a'),(2,'b'),(3,'c')");
  const Anchor anchor = follower.source.newest();
  CHECK(anchor.entry == "1 i i3");
  CHECK(follower.source.match(anchor) == Match::together);
  Anchor other = anchor;
  other.nonce ^= 1;
  CHECK(follower.source.match(other) == Match::different);
  other = anchor;
  other.entry = "1 i i4";
  CHECK(follower.source.match(other) == Match::different);
  other = anchor;
  ++other.position.value;
  CHECK(follower.source.match(other) == Match::rewound);
  other.position.value = 1;
  CHECK(follower.source.match(other) == Match::overrun);
  CHECK(std::get<Mismatch>(follower.source.read(follower.catalog, after(other))).match == Match::overrun);
}

TEST_CASE("a gap in the changelog is an overrun") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run("INSERT INTO t VALUES(1,'a'),(2,'b'),(3,'c'); DELETE FROM _sluice_changelog WHERE k0 = 2");
  const ReadResult result = follower.source.read(follower.catalog, after(follower.at));
  REQUIRE(std::holds_alternative<Mismatch>(result));
  CHECK(std::get<Mismatch>(result).match == Match::overrun);
}

TEST_CASE("a moved schema is reported before anything is read") {
  Sandbox sandbox(kTable);
  Follower follower(sandbox.options());
  sandbox.run("ALTER TABLE t ADD COLUMN w DEFAULT 5; INSERT INTO t VALUES(1,2,3)");
  CHECK(std::holds_alternative<SchemaMoved>(follower.source.read(follower.catalog, after(follower.at))));
  follower.catalog = follower.source.survey();
  CHECK(follower.drain() == 1);
  CHECK(follower.equal());
}

TEST_CASE("keys that the copy still has to bring are left to it") {
  Sandbox sandbox(
      "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, v); INSERT INTO t "
      "VALUES('a',1),('B',2),('c',3)");
  Follower follower(sandbox.options());
  sandbox.run("UPDATE t SET v = 9");
  ReadRequest request = after(follower.at);
  request.copy_states[1] = {CopyState::Phase::pending, {}};
  CHECK(chunk_of(follower, request).tables.empty());
  request.copy_states[1] = {CopyState::Phase::copying, {Text{"b"}}};
  request.copy = CopyAsk{1, {Text{"b"}}};
  const Chunk chunk = chunk_of(follower, request);
  REQUIRE(chunk.tables.size() == 1);
  CHECK(chunk.tables[0].keys.size() == 2);
  REQUIRE(chunk.copy);
  CHECK(chunk.copy->rows == std::vector<Row>{{Text{"c"}, std::int64_t{9}}});
  CHECK_FALSE(chunk.copy->frontier);
}

TEST_CASE("a table is copied piece by piece, each row once, in the order of a composite key") {
  Sandbox sandbox(
      "CREATE TABLE t(a, b COLLATE NOCASE, v, PRIMARY KEY(a, b)); INSERT INTO t VALUES"
      "(1,'x',1),(1,'Y',2),(2,'a',3),('t','q',4),(x'00','z',5)");
  Follower follower(sandbox.options());
  ReadRequest request = after(follower.at);
  request.limits.copy_rows = 2;
  request.copy = CopyAsk{1, {}};
  std::vector<std::int64_t> seen;
  for (int piece = 0; piece < 4; ++piece) {
    const Chunk chunk = chunk_of(follower, request);
    for (const Row& row : chunk.copy->rows) seen.push_back(std::get<std::int64_t>(row[2]));
    if (!chunk.copy->frontier) break;
    request.copy = CopyAsk{1, *chunk.copy->frontier};
  }
  CHECK(seen == std::vector<std::int64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("values arrive bit for bit, whatever the encoding of the file") {
  for (const char* encoding : {"PRAGMA encoding = 'UTF-8'", "PRAGMA encoding = 'UTF-16le'"}) {
    CAPTURE(encoding);
    Sandbox sandbox("CREATE TABLE t(id PRIMARY KEY, v)", encoding);
    Follower follower(sandbox.options());
    sandbox.run(
        "INSERT INTO t VALUES(1, 9223372036854775807),(2, -0.0),(3, 9e999),(4, x''),(5, ''),"
        "(6, 'a' || char(0) || 'b'),(7, 'h\xc3\xa9'),(8, 0.1),('x' || char(0), NULL)");
    follower.drain();
    CHECK(follower.equal());
    const auto value = [&](const Value& key) { return follower.copies[1].at(encode({key}))[1]; };
    CHECK(value(std::int64_t{1}) == Value{std::numeric_limits<std::int64_t>::max()});
    CHECK(std::isinf(std::get<double>(value(std::int64_t{3}))));
    CHECK(value(std::int64_t{4}) == Value{Blob{}});
    CHECK(value(std::int64_t{5}) == Value{Text{}});
    CHECK(value(std::int64_t{6}) == Value{Text{std::string("a\0b", 3)}});
    CHECK(value(std::int64_t{7}) == Value{Text{"h\xc3\xa9"}});
    CHECK(value(std::int64_t{8}) == Value{0.1});
    CHECK(value(Text{std::string("x\0", 2)}) == Value{});
  }
}

TEST_CASE("text that is not UTF-8 keeps its bytes") {
  Sandbox sandbox("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, v)");
  Follower follower(sandbox.options());
  sandbox.run("INSERT INTO t VALUES(CAST(x'ff00' AS TEXT), CAST(x'fe80' AS TEXT))");
  follower.drain();
  CHECK(follower.copies[1].at("tff00")[1] == Value{Text{"\xfe\x80"}});
}

}  // namespace sluice::capture
