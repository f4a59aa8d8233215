#include "daemon/control/event_hub.h"

namespace sluice::daemon {

namespace {

constexpr std::chrono::milliseconds kLook{250};
constexpr std::chrono::seconds kHeartbeat{15};

}  // namespace

EventHub::EventHub(boost::asio::io_context& io, ControlService& service) : service_(service), timer_(io) {
}

void EventHub::subscribe(Sink sink) {
  const DaemonReport report = service_.status();
  const auto now = std::chrono::steady_clock::now();
  const bool first = sinks_.empty();
  if (first) {
    differ_ = EventDiffer();
    differ_.next(report, now);
    last_sign_of_life_ = now;
  }
  std::string opening;
  for (const Event& event : EventDiffer::opening(report)) opening += wire_text(event);
  if (!sink(opening)) return;
  sinks_.push_back(std::move(sink));
  if (first) wait();
}

void EventHub::stop() {
  *alive_ = false;
  sinks_.clear();
  timer_.cancel();
}

void EventHub::wait() {
  timer_.expires_after(kLook);
  timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
    if (*alive && !error) tick();
  });
}

void EventHub::tick() {
  const auto now = std::chrono::steady_clock::now();
  std::string text;
  for (const Event& event : differ_.next(service_.status(), now)) text += wire_text(event);
  if (text.empty() && now - last_sign_of_life_ >= kHeartbeat) text = ": alive\n\n";
  if (!text.empty()) last_sign_of_life_ = now;
  send(text);
  if (!sinks_.empty()) wait();
}

/// Also asks with an empty text: a listener that is gone is forgotten at the next look.
void EventHub::send(const std::string& text) {
  std::erase_if(sinks_, [&text](const Sink& sink) { return !sink(text); });
}

}  // namespace sluice::daemon
