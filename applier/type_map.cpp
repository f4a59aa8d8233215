#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "applier/apply_error.h"
#include "applier/identifiers.h"
#include "applier/target_table.h"

namespace sluice::applier {
namespace {

/// "DECIMAL(10, 2) unsigned" taken apart: the words before the parenthesis in lower case, and what is in it.
struct DeclaredType {
  std::string words;
  std::string arguments;
};

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

DeclaredType take_apart(std::string_view declared) {
  std::string lower(declared);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto open = lower.find('(');
  const auto close = lower.find(')', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return {trimmed(lower), ""};
  return {trimmed(lower.substr(0, open)), trimmed(lower.substr(open + 1, close - open - 1))};
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Is it "p" or "p, s" with numbers that Postgres's numeric takes?
bool is_precision(std::string_view arguments) {
  return !arguments.empty() && arguments.find_first_not_of("0123456789, ") == std::string_view::npos &&
         std::count(arguments.begin(), arguments.end(), ',') <= 1;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kByName{{
    {"bool", "boolean"},
    {"boolean", "boolean"},
    {"bit", "boolean"},
    {"date", "date"},
    {"datetime", "timestamp"},
    {"timestamp", "timestamp"},
    {"timestamptz", "timestamptz"},
    {"timestamp with time zone", "timestamptz"},
    {"time", "time"},
    {"numeric", "numeric"},
    {"decimal", "numeric"},
    {"number", "numeric"},
    {"money", "numeric"},
    {"uuid", "uuid"},
    {"json", "jsonb"},
    {"jsonb", "jsonb"},
    {"", "text"},
}};

}  // namespace

std::string type_for(std::string_view declared_type) {
  const auto [words, arguments] = take_apart(declared_type);
  if (words == "tinyint" && arguments == "1") return "boolean";
  for (const auto& [name, type] : kByName) {
    if (words != name) continue;
    const bool precise = type == "numeric" && is_precision(arguments);
    return std::string(type) + (precise ? "(" + arguments + ")" : "");
  }
  // The rest by SQLite's own rules of affinity, which any spelling falls under.
  if (contains(words, "int")) return "bigint";
  if (contains(words, "char") || contains(words, "clob") || contains(words, "text")) return "text";
  if (contains(words, "blob") || contains(words, "binary")) return "bytea";
  if (contains(words, "real") || contains(words, "floa") || contains(words, "doub"))
    return "double precision";
  return "text";
}

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

namespace {

/// Postgres cuts a longer name without an error, and two may become one.
std::string checked_name(const std::string& name, const capture::SourceTable& source,
                         const std::string& other_name) {
  constexpr std::size_t kMostBytes = 63;
  if (name.size() <= kMostBytes) return quote_name(name);
  ApplyError error(Fault::table, "name '" + name + "' is longer than the 63 bytes that Postgres keeps");
  error.code = "name_too_long";
  error.table = source.name;
  error.hint = "give it a shorter one in tables.rules." + source.name + "." + other_name;
  throw error;
}

/// In a key only types in which two keys never become one.
std::string key_type_of(const TargetOptions& options, const capture::SourceTable& source,
                        const capture::SourceColumn& column) {
  if (source.key_is_rowid) return "bigint";
  const std::string type = column_type(options, source, column);
  if (type == "time" || type == "jsonb") return "text";
  return type.substr(0, type.find('('));
}

std::string column_name(const TargetOptions& options, const capture::SourceTable& source,
                        const std::string& column) {
  return checked_name(target_column_name(options, source, column), source, "rename");
}

}  // namespace

std::string column_type(const TargetOptions& options, const capture::SourceTable& source,
                        const capture::SourceColumn& column) {
  const auto& types = rule_of(options.rules, source.name).types;
  const auto word = types.find(column.name);
  const auto type = word == types.end() ? std::nullopt : column_type(parse_type_rule(word->second));
  return type.value_or(type_for(column.declared_type));
}

std::string column_definition(const TargetOptions& options, const capture::SourceTable& source,
                              const capture::SourceColumn& column) {
  return column_name(options, source, column.name) + " " + column_type(options, source, column);
}

std::string create_table_sql(const TargetOptions& options, const capture::SourceTable& source) {
  std::vector<std::string> items;
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const auto& column = source.columns[i];
    const bool in_key = std::find(source.key.begin(), source.key.end(), i) != source.key.end();
    std::string item =
        in_key ? column_name(options, source, column.name) + " " + key_type_of(options, source, column)
               : column_definition(options, source, column);
    if (column.not_null || in_key) item += " NOT NULL";
    if (in_key && source.key_is_rowid) item += " GENERATED BY DEFAULT AS IDENTITY";
    items.push_back(std::move(item));
  }
  std::vector<std::string> key;
  for (const std::size_t i : source.key) key.push_back(column_name(options, source, source.columns[i].name));
  items.push_back("PRIMARY KEY (" + join(key, ", ") + ")");
  return "CREATE TABLE " + quote_name(options.schema) + "." +
         checked_name(target_name(options, source), source, "target") + " (\n    " + join(items, ",\n    ") +
         "\n)";
}

}  // namespace sluice::applier
