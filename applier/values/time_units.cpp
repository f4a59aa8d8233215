#include "applier/values/time_units.h"

#include <algorithm>
#include <chrono>

#include "applier/values/conversion_types.h"
#include "applier/values/counted_time.h"
#include "applier/values/moment.h"
#include "applier/values/table_rule.h"

namespace sluice::applier {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;
using Kind = TypeRule::Kind;

/// Years, the first within and the last without.
struct Years {
  int from;
  int to;
};

struct TimeUnit {
  Kind rule;
  Years own;    ///< in which times of such a column may lie
  Years rival;  ///< in which they would have to lie to raise a doubt of another unit
  days near;    ///< from the epoch: what lies there is more likely no such count
  bool proves;  ///< its numbers alone may prove it
};

/// Seconds near 1970 are dates in digits, days and years; in the finer units what would be there was counted
/// in a coarser one. Seconds since 2001 look like older ones since 1970, so only a convention proves them.
constexpr std::array kTimeUnits{
    TimeUnit{Kind::unix_s, {1600, 2100}, {1600, 2100}, days(365), true},
    TimeUnit{Kind::unix_ms, {1600, 2100}, {1600, 2100}, days(60), true},
    TimeUnit{Kind::unix_us, {1600, 2100}, {1600, 2100}, days(365), true},
    TimeUnit{Kind::unix_ns, {1995, 2100}, {1995, 2100}, days(365), true},
    TimeUnit{Kind::core_data, {1600, 2045}, {2001, 2041}, days(60), false},
    TimeUnit{Kind::webkit, {1900, 2100}, {1970, 2100}, days(60), true},
    TimeUnit{Kind::filetime, {1900, 2100}, {1970, 2100}, days(60), true},
    TimeUnit{Kind::dotnet_ticks, {1900, 2100}, {1900, 2100}, days(60), true},
};

/// Times of today, which an odd one out has to look like to be taken for a number of another kind.
constexpr Years kToday{1995, 2041};

constexpr int kLastYear = 9999;

int year_of(Moment moment) {
  return static_cast<int>(year_month_day(floor<days>(moment)).year());
}

bool within(Moment moment, Years years) {
  return year_of(moment) >= years.from && year_of(moment) < years.to;
}

/// Nothing for what no calendar has.
std::optional<Moment> read(const TimeUnit& unit, std::int64_t number) {
  const Counting counting = *counting_of(unit.rule);
  try {
    const Moment moment = counting.epoch + counted(number, counting.unit);
    return is_in_calendar(moment) ? std::optional(moment) : std::nullopt;
  } catch (const ConversionError&) {
    return std::nullopt;
  }
}

/// "Never" and "always": the last and first days of a year far away, and where calendars begin.
bool is_an_end(Moment moment) {
  const year_month_day day(floor<days>(moment));
  const int in = static_cast<int>(day.year());
  const bool last = day.month() == std::chrono::December && day.day() == 31d;
  const bool first = day.month() == std::chrono::January && day.day() == 1d;
  if (in >= 2100 && in <= kLastYear) return first || last;
  return std::chrono::abs(floor<days>(moment) - sys_days(1y / 1 / 1)) < days(5);
}

bool is_near_epoch(const TimeUnit& unit, Moment moment) {
  return std::chrono::abs(moment - counting_of(unit.rule)->epoch) < unit.near;
}

bool is_plausible(const TimeUnit& unit, std::int64_t number, Years years) {
  if (number == 0) return true;
  const auto moment = read(unit, number);
  if (!moment || is_near_epoch(unit, *moment)) return false;
  return within(*moment, years) || is_an_end(*moment);
}

/// 20240102, 202401021530, 20240102153000.
bool is_date_in_digits(std::int64_t number) {
  constexpr std::int64_t kMinutes = 10'000;
  constexpr std::int64_t kSeconds = 1'000'000;
  const auto is_date = [](std::int64_t digits) {
    const year_month_day day(year(static_cast<int>(digits / 10'000)),
                             std::chrono::month(static_cast<unsigned>(digits / 100 % 100)),
                             std::chrono::day(static_cast<unsigned>(digits % 100)));
    return digits >= 1900'00'00 && digits < 2100'00'00 && day.ok();
  };
  const auto is_clock = [](std::int64_t digits) {
    return digits / 10'000 < 24 && digits / 100 % 100 < 60 && digits % 100 < 60;
  };
  if (number < 0) return false;
  return is_date(number) || (is_date(number / kMinutes) && is_clock(number % kMinutes * 100)) ||
         (is_date(number / kSeconds) && is_clock(number % kSeconds));
}

/// A year, a day as spreadsheets count them, a Julian day.
bool is_year_or_day(std::int64_t number) {
  return (number >= 1900 && number < 2100) || (number >= 20'000 && number < 60'000) ||
         (number >= 2'400'000 && number < 2'500'000);
}

const TimeUnit& unit_of(Kind rule) {
  return *std::ranges::find(kTimeUnits, rule, &TimeUnit::rule);
}

bool is_today_in_another(Kind rule, std::int64_t number) {
  return std::ranges::any_of(kTimeUnits, [&](const TimeUnit& other) {
    const auto moment = other.rule == rule || !other.proves ? std::nullopt : read(other, number);
    return moment && within(*moment, kToday) && !is_near_epoch(other, *moment);
  });
}

bool is_plausible_in_another(Kind rule, std::int64_t number) {
  return std::ranges::any_of(kTimeUnits, [&](const TimeUnit& other) {
    return other.rule != rule && is_plausible(other, number, other.rival);
  });
}

bool has_table(const std::vector<std::string>& tables, const std::string& name) {
  return std::ranges::any_of(tables, [&](const auto& each) { return same_name(each, name); });
}

}  // namespace

void UnitProof::note(std::int64_t number) {
  static_assert(kTimeUnits.size() == kUnits);
  any_ = true;
  if (convention_ && contradicts(*convention_, number)) convention_.reset();
  if (number != 0) {
    several_ |= first_ && *first_ != number;
    if (!first_) first_ = number;
    digits_ &= is_date_in_digits(number);
  }
  for (std::size_t i = 0; i < kUnits; ++i) {
    const TimeUnit& unit = kTimeUnits[i];
    own_[i] = own_[i] && is_plausible(unit, number, unit.own);
    rival_[i] = rival_[i] && is_plausible(unit, number, unit.rival);
    const auto moment = days_[i] ? read(unit, number) : std::nullopt;
    days_[i] = moment && floor<days>(*moment) == *moment;
  }
}

std::optional<Kind> UnitProof::unit() const {
  const auto found = proven();
  return found ? found : convention_;
}

std::optional<Kind> UnitProof::proven() const {
  if (!several_ || digits_) return std::nullopt;
  for (std::size_t i = 0; i < kUnits; ++i) {
    const auto rivals = std::ranges::count(rival_, true) - (rival_[i] ? 1 : 0);
    if (kTimeUnits[i].proves && own_[i] && rivals == 0) return kTimeUnits[i].rule;
  }
  return std::nullopt;
}

bool UnitProof::are_days(Kind unit) const {
  const auto place = std::ranges::find(kTimeUnits, unit, &TimeUnit::rule) - kTimeUnits.begin();
  return days_[static_cast<std::size_t>(place)];
}

bool counts(TypeKind kind) {
  return kind == TypeKind::date || kind == TypeKind::timestamp || kind == TypeKind::timestamptz;
}

std::optional<Kind> unit_named(std::string_view word) {
  const auto found =
      std::ranges::find_if(kTimeUnits, [&](const TimeUnit& unit) { return word_of(unit.rule) == word; });
  return found == kTimeUnits.end() ? std::nullopt : std::optional(found->rule);
}

bool reads_by_unit(const TypeRule& rule) {
  return !counting_of(rule.kind) && rule.kind != Kind::julian && rule.kind != Kind::iso;
}

bool contradicts(Kind rule, std::int64_t number) {
  const TimeUnit& unit = unit_of(rule);
  const auto moment = read(unit, number);
  if (!moment || year_of(*moment) > kLastYear) return true;
  if (is_plausible(unit, number, unit.own)) return false;
  if (!is_near_epoch(unit, *moment)) return is_plausible_in_another(rule, number);
  const bool no_count = rule == Kind::unix_s && (is_date_in_digits(number) || is_year_or_day(number));
  return no_count || is_today_in_another(rule, number);
}

std::vector<std::string> readings(std::int64_t number) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> found;
  const auto add = [&](const auto& is_wanted) {
    for (const TimeUnit& unit : kTimeUnits) {
      const auto moment = read(unit, number);
      if (found.size() == kMost || !moment || year_of(*moment) > kLastYear || !is_wanted(unit)) continue;
      found.push_back(std::string(word_of(unit.rule)) + " (" + moment_text(*moment, false) + ")");
    }
  };
  add([&](const TimeUnit& unit) { return is_plausible(unit, number, unit.rival); });
  add([&](const TimeUnit& unit) {
    const bool usual = unit.rule == Kind::unix_s || unit.rule == Kind::unix_ms || unit.rule == Kind::unix_us;
    return usual && !is_plausible(unit, number, unit.rival);
  });
  return found;
}

std::optional<Kind> unit_by_convention(const std::vector<std::string>& tables) {
  if (has_table(tables, "_prisma_migrations")) return Kind::unix_ms;
  if (has_table(tables, "Z_PRIMARYKEY") && has_table(tables, "Z_METADATA")) return Kind::core_data;
  return std::nullopt;
}

}  // namespace sluice::applier
