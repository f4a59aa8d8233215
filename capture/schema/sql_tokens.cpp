#include "capture/schema/sql_tokens.h"

#include <algorithm>
#include <stdexcept>

namespace sluice::capture {

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         byte > 127;
}

namespace {

std::size_t end_of_quotes(std::string_view sql, std::size_t start) {
  const char close = sql[start] == '[' ? ']' : sql[start];
  for (std::size_t i = start + 1; i < sql.size(); ++i) {
    if (sql[i] != close) continue;
    const bool doubled = close != ']' && i + 1 < sql.size() && sql[i + 1] == close;
    if (!doubled) return i + 1;
    ++i;
  }
  throw std::invalid_argument("an open quote in: " + std::string(sql));
}

std::size_t end_of_comment(std::string_view sql, std::size_t start, std::string_view close) {
  const auto end = sql.find(close, start + 2);
  return end == std::string_view::npos ? sql.size() : end + close.size();
}

std::size_t end_of_word(std::string_view sql, std::size_t start) {
  while (start < sql.size() && is_word_byte(sql[start])) ++start;
  return start;
}

}  // namespace

Tokens tokenize(std::string_view sql) {
  Tokens tokens;
  for (std::size_t i = 0; i < sql.size();) {
    const std::string_view rest = sql.substr(i);
    std::size_t end = i + 1;
    bool comment = false;
    if (std::string_view("\"'`[").find(sql[i]) != std::string_view::npos) {
      end = end_of_quotes(sql, i);
    } else if (rest.starts_with("--")) {
      comment = true;
      end = end_of_comment(sql, i, "\n");
    } else if (rest.starts_with("/*")) {
      comment = true;
      end = end_of_comment(sql, i, "*/");
    } else if (is_word_byte(sql[i])) {
      end = end_of_word(sql, i);
    }
    tokens.push_back(comment ? " " : std::string(sql.substr(i, end - i)));
    i = end;
  }
  return tokens;
}

bool is_blank(const std::string& token) {
  return token.find_first_not_of(" \t\r\n\f") == std::string::npos;
}

void drop_blank_ends(Tokens& tokens) {
  while (!tokens.empty() && is_blank(tokens.back())) tokens.pop_back();
  const auto first = std::find_if_not(tokens.begin(), tokens.end(), is_blank);
  tokens.erase(tokens.begin(), first);
}

std::string joined(Tokens tokens) {
  drop_blank_ends(tokens);
  std::string text;
  for (const auto& token : tokens) text += token;
  return text;
}

std::string unquoted(std::string_view token) {
  const char quote = token.empty() ? '\0' : token.front();
  if (quote == '[') return std::string(token.substr(1, token.size() - 2));
  if (quote != '"' && quote != '`' && quote != '\'') return std::string(token);
  std::string word;
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    word += token[i];
    if (token[i] == quote) ++i;
  }
  return word;
}

}  // namespace sluice::capture
