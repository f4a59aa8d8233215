// Histories by hand that no order of plain row-by-row writes leads through, each followed by every way of
// writing in both modes.

#include <doctest/doctest.h>

#include "tests/applier/differential/history.h"
#include "tests/applier/differential/run.h"

namespace sluice::differential {
namespace {

struct Hard {
  std::string what;
  std::string shape;
  std::vector<std::string> scripts;  ///< a look after each
};

const Hard kHard[] = {
    {"three rows pass a required value round",
     "two unique columns",
     {"INSERT INTO t VALUES(1, 1, 'a', 'x'), (2, 2, 'b', 'y'), (3, 3, 'c', 'z')",
      R"(BEGIN; UPDATE t SET v = 'p' || id; UPDATE t SET v = 'b' WHERE id = 1;
         UPDATE t SET v = 'c' WHERE id = 2; UPDATE t SET v = 'a' WHERE id = 3; COMMIT)"}},
    {"two rows exchange their keys",
     "text key, nothing else",
     {"INSERT INTO s VALUES('a', '1'), ('b', '2')",
      R"(BEGIN; UPDATE s SET id = 'c' WHERE id = 'a'; UPDATE s SET id = 'a' WHERE id = 'b';
         UPDATE s SET id = 'b' WHERE id = 'c'; COMMIT)"}},
    {"values change places under partial and expression indexes",
     "partial and expression indexes",
     {"INSERT INTO t VALUES(1, 1, 5, 'a'), (2, 2, 5, 'b'), (3, 1, 1, 'c')",
      R"(BEGIN; DELETE FROM t WHERE id < 3; INSERT INTO t VALUES(1, 2, 5, 'B'), (2, 3, 5, 'A');
         UPDATE t SET v = 6 WHERE id = 3; COMMIT)"}},
    {"ranges that exclude one another change places",
     "exclusion",
     {"INSERT INTO t VALUES(1, 1, 1, 'x'), (2, 2, 2, 'y')",
      "BEGIN; DELETE FROM t; INSERT INTO t VALUES(1, 2, 2, 'x'), (2, 1, 1, 'y'); COMMIT"}},
    {"values change places from which the server computes unique ones",
     "unique where the server computes",
     {"INSERT INTO t VALUES(1, 1, 'x'), (2, 2, 'y')",
      R"(BEGIN; UPDATE t SET u = 3 WHERE id = 1; UPDATE t SET u = 1 WHERE id = 2;
         UPDATE t SET u = 2 WHERE id = 1; COMMIT)"}},
    {"a tree is turned upside down",
     "tree that cascades",
     {R"(INSERT INTO t VALUES(1, NULL, 1, 'root'), (2, 1, 2, 'inner'), (3, 2, 3, 'leaf'), (4, 2, 4, 'leaf'))",
      R"(BEGIN; UPDATE t SET parent = NULL, u = 5 WHERE id = 3; UPDATE t SET parent = 3, u = 3 WHERE id = 2;
         UPDATE t SET parent = 4 WHERE id = 1; UPDATE t SET u = 2 WHERE id = 3; COMMIT)",
      "BEGIN; UPDATE t SET parent = 3 WHERE id = 4; DELETE FROM t WHERE id = 2; COMMIT"}},
    {"an heir takes a required value, and the children, before the old row goes",
     "family",
     {"INSERT INTO p VALUES(1, 1, 'x'); INSERT INTO c VALUES(1, 1, 1); INSERT INTO g VALUES(1, 1, 1)",
      R"(BEGIN; UPDATE p SET u = 9 WHERE id = 1; INSERT INTO p VALUES(2, 1, 'y'); UPDATE c SET p = 2;
         DELETE FROM p WHERE id = 1; COMMIT)"}},
    {"a child leaves before its parent takes the others along",
     "family that cascades",
     {R"(INSERT INTO p VALUES(1, 1, 'x'), (2, 2, 'y'); INSERT INTO c VALUES(1, 1, 1), (2, 1, 2);
         INSERT INTO g VALUES(1, 1, 1), (2, 2, 2))",
      "BEGIN; UPDATE c SET p = 2 WHERE id = 1; DELETE FROM p WHERE id = 1; COMMIT"}},
    {"items of a list change their order",
     "ordered items",
     {R"(INSERT INTO list VALUES(1, 'a'), (2, 'b');
         INSERT INTO item VALUES(1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 1, 1))",
      R"(BEGIN; UPDATE item SET place = place + 100; UPDATE item SET place = 104 - place WHERE list = 1;
         UPDATE item SET list = 1, song = 9, place = 4 WHERE list = 2; DELETE FROM list WHERE id = 2; COMMIT)"}},
    {"two rows that need one another come, and exchange what they point at",
     "mutual references, required",
     {"BEGIN; INSERT INTO a VALUES(1, 1, 1), (2, 2, 2); INSERT INTO b VALUES(1, 1), (2, 2); COMMIT",
      R"(BEGIN; UPDATE a SET u = 3 WHERE id = 1; UPDATE a SET u = 1, b = 1 WHERE id = 2;
         UPDATE a SET u = 2, b = 2 WHERE id = 1; UPDATE b SET a = 3 - id; COMMIT)",
      "BEGIN; DELETE FROM a; DELETE FROM b; COMMIT"}},
    {"a new row points at another that takes over a value of a third",
     "mutual references, deferrable",
     {R"(BEGIN; INSERT INTO a(b, id, u) VALUES(7, 1, 4), (2, 8, 1);
         INSERT INTO b(a, id, u) VALUES(1, 7, 1), (1, 8, 3), (1, 2, 8); COMMIT)",
      R"(BEGIN; DELETE FROM a WHERE id = 8; INSERT INTO a(b, id, u) VALUES(8, 4, 1);
         INSERT INTO b(a, id, u) VALUES(4, 6, 7); COMMIT)"}},
    {"a new child points at a value that changes hands",
     "references that follow a unique column",
     {"INSERT INTO p VALUES(5, 3)",
      R"(BEGIN; DELETE FROM p WHERE id = 5; INSERT INTO p VALUES(8, 3), (5, NULL);
         INSERT INTO c VALUES(7, 3, 6); COMMIT)"}},
    {"a child goes and another comes while their parent's key changes",
     "references that follow a unique column",
     {"INSERT INTO p VALUES(2, 3); INSERT INTO c VALUES(7, 3, 3)",
      R"(BEGIN; UPDATE p SET id = 5 WHERE id = 2; INSERT INTO c VALUES(6, 3, NULL);
         DELETE FROM c WHERE id = 7; COMMIT)"}},
    {"a new child points at a value that its parent has from another one",
     "references that follow a unique column",
     {"INSERT INTO p VALUES(7, 1), (1, 100)",
      R"(BEGIN; DELETE FROM p WHERE id = 1; INSERT INTO p VALUES(5, 109); UPDATE p SET u = 100 WHERE id = 7;
         UPDATE p SET u = 1 WHERE id = 5; INSERT INTO c VALUES(7, 1, 6); COMMIT)"}},
    {"parents exchange their keys under a child that stays",
     "references that follow a unique column",
     {"INSERT INTO p VALUES(6, 8), (8, 4); INSERT INTO c VALUES(5, 4, 2)",
      R"(BEGIN; UPDATE p SET id = 111 WHERE id = 6; UPDATE p SET id = 112 WHERE id = 8;
         UPDATE p SET id = 8 WHERE id = 111; COMMIT)"}},
};

}  // namespace

TEST_CASE("what no order of single writes leads through is written by every way, in both modes") {
  const auto lines = all_lines();
  for (const auto& hard : kHard) {
    CAPTURE(hard.what);
    const auto history = history_of(hard.shape, hard.scripts);
    Tally tally;
    const auto divergence = run(history, all_of(lines), &tally);
    CHECK(tally.refused == 0);
    if (divergence) FAIL_CHECK(divergence->line->name() << "\n" << divergence->what);
  }
}

}  // namespace sluice::differential
