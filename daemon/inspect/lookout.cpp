#include "daemon/inspect/lookout.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace sluice::daemon {
namespace {

/// How soon it is noticed that a look is late, or that nobody waits for it.
constexpr std::chrono::milliseconds kWatch{100};

ControlError busy(const std::string& pipeline) {
  return ControlError{
      Refused::busy, "busy", "too many looks at pipeline '" + pipeline + "' are under way or waiting",
      "ask again in some seconds, and less often where check, log or quarantine run in a loop"};
}

ControlError late(const std::string& pipeline) {
  return ControlError{
      Refused::timed_out, "timed_out", "a look at pipeline '" + pipeline + "' was not over in time",
      "the server or the file keeps it waiting, or other looks do; see: sluicectl status " + pipeline};
}

const ControlError kStopping{Refused::unavailable, "stopping", "the daemon is stopping",
                             "ask again once it has been started"};

}  // namespace

Lookout::Lookout(boost::asio::io_context& control, std::size_t threads, std::chrono::milliseconds deadline)
    : control_(control), timer_(control), threads_(threads), deadline_(deadline), pool_(threads) {
}

Lookout::~Lookout() {
  pool_.stop();
  for (const Asked& asked : asked_) asked.look->cut();
  pool_.join();
}

void Lookout::ask(std::shared_ptr<Look> look) {
  if (closed_) return look->refuse(kStopping);
  if (!has_room_for(look->pipeline())) supervise();  // of those that have hung up since
  if (!has_room_for(look->pipeline())) return look->refuse(busy(look->pipeline()));
  asked_.push_back({std::move(look), std::chrono::steady_clock::now() + deadline_});
  begin_next();
  watch();
}

void Lookout::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  std::erase_if(asked_, [](const Asked& asked) {
    asked.look->refuse(kStopping);
    asked.look->cut();
    return !asked.under_way;
  });
  if (asked_.empty()) closed_();
}

std::size_t Lookout::under_way() const {
  return static_cast<std::size_t>(
      std::count_if(asked_.begin(), asked_.end(), [](const Asked& asked) { return asked.under_way; }));
}

bool Lookout::has_room_for(const std::string& pipeline) const {
  const auto same = std::count_if(asked_.begin(), asked_.end(),
                                  [&](const Asked& asked) { return asked.look->pipeline() == pipeline; });
  return asked_.size() < kInAll && static_cast<std::size_t>(same) < kOfOnePipeline;
}

bool Lookout::may_begin(const Asked& asked) const {
  if (asked.under_way || under_way() >= threads_) return false;
  return std::none_of(asked_.begin(), asked_.end(), [&](const Asked& other) {
    return other.under_way && other.look->pipeline() == asked.look->pipeline();
  });
}

void Lookout::begin_next() {
  for (Asked& asked : asked_) {
    if (may_begin(asked)) begin(asked);
  }
}

void Lookout::begin(Asked& asked) {
  asked.under_way = true;
  asked.look->begins();
  boost::asio::post(pool_, [this, look = asked.look] {
    look->run();
    boost::asio::post(control_, [this, look] { ended(look); });
  });
}

void Lookout::ended(const std::shared_ptr<Look>& look) {
  std::erase_if(asked_, [&](const Asked& asked) { return asked.look == look; });
  look->answer();
  begin_next();
  if (closed_ && asked_.empty()) closed_();
}

/// What is late is answered now, though it may be under way for a while yet; what nobody wants is not begun.
void Lookout::supervise() {
  const Time now = std::chrono::steady_clock::now();
  std::erase_if(asked_, [&](const Asked& asked) {
    const bool is_late = now >= asked.deadline;
    if (is_late) asked.look->refuse(late(asked.look->pipeline()));
    const bool over = is_late || !asked.look->wanted();
    if (over) asked.look->cut();
    return over && !asked.under_way;
  });
  begin_next();
}

void Lookout::watch() {
  if (asked_.empty() || std::exchange(watching_, true)) return;
  timer_.expires_after(kWatch);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    watching_ = false;
    supervise();
    watch();
  });
}

}  // namespace sluice::daemon
