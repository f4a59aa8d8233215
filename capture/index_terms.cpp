#include "capture/index_terms.h"

#include <algorithm>
#include <stdexcept>

#include "capture/values.h"

namespace sluice::capture {
namespace {

using Tokens = std::vector<std::string>;

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         byte > 127;
}

bool is_blank(const std::string& token) {
  return token.find_first_not_of(" \t\r\n\f") == std::string::npos;
}

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

std::string bare_term(Tokens tokens) {
  drop_blank_ends(tokens);
  if (tokens.size() > 1 && (folded(tokens.back()) == "asc" || folded(tokens.back()) == "desc")) {
    tokens.pop_back();
    drop_blank_ends(tokens);
  }
  const auto previous = std::find_if_not(tokens.rbegin() + !tokens.empty(), tokens.rend(), is_blank);
  if (previous != tokens.rend() && folded(*previous) == "collate") {
    tokens.erase(previous.base() - 1, tokens.end());
  }
  return joined(tokens);
}

std::string condition_after(Tokens tokens) {
  drop_blank_ends(tokens);
  if (tokens.empty()) return {};
  if (folded(tokens.front()) != "where")
    throw std::invalid_argument("not an index condition: " + joined(tokens));
  tokens.erase(tokens.begin());
  return joined(tokens);
}

std::string unquoted(std::string_view token) {
  std::string word;
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    word += token[i];
    if (token[i] == token.front()) ++i;
  }
  return word;
}

}  // namespace

std::string with_plain_strings(std::string_view sql,
                               const std::function<bool(std::string_view name)>& is_column) {
  const Tokens tokens = tokenize(sql);
  std::string text;
  for (auto token = tokens.begin(); token != tokens.end(); ++token) {
    const auto next = std::find_if_not(token + 1, tokens.end(), is_blank);
    const bool is_function = next != tokens.end() && *next == "(";
    const bool is_string = token->front() == '"' && !is_function && !is_column(unquoted(*token));
    text += is_string ? quote_text(unquoted(*token)) : *token;
  }
  return text;
}

std::map<std::string, int> count_words(std::string_view sql) {
  std::map<std::string, int> counts;
  for (const auto& token : tokenize(sql)) {
    const bool quoted = std::string_view("\"'`[").find(token.front()) != std::string_view::npos;
    if (quoted || is_word_byte(token.front())) ++counts[folded(quoted ? unquoted(token) : token)];
  }
  return counts;
}

IndexTerms split_index(std::string_view create_index) {
  const Tokens tokens = tokenize(create_index);
  auto token = std::find(tokens.begin(), tokens.end(), "(");
  IndexTerms index;
  Tokens term;
  int depth = 0;
  for (; token != tokens.end(); ++token) {
    if (*token == "(" && ++depth == 1) continue;
    if (*token == ")" && --depth == 0) break;
    if (*token == "," && depth == 1) {
      index.terms.push_back(bare_term(std::move(term)));
      term.clear();
    } else {
      term.push_back(*token);
    }
  }
  if (token == tokens.end()) throw std::invalid_argument("not a CREATE INDEX: " + std::string(create_index));
  index.terms.push_back(bare_term(std::move(term)));
  index.where = condition_after(Tokens(token + 1, tokens.end()));
  return index;
}

}  // namespace sluice::capture
