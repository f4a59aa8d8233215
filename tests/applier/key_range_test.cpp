// Parts of a table by their keys: what the server finds between two keys is what the source has there.

#include "applier/compare/key_range.h"

#include <algorithm>
#include <random>
#include <set>

#include "tests/applier/fixture.h"

namespace sluice::test {
namespace {

using capture::Blob;
using capture::Key;
using capture::Text;
using capture::Value;

int class_of(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return 0;
  if (std::holds_alternative<Text>(value)) return 2;
  return std::holds_alternative<Blob>(value) ? 3 : 1;
}

/// As SQLite sorts under BINARY. Exact only for the small numbers that are used here.
bool less(const Value& left, const Value& right) {
  if (class_of(left) != class_of(right)) return class_of(left) < class_of(right);
  const auto number = [](const Value& value) {
    const auto* integer = std::get_if<std::int64_t>(&value);
    return integer ? static_cast<double>(*integer) : std::get<double>(value);
  };
  if (class_of(left) == 1) return number(left) < number(right);
  if (class_of(left) == 2) return std::get<Text>(left).bytes < std::get<Text>(right).bytes;
  if (class_of(left) == 3) return std::get<Blob>(left).bytes < std::get<Blob>(right).bytes;
  return false;
}

bool is_beyond(const Key& key, const Key& bound) {
  return std::lexicographical_compare(bound.begin(), bound.end(), key.begin(), key.end(), less);
}

/// Values of every storage class, close enough to one another to meet.
Value any_value(std::mt19937_64& random) {
  const auto pick = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  static const std::vector<std::string> kTexts{"", "a", "B", "_z", "Zoe", "\xc3\xa9", "a\\b", "a'b"};
  switch (pick(7)) {
    case 0:
      return pick(2) == 0 ? 1e300 : -1e300;
    case 1:
      return (pick(9) - 4) / 2.0;
    case 2:
      return Text{kTexts[static_cast<std::size_t>(pick(8))]};
    case 3:
      return Text{pick(2) == 0 ? std::string("a\0b", 3) : "a\xff"};
    case 4:
      return Blob{std::string(static_cast<std::size_t>(pick(3)), static_cast<char>(pick(256)))};
    case 5:
      return pick(2) == 0 ? INT64_MAX : INT64_MIN;
    default:
      return std::int64_t{pick(7) - 3};
  }
}

bool fits(const Value& value, const std::string& type) {
  if (type == "bigint") return std::holds_alternative<std::int64_t>(value);
  if (type == "bytea") return std::holds_alternative<Blob>(value);
  const auto* text = std::get_if<Text>(&value);
  return text != nullptr && text->bytes.find('\0') == std::string::npos && text->bytes != "a\xff";
}

}  // namespace

TEST_SUITE("key range") {
  TEST_CASE("between two keys, of whatever storage classes, the server finds what the source has there") {
    std::mt19937_64 random(20261121);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same keys each time
    const std::vector<std::vector<std::string>> shapes{{"bigint"},
                                                       {"text COLLATE \"C\""},
                                                       {"bytea"},
                                                       {"bigint", "text COLLATE \"C\""},
                                                       {"text COLLATE \"C\"", "bigint", "bytea"}};
    for (const auto& shape : shapes) {
      std::string columns;
      std::string names;
      std::vector<std::string> source_names;
      std::vector<std::size_t> key;
      for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::string name(1, static_cast<char>('a' + i));
        columns += name + " " + shape[i] + ", ";
        names += (i > 0 ? ", " : "") + name;
        source_names.push_back(name);
        key.push_back(i);
      }
      TargetFixture target("CREATE TABLE item (" + columns + "PRIMARY KEY (" + names + "))",
                           {source_table(1, "item", source_names, key)});
      const applier::TargetTable& table = target.plan.tables.front();
      REQUIRE(applier::shares_key_order(table));
      const auto any_key = [&] {
        Key values;
        for (std::size_t i = 0; i < shape.size(); ++i) values.push_back(any_value(random));
        return values;
      };
      std::set<std::string> seen;
      std::vector<Key> keys;
      std::vector<capture::KeyState> rows;
      for (int i = 0; i < 2000; ++i) {
        Key values = any_key();
        bool good = seen.insert(capture::encode(values)).second;
        for (std::size_t c = 0; c < shape.size(); ++c)
          good = good && fits(values[c], shape[c].substr(0, shape[c].find(' ')));
        if (!good) continue;
        keys.push_back(values);
        rows.push_back({values, capture::Row(values.begin(), values.end())});
      }
      target.apply({changes(1, rows)}, true);
      for (int i = 0; i < 100; ++i) {
        const std::optional<Key> after = random() % 8 == 0 ? std::nullopt : std::optional(any_key());
        const std::optional<Key> up_to = random() % 8 == 0 ? std::nullopt : std::optional(any_key());
        const auto expected = std::count_if(keys.begin(), keys.end(), [&](const Key& each) {
          return (!after || is_beyond(each, *after)) && (!up_to || !is_beyond(each, *up_to));
        });
        const std::string condition = applier::key_between(table, after, up_to);
        CAPTURE(condition);
        CHECK(target.session->exec("SELECT count(*) FROM item AS t WHERE " + condition)[0][0].as<long>() ==
              expected);
      }
    }
  }

  TEST_CASE("no order is taken for the same that is not provably so") {
    const auto shares = [](const std::string& type, const std::string& collation) {
      auto source = source_table(1, "item", {"id"});
      source.key_collations = {collation};
      TargetFixture target("CREATE TABLE item (id " + type + " PRIMARY KEY)", {source});
      return applier::shares_key_order(target.plan.tables.front());
    };
    CHECK(shares("bigint", "binary"));
    CHECK(shares("smallint", "binary"));
    CHECK(shares("varchar COLLATE \"POSIX\"", "binary"));
    CHECK_FALSE(shares("text COLLATE \"C\"", "nocase"));
    CHECK_FALSE(shares("text COLLATE \"C\"", "utf16"));
    CHECK_FALSE(shares("text COLLATE \"en-x-icu\"", "binary"));
    CHECK_FALSE(shares("uuid", "binary"));
    CHECK_FALSE(shares("numeric", "binary"));
    CHECK_FALSE(shares("date", "binary"));
  }
}

}  // namespace sluice::test
