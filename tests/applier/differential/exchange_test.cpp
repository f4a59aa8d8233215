// What ordinary mode cannot write, for the server would take rows along that SQLite keeps: it halts with
// words that help.

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "applier/server/apply_error.h"
#include "tests/applier/differential/line.h"
#include "tests/capture/sandbox.h"

namespace sluice::differential {
namespace {

using applier::ApplyError;
using applier::ApplyMode;

const std::string kRemedies[] = {
    R"(ALTER TABLE "copy"."p" DROP CONSTRAINT "p_u_key", ADD CONSTRAINT "p_u_key" UNIQUE ("u") DEFERRABLE)",
    R"(ALTER TABLE "copy"."p" ALTER COLUMN "u" DROP NOT NULL)"};

/// Two parents, each with a child that would go with them, exchange a value that neither can do without.
class Exchange {
 public:
  explicit Exchange(Way way) : line_(way, ApplyMode::ordinary) {
    source_.install();
    line_.begin(shape_, source_);
    shop_.run("INSERT INTO p VALUES(1, 10, 'a'), (2, 20, 'b'); INSERT INTO c VALUES(1, 1, 1), (2, 2, 2)");
    line_.follow(source_, 1000);
    shop_.run(
        "BEGIN; UPDATE p SET u = 30 WHERE id = 1; UPDATE p SET u = 10 WHERE id = 2;"
        "UPDATE p SET u = 20 WHERE id = 1; COMMIT");
  }

  /// Nothing where the batch is written.
  std::optional<ApplyError> refusal() try {
    line_.follow(source_, 1000);
    return std::nullopt;
  } catch (const ApplyError& error) {
    return error;
  }

  bool equal() { return line_.holdings().rows == contents(shop_.app(), source_.survey()); }
  Line& line() { return line_; }

 private:
  const Shape& shape_ = shape("required unique values over a cascade");
  capture::Sandbox shop_{shape_.source, "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL"};
  capture::Source source_{shop_.options()};
  Line line_;
};

}  // namespace

TEST_CASE("an exchange of values that ordinary mode cannot write says which row, why, and what would help") {
  for (const Way way : kWays) {
    Exchange exchange(way);
    const std::string line = exchange.line().name();
    CAPTURE(line);
    const auto error = exchange.refusal();
    REQUIRE(error.has_value());
    CHECK(error->fault == applier::Fault::row);
    CHECK(error->sqlstate == "23505");
    CHECK(error->table == "p");
    CHECK((error->key == "1" || error->key == "2"));
    CHECK(error->hint.find("exchange") != std::string::npos);
    for (const auto& remedy : kRemedies) CHECK(error->hint.find(remedy) != std::string::npos);
    CHECK(error->hint.find("GRANT SET ON PARAMETER session_replication_role TO") != std::string::npos);
    CHECK(!exchange.equal());
  }
}

TEST_CASE("each of these remedies lets the exchange through") {
  for (const Way way : kWays) {
    for (const auto& remedy : kRemedies) {
      Exchange exchange(way);
      const std::string line = exchange.line().name();
      CAPTURE(line);
      CAPTURE(remedy);
      REQUIRE(exchange.refusal().has_value());
      exchange.line().change_tables(remedy);
      CHECK(!exchange.refusal().has_value());
      CHECK(exchange.equal());
    }
  }
}

}  // namespace sluice::differential
