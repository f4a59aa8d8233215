// Waiting: for a file event, for the clock, for the end of a pause between two attempts.

#include <array>
#include <utility>

#include "daemon/pipeline/pipeline.h"

namespace sluice::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A file that nobody writes to is let go of after this time, so that the application's last close folds its
/// log in.
constexpr auto kIdleAfter = seconds(2);

/// A log is written before its index says so, and only the first of the two is an event. The file is looked
/// at again shortly after, and later as well: in between SQLite waits for the disk.
constexpr std::array kLookAgainAfter{milliseconds(1),   milliseconds(5),   milliseconds(20),
                                     milliseconds(100), milliseconds(400), milliseconds(1000)};

/// A server that is not spoken to is asked now and then whether it is still there, and still the same; at
/// once where it has closed the connection.
constexpr auto kConfirmAfter = seconds(30);

}  // namespace

void Pipeline::wait(std::optional<Milliseconds> timeout) {
  publish();
  if (replicator_.link().source_open()) {
    const auto left = kIdleAfter - (Pump::Clock::now() - quiet_since_);
    if (left <= Pump::Clock::duration::zero()) {
      replicator_.link().close_source();
      if (replicator_.link().source_open()) return heed_source();  // somebody wrote just now
    } else {
      const auto until_idle = std::chrono::ceil<Milliseconds>(left);
      timeout = timeout ? std::min(*timeout, until_idle) : until_idle;
    }
  }
  if (!timeout) return;
  timer_.expires_after(*timeout);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->scheduled_) return;
    self->guard([&] {
      self->look(Prompt::poll);
      self->act();
    });
  });
}

void Pipeline::look(Prompt prompt) {
  if (watch_) watch_->follow();
  if (!pump_.follows()) return;
  const auto now = Pump::Clock::now();
  const applier::Session* session = replicator_.link().session();
  const bool hung_up = session != nullptr && session->hung_up();
  if (hung_up || now - spoke_at_ > kConfirmAfter) {
    replicator_.link().confirm();
    spoke_at_ = now;
  }
  if (replicator_.link().source_changed(prompt)) pump_.source_changed(now);
}

void Pipeline::source_event() {
  guard([this] {
    if (ended_) return;
    quiet_since_ = Pump::Clock::now();
    heed_source();
    looks_again_ = 0;
    look_again_later();
  });
}

void Pipeline::look_again_later() {
  if (looks_again_ == kLookAgainAfter.size()) return;
  second_look_.expires_after(kLookAgainAfter[looks_again_++]);
  second_look_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->ended_) return;
    self->guard([&] {
      self->heed_source();
      self->look_again_later();
    });
  });
}

void Pipeline::heed_source() {
  const bool moves = !pump_.failed() && !pump_.paused() && config_.mode == Mode::continuous;
  if (moves) {
    look(Prompt::event);
  } else if (!replicator_.link().at_rest()) {
    // Events come from our own opening and closing as well; only a position that moved is news.
    const auto position = replicator_.link().captured();
    if (position) board_.set_captured(*position);
    const bool news = !position || std::exchange(heeded_, position) != position;
    pump_.source_stirred(news, Pump::Clock::now());
  }
  schedule();
}

/// What goes wrong beside an action is a failure like any other.
void Pipeline::guard(const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    failed(std::current_exception());
    schedule();
  }
}

}  // namespace sluice::daemon
