#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "daemon/report/service.h"

namespace sluice::daemon {

/// The way back from whoever works on a request to the control thread, which asked: the answer arrives once,
/// whoever is first, the work or the clock; of the progress ahead of it only the newest arrives, however fast
/// it is told. Made on the control thread; called from any. Copies are the same way.
template <typename Answer>
class OneReply {
 public:
  OneReply(boost::asio::io_context& control, Reply<Answer> reply, OnProgress on_progress = {})
      : way_(std::make_shared<Way>(control, std::move(reply), std::move(on_progress))) {}

  void operator()(std::variant<Answer, ControlError> answer) const {
    boost::asio::post(way_->control, [way = way_, answer = std::move(answer)] { way->deliver(answer); });
  }

  /// Answers with `late` when the time is over before the work is. On the control thread, once.
  const OneReply& or_after(std::chrono::milliseconds time, std::variant<Answer, ControlError> late) const {
    way_->clock.expires_after(time);
    way_->clock.async_wait([way = way_, late = std::move(late)](const boost::system::error_code& cancelled) {
      if (!cancelled) way->deliver(late);
    });
    return *this;
  }

  /// Does anybody still wait for the answer? On the control thread.
  bool wanted() const { return way_->reply && way_->reply->wanted(); }

  /// What is told of progress on the way.
  OnProgress progress() const {
    return [way = way_](const WorkProgress& progress) {
      if (way->note(progress)) boost::asio::post(way->control, [way] { way->tell(); });
    };
  }

 private:
  struct Way {
    Way(boost::asio::io_context& control_, Reply<Answer> reply_, OnProgress on_progress_)
        : control(control_), reply(std::move(reply_)), on_progress(std::move(on_progress_)), clock(control) {}

    void deliver(const std::variant<Answer, ControlError>& answer) {
      clock.cancel();
      if (const auto once = std::exchange(reply, std::nullopt)) (*once)(answer);
    }

    /// False where progress is on its way already: it will find this one.
    bool note(const WorkProgress& progress) {
      const std::scoped_lock lock(mutex);
      return !std::exchange(newest, progress).has_value();
    }

    void tell() {
      std::unique_lock lock(mutex);
      const auto progress = std::exchange(newest, std::nullopt);
      lock.unlock();
      if (reply) on_progress(*progress);
    }

    boost::asio::io_context& control;
    std::optional<Reply<Answer>> reply;
    OnProgress on_progress;
    boost::asio::steady_timer clock;
    std::mutex mutex;
    std::optional<WorkProgress> newest;
  };

  std::shared_ptr<Way> way_;
};

}  // namespace sluice::daemon
