#include "daemon/control_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "daemon/control_protocol.h"
#include "daemon/socket_address.h"

namespace sluice::daemon {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::seconds kAnswerWithin{30};
constexpr std::chrono::milliseconds kTick{200};
constexpr std::uint64_t kAnswerLimit = 64 << 20;

/// One request on its way; lives until its answer is there.
class Exchange {
 public:
  Exchange(asio::io_context& io, const std::filesystem::path& path, const ClientRequest& request)
      : socket_(io) {
    connect(path);
    request_.method_string(request.method);
    request_.target(request.path);
    request_.version(11);
    request_.keep_alive(false);
    request_.set(http::field::host, "localhost");
    request_.set(http::field::content_type, "application/json");
    request_.body() = request.body;
    request_.prepare_payload();
    parser_.body_limit(kAnswerLimit);
    // A server that has enough refuses before it has read everything: its answer counts, not our broken
    // write.
    http::async_write(socket_, request_, [this](ErrorCode, std::size_t) { read(); });
  }

  bool done() const { return done_; }
  ErrorCode error() const { return error_; }
  ClientAnswer answer() {
    return {static_cast<int>(parser_.get().result_int()), std::move(parser_.get().body())};
  }

 private:
  void connect(const std::filesystem::path& path) {
    if (!socket_address(path))
      throw CtlFailure(ExitCode::usage, "the control socket's path has " +
                                            std::to_string(path.native().size()) + " bytes, at most " +
                                            std::to_string(kLongestSocketPath) +
                                            " are possible; name a shorter one with --socket");
    ErrorCode error;
    socket_.connect(Protocol::endpoint(path.string()), error);
    if (error) throw_no_daemon(path, error.value());
  }

  void read() {
    http::async_read(socket_, buffer_, parser_, [this](ErrorCode error, std::size_t) {
      error_ = error;
      done_ = true;
    });
  }

  Protocol::socket socket_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  boost::beast::flat_buffer buffer_;
  ErrorCode error_;
  bool done_ = false;
};

}  // namespace

std::vector<ClientAnswer> ControlClient::exchange(const std::vector<ClientRequest>& requests,
                                                  std::chrono::milliseconds timeout,
                                                  const std::function<void()>& tick) const {
  asio::io_context io;
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (const ClientRequest& request : requests)
    exchanges.push_back(std::make_unique<Exchange>(io, socket_, request));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!io.stopped() && std::chrono::steady_clock::now() < deadline) {
    io.run_for(kTick);
    if (tick && !io.stopped()) tick();
  }
  std::vector<ClientAnswer> answers;
  for (const auto& exchange : exchanges) {
    if (!exchange->done())
      throw CtlFailure(ExitCode::timed_out,
                       "no answer came in time; the work may go on, see sluicectl status");
    if (exchange->error())
      throw HungUp("the daemon hung up: " + exchange->error().message() + "; see its log");
    answers.push_back(exchange->answer());
  }
  return answers;
}

std::string ControlClient::get(const std::string& path) const {
  return ask({"GET", path});
}

std::string ControlClient::post(const std::string& path, const std::string& body) const {
  return ask({"POST", path, body});
}

std::string ControlClient::ask(ClientRequest request) const {
  ClientAnswer answer = std::move(exchange({std::move(request)}, kAnswerWithin).front());
  if (answer.status >= 300) throw failure_from(parse_error(answer.status, answer.body));
  return std::move(answer.body);
}

}  // namespace sluice::daemon
