#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/consent.h"
#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/progress.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"
#include "text/outlet.h"

/// Copying again: first what it would do to the rows of Postgres, then, with consent, doing it.
namespace sluice::daemon {

namespace {

ClientRequest request(const Invocation& invocation, bool yes) {
  nlohmann::ordered_json body{{"yes", yes}};
  if (!invocation.pipeline.empty()) body["pipeline"] = invocation.pipeline;
  if (!invocation.table.empty()) body["table"] = invocation.table;
  return {"POST", "/v1/resync", dump(body)};
}

/// Comparing and copying take as long as the tables are large.
std::string ask(const ControlClient& client, const Invocation& invocation, bool yes) {
  ProgressLine line(on_terminal() && !invocation.json);
  return client.follow(request(invocation, yes),
                       [&line](const WorkProgress& progress) { line.show(progress); });
}

std::string table_line(const TableDifference& table) {
  return fmt::format("  {:<24} {} to change, {} to delete, {} to add\n", text::harmless(table.target),
                     counted(table.changed, "row"), grouped(table.deleted), grouped(table.added));
}

void show(const ResyncAnswer& answer) {
  fmt::print("{}: copying again compares every row; in Postgres there are\n", answer.pipeline);
  for (const TableDifference& table : answer.tables) fmt::print("{}", table_line(table));
  std::fflush(stdout);
}

void show_outcome(const ResyncAnswer& done) {
  const bool equal = done.unequal.empty();
  fmt::print("{}: copied again in {}, {}\n", done.pipeline, elapsed_text(done.elapsed_ms / 1000),
             equal ? "and equal" : "yet DIFFERENT");
  for (const std::string& table : done.unequal) fmt::print("  {}\n", text::harmless(table));
  for (const std::string& trigger : done.rewritten_by)
    fmt::print("  rewritten by trigger {}?\n", text::harmless(trigger));
  if (!equal) fmt::print("\nwhich rows, and what helps: sluicectl verify {}\n", done.pipeline);
}

void confirm() {
  if (isatty(STDIN_FILENO) == 0)
    throw CtlFailure(ExitCode::failed,
                     "nothing was changed: rows of Postgres would be changed or deleted, and there is no "
                     "terminal to ask on; say --yes");
  ask_to_go_on();
}

}  // namespace

ExitCode run_resync(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  std::string document = ask(client, invocation, false);
  const ResyncAnswer found = parse_resync_answer(document);
  if (!invocation.json) show(found);
  if (found.outcome == "needs_yes") {
    if (!invocation.yes && invocation.json) fmt::print("{}", document);
    if (!invocation.yes) confirm();
    document = ask(client, invocation, true);
  }
  const ResyncAnswer done = parse_resync_answer(document);
  if (invocation.json)
    fmt::print("{}", document);
  else
    show_outcome(done);
  return done.outcome == "different" ? ExitCode::differences : ExitCode::done;
}

}  // namespace sluice::daemon
