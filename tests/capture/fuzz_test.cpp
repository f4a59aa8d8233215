#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "tests/capture/sandbox.h"

namespace sluice::capture {
namespace {

const char* const kSchemas[] = {
    "CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, v, w)",
    "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, u UNIQUE, v NOT NULL DEFAULT 3 UNIQUE, w)",
    "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, u INTEGER, v, w, UNIQUE(u, v))",
    "CREATE TABLE t(id TEXT NOT NULL DEFAULT 'zz' PRIMARY KEY, u UNIQUE, v, w)",
    "CREATE TABLE t(id TEXT, u UNIQUE, v, w, UNIQUE(v, w), PRIMARY KEY(id)) WITHOUT ROWID",
    "CREATE TABLE t(id INT NOT NULL, u TEXT NOT NULL, v UNIQUE, w, PRIMARY KEY(id, u))",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, u, v, w); CREATE UNIQUE INDEX i1 ON t(u) WHERE v > 2;"
    "CREATE UNIQUE INDEX i2 ON t(v || '-' || w, u) WHERE w IS NOT NULL; CREATE UNIQUE INDEX i3 ON t(abs(w))",
    "CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE ON CONFLICT REPLACE,"
    " v NOT NULL ON CONFLICT REPLACE DEFAULT 2, w, UNIQUE(v, w) ON CONFLICT REPLACE)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE REFERENCES t(id) ON DELETE SET NULL ON UPDATE CASCADE,"
    " v UNIQUE, w REFERENCES t(id) ON DELETE CASCADE)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY, u, v, w, g AS (u + v) UNIQUE, s AS (v || w) STORED UNIQUE)",
};

class Statements {
 public:
  explicit Statements(std::uint64_t seed) : random_(seed) {}

  std::string next() {
    const int kind = pick(10);
    if (kind < 5)
      return "INSERT" + policy() + " INTO t(id, u, v, w) VALUES" + row() + (pick(3) ? "" : "," + row());
    if (kind == 5)
      return "INSERT INTO t(id, u, v, w) VALUES" + row() + " ON CONFLICT DO UPDATE SET u = excluded.u, w = 8";
    if (kind < 9)
      return "UPDATE" + policy() + " t SET " + column() + " = " + value() + (pick(5) ? condition() : "");
    return "DELETE FROM t" + condition();
  }

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

 private:
  std::string policy() {
    static const char* const kPolicies[] = {"",           " OR REPLACE", " OR REPLACE",
                                            " OR IGNORE", " OR FAIL",    " OR ABORT"};
    return kPolicies[pick(6)];
  }
  std::string column() {
    return std::string(1, "iuvw"[pick(4)]) == "i" ? "id" : std::string(1, "uvw"[pick(3)]);
  }
  std::string condition() { return " WHERE " + column() + " = " + value(); }
  std::string row() { return "(" + value() + "," + value() + "," + value() + "," + value() + ")"; }
  std::string value() {
    if (pick(8) == 0) return "NULL";
    if (pick(6) == 0) return std::string("'") + "abAB"[pick(4)] + "'";
    return std::to_string(pick(8)) + (pick(8) ? "" : ".5");
  }

  std::mt19937_64 random_;
};

void run_once(std::uint64_t seed, const char* schema, bool recursive, bool foreign_keys) {
  Sandbox sandbox(schema,
                  "PRAGMA journal_mode = WAL; PRAGMA recursive_triggers = " + std::to_string(recursive) +
                      "; PRAGMA foreign_keys = " + std::to_string(foreign_keys));
  Follower follower(sandbox.options());
  Statements statements(seed);
  std::string last;
  for (int i = 0; i < 60; ++i) {
    last = statements.next();
    sandbox.app().tryExec(last);
    if (statements.pick(3) != 0) continue;
    follower.drain();
    CAPTURE(schema);
    CAPTURE(last);
    REQUIRE(follower.equal());
  }
}

}  // namespace

TEST_CASE("random statements under every conflict policy leave the copy equal") {
  const char* const given = std::getenv("SLUICE_TEST_SEED");
  std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
  MESSAGE("seed " << seed << " (SLUICE_TEST_SEED repeats it)");
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2500);
  int runs = 0;
  do {
    for (const char* schema : kSchemas) {
      CAPTURE(seed);
      run_once(seed, schema, (runs & 1) != 0, (runs & 2) != 0);
      ++seed;
    }
    ++runs;
  } while (std::chrono::steady_clock::now() < end || runs < 4);
}

}  // namespace sluice::capture
