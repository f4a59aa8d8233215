#include "applier/values/moment.h"

#include <cstdint>

namespace sluice::applier {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Takes text from the front. What is not there leaves it as it is and is false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool sees_digit() const { return !rest_.empty() && is_digit(rest_.front()); }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool take_spaces() {
    const bool any = rest_.starts_with(' ');
    while (take(' ')) continue;
    return any;
  }

  bool take_letters() {
    std::size_t count = 0;
    while (count < rest_.size() && is_letter(rest_[count])) ++count;
    rest_.remove_prefix(count);
    return count > 0;
  }

  /// A number of exactly so many digits.
  bool take_number(std::size_t digits, int& number) {
    if (rest_.size() < digits) return false;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return false;
      value = value * 10 + (rest_[i] - '0');
    }
    number = value;
    rest_.remove_prefix(digits);
    return true;
  }

  int take_digit() {
    const int digit = rest_.front() - '0';
    rest_.remove_prefix(1);
    return digit;
  }

 private:
  std::string_view rest_;
};

/// The digits behind the point of the seconds, rounded to microseconds as Postgres would.
Microseconds take_fraction(Scanner& text, Rounded& rounded) {
  int fraction = 0;
  for (int unit = 100'000; unit > 0; unit /= 10) {
    if (text.sees_digit()) fraction += unit * text.take_digit();
  }
  const int next = text.sees_digit() ? text.take_digit() : 0;
  bool finer = next != 0;
  while (text.sees_digit()) finer |= text.take_digit() != 0;
  rounded = next >= 5 ? Rounded::up : finer ? Rounded::down : Rounded::no;
  return Microseconds(rounded == Rounded::up ? fraction + 1 : fraction);
}

/// HH:MM, and perhaps seconds with a fraction.
bool take_time(Scanner& text, WrittenClock& clock) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!text.take_number(2, hour) || !text.take(':') || !text.take_number(2, minute)) return false;
  Microseconds fraction{};
  if (text.take(':')) {
    if (!text.take_number(2, second)) return false;
    if (text.take('.') || text.take(',')) {
      if (!text.sees_digit()) return false;
      fraction = take_fraction(text, clock.rounded);
    }
  }
  if (minute > 59 || second > 59) return false;
  clock.time = hours(hour) + minutes(minute) + seconds(second) + fraction;
  if (clock.time == hours(24) && hour < 24) clock.time -= Microseconds(1);
  return clock.time <= hours(24) && (hour < 24 || clock.rounded == Rounded::no);
}

/// Behind an offset the name of its zone, which Go writes in digits again where it has none: ` CEST`, ` +02`.
bool take_zone_name(Scanner& text) {
  if (text.take('+') || text.take('-')) {
    int digits = 0;
    return text.take_number(4, digits) || text.take_number(2, digits);
  }
  return text.take_letters();
}

/// What Go prints of its other clock: `m=+0.012345`.
bool take_monotonic(Scanner& text) {
  if (!text.take('+') && !text.take('-')) return false;
  bool any = false;
  while (text.sees_digit() || text.take('.')) {
    if (text.sees_digit()) text.take_digit();
    any = true;
  }
  return any;
}

/// What may stand behind an offset and says nothing more of the moment.
bool take_trailer(Scanner& text) {
  if (!text.take_spaces()) return true;
  if (text.take("m=")) return take_monotonic(text);
  if (!take_zone_name(text)) return false;
  return !text.take_spaces() || (text.take("m=") && take_monotonic(text));
}

/// The zone behind a time of day, where there is one.
bool take_zone(Scanner& text, WrittenClock& clock) {
  text.take_spaces();
  if (text.at_end()) return true;
  if (text.take('Z') || text.take('z') || text.take("UTC") || text.take("GMT")) {
    clock.offset = seconds(0);
    return true;
  }
  const bool west = text.take('-');
  if (!west && !text.take('+')) return false;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!text.take_number(2, hour)) return false;
  if (text.take(':') ? !text.take_number(2, minute) : text.sees_digit() && !text.take_number(2, minute)) {
    return false;
  }
  if (text.take(':') && !text.take_number(2, second)) return false;
  if (hour > 15 || minute > 59 || second > 59) return false;
  const seconds offset = hours(hour) + minutes(minute) + seconds(second);
  clock.offset = west ? -offset : offset;
  return take_trailer(text);
}

bool take_day(Scanner& text, sys_days& day) {
  int year = 0;
  int month = 0;
  int day_of_month = 0;
  if (!text.take_number(4, year) || !text.take('-') || !text.take_number(2, month) || !text.take('-') ||
      !text.take_number(2, day_of_month)) {
    return false;
  }
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day_of_month))};
  if (!date.ok()) return false;
  day = sys_days(date);
  return true;
}

/// A number with leading zeros up to so many digits.
void append_padded(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

int year_of(sys_days day) {
  return static_cast<int>(year_month_day(day).year());
}

void append_date(std::string& out, sys_days day) {
  const year_month_day date(day);
  const int year = year_of(day);
  append_padded(out, year > 0 ? year : 1 - year, 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
}

void append_clock(std::string& out, Microseconds time) {
  if (time < Microseconds(0)) out += '-';
  const std::chrono::hh_mm_ss clock(time);
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  if (clock.subseconds() == Microseconds(0)) return;
  out += '.';
  append_padded(out, clock.subseconds().count(), 6);
  out.erase(out.find_last_not_of('0') + 1);
}

/// The year before 1 is 1 BC.
const char* era(sys_days day) {
  return year_of(day) > 0 ? "" : " BC";
}

}  // namespace

std::optional<WrittenClock> parse_clock(std::string_view written) {
  Scanner text(written);
  WrittenClock clock;
  if (!take_time(text, clock) || !take_zone(text, clock) || !text.at_end()) return std::nullopt;
  return clock;
}

std::optional<WrittenMoment> parse_moment(std::string_view written) {
  Scanner text(written);
  WrittenMoment moment;
  if (!take_day(text, moment.day)) return std::nullopt;
  if (text.at_end()) return moment;
  if (!text.take('T') && !text.take('t') && !text.take_spaces()) return std::nullopt;
  const bool is_moment = take_time(text, moment.clock) && take_zone(text, moment.clock) && text.at_end();
  if (!is_moment || moment.clock.time == hours(24)) return std::nullopt;
  return moment;
}

std::string date_text(sys_days day) {
  std::string out;
  append_date(out, day);
  return out + era(day);
}

std::string moment_text(Moment moment, bool with_zone) {
  const auto day = floor<days>(moment);
  std::string out;
  out.reserve(32);
  append_date(out, day);
  out += ' ';
  append_clock(out, moment - day);
  if (with_zone) out += "+00";
  return out + era(day);
}

std::string clock_text(Microseconds time) {
  std::string out;
  append_clock(out, time);
  return out;
}

std::string offset_text(seconds offset) {
  const std::chrono::hh_mm_ss clock(offset);
  std::string out(1, clock.is_negative() ? '-' : '+');
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  if (clock.seconds() == seconds(0)) return out;
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  return out;
}

Moment in_its_day(Moment moment, Rounded rounded, Microseconds step) {
  return rounded == Rounded::up && moment == floor<days>(moment) ? moment - step : moment;
}

bool is_in_calendar(Moment moment) {
  using namespace std::chrono_literals;
  return moment >= sys_days(-4713y / 11 / 24) && moment < sys_days(std::chrono::year::max() / 1 / 1);
}

}  // namespace sluice::applier
