// Comparing by value, chunk by chunk: what is found, and what repairing writes.

#include "applier/compare/comparison.h"

#include <algorithm>

#include "applier/compare/key_range.h"
#include "applier/values/identifiers.h"
#include "tests/applier/fixture.h"

namespace sluice::test {
namespace {

using applier::Finding;
using applier::Findings;
using applier::Repair;
using capture::Key;
using capture::Row;

capture::CopyChunk chunk_of(std::vector<Row> rows, std::optional<Key> frontier) {
  capture::CopyChunk chunk;
  chunk.table = 1;
  chunk.rows = std::move(rows);
  chunk.frontier = std::move(frontier);
  return chunk;
}

/// Compares one chunk in a batch of its own, to which changes of the stream may belong.
Findings compare(TargetFixture& target, const capture::CopyChunk& chunk, std::optional<Key> after,
                 Repair repair = Repair::nothing, std::vector<capture::TableChanges> stream = {},
                 applier::BatchContext* context = nullptr) {
  capture::Chunk news;
  news.from = target.row.applied;
  news.to = {{target.row.applied.position.value + 1}, target.row.applied.nonce + 1, "1 i i1"};
  news.at_boundary = true;
  news.tables = std::move(stream);
  const applier::TargetTable& table = target.plan.tables.front();
  applier::LargeBatch batch(*target.session, target.plan, context ? *context : target.context(), target.row);
  if (after && applier::Comparison::notes_keys(table)) batch.note_keys(table);
  batch.add(news);
  Findings findings = batch.compare(table, {&chunk, std::move(after)}, repair);
  batch.commit(news.to, true);
  target.row.applied = news.to;
  ++target.row.epoch;
  return findings;
}

/// "missing 1 | extra 2 | differs 3 a,b", in an order of its own.
std::string shown(const Findings& findings) {
  std::vector<std::string> lines;
  for (const auto& finding : findings.first) {
    const char* const kind = finding.kind == Finding::Kind::missing ? "missing "
                             : finding.kind == Finding::Kind::extra ? "extra "
                                                                    : "differs ";
    lines.push_back(kind + finding.key +
                    (finding.columns.empty() ? "" : " " + applier::join(finding.columns, ",")));
  }
  std::sort(lines.begin(), lines.end());
  return applier::join(lines, " | ");
}

std::string counts(const Findings& findings) {
  return std::to_string(findings.missing) + " " + std::to_string(findings.extra) + " " +
         std::to_string(findings.differing) + " " + std::to_string(findings.left_out);
}

/// The same five rows under keys of several kinds: in an order that both sides share, and in none.
struct Shape {
  const char* type;
  std::vector<capture::Value> keys;  ///< in the source's order
  bool shared;
};

std::vector<Shape> shapes() {
  return {
      {"bigint", {integer(-5), integer(2), integer(3), integer(4), integer(70)}, true},
      {"text COLLATE \"C\"", {text("B"), text("_z"), text("a"), text("c"), text("\xc3\xa9")}, true},
      {"text COLLATE \"en-x-icu\"", {text("B"), text("_z"), text("a"), text("c"), text("\xc3\xa9")}, false}};
}

}  // namespace

TEST_SUITE("comparison") {
  TEST_CASE("rows that are missing, differ or are only in the target are found, whatever the order of keys") {
    for (const Shape& shape : shapes()) {
      CAPTURE(shape.type);
      TargetFixture target("CREATE TABLE item (id " + std::string(shape.type) + " PRIMARY KEY, v text)",
                           {source_table(1, "item", {"id", "v"})});
      CHECK(applier::shares_key_order(target.plan.tables.front()) == shape.shared);
      const auto row = [&](std::size_t i, const char* value) { return Row{shape.keys[i], text(value)}; };
      // Only in the target: the first, the third and the last key. Other: the fourth. Missing: the second.
      target.apply(
          {changes(1, {there(row(0, "x")), there(row(2, "x")), there(row(3, "old")), there(row(4, "x"))})},
          false);
      const auto first = chunk_of({row(1, "b")}, Key{shape.keys[1]});
      const auto rest = chunk_of({row(3, "d")}, std::nullopt);
      const auto at_start = compare(target, first, std::nullopt);
      const auto at_end = compare(target, rest, Key{shape.keys[1]});
      CHECK(at_start.missing + at_end.missing == 1);
      CHECK(at_start.extra + at_end.extra == 3);
      CHECK(at_start.differing + at_end.differing == 1);
      CHECK(at_start.extra == (shape.shared ? 1 : 0));
      const std::string literal = capture::to_literal(Key{shape.keys[3]});
      CHECK(shown(at_end).find("differs " + literal + " v") != std::string::npos);
      CHECK(target.query("SELECT count(*) FROM item") == "4\n");
      CHECK(target.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'seen_%'") == "0\n");
    }
  }

  TEST_CASE("repairing writes what differs, and nothing else") {
    for (const Shape& shape : shapes()) {
      CAPTURE(shape.type);
      TargetFixture target("CREATE TABLE item (id " + std::string(shape.type) + " PRIMARY KEY, v text)",
                           {source_table(1, "item", {"id", "v"})});
      const auto row = [&](std::size_t i, const char* value) { return Row{shape.keys[i], text(value)}; };
      target.apply({changes(1, {there(row(0, "x")), there(row(1, "b")), there(row(3, "old"))})}, false);
      const std::string untouched = target.query("SELECT xmin FROM item WHERE v = 'b'");
      compare(target, chunk_of({row(1, "b")}, Key{shape.keys[1]}), std::nullopt, Repair::extra);
      compare(target, chunk_of({row(3, "d"), row(4, "e")}, std::nullopt), Key{shape.keys[1]}, Repair::extra);
      CHECK(target.query("SELECT v FROM item ORDER BY v") == "b\nd\ne\n");
      CHECK(target.query("SELECT xmin FROM item WHERE v = 'b'") == untouched);
    }
  }

  TEST_CASE("what the stream writes behind the scan is not taken for a row of the target's own") {
    for (const Shape& shape : shapes()) {
      CAPTURE(shape.type);
      TargetFixture target("CREATE TABLE item (id " + std::string(shape.type) + " PRIMARY KEY, v text)",
                           {source_table(1, "item", {"id", "v"})});
      const auto row = [&](std::size_t i) { return Row{shape.keys[i], text("x")}; };
      target.apply({changes(1, {there(row(1)), there(row(4))})}, false);
      compare(target, chunk_of({row(1)}, Key{shape.keys[1]}), std::nullopt);
      const auto found = compare(target, chunk_of({row(4)}, std::nullopt), Key{shape.keys[1]},
                                 Repair::nothing, {changes(1, {there(row(0))}, true)});
      CHECK(counts(found) == "0 0 0 0");
      CHECK(target.query("SELECT count(*) FROM item") == "3\n");
    }
  }

  TEST_CASE("rows that a rule leaves out are told apart, and kept unless everything is to be tidied") {
    for (const Shape& shape : shapes()) {
      CAPTURE(shape.type);
      TargetFixture target("CREATE TABLE item (id " + std::string(shape.type) + " PRIMARY KEY, v text)",
                           {source_table(1, "item", {"id", "v"})});
      const auto row = [&](std::size_t i) { return Row{shape.keys[i], text("x")}; };
      target.apply({changes(1, {there(row(0)), there(row(1)), there(row(2))})}, false);
      auto chunk = chunk_of({row(1)}, std::nullopt);
      chunk.left_out = {{shape.keys[0]}, {shape.keys[3]}};
      CHECK(counts(compare(target, chunk, std::nullopt)) == "0 1 0 1");
      CHECK(counts(compare(target, chunk, std::nullopt, Repair::extra)) == "0 1 0 1");
      CHECK(target.query("SELECT count(*) FROM item") == "2\n");
      compare(target, chunk, std::nullopt, Repair::left_out_too);
      CHECK(target.query("SELECT count(*) FROM item") == "1\n");
    }
  }

  TEST_CASE("rows that are held back are no differences, whatever the target has in their place") {
    for (const Shape& shape : shapes()) {
      CAPTURE(shape.type);
      TargetFixture target("CREATE TABLE item (id " + std::string(shape.type) + " PRIMARY KEY, v varchar(3))",
                           {source_table(1, "item", {"id", "v"})});
      const auto row = [&](std::size_t i, const char* value) { return Row{shape.keys[i], text(value)}; };
      target.apply({changes(1, {there(row(0, "x")), there(row(1, "x"))})}, false);
      applier::Tolerance tolerance;
      for (const std::size_t i : {0, 1, 2})
        tolerance.quarantined.emplace("item", capture::encode(Key{shape.keys[i]}));
      auto context = target.context();
      context.tolerance = &tolerance;
      // The first is gone in the source, the second too long for the target, the third missing there.
      const auto chunk = chunk_of({row(1, "much too long"), row(2, "x")}, std::nullopt);
      CHECK(counts(compare(target, chunk, std::nullopt, Repair::nothing, {}, &context)) == "0 0 0 0");
      // One that is not held back is a difference, though no writing would help.
      tolerance.quarantined.erase({"item", capture::encode(Key{shape.keys[1]})});
      const auto found = compare(target, chunk, std::nullopt, Repair::nothing, {}, &context);
      CHECK(counts(found) == "0 0 1 0");
      CHECK(shown(found).find("differs " + capture::to_literal(Key{shape.keys[1]}) + " v") == 0);
    }
  }

  TEST_CASE("a row that goes into the quarantine with the batch that compares it is no difference either") {
    for (const Repair repair : {Repair::nothing, Repair::extra}) {
      CAPTURE(static_cast<int>(repair));
      TargetFixture target("CREATE TABLE item (id bigint PRIMARY KEY, v varchar(3) CHECK (v <> 'bad'))",
                           {source_table(1, "item", {"id", "v"})});
      const auto row = [&](std::int64_t id, const char* value) { return Row{integer(id), text(value)}; };
      target.apply({changes(1, {there(row(1, "x")), there(row(2, "y"))})}, false);
      applier::Tolerance tolerance;
      tolerance.everything = true;
      auto context = target.context();
      context.tolerance = &tolerance;
      // The type refuses the one, a constraint the other.
      const auto refused = {there(row(1, "much too long")), there(row(2, "bad"))};
      const auto chunk = chunk_of({row(1, "much too long"), row(2, "bad"), row(3, "z")}, std::nullopt);
      const auto found = compare(target, chunk, std::nullopt, repair, {changes(1, refused)}, &context);
      CHECK(counts(found) == "1 0 0 0");
      CHECK(target.query("SELECT count(*), sum(attempts) FROM sluice.quarantine") == "2|2\n");
      CHECK(target.query("SELECT string_agg(v, '') FROM item") ==
            (repair == Repair::nothing ? "xy\n" : "xyz\n"));
    }
  }

  TEST_CASE("rows that point nowhere are counted by the foreign key that they break") {
    TargetFixture target(
        "CREATE TABLE shelf (id bigint PRIMARY KEY);"
        "CREATE TABLE item (id bigint PRIMARY KEY, shelf bigint REFERENCES shelf, other bigint REFERENCES "
        "shelf)",
        {source_table(1, "item", {"id", "shelf", "other"})});
    CHECK(applier::dangling_rows(*target.session, target.plan.tables.front()).rows == 0);
    target.apply({changes(1, {there({integer(1), integer(7), {}}), there({integer(2), integer(8), {}})})},
                 false);
    const auto dangling = applier::dangling_rows(*target.session, target.plan.tables.front());
    CHECK(dangling.rows == 2);
    CHECK(dangling.not_looked_at.empty());
  }

  TEST_CASE("keys noted by a scan that somebody has changed meanwhile delete nothing") {
    const auto key = [](const char* word) { return capture::Value{text(word)}; };
    for (const char* harm :
         {"DROP TABLE sluice.@", "UPDATE sluice.@ SET sluice_mark = NULL",
          "UPDATE sluice.@ SET sluice_mark = 'x'", "UPDATE sluice.@ SET id = NULL",
          "ALTER TABLE sluice.@ ALTER id TYPE bytea USING 'x'", "ALTER TABLE sluice.@ DROP sluice_mark"}) {
      CAPTURE(harm);
      auto source = source_table(1, "item", {"id", "v"});
      TargetFixture target(
          "CREATE TABLE item (id text COLLATE \"en-x-icu\" PRIMARY KEY, v text);"
          "INSERT INTO item VALUES ('a', 'x'), ('b', 'x')",
          {source});
      REQUIRE(applier::Comparison::notes_keys(target.plan.tables.front()));
      const Row first{key("a"), key("x")};
      const Row second{key("b"), key("x")};
      compare(target, chunk_of({first}, Key{key("a")}), std::nullopt, Repair::extra);
      const std::string table = target.query("SELECT relname FROM pg_class WHERE relname LIKE 'seen%'");
      target.query(applier::replace_all(harm, "@", table.substr(0, table.size() - 1)));
      const auto refused =
          refusal([&] { compare(target, chunk_of({second}, std::nullopt), Key{key("a")}, Repair::extra); });
      CHECK(refused.code == "state_damaged");
      CHECK(refused.hint.find("sluicectl resync shop") != std::string::npos);
      CHECK(target.query("SELECT count(*) FROM item") == "2\n");
    }
  }
}

}  // namespace sluice::test
