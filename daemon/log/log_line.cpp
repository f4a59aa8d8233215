#include "daemon/log/log_line.h"

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

namespace sluice::daemon {

namespace {

constexpr std::size_t kShownCharacters = 20;

std::string plain(const std::variant<bool, std::int64_t, double, std::string>& value) {
  return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool needs_quotes(std::string_view text) {
  for (const char c : text) {
    if (is_control(c) || c == ' ' || c == '"' || c == '=' || c == '\\') return true;
  }
  return text.empty();
}

std::string escaped(char c) {
  if (c == '"' || c == '\\') return {'\\', c};
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (is_control(c)) return fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return {c};
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out += escaped(c);
  return out + '"';
}

std::string utc(std::chrono::system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), millis);
}

/// The longest prefix of at most kShownCharacters characters, cut between characters of UTF-8.
std::string_view beginning(std::string_view value) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const bool starts = (static_cast<unsigned char>(value[at]) & 0xC0) != 0x80;
    if (starts && ++characters > kShownCharacters) return value.substr(0, at);
  }
  // Bytes that only continue characters are no text: they count one by one.
  return value.substr(0, 4 * kShownCharacters);
}

}  // namespace

const char* level_word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

std::string text_line(std::string_view event, LogFields fields) {
  std::string line(event);
  for (const LogField& field : fields) {
    const std::string value = plain(field.value);
    line += fmt::format(" {}={}", field.key, needs_quotes(value) ? in_quotes(value) : value);
  }
  return line;
}

std::string json_line(std::chrono::system_clock::time_point time, LogLevel level, std::string_view event,
                      LogFields fields) {
  nlohmann::ordered_json object{{"time", utc(time)}, {"level", level_word(level)}, {"event", event}};
  for (const LogField& field : fields) {
    std::visit([&](const auto& held) { object[std::string(field.key)] = held; }, field.value);
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string described_value(std::string_view type, std::string_view value, bool show) {
  std::string text = fmt::format("{} of {} bytes", type, value.size());
  if (!show) return text;
  const std::string_view start = beginning(value);
  return fmt::format("{}: {}{}", text, start, start.size() < value.size() ? "..." : "");
}

}  // namespace sluice::daemon
