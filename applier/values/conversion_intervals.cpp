#include <string_view>

#include "applier/values/conversion.h"
#include "applier/values/counted_time.h"
#include "applier/values/decimal.h"
#include "applier/values/moment.h"

namespace sluice::applier {
namespace {

constexpr const char* kRules = "interval_us, interval_ms or interval_s";

/// The rule's unit. Postgres alone would read any number as seconds.
Unit unit_for(const char* storage_class, const Conversion& conversion) {
  const auto unit = interval_unit_of(conversion.column.rule.kind);
  if (!unit) refuse(storage_class, TypeKind::interval, kRules);
  return *unit;
}

/// `1.02:03:04.5`, as .NET writes a day and two hours; Postgres would read 1.02 days. Nothing for other text.
std::optional<std::string> from_dotnet(std::string_view text, const Conversion& conversion) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = text.find('.');
  if (point == 0 || text.find_first_not_of("0123456789") != point || text.find(':') < point)
    return std::nullopt;
  const auto clock = parse_clock(text.substr(point + 1));
  if (!clock || clock->offset) return std::nullopt;
  if (clock->rounded != Rounded::no) conversion.remarks |= kFineTime;
  const char* sign = negative ? "-" : "";
  return sign + std::string(text.substr(0, point)) + " days " + sign + clock_text(clock->time);
}

}  // namespace

std::string interval_of_integer(const std::int64_t& value, const Conversion& conversion) {
  return clock_text(counted(value, unit_for("integer", conversion)));
}

std::string interval_of_real(const double& value, const Conversion& conversion) {
  return clock_text(counted(value, unit_for("real", conversion)));
}

std::string interval_of_text(const std::string& value, const Conversion& conversion) {
  if (const auto count = as_integer(value)) return interval_of_integer(*count, conversion);
  if (parse_decimal(value)) refuse("text", TypeKind::interval, kRules);
  if (const auto duration = from_dotnet(value, conversion)) return *duration;
  return clean_text(value, conversion.policies);
}

}  // namespace sluice::applier
