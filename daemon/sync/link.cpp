#include "daemon/sync/link.h"

#include <utility>

#include "applier/server/state_store.h"
#include "daemon/base/short_hash.h"
#include "daemon/config/paths.h"
#include "daemon/sync/remembered.h"

namespace sluice::daemon {

namespace {

std::filesystem::path note_of(const PipelineConfig& config) {
  return notes_folder() / ("server-" + short_hash(config.name + "\n" + config.source.path.string()));
}

}  // namespace

Link::Link(SyncState& state, std::shared_ptr<applier::Lifeline> lifeline)
    : state_(state),
      lifeline_(std::move(lifeline)),
      source_(state.config, [&state] { state.observe("open_source"); }),
      known_server_(note_of(state.config)) {
}

Sides Link::open_afresh() {
  close_target();
  connect();
  source_.open_afresh();
  return open();
}

Sides Link::open() {
  applier::Session& session = target();
  return {source_.open(), session};
}

Link::Renewed Link::renew() {
  target();
  const Renewal source = source_.renew();
  return {source, open()};
}

applier::Session& Link::target() {
  if (!session_) connect();
  return *session_;
}

/// All or nothing: a session is only kept where it is known what the server remembers.
void Link::connect() {
  state_.observe("connect");
  session_ = std::make_unique<applier::Session>(state_.target, lifeline_);
  try {
    if (last_backend_ != 0) session_->end_backend(std::exchange(last_backend_, 0));
    known_server_.meet(*session_);
    applier::ensure_state_schema(*session_, state_.target.state_schema);
    load(state_, *session_);
  } catch (...) {
    close_target();
    throw;
  }
}

void Link::confirm() {
  applier::Session& session = target();
  if (!state_.row) return;
  applier::confirm_position(session, state_.target.state_schema, state_.config.name, *state_.row);
}

std::optional<capture::Position> Link::captured() {
  try {
    return source_.open().captured();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool Link::source_changed(Prompt prompt) {
  return source_.changed(prompt, state_.catalog.journal_mode == "wal");
}

void Link::close_target() {
  if (session_) last_backend_ = session_->backend_pid();
  session_.reset();
}

void Link::close() {
  close_target();
  source_.close();
}

}  // namespace sluice::daemon
