#include "applier/compare/key_range.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "applier/values/identifiers.h"
#include "text/utf8.h"

namespace sluice::applier {
namespace {

/// Where a value stands among the values of a column.
struct Place {
  enum class Kind { before_all, at, after_all };
  Kind kind = Kind::at;
  std::string literal;
  bool as_bytes = false;  ///< the literal is bytes, with which the column's texts are to be compared
  bool between = false;   ///< right behind the literal, and before all that is greater
};

/// SQLite sorts numbers before texts, and texts before blobs.
int class_order(const capture::Value& value) {
  if (std::holds_alternative<capture::Blob>(value)) return 3;
  if (std::holds_alternative<capture::Text>(value)) return 2;
  return std::holds_alternative<std::monostate>(value) ? 0 : 1;
}

int class_order(const TargetColumn& column) {
  if (column.kind == TypeKind::bytea) return 3;
  return column.kind == TypeKind::text ? 2 : 1;
}

/// Quoted: the smallest number would be the negation of one that is too large.
std::string integer_literal(std::int64_t number) {
  return "'" + std::to_string(number) + "'::bigint";
}

std::string bytes_literal(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (const char c : bytes) {
    digits += kDigits[static_cast<unsigned char>(c) >> 4];
    digits += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return "decode('" + digits + "','hex')";
}

/// Of a real among integers: at one of them, or behind one.
Place place_of(double real) {
  const double below = std::floor(real);
  if (below >= 0x1p63) return {Place::Kind::after_all, {}};
  if (below < -0x1p63) return {Place::Kind::before_all, {}};
  Place place{Place::Kind::at, integer_literal(static_cast<std::int64_t>(below))};
  place.between = below != real;
  return place;
}

Place place_of(const capture::Value& value, const TargetColumn& column) {
  const int difference = class_order(value) - class_order(column);
  if (difference != 0) return {difference < 0 ? Place::Kind::before_all : Place::Kind::after_all, {}};
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return {Place::Kind::at, integer_literal(*number)};
  }
  if (const auto* real = std::get_if<double>(&value)) return place_of(*real);
  if (const auto* text = std::get_if<capture::Text>(&value)) {
    const bool fits = text->bytes.find('\0') == std::string::npos && text::is_valid_utf8(text->bytes);
    if (fits) return {Place::Kind::at, quote_literal(text->bytes)};
    return {Place::Kind::at, bytes_literal(text->bytes), true};
  }
  return {Place::Kind::at, bytes_literal(std::get<capture::Blob>(value).bytes)};
}

std::string row(const std::vector<std::string>& values) {
  return values.size() == 1 ? values.front() : "(" + join(values, ",") + ")";
}

/// "(t.a,t.b)<=(1,2)", or with > its opposite. What stands before or after everything decides by itself, so
/// that only the columns ahead of it are compared.
std::string compare(const TargetTable& table, const capture::Key& bound, bool beyond) {
  std::vector<std::string> columns;
  std::vector<std::string> values;
  bool equal_is_beyond = false;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    const TargetColumn& column = table.columns[table.key[i]];
    const Place place = place_of(bound[i], column);
    if (place.kind != Place::Kind::at) {
      equal_is_beyond = place.kind == Place::Kind::before_all;
      break;
    }
    const std::string name = "t." + column.name;
    columns.push_back(place.as_bytes ? "convert_to(" + name + ",'UTF8')" : name);
    values.push_back(place.literal);
    if (place.between) break;
  }
  if (columns.empty()) return equal_is_beyond == beyond ? "true" : "false";
  const std::string comparison = beyond ? (equal_is_beyond ? ">=" : ">") : (equal_is_beyond ? "<" : "<=");
  return row(columns) + comparison + row(values);
}

}  // namespace

bool shares_key_order(const TargetTable& table) {
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    const TargetColumn& column = table.columns[table.key[i]];
    const auto& collations = table.source.key_collations;
    const bool binary = i >= collations.size() || collations[i] == "binary";
    const bool by_bytes =
        binary && (column.kind == TypeKind::bytea || (column.kind == TypeKind::text && column.bytewise));
    if (column.rule != TypeRule{} || (!is_integer(column.kind) && !by_bytes)) return false;
  }
  return true;
}

std::string key_between(const TargetTable& table, const std::optional<capture::Key>& after,
                        const std::optional<capture::Key>& up_to) {
  std::vector<std::string> terms;
  if (after) terms.push_back(compare(table, *after, true));
  if (up_to) terms.push_back(compare(table, *up_to, false));
  return terms.empty() ? "true" : join(terms, " AND ");
}

}  // namespace sluice::applier
