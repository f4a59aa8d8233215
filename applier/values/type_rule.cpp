#include "applier/values/type_rule.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <stdexcept>

#include "applier/values/local_zone.h"

namespace sluice::applier {
namespace {

using Kind = TypeRule::Kind;
using Kinds = std::initializer_list<TypeKind>;

constexpr std::string_view kLocal = "local:";

constexpr Kinds kNumbers{TypeKind::int2,   TypeKind::int4,   TypeKind::int8,
                         TypeKind::float4, TypeKind::float8, TypeKind::numeric};
constexpr Kinds kFractions{TypeKind::float4, TypeKind::float8, TypeKind::numeric};
constexpr Kinds kRoundable{TypeKind::float4,    TypeKind::float8,      TypeKind::numeric, TypeKind::time,
                           TypeKind::timestamp, TypeKind::timestamptz, TypeKind::timetz};
constexpr Kinds kTexts{TypeKind::text, TypeKind::json, TypeKind::jsonb, TypeKind::array, TypeKind::other};
constexpr Kinds kJson{TypeKind::json, TypeKind::jsonb, TypeKind::array};
constexpr Kinds kMoments{TypeKind::date, TypeKind::timestamp, TypeKind::timestamptz};
constexpr Kinds kClocks{TypeKind::timestamp, TypeKind::timestamptz};
constexpr Kinds kTimes{TypeKind::time, TypeKind::timetz};
constexpr Kinds kBoolean{TypeKind::boolean};
constexpr Kinds kBytea{TypeKind::bytea};
constexpr Kinds kUuid{TypeKind::uuid};
constexpr Kinds kDate{TypeKind::date};
constexpr Kinds kInterval{TypeKind::interval};
constexpr Kinds kNeverEmpty{TypeKind::boolean, TypeKind::int2,   TypeKind::int4,      TypeKind::int8,
                            TypeKind::float4,  TypeKind::float8, TypeKind::numeric,   TypeKind::date,
                            TypeKind::time,    TypeKind::timetz, TypeKind::timestamp, TypeKind::interval,
                            TypeKind::uuid,    TypeKind::json,   TypeKind::jsonb,     TypeKind::timestamptz,
                            TypeKind::array,   TypeKind::other};

struct Word {
  std::string_view word;
  Kind kind;
  Kinds columns;
  const char* made;  ///< the type that Sluice gives the column; null: as declared
  bool one_to_one;   ///< two values never become one
};

constexpr std::array kWords{
    Word{"bool", Kind::boolean, kBoolean, "boolean", true},
    Word{"integer", Kind::integer, kNumbers, "bigint", true},
    Word{"real", Kind::real, kFractions, "double precision", true},
    Word{"numeric", Kind::numeric, kFractions, "numeric", true},
    Word{"rounded", Kind::rounded, kRoundable, nullptr, false},
    Word{"text", Kind::text, kTexts, "text", true},
    Word{"bytea", Kind::bytea, kBytea, "bytea", true},
    Word{"json", Kind::json, kJson, "jsonb", false},
    Word{"uuid", Kind::uuid, kUuid, "uuid", true},
    Word{"uuid_upper", Kind::uuid_upper, kUuid, "uuid", true},
    Word{"uuid_hex", Kind::uuid_hex, kUuid, "uuid", true},
    Word{"uuid_blob", Kind::uuid_blob, kUuid, "uuid", true},
    Word{"uuid_dotnet", Kind::uuid_dotnet, kUuid, "uuid", true},
    Word{"date", Kind::date, kDate, "date", true},
    Word{"time", Kind::time, kTimes, "time", false},
    Word{"iso", Kind::iso, kMoments, "timestamptz", true},
    Word{"unix_s", Kind::unix_s, kMoments, "timestamptz", true},
    Word{"unix_ms", Kind::unix_ms, kMoments, "timestamptz", true},
    Word{"unix_us", Kind::unix_us, kMoments, "timestamptz", true},
    Word{"unix_ns", Kind::unix_ns, kMoments, "timestamptz", false},
    Word{"julian", Kind::julian, kMoments, "timestamptz", false},
    Word{"core_data", Kind::core_data, kMoments, "timestamptz", false},
    Word{"webkit", Kind::webkit, kMoments, "timestamptz", true},
    Word{"filetime", Kind::filetime, kMoments, "timestamptz", false},
    Word{"dotnet_ticks", Kind::dotnet_ticks, kMoments, "timestamptz", false},
    Word{kLocal, Kind::local, kClocks, "timestamptz", false},
    Word{"interval_s", Kind::interval_s, kInterval, "interval", false},
    Word{"interval_ms", Kind::interval_ms, kInterval, "interval", false},
    Word{"interval_us", Kind::interval_us, kInterval, "interval", false},
    Word{"empty_is_null", Kind::empty_is_null, kNeverEmpty, nullptr, false},
};

const Word& line_of(Kind kind) {
  return *std::find_if(kWords.begin(), kWords.end(), [&](const Word& each) { return each.kind == kind; });
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

std::string listed(Kinds kinds) {
  std::vector<std::string> names;
  for (const TypeKind kind : kinds) names.emplace_back(name_of(kind));
  return listed(names);
}

}  // namespace

TypeRule parse_type_rule(std::string_view text) {
  if (text.starts_with(kLocal))
    return {Kind::local, LocalZone::find(std::string(text.substr(kLocal.size())))};
  for (const Word& each : kWords) {
    if (each.word == text && each.kind != Kind::local) return {each.kind, nullptr};
  }
  throw std::invalid_argument("unknown type rule '" + std::string(text) +
                              "'; known are: " + listed(type_rule_words()));
}

std::string_view word_of(TypeRule::Kind kind) {
  return line_of(kind).word;
}

std::vector<std::string> type_rule_words() {
  std::vector<std::string> words;
  for (const Word& each : kWords)
    words.push_back(std::string(each.word) + (each.kind == Kind::local ? "ZONE" : ""));
  return words;
}

std::optional<std::string> misfit(const TypeRule& rule, TypeKind kind, bool in_key) {
  if (rule.kind == Kind::automatic) return std::nullopt;
  const Word& word = line_of(rule.kind);
  if (std::find(word.columns.begin(), word.columns.end(), kind) == word.columns.end()) {
    return "the rule " + std::string(word.word) + " is for columns of type " + listed(word.columns);
  }
  if (in_key && !word.one_to_one) {
    return "the rule " + std::string(word.word) + " could make one key of two";
  }
  return std::nullopt;
}

std::optional<std::string> column_type(const TypeRule& rule) {
  if (rule.kind == Kind::automatic) return std::nullopt;
  const char* made = line_of(rule.kind).made;
  return made ? std::optional<std::string>(made) : std::nullopt;
}

}  // namespace sluice::applier
