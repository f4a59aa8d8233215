// Random moments: what they become has to be what Postgres itself makes of them.

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "applier/values/identifiers.h"
#include "tests/applier/conversions.h"
#include "tests/e2e/scene.h"
#include "tests/support/postgres_cluster.h"

using namespace sluice;
using namespace sluice::test;
using applier::quote_literal;
using applier::TypeKind;

namespace {

/// Text and numbers of moments in every shape.
class Moments {
 public:
  explicit Moments(unsigned seed) : random_(seed) {}

  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }

  std::string local(int first_year, int last_year) {
    return padded(number(first_year, last_year), 4) + "-" + padded(number(1, 12), 2) + "-" +
           padded(number(1, 28), 2) + (number(0, 1) ? " " : "T") + padded(number(0, 23), 2) + ":" +
           padded(number(0, 59), 2) + seconds();
  }

  std::string zone() {
    constexpr std::array kZones{"", "Z", " UTC", "+00:00", " +02:00", "-0530", "+14", " -03:30"};
    return kZones[static_cast<std::size_t>(number(0, kZones.size() - 1))];
  }

 private:
  static std::string padded(std::int64_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
  }

  std::string seconds() {
    if (number(0, 4) == 0) return "";
    const auto digits = static_cast<std::size_t>(number(0, 6));
    const std::string fraction = padded(number(0, 999'999), 6).substr(0, digits);
    return ":" + padded(number(0, 59), 2) + (digits ? "." + fraction : "");
  }

  std::mt19937 random_;
};

/// The pairs of SQL expressions that Postgres does not call the same, in one line each.
std::string differing(const std::vector<std::string>& pairs) {
  static const std::string database = support::shared_cluster().create_database();
  std::string values;
  for (const std::string& pair : pairs) values += (values.empty() ? "" : ", ") + pair;
  return support::shared_cluster().psql(database, "SET TimeZone = 'UTC'; SELECT * FROM (VALUES " + values +
                                                      ") v(what, ours, theirs) WHERE ours <> theirs");
}

std::string pair(const std::string& what, const std::string& ours, const std::string& theirs) {
  return "(" + quote_literal(what) + ", " + ours + ", " + theirs + ")";
}

constexpr int kEach = 2000;

}  // namespace

TEST_SUITE("moments on a server") {
  TEST_CASE("ISO text is the moment that Postgres reads, in both kinds of columns") {
    Moments moments(e2e::announced_seed("ISO text"));
    std::vector<std::string> pairs;
    for (int n = 0; n < kEach; ++n) {
      const std::string text = moments.local(1, 9999) + moments.zone();
      const std::string theirs = quote_literal(text) + "::timestamptz";
      const std::string zoned = converted(text_value(text), column(TypeKind::timestamptz));
      const std::string plain = converted(text_value(text), column(TypeKind::timestamp));
      pairs.push_back(pair(text, quote_literal(zoned) + "::timestamptz", theirs));
      pairs.push_back(pair(text, quote_literal(plain) + "::timestamp AT TIME ZONE 'UTC'", theirs));
    }
    CHECK(differing(pairs) == "");
  }

  TEST_CASE("local times are the moments that Postgres reads in that zone") {
    Moments moments(e2e::announced_seed("local times"));
    constexpr std::array kZones{"Europe/Berlin",       "America/New_York",  "Asia/Kolkata",
                                "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"};
    std::vector<std::string> pairs;
    for (int n = 0; n < kEach; ++n) {
      const std::string zone = kZones[static_cast<std::size_t>(n) % kZones.size()];
      const auto local = column(TypeKind::timestamptz, ("local:" + zone).c_str());
      const std::string text = moments.local(1900, 2150);
      if (remarks_on(text_value(text), local) != 0) continue;
      const std::string ours = converted(text_value(text), local);
      pairs.push_back(pair(zone + " " + text, quote_literal(ours) + "::timestamptz",
                           quote_literal(text) + "::timestamp AT TIME ZONE " + quote_literal(zone)));
    }
    REQUIRE(pairs.size() > kEach / 2);
    CHECK(differing(pairs) == "");
  }

  TEST_CASE("numbers are the moments that Postgres counts") {
    Moments moments(e2e::announced_seed("numbers"));
    constexpr std::int64_t kMost = 9'000'000'000;  // seconds: Postgres counts them exactly as far as this
    std::vector<std::string> pairs;
    for (int n = 0; n < kEach; ++n) {
      const std::int64_t count = moments.number(-kMost * 1000, kMost * 1000);
      const std::string ours = converted(integer_value(count), column(TypeKind::timestamptz, "unix_ms"));
      pairs.push_back(pair(std::to_string(count), quote_literal(ours) + "::timestamptz",
                           "'epoch'::timestamptz + " + std::to_string(count) + " * interval '1 ms'"));
    }
    for (int n = 0; n < kEach; ++n) {
      const std::int64_t count = moments.number(-kMost, kMost);
      const std::string ours = converted(integer_value(count), column(TypeKind::timestamptz, "unix_s"));
      pairs.push_back(pair(std::to_string(count), quote_literal(ours) + "::timestamptz",
                           "to_timestamp(" + std::to_string(count) + ")"));
    }
    CHECK(differing(pairs) == "");
  }
}
