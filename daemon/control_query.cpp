#include "daemon/control_query.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "daemon/control_request.h"
#include "daemon/nearest.h"

namespace sluice::daemon {

namespace {

using Parameters = std::map<std::string, std::string>;

constexpr const char* kExample = "write it as /v1/log?pipeline=shop&limit=20&after=1795232948";

[[noreturn]] void refuse(std::string code, std::string message, std::string hint) {
  throw Refusal({400, std::move(code), std::move(message), std::move(hint)});
}

/// A text as it may appear in a message: short, and without control characters.
std::string shown(const std::string& text) {
  return nlohmann::json(text.substr(0, 64)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string decoded(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (text.front() != '%') {
      plain += text.front();
      text.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = text.substr(1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc{} || end != digits.data() + 2)
      refuse("bad_query", "a % in the query is not followed by two hexadecimal digits", kExample);
    plain += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return plain;
}

Parameters split(std::string_view query, const std::vector<std::string>& known) {
  Parameters parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t sign = pair.find('=');
    const std::string name = decoded(pair.substr(0, sign));
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse("unknown_parameter", fmt::format("unknown parameter {}", shown(name)),
             nearest_hint(name, known));
    const bool fresh =
        parameters.emplace(name, sign == std::string_view::npos ? "" : decoded(pair.substr(sign + 1))).second;
    if (!fresh) refuse("given_twice", fmt::format("{} is given twice", name), kExample);
  }
  return parameters;
}

/// A whole number within bounds; nothing where it is not given.
std::optional<std::int64_t> number_in(const Parameters& parameters, const std::string& name,
                                      std::int64_t least, std::int64_t most) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    refuse("wrong_type", fmt::format("{} is {}, not a whole number", name, shown(text)), kExample);
  if (error != std::errc{} || number < least || number > most)
    refuse("out_of_range", fmt::format("{} is {}, outside {} to {}", name, shown(text), least, most),
           kExample);
  return number;
}

}  // namespace

LogQuery parse_log_query(std::string_view query) {
  const Parameters parameters = split(query, {"pipeline", "limit", "after"});
  LogQuery log;
  if (const auto name = parameters.find("pipeline"); name != parameters.end()) log.pipeline = name->second;
  log.limit = number_in(parameters, "limit", 1, LogQuery::kMost).value_or(log.limit);
  log.after = number_in(parameters, "after", 0, std::numeric_limits<std::int64_t>::max());
  return log;
}

}  // namespace sluice::daemon
