#include "applier/server/state_fields.h"

#include <charconv>
#include <stdexcept>

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

/// Far beyond what counting rows or commits can come to, and as far from where adding one goes wrong.
constexpr std::int64_t kMostCounted = std::int64_t{1} << 62;

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

ApplyError state_damaged(const StatePlace& place, const std::string& what) {
  ApplyError error(Fault::table, "somebody has changed what Sluice remembers of pipeline '" + place.pipeline +
                                     "' in schema " + place.schema + " of the server: " + what);
  error.code = "state_damaged";
  error.hint =
      "write it anew, and hold every table against SQLite again, with: sluicectl resync " + place.pipeline;
  return error;
}

std::string utc_sql(const std::string& column) {
  return "CASE WHEN " + column + " BETWEEN '1970-01-01Z' AND '2262-01-01Z' THEN to_char(" + column +
         " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') END";
}

void StateFields::note(const char* column, const char* what) {
  if (damage_) return;
  damage_ = state_damaged(place_, "column " + std::string(column) + " of table " + table_ + " " + what);
}

std::optional<std::string_view> StateFields::view(const char* column) {
  const auto field = row_[column];
  if (!field.is_null()) return std::string_view(field.c_str(), field.size());
  note(column, "is NULL");
  return std::nullopt;
}

std::string StateFields::text(const char* column) {
  return std::string(view(column).value_or(std::string_view()));
}

std::string StateFields::text(const char* column, bool (*is_sound)(const std::string&)) {
  std::string found = text(column);
  if (is_sound(found)) return found;
  note(column, "holds nothing that Sluice writes");
  return {};
}

std::int64_t StateFields::number(const char* column) {
  const auto found = view(column);
  if (!found) return 0;
  const auto number = number_in(*found);
  if (!number) note(column, "is not a number");
  return number.value_or(0);
}

std::int64_t StateFields::count(const char* column) {
  const std::int64_t found = number(column);
  if (found >= 0 && found <= kMostCounted) return found;
  note(column, "is a number that nothing has come to");
  return 0;
}

bool StateFields::truth(const char* column, bool otherwise) {
  const auto found = view(column);
  if (!found) return otherwise;
  if (*found == "t" || *found == "f") return *found == "t";
  note(column, "is neither true nor false");
  return otherwise;
}

capture::Key StateFields::key(const char* column) {
  const auto found = view(column);
  if (!found) return {};
  try {
    return capture::decode_key(*found);
  } catch (const std::invalid_argument&) {
    note(column, "is not a key");
    return {};
  }
}

}  // namespace sluice::applier
