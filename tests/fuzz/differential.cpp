#include "tests/fuzz/differential.h"

#include "tests/capture/sandbox.h"
#include "tests/fuzz/application.h"
#include "tests/fuzz/follower.h"

namespace sluice::fuzz {
namespace {

std::string told(const Outcome& outcome) {
  if (!outcome.error.empty()) return "'" + outcome.error + "'";
  return std::to_string(outcome.changes) + " changes, last rowid " + std::to_string(outcome.last_rowid);
}

std::vector<std::string> first_column(SQLite::Database& database, const std::string& sql) {
  std::vector<std::string> values;
  SQLite::Statement rows(database, sql);
  while (rows.executeStep()) values.emplace_back(rows.getColumn(0).getText());
  return values;
}

/// Gives the other file triggers of the same times and events that write something of no meaning: SQLite
/// itself answers otherwise now and then as soon as a table has triggers, whoever's.
void make_noise(SQLite::Database& captured, SQLite::Database& other) {
  const std::string ours =
      " FROM sqlite_schema WHERE type = 'trigger' AND name GLOB '_sluice_[0-9]*' ORDER BY rowid";
  const std::string time_and_event = "substr(sql, 1, instr(replace(sql, ' OF ', ' ON '), ' ON ') - 1)";
  for (const auto& drop : first_column(other, "SELECT 'DROP TRIGGER ' || name" + ours)) other.exec(drop);
  const auto noise = first_column(
      captured, "SELECT " + time_and_event +
                    " || ' ON \"' || tbl_name || '\" BEGIN INSERT INTO _sluice_noise VALUES(1); END'" + ours);
  for (const auto& create : noise) other.exec(create);
}

/// Everything of the application's own, as text.
std::string contents(SQLite::Database& database) {
  std::string all;
  for (const auto& table : first_column(database,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                        " AND name NOT GLOB '_sluice_*' ORDER BY name")) {
    all += table + "\n";
    SQLite::Statement rows(database, "SELECT * FROM \"" + table + "\" ORDER BY 1, 2");
    while (rows.executeStep()) {
      for (int i = 0; i < rows.getColumnCount(); ++i)
        all += std::to_string(rows.getColumn(i).getType()) + ":" + rows.getColumn(i).getString() + "|";
      all += "\n";
    }
  }
  return all;
}

/// Two ends of a scenario that say nothing of us. A trigger that goes round in circles ends at a depth at
/// which ours are one level more; and what breaks a foreign key under OR FAIL is refused in some plans of
/// SQLite's and kept in others.
bool says_nothing(const Outcome& one, const Outcome& other) {
  const std::string both = one.error + other.error;
  return both.find("too many levels of trigger recursion") != std::string::npos ||
         (one.error != other.error && both.find("FOREIGN KEY constraint failed") != std::string::npos);
}

std::filesystem::path other_file(const capture::Sandbox& sandbox) {
  const auto folder = sandbox.folder() / "other";
  std::filesystem::create_directory(folder);
  return folder / "other.db";
}

class CapturedRun {
 public:
  CapturedRun(const Scenario& scenario, const Surgery& surgery)
      : scenario_(scenario), captured_(sandbox_.path(), scenario), other_(other_file(sandbox_), scenario) {
    capture::Source(sandbox_.options()).install();
    if (surgery) surgery(captured_.first(), scenario);
    auto options = sandbox_.options();
    options.busy_timeout = {};
    follower_.emplace(options);
    other_.first().exec("CREATE TABLE _sluice_noise(x)");
    make_noise(captured_.first(), other_.first());
    for (const auto& sql : scenario.later_triggers) {
      captured_.run({0, sql});
      other_.run({0, sql});
    }
  }

  std::optional<Divergence> run(Tally& tally) {
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      const Step& step = scenario_.steps[i];
      const std::string wrong = step.is_look() ? look(i) : statement(step, tally);
      if (undecided_) return std::nullopt;
      if (!wrong.empty()) return Divergence{i, wrong};
    }
    tally.changes += follower_->changes();
    return std::nullopt;
  }

 private:
  std::string look(std::size_t step) try {
    constexpr std::int64_t kChunks[] = {1'000, 7, 2};
    const std::string wrong = follower_->look(kChunks[(scenario_.seed + step) % std::size(kChunks)]);
    if (follower_->installed()) make_noise(captured_.first(), other_.first());
    return wrong.empty() && !scenario_.random ? difference_of_files() : wrong;
  } catch (const std::exception& error) {
    return "nobody can look: " + std::string(error.what());
  }

  std::string difference_of_files() {
    const std::string held = contents(captured_.first());
    const std::string wanted = contents(other_.first());
    return held == wanted ? "" : "the captured file holds\n" + held + "and the other one\n" + wanted;
  }

  std::string statement(const Step& step, Tally& tally) {
    const Outcome outcome = captured_.run(step);
    const Outcome wanted = other_.run(step);
    ++tally.statements;
    if (outcome.error.empty()) ++tally.accepted;
    if (scenario_.random) return "";
    undecided_ = says_nothing(outcome, wanted);
    if (outcome == wanted) return "";
    return "the captured file answers " + told(outcome) + ", the other one " + told(wanted);
  }

  const Scenario& scenario_;
  capture::Sandbox sandbox_;
  Application captured_;
  Application other_;
  std::optional<Follower> follower_;
  bool undecided_ = false;
};

}  // namespace

std::optional<Divergence> run_captured(const Scenario& scenario, const Surgery& surgery, Tally* tally) {
  Tally own;
  return CapturedRun(scenario, surgery).run(tally != nullptr ? *tally : own);
}

}  // namespace sluice::fuzz
