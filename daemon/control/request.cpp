#include "daemon/control/request.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/base/nearest.h"
#include "daemon/control/bad_request.h"

namespace sluice::daemon {

namespace {

using Body = nlohmann::json;

constexpr std::int64_t kLongestTimeoutMs = 3'600'000;

std::vector<std::string> names(Fields fields) {
  switch (fields) {
    case Fields::none:
      return {};
    case Fields::pipeline:
      return {"pipeline"};
    case Fields::pipeline_and_timeout:
      return {"pipeline", "timeout_ms"};
    case Fields::pipeline_and_ids:
      return {"pipeline", "ids"};
    case Fields::pipeline_ids_and_timeout:
      return {"pipeline", "ids", "timeout_ms"};
    case Fields::pipeline_error_and_timeout:
      return {"pipeline", "error", "timeout_ms"};
    case Fields::pipeline_table_and_yes:
      return {"pipeline", "table", "yes"};
    case Fields::pipeline_table_and_repair:
      return {"pipeline", "table", "repair"};
    case Fields::pipeline_lock_and_fence:
      return {"pipeline", "max_lock_ms", "fence"};
  }
  return {};
}

Body parse_object(std::string_view body) try {
  Body document = Body::parse(body);
  if (!document.is_object())
    refuse_request("bad_request", fmt::format("the body is {}, not a JSON object", document.type_name()),
                   R"(send an object such as {"pipeline":"shop"}, or no body)");
  return document;
} catch (const Body::parse_error& error) {
  refuse_request("bad_json", fmt::format("the body is not JSON: it goes wrong at byte {}", error.byte),
                 R"(send an object such as {"pipeline":"shop"}, or no body)");
}

void check_known(const Body& object, Fields fields) {
  const std::vector<std::string> known = names(fields);
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    refuse_request("unknown_field", fmt::format("unknown field {}", in_message(name)),
                   known.empty() ? "this request takes no fields" : nearest_hint(name, known));
  }
}

/// Empty where it is not given.
std::string text_in(const Body& object, const char* name, const char* example) {
  const auto field = object.find(name);
  if (field == object.end()) return {};
  if (!field->is_string())
    refuse_request("wrong_type", fmt::format("{} is {}, not a string", name, field->type_name()), example);
  return field->get<std::string>();
}

std::vector<std::int64_t> ids_in(const Body& object) {
  const char* example = R"(write it as {"ids":[7,8]})";
  const auto field = object.find("ids");
  if (field == object.end()) return {};
  if (!field->is_array())
    refuse_request("wrong_type", fmt::format("ids is {}, not a list", field->type_name()), example);
  std::vector<std::int64_t> ids;
  for (const Body& id : *field) {
    if (!id.is_number_integer())
      refuse_request("wrong_type", fmt::format("an id is {}, not a whole number", id.type_name()), example);
    if (id < 1 || id > std::numeric_limits<std::int64_t>::max())
      refuse_request("out_of_range", fmt::format("{} is no id", id.dump()), example);
    ids.push_back(id.get<std::int64_t>());
  }
  return ids;
}

bool flag_in(const Body& object, const char* name, bool otherwise) {
  const auto field = object.find(name);
  if (field == object.end()) return otherwise;
  if (!field->is_boolean())
    refuse_request("wrong_type", fmt::format("{} is not true or false", name),
                   fmt::format(R"(write it as {{"{}":{}}})", name, !otherwise));
  return field->get<bool>();
}

std::chrono::milliseconds timeout_in(const Body& object) {
  const auto field = object.find("timeout_ms");
  if (field == object.end()) return ControlRequest{}.timeout;
  if (!field->is_number_integer())
    refuse_request("wrong_type", "timeout_ms is not a whole number", R"(write it as {"timeout_ms":30000})");
  const bool fits = field->is_number_unsigned() ? field->get<std::uint64_t>() <= kLongestTimeoutMs : false;
  if (!fits)
    refuse_request("out_of_range",
                   fmt::format("timeout_ms is {}, outside 0 to {}", field->dump(), kLongestTimeoutMs),
                   "give the milliseconds to wait; 0 answers at once and lets the work go on");
  return std::chrono::milliseconds{field->get<std::int64_t>()};
}

std::chrono::milliseconds max_lock_in(const Body& object) {
  const auto field = object.find("max_lock_ms");
  if (field == object.end()) return CutoverOrder::kUsualLock;
  if (!field->is_number_integer())
    refuse_request("wrong_type", "max_lock_ms is not a whole number", R"(write it as {"max_lock_ms":5000})");
  const std::int64_t longest = CutoverOrder::kLongestLock.count();
  const bool fits =
      field->is_number_unsigned() && *field > 0U && *field <= static_cast<std::uint64_t>(longest);
  if (!fits)
    refuse_request("out_of_range", fmt::format("max_lock_ms is {}, outside 1 to {}", field->dump(), longest),
                   "give the milliseconds for which the file may be locked");
  return std::chrono::milliseconds{field->get<std::int64_t>()};
}

}  // namespace

ControlRequest parse_request(std::string_view body, Fields fields) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  const Body object = parse_object(body);
  check_known(object, fields);
  return {.pipeline = text_in(object, "pipeline", R"(write it as {"pipeline":"shop"})"),
          .ids = ids_in(object),
          .error = text_in(object, "error", R"(write it as {"error":"7bfae9f5"})"),
          .table = text_in(object, "table", R"(write it as {"table":"packages"})"),
          .yes = flag_in(object, "yes", false),
          .repair = flag_in(object, "repair", false),
          .timeout = timeout_in(object),
          .max_lock = max_lock_in(object),
          .fence = flag_in(object, "fence", true)};
}

}  // namespace sluice::daemon
