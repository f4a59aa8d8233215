// Answers that go out piece by piece: lines of JSON, and events.

#include <boost/asio/write.hpp>
#include <utility>

#include "daemon/control/http_session.h"

namespace sluice::daemon {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kUnsentEventsLimit = 256 << 10;

/// A client that has stopped reading has so long to go on before the result is lost to it.
constexpr std::chrono::minutes kResultWaits{1};

}  // namespace

void HttpSession::expect_lines(std::uint64_t request) {
  if (!is_awaiting(request)) return;
  const bool chunked = parser_->get().version() != 10;
  keep_alive_ = keep_alive_ && chunked;
  lines_.emplace(chunked ? Framing::chunked : Framing::until_close, keep_alive_,
                 LineAnswer::Time::clock::now());
  wait_for_line();
}

void HttpSession::say(std::uint64_t request, std::string line) {
  if (!is_awaiting(request) || !lines_) return;
  lines_->progress(std::move(line));
  send_lines();
}

void HttpSession::send_lines() {
  if (!sending_line_.empty()) return;
  sending_line_ = lines_->take(LineAnswer::Time::clock::now());
  if (sending_line_.empty()) return wait_for_line();
  asio::async_write(stream_, asio::buffer(sending_line_),
                    guarded([](auto& self, ErrorCode error, std::size_t) {
                      if (error) return self.close();
                      self.sending_line_.clear();
                      if (self.lines_->complete()) return self.end_lines();
                      self.send_lines();
                    }));
}

void HttpSession::wait_for_line() {
  line_timer_.expires_at(lines_->due());
  line_timer_.async_wait(guarded([](auto& self, ErrorCode cancelled, std::size_t) {
    if (!cancelled && self.lines_) self.send_lines();
  }));
}

void HttpSession::finish_lines(std::string result) {
  streaming_ = true;
  lines_->finish(std::move(result));
  line_timer_.expires_after(kResultWaits);
  line_timer_.async_wait(guarded([](auto& self, ErrorCode cancelled, std::size_t) {
    if (!cancelled) self.close();
  }));
  send_lines();
}

void HttpSession::end_lines() {
  streaming_ = false;
  lines_.reset();
  line_timer_.cancel();
  ErrorCode ignored;
  stream_.socket().cancel(ignored);
  answered({});
}

void HttpSession::open_event_stream() {
  awaiting_reply_ = false;
  streaming_ = true;
  unsent_events_ =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "Connection: close\r\n\r\n";
  house_.events.subscribe([weak = weak_from_this()](const std::string& text) {
    const auto self = weak.lock();
    return self && self->push_events(text);
  });
}

/// False when the listener is gone, or so slow that it would have to be remembered for.
bool HttpSession::push_events(const std::string& text) {
  if (!open_) return false;
  unsent_events_ += text;
  if (unsent_events_.size() > kUnsentEventsLimit) {
    close();
    return false;
  }
  if (sending_events_.empty()) write_events();
  return true;
}

void HttpSession::write_events() {
  if (unsent_events_.empty()) return;
  sending_events_ = std::exchange(unsent_events_, {});
  asio::async_write(stream_, asio::buffer(sending_events_),
                    guarded([](auto& self, ErrorCode error, std::size_t) {
                      if (error) return self.close();
                      self.sending_events_.clear();
                      self.write_events();
                    }));
}

}  // namespace sluice::daemon
