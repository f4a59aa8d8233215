#include "daemon/sync/source_link.h"

#include <utility>

#include "daemon/sync/source_place.h"

namespace sluice::daemon {
namespace {

/// Between two looks at a file that was closed in the meantime: did nobody but this close touch it?
bool untouched(const FileSignature& before, const FileSignature& after) {
  return before.database == after.database && (before.log == after.log || after.log == FileFacts{});
}

/// A file that can't be read just now may well have changed.
bool changed_or_unsure(capture::Source& source) {
  try {
    return source.changed();
  } catch (const std::exception&) {
    return true;
  }
}

}  // namespace

SourceLink::SourceLink(const PipelineConfig& config, std::function<void()> opening)
    : config_(config), opening_(std::move(opening)) {
}

capture::Source& SourceLink::open() {
  if (!source_) reopen();
  return *source_;
}

Renewal SourceLink::renew() {
  if (source_ && !source_->replaced()) return Renewal::kept;
  const auto found = signature_of(config_.source.path);
  const bool same_file = !source_ && left_at_ && found.database.inode == left_at_->database.inode;
  reopen();
  return same_file ? Renewal::reopened : Renewal::unknown;
}

void SourceLink::open_afresh() {
  if (!source_ || source_->replaced()) return reopen();
  source_->forget_pages();  // what has failed may have been a file in the midst of being copied over
}

void SourceLink::reopen() {
  opening_();
  left_at_.reset();
  seen_at_ = signature_of(config_.source.path);
  source_ = std::make_unique<capture::Source>(source_options(config_));
}

void SourceLink::close() {
  source_.reset();
  left_at_.reset();
}

void SourceLink::let_go() {
  if (!source_) return;
  const auto before = signature_of(config_.source.path);
  const bool as_seen = before.database == seen_at_.database;
  if (as_seen && changed_or_unsure(*source_)) {
    missed_change_ = true;
    return;
  }
  source_.reset();
  const auto after = signature_of(config_.source.path);
  if (as_seen && untouched(before, after)) left_at_ = after;
}

bool SourceLink::changed(Prompt prompt, bool write_ahead) {
  if (std::exchange(missed_change_, false)) return true;
  if (!source_) return !left_at_ || signature_of(config_.source.path) != *left_at_;
  if (source_->replaced()) return true;
  return write_ahead ? log_has_news(*source_) : journal_has_news(*source_, prompt);
}

/// What SQLite has in its cache stays good for as long as the log says so. A file that was copied over, from
/// a backup say, shows only in the file itself, as a checkpoint does: then it is read afresh.
bool SourceLink::log_has_news(capture::Source& source) {
  const auto now = signature_of(config_.source.path);
  const auto before = std::exchange(seen_at_, now);
  if (source.changed()) return true;
  if (now.database == before.database) return false;
  source.forget_pages();
  return true;
}

/// Even the question takes a lock in a rollback-journal mode. While a transaction writes, its own last event
/// is still to come; only where no events come has the poll to ask all the same.
bool SourceLink::journal_has_news(capture::Source& source, Prompt prompt) {
  const auto now = signature_of(config_.source.path);
  const bool worth_it =
      prompt == Prompt::event ? !write_under_way(config_.source.path) : now != seen_at_ || !has_settled(now);
  if (!worth_it) return false;
  seen_at_ = now;
  return source.changed();
}

bool SourceLink::at_rest() const {
  return !source_ && left_at_ && signature_of(config_.source.path) == *left_at_;
}

}  // namespace sluice::daemon
