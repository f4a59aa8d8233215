#include "daemon/ctl/screens/verify.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/render.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

using text::harmless;

constexpr std::size_t kLongestText = 30;  ///< of a table, in a window

std::string fitted(const std::string& text, std::size_t window) {
  const std::string plain = or_dash(text);
  return window == 0 ? plain : cut(plain, kLongestText);
}

/// A key is often what tells most: it has half of the window.
std::string fitted_key(const RowDifference& row, std::size_t window) {
  const std::string plain = or_dash(row.key);
  return window == 0 ? plain : cut(plain, std::max(kLongestText, window / 2));
}

void add_line(std::string& text, const std::string& line, std::size_t window) {
  text += (window == 0 ? line : cut(line, window)) + "\n";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string counts(const TableVerdict& table) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::int64_t count, const char* word) {
    if (count > 0) parts.push_back(grouped(count) + " " + word);
  };
  add(table.missing, "missing");
  add(table.extra, "extra");
  add(table.differing, "differing");
  return joined(parts);
}

std::string verdict(const TableVerdict& table) {
  if (table.differences() == 0) return "equal";
  if (table.remaining > 0)
    return counts(table) + "; " + grouped(table.remaining) + " different all the same after the repair";
  if (table.repaired == 0) return counts(table);
  if (table.repaired >= table.differences()) return "repaired: " + counts(table);
  return counts(table) + "; " + grouped(table.repaired) + " repaired";
}

/// What is told apart from the differences.
std::vector<std::string> notes(const TableVerdict& table) {
  std::vector<std::string> notes;
  if (table.quarantined > 0) notes.push_back(grouped(table.quarantined) + " in quarantine");
  if (table.left_out > 0)
    notes.push_back(grouped(table.left_out) + " only in Postgres, left there by the configuration");
  if (table.dangling > 0) notes.push_back(grouped(table.dangling) + " break a foreign key");
  if (table.filtered > 0)
    notes.push_back(grouped(table.filtered) + " of SQLite left out by the table's rule");
  for (const auto& rule : table.read_by) notes.push_back("read as " + rule);
  for (const auto& column : table.altered) notes.push_back("altered: " + column);
  for (const auto& part : table.not_looked_at) notes.push_back("not looked at: " + part);
  for (const auto& trigger : table.rewritten_by) notes.push_back("rewritten by trigger " + trigger + "?");
  return notes;
}

void add_tables(std::string& text, const std::vector<TableVerdict>& tables, std::size_t window) {
  std::size_t name_width = width_of("table");
  std::size_t rows_width = width_of("rows");
  for (const TableVerdict& table : tables) {
    name_width = std::max(name_width, width_of(fitted(table.table, window)));
    rows_width = std::max(rows_width, grouped(table.rows).size());
  }
  const auto add = [&](const std::string& name, const std::string& rows, const std::string& what) {
    add_line(text, fmt::format("{}  {:>{}}  {}", padded(name, name_width), rows, rows_width, what), window);
  };
  add("table", "rows", "verdict");
  for (const TableVerdict& table : tables) {
    add(fitted(table.table, window), grouped(table.rows), verdict(table));
    for (const std::string& note : notes(table)) add("", "", note);
  }
}

void add_first(std::string& text, const TableVerdict& table, std::size_t window) {
  if (table.first.empty()) return;
  const bool all = table.differences() == static_cast<std::int64_t>(table.first.size());
  const std::string which =
      all ? "" : fmt::format(", the first {} of {}", table.first.size(), grouped(table.differences()));
  add_line(text, fmt::format("\n{} -> {}{}", harmless(table.table), harmless(table.target), which), window);
  std::size_t key_width = 0;
  for (const RowDifference& row : table.first)
    key_width = std::max(key_width, width_of(fitted_key(row, window)));
  for (const RowDifference& row : table.first) {
    const std::string key = fitted_key(row, window);
    const std::string columns = harmless(joined(row.columns));
    add_line(text,
             fmt::format("  {:<7}  {}", to_string(row.kind),
                         columns.empty() ? key : padded(key, key_width) + "  " + columns),
             window);
  }
}

std::int64_t sum(const VerifyAnswer& answer, std::int64_t TableVerdict::*count) {
  std::int64_t total = 0;
  for (const TableVerdict& table : answer.tables) total += table.*count;
  return total;
}

std::string headline(const VerifyAnswer& answer) {
  std::int64_t rows = 0;
  std::int64_t tables = 0;
  for (const TableVerdict& table : answer.tables) {
    rows += table.remaining > 0 ? table.remaining : table.differences();
    tables += table.differences() > 0 ? 1 : 0;
  }
  const std::string where = fmt::format("{} in {} of {}", counted(rows, "row"), grouped(tables),
                                        counted(static_cast<std::int64_t>(answer.tables.size()), "table"));
  if (answer.outcome == "different") return "DIFFERENT: " + where;
  if (answer.outcome == "repaired") return "repaired: " + where + ", equal now";
  const std::int64_t quarantined = sum(answer, &TableVerdict::quarantined);
  return quarantined == 0 ? "equal"
                          : fmt::format("equal but for {} in quarantine", counted(quarantined, "row"));
}

void add_remedies(std::string& text, const VerifyAnswer& answer) {
  const bool repaired_in_vain = sum(answer, &TableVerdict::remaining) > 0;
  if (answer.outcome == "different" && !repaired_in_vain)
    text += fmt::format("\nmake Postgres equal, writing these rows alone: sluicectl verify {} --repair\n",
                        answer.pipeline);
  if (repaired_in_vain)
    text +=
        "\na trigger of the server that rewrites what is replicated: ALTER TABLE ... DISABLE TRIGGER ..., or "
        "leave out the columns that it sets: columns in tables.rules\n";
  if (sum(answer, &TableVerdict::quarantined) > 0)
    text += fmt::format("\nthe rows in quarantine, with their reasons: sluicectl quarantine list {}\n",
                        answer.pipeline);
}

}  // namespace

std::string render_verify(const VerifyAnswer& answer, std::size_t window) {
  std::string text;
  add_line(text, fmt::format("{}: {}", answer.pipeline, headline(answer)), window);
  add_line(
      text,
      fmt::format("{} compared in {}, up to position {}", counted(sum(answer, &TableVerdict::rows), "row"),
                  elapsed_text(answer.elapsed_ms / 1000), answer.position),
      window);
  text += "\n";
  add_tables(text, answer.tables, window);
  for (const TableVerdict& table : answer.tables) add_first(text, table, window);
  add_remedies(text, answer);
  return text;
}

}  // namespace sluice::daemon
