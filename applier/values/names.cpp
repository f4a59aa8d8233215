#include "applier/values/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>

namespace sluice::applier {
namespace {

constexpr std::size_t kMostBytes = 63;

/// Columns that every table of Postgres has.
constexpr std::array<std::string_view, 6> kSystemColumns{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};

/// SQLite takes an empty name, as for the first column of an imported CSV; Postgres does not.
std::string_view or_unnamed(std::string_view name) {
  return name.empty() ? "unnamed" : name;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string spell(std::string_view name, Identifiers identifiers) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (identifiers == Identifiers::preserve) {
      out += name[i];
      continue;
    }
    if (identifiers == Identifiers::snake) {
      const bool after_lower = i > 0 && (std::islower(static_cast<unsigned char>(name[i - 1])) != 0 ||
                                         std::isdigit(static_cast<unsigned char>(name[i - 1])) != 0);
      if (std::isupper(c) && after_lower) out += '_';
      if (c == ' ' || c == '-' || c == '.') {
        out += '_';
        continue;
      }
    }
    out += static_cast<char>(std::tolower(c));
  }
  return out;
}

std::string mark_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  return digits.data();
}

std::string shortened(const std::string& name) {
  if (name.size() <= kMostBytes) return name;
  const std::string mark = "_" + mark_of(name);
  std::size_t end = kMostBytes - mark.size();
  while (end > 0 && continues_character(name[end])) --end;
  return name.substr(0, end) + mark;
}

std::string spelled_column(std::string_view name, Identifiers identifiers) {
  std::string spelled = spell(or_unnamed(name), identifiers);
  if (std::find(kSystemColumns.begin(), kSystemColumns.end(), spelled) != kSystemColumns.end())
    spelled += '_';
  return shortened(spelled);
}

std::string spelled_relation(std::string_view name, Identifiers identifiers) {
  return shortened(spell(or_unnamed(name), identifiers));
}

std::string target_name(const TargetOptions& options, const capture::SourceTable& source) {
  const std::string& given = rule_of(options.rules, source.name).target;
  return given.empty() ? spelled_relation(source.name, options.identifiers) : given;
}

std::string target_column_name(const TargetOptions& options, const capture::SourceTable& source,
                               const std::string& column) {
  const auto& renamed = rule_of(options.rules, source.name).rename;
  const auto found = renamed.find(column);
  return found == renamed.end() ? spelled_column(column, options.identifiers) : found->second;
}

}  // namespace sluice::applier
