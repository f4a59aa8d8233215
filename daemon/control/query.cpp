#include "daemon/control/query.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "daemon/base/nearest.h"
#include "daemon/control/bad_request.h"
#include "daemon/control/request.h"

namespace sluice::daemon {

namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

/// The parameters of a query; what is wrong with one is told with an example that is right.
class Parameters {
 public:
  Parameters(std::string_view query, const std::vector<std::string>& known, std::string example)
      : example_(std::move(example)) {
    while (!query.empty()) {
      const std::string_view pair = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(query.size(), pair.size() + 1));
      if (!pair.empty()) add(pair, known);
    }
  }

  bool has(const std::string& name) const { return values_.contains(name); }

  /// Empty where it is not given.
  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }

  /// A whole number within bounds; nothing where it is not given.
  std::optional<std::int64_t> number(const std::string& name, std::int64_t least, std::int64_t most) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    const std::string& text = found->second;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::invalid_argument || end != text.data() + text.size())
      refuse_request("wrong_type", fmt::format("{} is {}, not a whole number", name, in_message(text)),
                     example_);
    if (error != std::errc{} || number < least || number > most)
      refuse_request("out_of_range",
                     fmt::format("{} is {}, outside {} to {}", name, in_message(text), least, most),
                     example_);
    return number;
  }

 private:
  void add(std::string_view pair, const std::vector<std::string>& known) {
    const std::size_t sign = pair.find('=');
    const std::string name = decoded(pair.substr(0, sign));
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse_request("unknown_parameter", fmt::format("unknown parameter {}", in_message(name)),
                     nearest_hint(name, known));
    const std::string value = sign == std::string_view::npos ? "" : decoded(pair.substr(sign + 1));
    if (!values_.emplace(name, value).second)
      refuse_request("given_twice", fmt::format("{} is given twice", name), example_);
  }

  std::string decoded(std::string_view text) const {
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
        refuse_request("bad_query", "a % in the query is not followed by two hexadecimal digits", example_);
      plain += static_cast<char>(byte);
      text.remove_prefix(3);
    }
    return plain;
  }

  std::string example_;
  std::map<std::string, std::string> values_;
};

}  // namespace

LogQuery parse_log_query(std::string_view query) {
  const Parameters given(query, {"pipeline", "limit", "after"},
                         "write it as /v1/log?pipeline=shop&limit=20&after=1795232948");
  LogQuery log;
  log.pipeline = given.text("pipeline");
  log.limit = given.number("limit", 1, LogQuery::kMost).value_or(log.limit);
  log.after = given.number("after", 0, kLargest);
  return log;
}

QuarantineQuery parse_quarantine_query(std::string_view query) {
  const std::string example =
      "write it as /v1/quarantine?pipeline=shop&limit=1000&after=7, or /v1/quarantine?pipeline=shop&id=7";
  const Parameters given(query, {"pipeline", "limit", "after", "id"}, example);
  if (given.has("id") && (given.has("limit") || given.has("after")))
    refuse_request("bad_query", "id asks for one row, limit and after for several", example);
  QuarantineQuery quarantine;
  quarantine.pipeline = given.text("pipeline");
  quarantine.limit = given.number("limit", 1, QuarantineQuery::kMost).value_or(quarantine.limit);
  quarantine.after = given.number("after", 0, kLargest).value_or(quarantine.after);
  quarantine.id = given.number("id", 1, kLargest);
  return quarantine;
}

}  // namespace sluice::daemon
