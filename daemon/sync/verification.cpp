#include "daemon/sync/verification.h"

#include <algorithm>
#include <utility>

namespace sluice::daemon {
namespace {

RowDifference::Kind kind_of(applier::Finding::Kind kind) {
  switch (kind) {
    case applier::Finding::Kind::missing:
      return RowDifference::Kind::missing;
    case applier::Finding::Kind::extra:
      return RowDifference::Kind::extra;
    default:
      return RowDifference::Kind::differs;
  }
}

}  // namespace

void Verification::begin(const std::vector<std::string>& tables) {
  if (!tables_) tables_ = tables;
}

void Verification::scans(unsigned target_oid) {
  if (std::exchange(target_oid_, target_oid) != target_oid) restart();
}

void Verification::restart() {
  frontier_.clear();
  current_ = {};
  altered_.clear();
}

void Verification::add(const applier::Findings& findings, const capture::CopyChunk& chunk, bool repaired) {
  current_.rows += static_cast<std::int64_t>(chunk.rows.size());
  current_.missing += findings.missing;
  current_.extra += findings.extra;
  current_.differing += findings.differing;
  current_.left_out += findings.left_out;
  current_.filtered += static_cast<std::int64_t>(chunk.left_out.size());
  if (repaired) current_.repaired += findings.differences() - findings.refused;
  for (const auto& finding : findings.first) {
    if (current_.first.size() == TableVerdict::kMostShown) break;
    current_.first.push_back({kind_of(finding.kind), finding.key, finding.columns});
  }
  frontier_ = chunk.frontier.value_or(capture::Key{});
}

void Verification::finish_table() {
  TableVerdict found = std::exchange(current_, {});
  for (const auto& [what, count] : std::exchange(altered_, {}))
    found.altered.push_back(what.first + ": " + std::to_string(count) +
                            (count == 1 ? " value " : " values ") + what.second);
  if (second_look_) {
    const auto first = std::ranges::find(verdicts_, found.table, &TableVerdict::table);
    first->remaining = found.differences();
    first->rewritten_by = std::move(found.rewritten_by);
    first->not_looked_at = std::move(found.not_looked_at);
    first->read_by = std::move(found.read_by);
    first->altered = std::move(found.altered);
  } else {
    verdicts_.push_back(std::move(found));
  }
  ++next_;
  frontier_.clear();
  target_oid_ = 0;
  rows_total_ = 0;
  if (done() && repairs()) begin_second_look();
}

void Verification::begin_second_look() {
  std::vector<std::string> written;
  for (const auto& verdict : verdicts_) {
    if (verdict.repaired > 0) written.push_back(verdict.table);
  }
  second_look_ = true;
  next_ = 0;
  tables_ = std::move(written);
}

WorkProgress Verification::progress() const {
  return {order_.pipeline, "verify", done() || !tables_ ? "" : table(), current_.rows, rows_total_};
}

std::string Verification::outcome() const {
  const auto any = [&](auto has) { return std::any_of(verdicts_.begin(), verdicts_.end(), has); };
  if (any([](const auto& verdict) { return !verdict.is_equal(); })) return "different";
  return any([](const auto& verdict) { return verdict.repaired > 0; }) ? "repaired" : "equal";
}

}  // namespace sluice::daemon
