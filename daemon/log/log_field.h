#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sluice::daemon {

/// One `key=value` of a log line.
struct LogField {
  std::string_view key;
  std::variant<bool, std::int64_t, double, std::string> value;

  LogField(std::string_view name, bool flag) : key(name), value(flag) {}
  LogField(std::string_view name, std::integral auto number)
      : key(name), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}
  LogField(std::string_view name, std::string text) : key(name), value(std::move(text)) {}
  LogField(std::string_view name, std::string_view text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string(text)) {}
};

using LogFields = std::initializer_list<LogField>;

}  // namespace sluice::daemon
