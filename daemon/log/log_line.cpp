#include "daemon/log/log_line.h"

#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>

#include "text/outlet.h"

namespace sluice::daemon {

namespace {

std::string plain(const std::variant<bool, std::int64_t, double, std::string>& value) {
  return std::visit([](const auto& held) { return fmt::format("{}", held); }, value);
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=\\") != std::string_view::npos ||
         text::harmless(text) != text;
}

std::string in_quotes(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return '"' + text::harmless(escaped) + '"';
}

std::string utc(std::chrono::system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), millis);
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
    nlohmann::ordered_json& value = object[std::string(field.key)];
    std::visit([&](const auto& held) { value = held; }, field.value);
    if (value.is_string()) value = text::harmless(value.get<std::string>());
  }
  return object.dump();
}

}  // namespace sluice::daemon
