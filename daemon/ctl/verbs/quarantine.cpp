#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"
#include "daemon/ctl/screens/amounts.h"
#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/quarantine.h"
#include "daemon/ctl/screens/render.h"
#include "daemon/ctl/verbs/verbs.h"

/// The verbs about rows that Postgres has refused.
namespace sluice::daemon {

namespace {

using Json = nlohmann::ordered_json;

/// So many ids fit into one request.
constexpr std::size_t kMostIds = 1000;

std::string path_of(const std::string& pipeline, const std::string& query) {
  const std::string name = pipeline.empty() ? "" : "&pipeline=" + query_escaped(pipeline);
  return "/v1/quarantine?" + query + name;
}

/// Everything that is in quarantine, page after page.
QuarantineAnswer whole_quarantine(const ControlClient& client, const std::string& pipeline) {
  QuarantineAnswer whole = parse_quarantine_answer(client.get(path_of(pipeline, "")));
  std::size_t page = whole.rows.size();
  while (page == static_cast<std::size_t>(QuarantineQuery::kMost)) {
    const std::string after = fmt::format("after={}", whole.rows.back().id);
    QuarantineAnswer next = parse_quarantine_answer(client.get(path_of(pipeline, after)));
    page = next.rows.size();
    whole.total = next.total;
    std::move(next.rows.begin(), next.rows.end(), std::back_inserter(whole.rows));
  }
  return whole;
}

std::vector<std::string> pipelines_of(const ControlClient& client, const std::string& wanted) {
  if (!wanted.empty()) return {wanted};
  std::vector<std::string> names;
  for (const PipelineReport& pipeline : parse_report(client.get("/v1/status")).pipelines)
    names.push_back(pipeline.name);
  return names;
}

Json body_of(const std::string& pipeline, Json fields) {
  if (!pipeline.empty()) fields["pipeline"] = pipeline;
  return fields;
}

/// A request that takes its time, up to --timeout.
std::string post(const Invocation& invocation, const std::string& path, Json fields) {
  fields["timeout_ms"] = invocation.timeout.count();
  const ClientRequest request{"POST", path, dump(body_of(invocation.pipeline, std::move(fields)))};
  const auto answer = client_of(invocation).exchange({request}, invocation.timeout + kGrace).front();
  if (answer.refusal) throw failure_from(*answer.refusal);
  return answer.body;
}

}  // namespace

ExitCode run_quarantine_list(const Invocation& invocation) {
  const ControlClient client = client_of(invocation);
  for (const std::string& name : pipelines_of(client, invocation.pipeline)) {
    const QuarantineAnswer answer = whole_quarantine(client, name);
    fmt::print("{}", invocation.json ? dump(to_json(answer)) : render_quarantine(answer, terminal_columns()));
  }
  return ExitCode::done;
}

ExitCode run_quarantine_show(const Invocation& invocation) {
  if (invocation.rows.size() != 1)
    throw CtlFailure(ExitCode::usage,
                     "no single row was named; say the id of one row, from: sluicectl quarantine list");
  const std::string id = fmt::format("id={}", invocation.rows.front());
  const std::string document = client_of(invocation).get(path_of(invocation.pipeline, id));
  const QuarantineAnswer answer = parse_quarantine_answer(document);
  fmt::print("{}", invocation.json ? document
                                   : render_quarantine_entry(answer.pipeline, answer.rows.at(0),
                                                             std::chrono::system_clock::now()));
  return ExitCode::done;
}

ExitCode run_quarantine_retry(const Invocation& invocation) {
  const std::string document = post(invocation, "/v1/quarantine/retry", {{"ids", invocation.rows}});
  const RetriedAnswer answer = parse_retried_answer(document);
  fmt::print("{}", invocation.json ? document : retried_line(answer) + "\n");
  if (answer.resolved == answer.tried) return ExitCode::done;
  throw CtlFailure(ExitCode::failed,
                   fmt::format("{}: {} refused again; see: sluicectl quarantine list {}", answer.pipeline,
                               counted(answer.tried - answer.resolved, "row"), answer.pipeline));
}

ExitCode run_quarantine_discard(const Invocation& invocation) {
  if (invocation.rows.empty() && !invocation.all)
    throw CtlFailure(ExitCode::usage, "no row was named; say which, by their ids, or --all");
  if (!invocation.rows.empty() && invocation.all)
    throw CtlFailure(ExitCode::usage, "rows were named, and all of them; say either their ids or --all");
  const ControlClient client = client_of(invocation);
  std::string pipeline = invocation.pipeline;
  std::vector<std::int64_t> ids = invocation.rows;
  if (invocation.all) {
    const QuarantineAnswer all = whole_quarantine(client, pipeline);
    pipeline = all.pipeline;
    for (const QuarantineEntry& row : all.rows) ids.push_back(row.id);
  }
  DiscardedAnswer done{.pipeline = pipeline};
  for (std::size_t from = 0; from < ids.size(); from += kMostIds) {
    const std::vector<std::int64_t> some(
        ids.begin() + static_cast<std::ptrdiff_t>(from),
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), from + kMostIds)));
    const auto answer = parse_discarded_answer(
        client.post("/v1/quarantine/discard", dump(body_of(pipeline, {{"ids", some}}))));
    done = {answer.pipeline, done.discarded + answer.discarded, answer.quarantined};
  }
  fmt::print("{}", invocation.json ? dump(to_json(done)) : discarded_line(done) + "\n");
  return ExitCode::done;
}

ExitCode run_skip(const Invocation& invocation) {
  if (invocation.error.empty())
    throw CtlFailure(ExitCode::usage, "no error was named; say --error ID, from: sluicectl status");
  const std::string document = post(invocation, "/v1/skip", {{"error", invocation.error}});
  fmt::print("{}", invocation.json ? document : skipped_line(parse_skipped_answer(document)) + "\n");
  return ExitCode::done;
}

}  // namespace sluice::daemon
