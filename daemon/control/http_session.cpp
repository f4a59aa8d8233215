#include "daemon/control/http_session.h"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace sluice::daemon {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::seconds kIdle{30};
constexpr std::chrono::seconds kTransfer{10};
constexpr std::chrono::seconds kGoodbye{2};

ControlError bad_request(ErrorCode error) {
  if (error == http::error::body_limit)
    return {Refused::too_large, "body_too_large", "the body is larger than 64 KiB",
            "send a small JSON object, or no body"};
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return {Refused::too_large, "header_too_large", "the request's header is larger than 8 KiB",
            "send fewer or shorter headers"};
  return {Refused::bad_request, "malformed_request", "this is not an HTTP/1.1 request: " + error.message(),
          "try: curl --unix-socket PATH http://localhost/v1/status"};
}

ControlError too_many(Admission admission) {
  const bool own = admission == Admission::user_has_enough;
  return {Refused::busy, "too_many_connections",
          own ? std::to_string(kServedOfUser) + " connections of this user are open already"
              : "as many connections are open as are served at once",
          "close some, or keep one open and send the requests over it"};
}

}  // namespace

HttpSession::HttpSession(Socket socket, ControlHouse& house, const Place& place)
    : stream_(std::move(socket)), house_(house), place_(place), line_timer_(stream_.get_executor()) {
}

void HttpSession::close() {
  open_ = false;
  line_timer_.cancel();
  ErrorCode ignored;
  stream_.socket().close(ignored);
}

/// Between two requests a client may be idle for longer than it may dawdle within one.
void HttpSession::wait_for_request() {
  if (buffer_.size() > 0) return read_header();
  stream_.expires_after(place_.admission == Admission::served ? kIdle : kGoodbye);
  stream_.async_read_some(buffer_.prepare(kReadSize),
                          guarded([](auto& self, ErrorCode error, std::size_t size) {
                            if (error) return self.close();
                            self.buffer_.commit(size);
                            self.read_header();
                          }));
}

void HttpSession::read_header() {
  parser_.emplace();
  parser_->header_limit(kHeaderLimit);
  parser_->body_limit(kBodyLimit);
  stream_.expires_after(kTransfer);
  http::async_read_header(stream_, buffer_, *parser_,
                          guarded([](auto& self, ErrorCode error, std::size_t) { self.on_header(error); }));
}

void HttpSession::on_header(ErrorCode error) {
  if (error) return on_request(error);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue), guarded([](auto& self, ErrorCode failed, std::size_t) {
                      if (failed) return self.close();
                      self.read_body();
                    }));
}

void HttpSession::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   guarded([](auto& self, ErrorCode error, std::size_t) { self.on_request(error); }));
}

void HttpSession::on_request(ErrorCode error) {
  const bool gone = error == http::error::end_of_stream || error == beast::error::timeout ||
                    (error && error.category() == asio::error::get_system_category());
  if (gone) return close();
  ++request_;
  awaiting_reply_ = true;
  keep_alive_ = !error && parser_->keep_alive();
  if (error) return respond(request_, to_response(bad_request(error)));
  if (place_.admission != Admission::served) {
    keep_alive_ = false;
    return respond(request_, to_response(too_many(place_.admission)));
  }
  dispatch();
}

void HttpSession::dispatch() {
  stream_.expires_never();
  watch_for_hang_up();
  const auto& message = parser_->get();
  const std::string method(message.method_string());
  const std::string target(message.target());
  const std::string body = message.body();
  const Respond reply = answer_to(request_);
  if (!answer(house_.desk, method, target, body, place_.user, house_.owner, reply)) open_event_stream();
}

/// The reply may come much later, after the client, this session or the whole server has gone: so it only
/// holds a weak pointer, and the watch for a hang-up is what keeps the session alive.
Respond HttpSession::answer_to(std::uint64_t request) {
  const auto here = weak_from_this();
  return {.finish =
              [here, request](Response response) {
                if (const auto self = here.lock()) self->respond(request, std::move(response));
              },
          .expect_lines =
              [here, request] {
                if (const auto self = here.lock()) self->expect_lines(request);
              },
          .line =
              [here, request](std::string line) {
                if (const auto self = here.lock()) self->say(request, std::move(line));
              },
          .wanted =
              [here, request] {
                const auto self = here.lock();
                return self && self->is_awaiting(request);
              }};
}

/// A client that closes is seen as an error condition of the socket; one that only ends its sending is not.
void HttpSession::watch_for_hang_up() {
  stream_.socket().async_wait(asio::socket_base::wait_error, [self = shared_from_this()](ErrorCode error) {
    const bool still_needed = self->open_ && (self->awaiting_reply_ || self->streaming_);
    if (!error && still_needed) self->close();
  });
}

void HttpSession::respond(std::uint64_t request, Response response) {
  if (!is_awaiting(request)) return;
  awaiting_reply_ = false;
  afterwards_ = std::move(response.afterwards);
  if (lines_ && lines_->begun()) return finish_lines(std::move(response.body));
  lines_.reset();
  line_timer_.cancel();
  ErrorCode ignored;
  stream_.socket().cancel(ignored);
  response_ = {};
  response_.result(static_cast<unsigned>(response.status));
  response_.version(parser_->get().version() == 10 ? 10 : 11);
  response_.set(http::field::content_type, response.content_type);
  response_.set(http::field::cache_control, "no-store");
  if (!response.allow.empty()) response_.set(http::field::allow, response.allow);
  response_.keep_alive(keep_alive_);
  response_.body() = std::move(response.body);
  response_.prepare_payload();
  stream_.expires_after(kTransfer);
  http::async_write(stream_, response_,
                    [self = shared_from_this()](ErrorCode error, std::size_t) { self->answered(error); });
}

void HttpSession::answered(ErrorCode error) {
  if (!open_) return;
  if (const auto afterwards = std::exchange(afterwards_, nullptr)) afterwards();
  if (!open_) return;  // what came afterwards may have been the end of the server
  if (error) return close();
  if (keep_alive_) return wait_for_request();
  say_goodbye();
}

/// Closing with unread input would reset the connection under the answer: the rest is read and thrown away.
void HttpSession::say_goodbye() {
  ErrorCode ignored;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  stream_.expires_after(kGoodbye);
  discarded_.resize(kReadSize);
  drain();
}

void HttpSession::drain() {
  stream_.async_read_some(asio::buffer(discarded_), guarded([](auto& self, ErrorCode error, std::size_t) {
                            if (error) return self.close();
                            self.drain();
                          }));
}

std::shared_ptr<ControlSession> ControlSession::create(Socket socket, ControlHouse& house,
                                                       const Place& place) {
  return std::make_shared<HttpSession>(std::move(socket), house, place);
}

}  // namespace sluice::daemon
