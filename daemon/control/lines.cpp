#include "daemon/control/lines.h"

#include <fmt/core.h>

#include <utility>

namespace sluice::daemon {

void LineAnswer::progress(std::string line) {
  newest_ = std::move(line);
  news_ = true;
}

void LineAnswer::finish(std::string line) {
  result_ = std::move(line);
}

LineAnswer::Time LineAnswer::due() const {
  if (!result_.empty()) return said_at_;
  return said_at_ + (news_ ? std::chrono::milliseconds(kPace) : std::chrono::milliseconds(kSignOfLife));
}

std::string LineAnswer::take(Time now) {
  if (complete_ || now < due()) return {};
  std::string bytes = std::exchange(begun_, true) ? "" : head();
  complete_ = !result_.empty();
  bytes += framed(complete_ ? result_ : newest_);
  if (complete_ && framing_ == Framing::chunked) bytes += "0\r\n\r\n";
  news_ = false;
  said_at_ = now;
  return bytes;
}

std::string LineAnswer::head() const {
  const bool chunked = framing_ == Framing::chunked;
  return fmt::format(
      "HTTP/1.{} 200 OK\r\nContent-Type: application/x-ndjson\r\nCache-Control: no-store\r\n{}{}\r\n",
      chunked ? 1 : 0, chunked ? "Transfer-Encoding: chunked\r\n" : "",
      keep_alive_ ? "" : "Connection: close\r\n");
}

std::string LineAnswer::framed(const std::string& line) const {
  return framing_ == Framing::chunked ? fmt::format("{:x}\r\n{}\r\n", line.size(), line) : line;
}

}  // namespace sluice::daemon
