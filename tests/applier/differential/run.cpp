#include "tests/applier/differential/run.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <utility>

#include "applier/server/apply_error.h"
#include "tests/capture/sandbox.h"
#include "tests/fuzz/shrink.h"

namespace sluice::differential {

using applier::ApplyError;
using applier::ApplyMode;

namespace {

/// A history need not be the very least to be readable.
constexpr int kMostTrials = 200;

std::string listed(const Contents& wanted, const Contents& held) {
  std::vector<std::string> missing, unknown;
  std::set_difference(wanted.begin(), wanted.end(), held.begin(), held.end(), std::back_inserter(missing));
  std::set_difference(held.begin(), held.end(), wanted.begin(), wanted.end(), std::back_inserter(unknown));
  std::string list;
  for (const auto& row : missing) list += "only in the source: " + row + "\n";
  for (const auto& row : unknown) list += "only in the target: " + row + "\n";
  return list;
}

std::string lost(const Marks& before, const Marks& after) {
  std::string list;
  for (const auto& [key, mark] : before) {
    const auto found = after.find(key);
    if (found != after.end() && found->second != mark)
      list += "lost by the server: the mark " + mark + " of " + key + ", now " + found->second + "\n";
  }
  return list;
}

std::string told(const ApplyError& error) {
  return "refused with " + error.sqlstate + ": " + error.what() + "\n  table " + error.table + ", key " +
         error.key + "\n  " + error.hint + "\n";
}

/// Where ordinary mode can't write a batch it says where, and that replica mode could.
bool is_fair(const ApplyError& error, const Shape& shape, const Line& line) {
  const auto& fair = shape.fair_refusals;
  return line.mode() == ApplyMode::ordinary &&
         std::find(fair.begin(), fair.end(), error.sqlstate) != fair.end() && !error.table.empty() &&
         !error.key.empty() && error.hint.find("GRANT SET ON PARAMETER") != std::string::npos;
}

class Run {
 public:
  Run(const fuzz::Scenario& history, const Lines& lines, Tally& tally)
      : history_(history),
        shape_(shape(history.shape)),
        lines_(lines),
        tally_(tally),
        sandbox_(shape_.source, history.connections.front()),
        source_(sandbox_.options()) {
    source_.install();
    catalog_ = source_.survey();
    for (Line* line : lines_) line->begin(shape_, source_);
  }

  std::optional<Divergence> go() {
    ++tally_.histories;
    for (std::size_t i = 0; i < history_.steps.size(); ++i) {
      if (!history_.steps[i].is_look()) {
        happens(history_.steps[i].sql);
        continue;
      }
      end_transaction();
      for (Line* line : lines_) {
        if (const auto wrong = look(*line); !wrong.empty()) return Divergence{i, line, wrong};
      }
    }
    return std::nullopt;
  }

 private:
  /// Parts of a history may hold statements that SQLite refuses without the others.
  void happens(const std::string& sql) try {
    ++tally_.statements;
    sandbox_.run(sql);
  } catch (const SQLite::Exception&) {
    ++tally_.refused;
  }

  void end_transaction() {
    if (sqlite3_get_autocommit(sandbox_.app().getHandle()) != 0) return;
    happens("COMMIT");
    if (sqlite3_get_autocommit(sandbox_.app().getHandle()) == 0) happens("ROLLBACK");
  }

  std::string look(Line& line) {
    constexpr std::int64_t kChunks[] = {2, 5, 1000};
    try {
      ++tally_.batches;
      line.follow(source_, kChunks[history_.seed % std::size(kChunks)]);
    } catch (const ApplyError& error) {
      if (!is_fair(error, shape_, line)) return told(error);
      ++tally_.halts;
      return line.holdings().rows == held_[&line].rows ? "" : "a refused batch has left something behind";
    }
    const Holdings before = std::exchange(held_[&line], line.holdings());
    const Holdings& now = held_[&line];
    return listed(contents(sandbox_.app(), catalog_), now.rows) + lost(before.marks, now.marks);
  }

  const fuzz::Scenario& history_;
  const Shape& shape_;
  const Lines& lines_;
  Tally& tally_;
  capture::Sandbox sandbox_;
  capture::Source source_;
  capture::Catalog catalog_;
  std::map<const Line*, Holdings> held_;  ///< as of the last look
};

}  // namespace

std::vector<std::unique_ptr<Line>> all_lines() {
  std::vector<std::unique_ptr<Line>> lines;
  for (const auto mode : {ApplyMode::replica, ApplyMode::ordinary}) {
    for (const auto way : kWays) lines.push_back(std::make_unique<Line>(way, mode));
  }
  return lines;
}

Lines all_of(const std::vector<std::unique_ptr<Line>>& lines) {
  Lines all;
  for (const auto& line : lines) all.push_back(line.get());
  return all;
}

std::optional<Divergence> run(const fuzz::Scenario& history, const Lines& lines, Tally* tally) {
  Tally own;
  return Run(history, lines, tally != nullptr ? *tally : own).go();
}

std::string least(const fuzz::Scenario& history, const Divergence& divergence) {
  const Lines line{divergence.line};
  const auto kind = [](const std::string& what) { return what.substr(0, what.find(':')); };
  int trials = 0;
  const auto fails = [&](const fuzz::Scenario& part) {
    if (++trials > kMostTrials) return false;
    const auto found = run(part, line);
    return found && kind(found->what) == kind(divergence.what);
  };
  if (!fails(history)) return "it goes right the second time; the first time: " + divergence.what;
  const fuzz::Scenario small = fuzz::shrunk(history, fails);
  const auto found = run(small, line).value();
  const Shape& tables = shape(history.shape);
  return divergence.line->name() + "\n-- Postgres:\n" + tables.target + ";\n-- SQLite:\n" + tables.source +
         ";\n" + small.text(found.step) + found.what;
}

}  // namespace sluice::differential
