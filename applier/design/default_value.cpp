#include "applier/design/default_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <regex>
#include <stdexcept>

#include "applier/design/sqlite_expression.h"
#include "applier/design/sqlite_tokens.h"
#include "applier/design/type_choice.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

using Token = SqliteToken;
using Tokens = std::vector<Token>;

bool is_sign(const Token& token, std::string_view sign) {
  return token.kind == Token::Kind::sign && token.text == sign;
}

/// Without the parentheses around all of it, and without the end.
Tokens bare(Tokens tokens) {
  if (!tokens.empty() && tokens.back().kind == Token::Kind::end) tokens.pop_back();
  while (tokens.size() > 2 && is_sign(tokens.front(), "(") && is_sign(tokens.back(), ")")) {
    int depth = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      depth += is_sign(tokens[i], "(") ? 1 : is_sign(tokens[i], ")") ? -1 : 0;
      if (depth == 0) return tokens;
    }
    tokens = Tokens(tokens.begin() + 1, tokens.end() - 1);
  }
  return tokens;
}

capture::Value number(const std::string& text) {
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end)
    return integer;
  return std::strtod(text.c_str(), nullptr);  // 1e999 is infinite, as in SQLite
}

std::string bytes_of(const std::string& hexadecimal) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
  return bytes;
}

/// A value that is written out; nothing for an expression.
std::optional<capture::Value> constant(const Tokens& tokens) {
  const bool sign = tokens.size() == 2 && (is_sign(tokens[0], "-") || is_sign(tokens[0], "+"));
  if (sign && tokens[1].kind == Token::Kind::number)
    return number((tokens[0].text == "-" ? "-" : "") + tokens[1].text);
  if (tokens.size() != 1) return std::nullopt;
  const Token& token = tokens.front();
  if (token.kind == Token::Kind::number) return number(token.text);
  if (token.kind == Token::Kind::string) return capture::Text{token.text};
  if (token.kind == Token::Kind::blob) return capture::Blob{bytes_of(token.text)};
  if (token.kind != Token::Kind::word) return std::nullopt;
  if (token.lower == "null") return capture::Value{};
  if (token.lower == "true") return std::int64_t{1};
  if (token.lower == "false") return std::int64_t{0};
  return std::nullopt;
}

bool is_number(TypeKind kind) {
  return kind == TypeKind::int8 || kind == TypeKind::float8 || kind == TypeKind::numeric;
}

/// The default goes through the conversion that the values go through.
std::string converted(const capture::Value& value, const ColumnType& type) {
  try {
    Remarks remarks = 0;
    const auto text = to_postgres(value, type, {}, remarks);
    if (!text) return {};
    if (type.kind == TypeKind::uuid && !is_uuid(*text)) throw Untranslatable("it is no uuid");
    const bool finite = text->find_first_not_of("+-.0123456789eE") == std::string::npos;
    if (is_number(type.kind) && finite) return *text;
    if (type.kind == TypeKind::boolean) return text->starts_with('t') || *text == "1" ? "true" : "false";
    return quote_literal(*text);
  } catch (const ConversionError& refusal) {
    throw Untranslatable(refusal.what());
  }
}

/// Without blanks that part no words, in lower case, but strings as they are.
std::string in_short(const Tokens& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    const bool letters = token.kind == Token::Kind::word || token.kind == Token::Kind::number;
    if (letters && !text.empty() && std::isalnum(static_cast<unsigned char>(text.back())) != 0) text += ' ';
    text += token.kind == Token::Kind::string ? quote_literal(token.text)
            : token.kind == Token::Kind::word ? token.lower
                                              : token.text;
  }
  return text;
}

constexpr const char* kUtc = "(now() AT TIME ZONE 'UTC')";

/// A pattern of strftime() as to_char() writes it; nothing where it has no word for a part.
std::optional<std::string> pattern(const std::string& format) {
  static constexpr std::array<std::pair<char, const char*>, 9> kParts{{{'Y', "YYYY"},
                                                                       {'m', "MM"},
                                                                       {'d', "DD"},
                                                                       {'H', "HH24"},
                                                                       {'M', "MI"},
                                                                       {'S', "SS"},
                                                                       {'f', "SS.MS"},
                                                                       {'j', "DDD"},
                                                                       {'%', "\"%\""}}};
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      const bool letter = (format[i] | 0x20) >= 'a' && (format[i] | 0x20) <= 'z';
      if (format[i] == '"' || format[i] == '\\') return std::nullopt;
      text += letter ? std::string("\"") + format[i] + "\"" : std::string(1, format[i]);
      continue;
    }
    const char wanted = ++i < format.size() ? format[i] : '\0';
    const auto* part =
        std::find_if(kParts.begin(), kParts.end(), [&](const auto& each) { return each.first == wanted; });
    if (part == kParts.end()) return std::nullopt;
    text += part->second;
  }
  return text;
}

/// The moment of the insert as text in a written form.
struct NowAsText {
  std::string format;
  bool local = false;
};

std::optional<NowAsText> now_as_text(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 3> kForms{
      {{"datetime", "%Y-%m-%d %H:%M:%S"}, {"date", "%Y-%m-%d"}, {"time", "%H:%M:%S"}}};
  if (text == "current_timestamp") return NowAsText{kForms[0].second};
  if (text == "current_date") return NowAsText{kForms[1].second};
  if (text == "current_time") return NowAsText{kForms[2].second};
  static const std::string modifiers = R"(((?:,'(?:localtime|subsec|subsecond)')*)\))";
  static const std::regex formatted(R"(strftime\('([^']*)',?(?:'now')?)" + modifiers);
  static const std::regex plain(R"((datetime|date|time)\((?:'now')?)" + modifiers);
  std::smatch parts;
  const bool with_format = std::regex_match(text, parts, formatted);
  if (!with_format && !std::regex_match(text, parts, plain)) return std::nullopt;
  const bool local = parts[2].str().find("localtime") != std::string::npos;
  if (with_format) return NowAsText{parts[1], local};
  const std::string name = parts[1];
  for (const auto& [form, format] : kForms) {
    if (form == name) return NowAsText{format, local};
  }
  return std::nullopt;
}

std::string said(const NowAsText& now, const ColumnType& type) {
  const std::string clock = now.local ? "LOCALTIMESTAMP" : kUtc;
  const bool has_date = now.format.starts_with("%Y-%m-%d");
  switch (type.kind) {
    case TypeKind::timestamptz:
      if (has_date) return "now()";
      break;
    case TypeKind::timestamp:
      if (has_date) return clock;
      break;
    case TypeKind::date:
      if (has_date) return clock + "::date";
      break;
    case TypeKind::time:
      if (now.format.starts_with("%H:%M")) return clock + "::time";
      break;
    case TypeKind::text:
      if (const auto wanted = pattern(now.format))
        return "to_char(" + clock + ", " + quote_literal(*wanted) + ")";
      break;
    default:
      break;
  }
  throw Untranslatable("the column's type is no text and no such time");
}

/// Units since 1970, as a number or as text.
std::optional<std::int64_t> now_in_units(std::string text) {
  static const std::regex cast(R"(cast\((.*?) ?as (?:integer|int|bigint|real|text)\))");
  static const std::regex scaled(R"((.*)\*(1000|1000000)(?:\.0)?)");
  static const std::regex seconds(
      R"(strftime\('%s',?(?:'now')?\)|unixepoch\((?:'now')?(?:,?'subsec(?:ond)?')?\))");
  static const std::regex days(R"(\(julianday\('now'\)-2440587\.5\)\*86400(000)?(?:\.0)?)");
  std::int64_t units = 1;
  std::smatch parts;
  constexpr int kDeepest = 4;
  for (int depth = 0; depth < kDeepest; ++depth) {
    text = in_short(bare(sqlite_tokens(text)));
    if (std::regex_match(text, seconds)) return units;
    if (std::regex_match(text, parts, days)) return units * (parts[1].matched ? 1000 : 1);
    if (std::regex_match(text, parts, cast)) {
      text = parts[1];
    } else if (std::regex_match(text, parts, scaled)) {
      units *= std::stoll(parts[2]);
      text = parts[1];
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string said(std::int64_t units, const ColumnType& type) {
  const std::string factor = units == 1 ? "" : " * " + std::to_string(units);
  const std::string count = "floor(extract(epoch FROM now())" + factor + ")::bigint";
  switch (type.kind) {
    case TypeKind::timestamptz:
      return "now()";
    case TypeKind::timestamp:
      return kUtc;
    case TypeKind::int8:
    case TypeKind::float8:
    case TypeKind::numeric:
      return count;
    case TypeKind::text:
      return count + "::text";
    default:
      throw Untranslatable("the column's type is neither a number nor a time");
  }
}

std::optional<std::string> random_identity(const std::string& text, const ColumnType& type) {
  const bool lower = text == "lower(hex(randomblob(16)))";
  const bool upper = text == "hex(randomblob(16))";
  const bool dashed = text == "uuid()" || text == "gen_random_uuid()" || text == "uuid4()";
  if (!lower && !upper && !dashed) return std::nullopt;
  if (type.kind == TypeKind::uuid) return "gen_random_uuid()";
  if (type.kind != TypeKind::text) return std::nullopt;
  if (dashed) return "gen_random_uuid()::text";
  const std::string digits = "replace(gen_random_uuid()::text, '-', '')";
  return lower ? digits : "upper(" + digits + ")";
}

std::string expression(std::string_view text, const ColumnType& type) {
  const auto term = translated_term(text, [](std::string_view) { return std::optional<KnownColumn>(); });
  const bool fits = (is_number(type.kind) && term.kind == TranslatedTerm::Kind::number) ||
                    (type.kind == TypeKind::text && term.kind == TranslatedTerm::Kind::text) ||
                    (type.kind == TypeKind::boolean && term.kind == TranslatedTerm::Kind::boolean);
  if (!fits) throw Untranslatable("its value is of another kind than the column");
  return "(" + term.sql + ")";
}

}  // namespace

std::string translated_default(std::string_view text, const std::string& type, const TypeRule& rule) {
  const ColumnType column = column_type_of(type, rule);
  try {
    const Tokens tokens = bare(sqlite_tokens(text));
    if (const auto value = constant(tokens)) return converted(*value, column);
    const std::string in_brief = in_short(tokens);
    if (const auto units = now_in_units(in_brief)) return said(*units, column);
    if (const auto now = now_as_text(in_brief)) return said(*now, column);
    if (const auto identity = random_identity(in_brief, column)) return *identity;
    return expression(text, column);
  } catch (const std::invalid_argument& error) {
    throw Untranslatable(error.what());
  }
}

}  // namespace sluice::applier
