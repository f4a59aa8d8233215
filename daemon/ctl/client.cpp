#include "daemon/ctl/client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/base/socket_address.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Protocol = asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kAnswerWithin{30};
constexpr std::chrono::milliseconds kTick{200};
/// The daemon gives a sign of life every ten seconds.
constexpr std::chrono::seconds kLongestSilence{60};
constexpr std::uint64_t kAnswerLimit = 64 << 20;

bool is_progress(const std::string& line) {
  const auto document = nlohmann::json::parse(line, nullptr, false);
  return document.is_object() && document.contains("progress");
}

bool is_refusal(const std::string& body) {
  const auto document = nlohmann::json::parse(body, nullptr, false);
  return document.is_object() && document.contains("error");
}

/// One request on its way; lives until its answer is there. Where lines are wanted, every line but the last
/// is handed over as it comes, and the body of the answer is the last one.
class Exchange {
 public:
  Exchange(asio::io_context& io, const std::filesystem::path& path, const ClientRequest& request,
           OnProgress on_progress = {})
      : socket_(io), on_progress_(std::move(on_progress)) {
    connect(path);
    request_.method_string(request.method);
    request_.target(request.path);
    request_.version(11);
    request_.keep_alive(false);
    request_.set(http::field::host, "localhost");
    request_.set(http::field::content_type, "application/json");
    request_.body() = request.body;
    request_.prepare_payload();
    if (on_progress_)
      parser_.body_limit(boost::none);
    else
      parser_.body_limit(kAnswerLimit);
    // A server that has enough refuses before it has read everything: its answer counts, not our broken
    // write.
    http::async_write(socket_, request_, [this](ErrorCode, std::size_t) { read(); });
  }

  bool done() const { return done_; }
  ErrorCode error() const { return error_; }
  Clock::time_point heard_at() const { return heard_at_; }
  /// Work that fails after its first line has the status of success, and says so in its last line.
  ClientAnswer answer() {
    const int status = static_cast<int>(parser_.get().result_int());
    ClientAnswer answer{.body = std::move(parser_.get().body())};
    if (status >= 300 || (on_progress_ && is_refusal(answer.body)))
      answer.refusal = parse_error(status, answer.body);
    return answer;
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
    http::async_read_some(socket_, buffer_, parser_, [this](ErrorCode error, std::size_t) {
      heard_at_ = Clock::now();
      error_ = error;
      done_ = error || parser_.is_done();
      if (on_progress_) hand_over_lines();
      if (!done_) read();
    });
  }

  void hand_over_lines() {
    std::string& text = parser_.get().body();
    for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      if (!is_progress(text.substr(0, end))) return;
      if (const auto progress = parse_progress(text.substr(0, end))) on_progress_(*progress);
    }
  }

  Protocol::socket socket_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  boost::beast::flat_buffer buffer_;
  ErrorCode error_;
  bool done_ = false;
  OnProgress on_progress_;
  Clock::time_point heard_at_ = Clock::now();
};

ClientAnswer answer_of(Exchange& exchange) {
  if (exchange.error()) throw HungUp("the daemon hung up: " + exchange.error().message() + "; see its log");
  return exchange.answer();
}

/// The body of an answer that is no refusal.
std::string accepted(ClientAnswer answer) {
  if (answer.refusal) throw failure_from(*answer.refusal);
  return std::move(answer.body);
}

}  // namespace

std::vector<ClientAnswer> ControlClient::exchange(const std::vector<ClientRequest>& requests,
                                                  std::chrono::milliseconds timeout,
                                                  const std::function<void()>& tick) const {
  asio::io_context io;
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (const ClientRequest& request : requests)
    exchanges.push_back(std::make_unique<Exchange>(io, socket_, request));
  const auto deadline = Clock::now() + timeout;
  while (!io.stopped() && Clock::now() < deadline) {
    io.run_for(kTick);
    if (tick && !io.stopped()) tick();
  }
  std::vector<ClientAnswer> answers;
  for (const auto& exchange : exchanges) {
    if (!exchange->done())
      throw CtlFailure(ExitCode::timed_out,
                       "no answer came in time; the work may go on, see sluicectl status");
    answers.push_back(answer_of(*exchange));
  }
  return answers;
}

std::string ControlClient::follow(const ClientRequest& request, const OnProgress& on_progress) const {
  asio::io_context io;
  Exchange exchange(io, socket_, request, on_progress);
  while (!exchange.done() && Clock::now() - exchange.heard_at() < kLongestSilence) io.run_for(kTick);
  if (!exchange.done())
    throw CtlFailure(ExitCode::timed_out,
                     "the daemon has said nothing for a minute; the work may go on, see sluicectl status");
  return accepted(answer_of(exchange));
}

std::string ControlClient::get(const std::string& path) const {
  return ask({"GET", path});
}

std::string ControlClient::post(const std::string& path, const std::string& body) const {
  return ask({"POST", path, body});
}

std::string ControlClient::ask(ClientRequest request) const {
  return accepted(std::move(exchange({std::move(request)}, kAnswerWithin).front()));
}

}  // namespace sluice::daemon
