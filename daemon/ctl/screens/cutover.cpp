#include "daemon/ctl/screens/cutover.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/render.h"
#include "text/outlet.h"

namespace sluice::daemon {

namespace {

using text::harmless;

/// More tables and sequences than these are counted, not listed.
constexpr std::size_t kMostListed = 20;

std::string time_text(double milliseconds) {
  return milliseconds < 1000 ? fmt::format("{:.0f} ms", milliseconds) : elapsed_text(milliseconds / 1000);
}

/// A heading line and, below it, a line an item as far as there is room.
template <typename Item, typename Line>
void add_list(std::string& text, const char* label, const std::string& heading,
              const std::vector<Item>& items, Line line) {
  add_labelled(text, label, heading);
  const std::size_t shown = items.size() <= kMostListed ? items.size() : kMostListed - 1;
  for (std::size_t i = 0; i < shown; ++i) text += "                 " + line(items[i]) + "\n";
  if (shown < items.size()) text += fmt::format("                 and {} more\n", items.size() - shown);
}

std::size_t widest(const std::vector<CutoverAnswer::Table>& tables) {
  std::size_t width = 0;
  for (const auto& table : tables) width = std::max(width, width_of(harmless(table.target)));
  return width;
}

void add_tables(std::string& text, const CutoverAnswer& answer) {
  std::int64_t rows = 0;
  for (const auto& table : answer.tables) rows += table.rows;
  const std::size_t width = widest(answer.tables);
  add_list(text, "verified",
           counted(static_cast<std::int64_t>(answer.tables.size()), "table") + ", " + counted(rows, "row") +
               ": equal by value",
           answer.tables, [width](const CutoverAnswer::Table& table) {
             return padded(harmless(table.target), width) + "  " + counted(table.rows, "row") +
                    (table.dangling == 0
                         ? ""
                         : fmt::format(", {} break a foreign key of the server", grouped(table.dangling)));
           });
}

void add_sequences(std::string& text, const CutoverAnswer& answer) {
  if (answer.sequences.empty()) return;
  add_list(text, "sequences",
           counted(static_cast<std::int64_t>(answer.sequences.size()), "sequence") +
               (answer.sequences.size() == 1 ? " goes" : " go") + " on after the rows",
           answer.sequences, [](const CutoverAnswer::Sequence& sequence) {
             return fmt::format("{}  next {}", harmless(sequence.name), grouped(sequence.next));
           });
}

void add_constraints(std::string& text, const CutoverAnswer& answer) {
  for (const auto& each : answer.constraints) {
    const std::string place = each.table + ", " + each.name;
    if (each.reason.empty()) {
      add_labelled(text, "constraint", place + ": valid now");
    } else {
      add_labelled(text, "constraint", place + ": NOT VALID: " + each.reason);
      add_labelled(text, "", "remedy: " + each.remedy);
    }
  }
}

std::string what_becomes_of_the_file(const CutoverAnswer& answer) {
  if (answer.fenced) return "refuses every write from now on: this database has moved to Postgres";
  if (answer.shared_with.empty()) return "has no fence: whatever is still written to it stays there";
  return "takes writes as before, which go on to " + listed_pipelines(answer.shared_with) +
         ", and to this Postgres no more";
}

}  // namespace

std::string render_cutover(const CutoverAnswer& answer) {
  std::string text = answer.pipeline + ": moved to Postgres\n";
  add_tables(text, answer);
  add_labelled(text, "last change", fmt::format("position {}, in Postgres", answer.position));
  add_labelled(text, "locked", "writers waited for " + time_text(answer.locked_ms) + " at most");
  add_sequences(text, answer);
  add_constraints(text, answer);
  for (const auto& table : answer.not_captured)
    add_labelled(text, "left behind", table.name + ": " + table.reason);
  add_labelled(text, "the file", what_becomes_of_the_file(answer));
  add_labelled(text, "took", time_text(answer.elapsed_ms));
  text +=
      "\nLeft to you: let the application use Postgres, and take the pipeline out of the configuration.\n"
      "The rows are still in the file, as they were. To go back to it instead: sluicectl uninstall " +
      answer.pipeline + "\n";
  return text;
}

}  // namespace sluice::daemon
