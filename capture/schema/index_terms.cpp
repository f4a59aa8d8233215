#include "capture/schema/index_terms.h"

#include <algorithm>
#include <stdexcept>

#include "capture/schema/sql_tokens.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

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
