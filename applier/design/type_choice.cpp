#include "applier/design/type_choice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "applier/values/declared_type.h"

namespace sluice::applier {
namespace {

using capture::Blob;
using capture::Text;
using capture::Value;

/// What a text may hold is for the pipeline's policies; no type could mend it.
constexpr TextPolicies kAnyText{TextPolicy::replace, TextPolicy::replace, nullptr};

constexpr std::array kKinds{TypeKind::boolean,   TypeKind::int8,        TypeKind::float8,   TypeKind::numeric,
                            TypeKind::text,      TypeKind::bytea,       TypeKind::date,     TypeKind::time,
                            TypeKind::timestamp, TypeKind::timestamptz, TypeKind::interval, TypeKind::uuid,
                            TypeKind::json,      TypeKind::jsonb};

/// As pg_attribute.atttypmod holds numeric's precision and scale.
int numeric_modifier(const std::string& arguments) {
  char* end = nullptr;
  const long digits = std::strtol(arguments.c_str(), &end, 10);
  const long scale = *end == ',' ? std::strtol(end + 1, nullptr, 10) : 0;
  constexpr int kHeader = 4;
  return static_cast<int>((digits << 16) | scale) + kHeader;
}

/// Types in which equal keys look alike, as match_key() wants them.
std::string key_type(const std::string& type) {
  if (type == "time" || type == "jsonb" || type == "json" || type == "interval") return "text";
  return type.substr(0, type.find('('));
}

/// Behind the date: an offset, or the Z of UTC.
bool carries_zone(std::string_view text) {
  constexpr std::size_t kDate = 10;
  return text.size() > kDate && text.substr(kDate).find_first_of("Zz+-U") != std::string_view::npos;
}

bool looks_like_json(const Value& value) {
  const auto* text = std::get_if<Text>(&value);
  return text && !text->bytes.empty() && (text->bytes.front() == '{' || text->bytes.front() == '[');
}

/// Between 2001 and 2096, in that unit.
bool looks_like_epoch(const Value& value, std::int64_t unit) {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number && *number / unit >= 1'000'000'000 && *number / unit < 4'000'000'000;
}

bool converts(const Value& value, const ColumnType& type, bool in_key) {
  const auto* text = std::get_if<Text>(&value);
  if (type.kind == TypeKind::uuid && text && !is_uuid(text->bytes)) return false;
  try {
    Remarks remarks = 0;
    if (in_key) {
      (void)key_to_postgres(value, type);
    } else {
      (void)to_postgres(value, type, kAnyText, remarks);
    }
    return true;
  } catch (const ConversionError&) {
    return false;
  }
}

bool fits_hint(const char* word, const ColumnType& type, const Value& value) {
  const std::string_view rule(word);
  if (rule == "json" && !looks_like_json(value)) return false;
  if (rule == "unix_s" && !looks_like_epoch(value, 1)) return false;
  if (rule == "unix_ms" && !looks_like_epoch(value, 1000)) return false;
  return converts(value, type, false);
}

}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  const bool dashed = text.size() == 36;
  if (!dashed && text.size() != 32) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = dashed && (i == 8 || i == 13 || i == 18 || i == 23);
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

ColumnType column_type_of(const std::string& sql, const TypeRule& rule) {
  const auto open = sql.find('(');
  const std::string name = sql.substr(0, open);
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&](TypeKind each) { return name == name_of(each); });
  ColumnType type{kind == kKinds.end() ? TypeKind::other : *kind, -1, {}};
  if (type.kind == TypeKind::numeric && open != std::string::npos)
    type.modifier = numeric_modifier(sql.substr(open + 1));
  if (!misfit(rule, type.kind)) type.rule = rule;
  return type;
}

TypeChoice::TypeChoice(std::string_view declared_type, const TypeRule& rule, bool in_key,
                       std::optional<TypeRule::Kind> convention)
    : rule_(rule), proof_(convention), in_key_(in_key) {
  const auto ruled = column_type(rule);
  const auto affinity = affinity_of(declared_type);
  first_ = ruled.value_or(type_for(declared_type));
  if (in_key) first_ = key_type(first_);
  untyped_ = affinity == Affinity::blob;
  says_nothing_ = !ruled && !is_known_type(declared_type);
  for (std::string type : ruled ? std::vector{*ruled} : types_for(declared_type)) {
    if (in_key) type = key_type(type);
    candidates_.push_back({type, column_type_of(type, rule)});
  }
  if (rule.kind != TypeRule::Kind::automatic || in_key) return;
  if (first_ == "text")
    hints_ = {{"uuid", {TypeKind::uuid, -1, {}}},
              {"date", {TypeKind::date, -1, {}}},
              {"iso", {TypeKind::timestamptz, -1, {}}},
              {"json", {TypeKind::jsonb, -1, {}}}};
  if (first_ == "bigint")
    hints_ = {{"bool", {TypeKind::boolean, -1, {}}},
              {"unix_s", {TypeKind::timestamptz, -1, {TypeRule::Kind::unix_s}}},
              {"unix_ms", {TypeKind::timestamptz, -1, {TypeRule::Kind::unix_ms}}}};
}

/// Numbers for times are looked at together, once all of them are there; see is_proven().
bool TypeChoice::takes(const Candidate& candidate, const Value& value) const {
  const auto kind = candidate.type.kind;
  const bool number = kind == TypeKind::int8 || kind == TypeKind::float8 || kind == TypeKind::numeric;
  // Nothing has made a number of '007' where there is no affinity, so it means the text.
  if (untyped_ && number && std::holds_alternative<Text>(value)) return false;
  if (counts(kind) && reads_by_unit(rule_) && !in_key_) {
    if (std::holds_alternative<std::int64_t>(value)) return true;
    ColumnType type = candidate.type;
    type.unit = proof_.convention().value_or(TypeRule::Kind::automatic);
    return converts(value, type, in_key_);
  }
  return converts(value, candidate.type, in_key_);
}

bool TypeChoice::is_proven(const Candidate& candidate) const {
  if (!counts(candidate.type.kind) || !reads_by_unit(rule_) || !proof_.has_numbers()) return true;
  const auto unit = proof_.unit();
  return unit && (candidate.type.kind != TypeKind::date || proof_.are_days(*unit));
}

std::optional<TypeRule::Kind> TypeChoice::unit() const {
  const bool time = counts(column_type_of(type(), {}).kind);
  return time && !in_key_ && reads_by_unit(rule_) ? proof_.unit() : std::nullopt;
}

bool TypeChoice::keeps_numbers() const {
  const bool time = counts(column_type_of(first_, {}).kind);
  return time && !in_key_ && reads_by_unit(rule_) && proof_.has_numbers() && !proof_.unit();
}

void TypeChoice::note(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    ++nulls_;
    return;
  }
  ++values_;
  if (const auto* number = std::get_if<std::int64_t>(&value)) proof_.note(*number);
  const auto* text = std::get_if<Text>(&value);
  if (text) longest_ = std::max(longest_, text->bytes.size());
  if (const auto* blob = std::get_if<Blob>(&value)) longest_ = std::max(longest_, blob->bytes.size());
  zoned_ |= std::holds_alternative<std::int64_t>(value) || (text && carries_zone(text->bytes));
  std::erase_if(candidates_, [&](const Candidate& each) { return !takes(each, value); });
  std::erase_if(hints_, [&](const Hint& each) { return !fits_hint(each.word, each.type, value); });
}

std::string TypeChoice::spelled(const std::string& type) const {
  return type == "timestamp" && zoned_ && !in_key_ ? "timestamptz" : type;
}

std::string TypeChoice::type() const {
  if (settled_) return *settled_;
  if (values_ == 0 || candidates_.empty()) return first_;
  // Where nothing is declared a few values prove nothing of those to come, and text takes them all.
  constexpr std::int64_t kEnoughValues = 100;
  const bool takes_first = std::any_of(candidates_.begin(), candidates_.end(),
                                       [&](const Candidate& each) { return each.sql == first_; });
  if (says_nothing_ && values_ < kEnoughValues && takes_first) return first_;
  const auto found = std::find_if(candidates_.begin(), candidates_.end(),
                                  [&](const Candidate& each) { return is_proven(each); });
  return found == candidates_.end() ? first_ : spelled(found->sql);
}

bool TypeChoice::accepts(const std::string& type) const {
  return type == this->type() ||
         std::any_of(candidates_.begin(), candidates_.end(),
                     [&](const Candidate& each) { return is_proven(each) && spelled(each.sql) == type; });
}

void TypeChoice::give(const std::string& type) {
  settled_ = type;
  candidates_.clear();
}

bool TypeChoice::nothing_fits() const {
  return candidates_.empty() && !settled_;
}

std::optional<std::string> TypeChoice::recognised() const {
  if (values_ == 0 || hints_.empty() || settled_ || type() != first_) return std::nullopt;
  return hints_.front().word;
}

}  // namespace sluice::applier
