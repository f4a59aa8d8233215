#include "applier/design/sqlite_tokens.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace sluice::applier {
namespace {

using TokenKind = SqliteToken::Kind;

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte > 127;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

class Cutter {
 public:
  explicit Cutter(std::string_view sql) : sql_(sql) {}

  std::vector<SqliteToken> cut() {
    std::vector<SqliteToken> tokens;
    for (pass_blanks(); at_ < sql_.size(); pass_blanks()) tokens.push_back(next());
    tokens.emplace_back();
    return tokens;
  }

 private:
  char at(std::size_t offset = 0) const { return at_ + offset < sql_.size() ? sql_[at_ + offset] : '\0'; }

  void pass_blanks() {
    while (at_ < sql_.size()) {
      const auto rest = sql_.substr(at_);
      if (std::isspace(static_cast<unsigned char>(rest.front())) != 0) {
        ++at_;
      } else if (rest.starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (rest.starts_with("/*")) {
        const auto end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  SqliteToken next() {
    const char c = at();
    if (c == '\'') return {TokenKind::string, quoted('\''), ""};
    if (c == '"' || c == '`') return {TokenKind::name, quoted(c), ""};
    if (c == '[') return {TokenKind::name, quoted(']'), ""};
    if ((c == 'x' || c == 'X') && at(1) == '\'') {
      ++at_;
      return {TokenKind::blob, quoted('\''), ""};
    }
    if (is_digit(c) || (c == '.' && is_digit(at(1)))) return {TokenKind::number, number(), ""};
    if (is_word_byte(c)) return word();
    return {TokenKind::sign, sign(), ""};
  }

  std::string quoted(char close) {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == close) {
        ++at_;
        if (close == ']' || at() != close) return text;
      }
      text += sql_[at_];
    }
    throw std::invalid_argument("an open quote");
  }

  std::string number() {
    const std::size_t start = at_;
    if (at() == '0' && (at(1) == 'x' || at(1) == 'X')) throw std::invalid_argument("a hexadecimal number");
    const auto digits = [this] {
      while (is_digit(at())) ++at_;
    };
    digits();
    if (at() == '.') {
      ++at_;
      digits();
    }
    const bool sign = at(1) == '+' || at(1) == '-';
    if ((at() == 'e' || at() == 'E') && is_digit(at(sign ? 2 : 1))) {
      at_ += sign ? 2 : 1;
      digits();
    }
    if (is_word_byte(at())) throw std::invalid_argument("a number that goes on in letters");
    return std::string(sql_.substr(start, at_ - start));
  }

  SqliteToken word() {
    const std::size_t start = at_;
    while (is_word_byte(at())) ++at_;
    SqliteToken token{TokenKind::word, std::string(sql_.substr(start, at_ - start)), ""};
    for (const char c : token.text)
      token.lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return token;
  }

  std::string sign() {
    static constexpr std::array<std::string_view, 10> kLong{"->>", "->", "||", "==", "<>",
                                                            "!=",  "<=", ">=", "<<", ">>"};
    for (const auto each : kLong) {
      if (!sql_.substr(at_).starts_with(each)) continue;
      at_ += each.size();
      return std::string(each);
    }
    return {sql_[at_++]};
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<SqliteToken> sqlite_tokens(std::string_view sql) {
  return Cutter(sql).cut();
}

}  // namespace sluice::applier
