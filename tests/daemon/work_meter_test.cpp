// How fast long work goes, and what people see of it.

#include "daemon/report/work_meter.h"

#include <doctest/doctest.h>

#include "daemon/ctl/screens/columns.h"
#include "daemon/ctl/screens/progress.h"

using namespace sluice::daemon;
using namespace std::chrono_literals;

namespace {

RowRate::Time moment_at(std::chrono::milliseconds time) {
  return RowRate::Time() + time;
}

}  // namespace

TEST_CASE("a rate is known once two counts lie apart, and is that of the last seconds") {
  RowRate rate;
  CHECK_FALSE(rate.per_second(moment_at(0ms)));
  rate.note(0, moment_at(0ms));
  CHECK_FALSE(rate.per_second(moment_at(100ms)));
  rate.note(100, moment_at(100ms));
  CHECK_FALSE(rate.per_second(moment_at(200ms)));
  rate.note(1'000, moment_at(1'000ms));
  CHECK(rate.per_second(moment_at(1'000ms)) == doctest::Approx(1'000));
  for (int second = 2; second <= 60; ++second) rate.note(second * 1'000, moment_at(second * 1'000ms));
  for (int second = 61; second <= 80; ++second)
    rate.note(60'000 + (second - 60) * 50, moment_at(second * 1'000ms));
  CHECK(rate.per_second(moment_at(80s)) == doctest::Approx(50));
}

TEST_CASE("a rate sinks while nothing comes, also where single steps are longer than the window") {
  RowRate rate;
  rate.note(0, moment_at(0s));
  rate.note(60'000, moment_at(60s));
  CHECK(rate.per_second(moment_at(60s)) == doctest::Approx(1'000));
  CHECK(rate.per_second(moment_at(120s)) == doctest::Approx(500));
  rate.note(66'000, moment_at(120s));
  CHECK(rate.per_second(moment_at(120s)) == doctest::Approx(100));
}

TEST_CASE("the time that is left follows from rate and rows, where both are known") {
  WorkMeter meter;
  CHECK_FALSE(meter.report(moment_at(0s)));
  meter.note({"shop", "copy", "orders", 0, 10'000}, moment_at(0s));
  CHECK_FALSE(meter.report(moment_at(0s))->eta_s);
  meter.note({"shop", "copy", "orders", 2'000, 10'000}, moment_at(2s));
  CHECK(meter.report(moment_at(2s))->rows_per_s == doctest::Approx(1'000));
  CHECK(meter.report(moment_at(2s))->eta_s == doctest::Approx(8));
  meter.note({"shop", "copy", "orders", 4'000, 0}, moment_at(4s));
  CHECK_FALSE(meter.report(moment_at(4s))->eta_s);
  meter.note({"shop", "copy", "packages", 100, 200}, moment_at(5s));
  CHECK_FALSE(meter.report(moment_at(5s))->rows_per_s);
  meter.note({"shop", "copy", "packages", 200, 200}, moment_at(6s));
  meter.note({"shop", "copy", "packages", 0, 200}, moment_at(7s));
  CHECK_FALSE(meter.report(moment_at(7s))->rows_per_s);
  meter.end();
  CHECK_FALSE(meter.report(moment_at(7s)));
}

TEST_CASE("a line of progress tells what is known, and fits the terminal") {
  const WorkReport work{"verify", "orders", 123'456, 1'000'000, 45'123, 19.4};
  CHECK(work_line("shop", work, 0) ==
        "shop: comparing orders, 123,456 of 1,000,000 rows, 12 %, 45,123/s, 19.4 s left");
  CHECK(work_line("shop", work, 78) == work_line("shop", work, 0));
  CHECK(work_line("shop", work, 76) ==
        "shop: comparing ord…, 123,456 of 1,000,000 rows, 12 %, 45,123/s, 19.4 s left");
  CHECK(width_of(work_line("shop", work, 76)) == 76);
  CHECK(width_of(work_line("shop", work, 40)) == 40);
  CHECK(work_line("shop", {"copy", "orders", 1, 0, {}, {}}, 79) == "shop: copying orders, 1 row");
  CHECK(pace_text({"copy", "orders", 1'001, 1'000, 10, {}}) == "1,001 of 1,000 rows, 99 %, 10/s");
  CHECK(work_line("shop", {"copy", "a\x1b[31mb", 1, 0, {}, {}}, 79) == "shop: copying a\\x1b[31mb, 1 row");
}
