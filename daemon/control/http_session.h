#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/control/lines.h"
#include "daemon/control/session.h"

namespace sluice::daemon {

/// A connection that speaks HTTP/1.1. Requests and their answers are in http_session.cpp, what goes out piece
/// by piece in streams.cpp.
class HttpSession final : public ControlSession, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Socket socket, ControlHouse& house, const Place& place);

  void start() override { wait_for_request(); }
  void close() override;

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Message = boost::beast::http::response<boost::beast::http::string_body>;

  static constexpr std::size_t kHeaderLimit = 8 << 10;
  static constexpr std::size_t kBodyLimit = 64 << 10;
  static constexpr std::size_t kReadSize = 4 << 10;

  void wait_for_request();
  void read_header();
  void on_header(ErrorCode error);
  void read_body();
  void on_request(ErrorCode error);
  void dispatch();
  Respond answer_to(std::uint64_t request);
  bool is_awaiting(std::uint64_t request) const { return open_ && request == request_ && awaiting_reply_; }
  void watch_for_hang_up();
  void respond(std::uint64_t request, Response response);
  void answered(ErrorCode error);
  void say_goodbye();
  void drain();

  void expect_lines(std::uint64_t request);
  void say(std::uint64_t request, std::string line);
  void send_lines();
  void wait_for_line();
  void finish_lines(std::string result);
  void end_lines();

  void open_event_stream();
  bool push_events(const std::string& text);
  void write_events();

  /// A handler that keeps the session alive and does nothing once it is closed.
  template <typename Function>
  auto guarded(Function function) {
    return [self = shared_from_this(), function](ErrorCode error, std::size_t size = 0) {
      if (self->open_) function(*self, error, size);
    };
  }

  boost::beast::basic_stream<boost::asio::local::stream_protocol> stream_;
  ControlHouse& house_;
  Place place_;
  bool open_ = true;

  boost::beast::flat_buffer buffer_{kHeaderLimit + kBodyLimit + kReadSize};
  std::optional<Parser> parser_;
  std::uint64_t request_ = 0;  ///< counts the requests: a reply to an older one is late
  bool awaiting_reply_ = false;
  bool streaming_ = false;  ///< an answer without a known length is on its way
  bool keep_alive_ = false;
  Message response_;
  std::function<void()> afterwards_;
  std::string discarded_;  ///< what a client goes on sending after the last answer

  std::optional<LineAnswer> lines_;
  boost::asio::steady_timer line_timer_;
  std::string sending_line_;

  std::string unsent_events_;
  std::string sending_events_;
};

}  // namespace sluice::daemon
