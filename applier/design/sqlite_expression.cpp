#include "applier/design/sqlite_expression.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

#include "applier/design/sqlite_functions.h"
#include "applier/design/sqlite_tokens.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

using Token = SqliteToken;

bool is_plain_date(const std::string& text) {
  constexpr std::string_view kShape = "9999-99-99";
  return text.size() == kShape.size() &&
         std::equal(text.begin(), text.end(), kShape.begin(),
                    [](char c, char shape) { return shape == '9' ? c >= '0' && c <= '9' : c == shape; });
}

bool is_ordering(std::string_view sign) {
  return sign.front() == '<' ? sign != "<>" : sign.front() == '>';
}

/// Reads an expression by SQLite's precedence and answers with Postgres's text.
class Translator {
 public:
  Translator(std::vector<Token> tokens, const FindColumn& columns)
      : tokens_(std::move(tokens)), columns_(columns) {}

  Operand whole() {
    Operand result = disjunction();
    if (here().kind != Token::Kind::end) refuse("'" + here().text + "'");
    return result;
  }

 private:
  using Level = Operand (Translator::*)();

  const Token& here() const { return tokens_[at_]; }

  bool take_sign(std::string_view sign) {
    if (here().kind != Token::Kind::sign || here().text != sign) return false;
    ++at_;
    return true;
  }

  bool sees_word(std::string_view word, std::size_t ahead = 0) const {
    const auto place = std::min(at_ + ahead, tokens_.size() - 1);
    return tokens_[place].kind == Token::Kind::word && tokens_[place].lower == word;
  }

  bool take_word(std::string_view word) {
    if (!sees_word(word)) return false;
    ++at_;
    return true;
  }

  void expect_sign(std::string_view sign) {
    if (!take_sign(sign)) refuse("'" + here().text + "'");
  }

  Operand disjunction() { return logical("or", " OR ", &Translator::conjunction); }
  Operand conjunction() { return logical("and", " AND ", &Translator::negation); }

  Operand logical(std::string_view word, const char* sql, Level next) {
    Operand left = (this->*next)();
    if (!sees_word(word)) return left;
    std::vector<std::string> parts{as_condition(left)};
    while (take_word(word)) parts.push_back(as_condition((this->*next)()));
    return {join(parts, sql), Operand::Kind::boolean, true, {}};
  }

  Operand negation() {
    if (!sees_word("not")) return equality();
    ++at_;
    return {"NOT " + as_condition(negation()), Operand::Kind::boolean, true, {}};
  }

  Operand equality() {
    Operand left = ordering();
    while (true) {
      if (take_sign("=") || take_sign("==")) {
        left = compared(left, "=", ordering());
      } else if (take_sign("<>") || take_sign("!=")) {
        left = compared(left, "<>", ordering());
      } else if (const auto next = worded(left)) {
        left = *next;
      } else {
        return left;
      }
    }
  }

  /// Comparisons that begin with a word: IS, IN, LIKE, BETWEEN and theirs.
  std::optional<Operand> worded(const Operand& left) {
    if (take_word("isnull")) return null_test(left, "IS NULL");
    if (take_word("notnull")) return null_test(left, "IS NOT NULL");
    if (take_word("is")) return identity(left);
    const bool negated = sees_word("not");
    if (negated && sees_word("null", 1)) {
      at_ += 2;
      return null_test(left, "IS NOT NULL");
    }
    for (const std::string_view word : {"in", "between", "like", "glob"}) {
      if (!sees_word(word, negated ? 1 : 0)) continue;
      at_ += negated ? 2 : 1;
      Operand found = word == "in"        ? membership(left)
                      : word == "between" ? between(left)
                                          : pattern(left, word == "glob");
      if (negated) found = {"NOT " + wrapped(found), Operand::Kind::boolean, true, {}};
      return found;
    }
    if (negated) refuse("NOT " + tokens_[std::min(at_ + 1, tokens_.size() - 1)].text);
    return std::nullopt;
  }

  static Operand null_test(const Operand& left, const std::string& test) {
    return {wrapped(left) + " " + test, Operand::Kind::boolean, true, {}};
  }

  Operand identity(const Operand& left) {
    const bool negated = take_word("not");
    if (take_word("null")) return null_test(left, negated ? "IS NOT NULL" : "IS NULL");
    if (sees_word("distinct")) refuse("IS DISTINCT FROM");
    return compared(left, negated ? "IS DISTINCT FROM" : "IS NOT DISTINCT FROM", ordering());
  }

  Operand membership(const Operand& left) {
    expect_sign("(");
    std::vector<std::string> values;
    Operand tested = left;
    do {
      Comparison sides = comparable(left, disjunction(), "=");
      tested = sides.left;
      values.push_back(wrapped(sides.right));
    } while (take_sign(","));
    expect_sign(")");
    return {wrapped(tested) + " IN (" + join(values, ", ") + ")", Operand::Kind::boolean, true, {}};
  }

  Operand between(const Operand& left) {
    const Operand low = ordering();
    if (!take_word("and")) refuse("BETWEEN");
    const Operand high = ordering();
    const Operand from = compared(left, ">=", low);
    const Operand to = compared(left, "<=", high);
    return {from.sql + " AND " + to.sql, Operand::Kind::boolean, true, {}};
  }

  Operand pattern(const Operand& left, bool glob) {
    const Operand right = addition_level();
    if (left.kind != Operand::Kind::text || !right.literal) refuse(glob ? "GLOB" : "LIKE");
    if (sees_word("escape")) refuse("LIKE with ESCAPE");
    return glob ? glob_match(left, *right.literal) : like_match(left, *right.literal);
  }

  Operand ordering() {
    Operand left = addition_level();
    while (here().kind == Token::Kind::sign &&
           (here().text == "<" || here().text == "<=" || here().text == ">" || here().text == ">=")) {
      const std::string sign = tokens_[at_++].text;
      left = compared(left, sign, addition_level());
    }
    return left;
  }

  Operand addition_level() { return arithmetic({"+", "-"}, &Translator::multiplication); }
  Operand multiplication() { return arithmetic({"*", "/", "%"}, &Translator::concatenation); }

  Operand arithmetic(const std::vector<std::string>& signs, Level next) {
    Operand left = (this->*next)();
    while (here().kind == Token::Kind::sign &&
           std::find(signs.begin(), signs.end(), here().text) != signs.end()) {
      const std::string sign = tokens_[at_++].text;
      const Operand right = (this->*next)();
      const bool divides = sign == "/" || sign == "%";
      // By nothing SQLite's quotient is NULL; and only of integers are quotient and remainder surely the
      // same.
      if (divides) refuse("'" + sign + "'");
      left = {as_number(left) + " " + sign + " " + as_number(right), Operand::Kind::number, true, {}};
    }
    return left;
  }

  Operand concatenation() {
    Operand left = sign_of();
    while (take_sign("||")) {
      const Operand right = sign_of();
      if (left.kind != Operand::Kind::text || right.kind != Operand::Kind::text) refuse("'||' of numbers");
      left = {wrapped(left) + " || " + wrapped(right), Operand::Kind::text, true, {}};
    }
    return left;
  }

  Operand sign_of() {
    if (take_sign("-")) {
      const Operand operand = sign_of();
      return {"-" + as_number(operand), Operand::Kind::number, true, {}};
    }
    if (take_sign("+")) return sign_of();
    Operand operand = primary();
    if (sees_word("collate")) refuse("COLLATE");
    return operand;
  }

  Operand primary() {
    const Token token = here();
    ++at_;
    switch (token.kind) {
      case Token::Kind::number:
        if (std::isinf(std::strtod(token.text.c_str(), nullptr))) refuse("a number that is infinite");
        return {token.text, Operand::Kind::number, false, token.text};
      case Token::Kind::string:
        return {quote_literal(token.text), Operand::Kind::text, false, token.text};
      case Token::Kind::name:
        return column(token.text);
      case Token::Kind::word:
        return word(token);
      case Token::Kind::sign:
        if (token.text == "(") return parenthesis();
        break;
      default:
        break;
    }
    refuse(token.kind == Token::Kind::end ? "its end" : "'" + token.text + "'");
  }

  Operand parenthesis() {
    if (sees_word("select")) refuse("a subquery");
    Operand inner = disjunction();
    expect_sign(")");
    return inner;
  }

  Operand word(const Token& token) {
    if (token.lower == "null") return {"NULL", Operand::Kind::null, false, {}};
    if (token.lower == "true" || token.lower == "false") {
      return {token.lower, Operand::Kind::boolean, false, {}};
    }
    if (token.lower == "case") return choice();
    if (take_sign("(")) return function(token.lower);
    return column(token.text);
  }

  Operand choice() {
    if (!sees_word("when")) refuse("CASE of a value");
    std::string sql = "CASE";
    Operand::Kind kind = Operand::Kind::null;
    const auto add = [&](const Operand& result) {
      if (kind != Operand::Kind::null && result.kind != Operand::Kind::null && result.kind != kind)
        refuse("CASE with results of several kinds");
      if (result.kind != Operand::Kind::null) kind = result.kind;
      return wrapped(result);
    };
    while (take_word("when")) {
      sql += " WHEN " + as_condition(disjunction());
      if (!take_word("then")) refuse("CASE without THEN");
      sql += " THEN " + add(disjunction());
    }
    if (take_word("else")) sql += " ELSE " + add(disjunction());
    if (!take_word("end")) refuse("CASE without END");
    return {sql + " END", kind, true, {}};
  }

  Operand function(const std::string& name) {
    std::vector<Operand> arguments;
    if (!take_sign(")")) {
      do arguments.push_back(disjunction());
      while (take_sign(","));
      expect_sign(")");
    }
    return call(name, arguments);
  }

  Operand column(std::string name) {
    if (take_sign(".")) name = tokens_[at_++].text;  // a table's name before it can only be its own
    const auto found = columns_(name);
    if (!found) refuse("column " + name + ", which is not there");
    return column_operand(*found);
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  const FindColumn& columns_;
};

Operand translated(std::string_view expression, const FindColumn& columns) {
  try {
    return Translator(sqlite_tokens(expression), columns).whole();
  } catch (const std::invalid_argument& error) {
    throw Untranslatable(error.what());
  }
}

}  // namespace

std::string wrapped(const Operand& operand) {
  return operand.compound ? "(" + operand.sql + ")" : operand.sql;
}

void refuse(const std::string& what) {
  throw Untranslatable(what + " has no sure translation");
}

Comparison comparable(Operand left, Operand right, std::string_view sign) {
  using Kind = Operand::Kind;
  const auto as_date = [](Operand& operand, const Operand& other) {
    if (other.kind == Kind::date && operand.kind == Kind::text && operand.literal &&
        is_plain_date(*operand.literal))
      operand.kind = Kind::date;
  };
  as_date(left, right);
  as_date(right, left);
  const auto as_truth = [](Operand& operand, const Operand& other) {
    if (other.kind != Kind::boolean || operand.kind != Kind::number) return;
    if (operand.literal == "0" || operand.literal == "1") {
      operand = {operand.literal == "1" ? "true" : "false", Kind::boolean, false, {}};
    }
  };
  as_truth(left, right);
  as_truth(right, left);
  const bool null = left.kind == Kind::null || right.kind == Kind::null;
  if (!null && (left.kind != right.kind || left.kind == Kind::other))
    refuse("a comparison of different kinds of values");
  if (left.kind == Kind::text && is_ordering(sign)) {
    left = {wrapped(left) + " COLLATE \"C\"", Kind::text, true, {}};
  }
  return {std::move(left), std::move(right)};
}

Operand compared(const Operand& left, const std::string& sign, const Operand& right) {
  const Comparison sides = comparable(left, right, sign);
  return {wrapped(sides.left) + " " + sign + " " + wrapped(sides.right), Operand::Kind::boolean, true, {}};
}

std::string as_condition(const Operand& operand) {
  if (operand.kind == Operand::Kind::boolean || operand.kind == Operand::Kind::null) return wrapped(operand);
  if (operand.kind == Operand::Kind::number) return "(" + wrapped(operand) + " <> 0)";
  refuse("a condition that is no number");
}

std::string as_number(const Operand& operand) {
  if (operand.kind == Operand::Kind::number || operand.kind == Operand::Kind::null) return wrapped(operand);
  if (operand.kind == Operand::Kind::boolean) return wrapped(operand) + "::int";
  refuse("arithmetic with what is no number");
}

Operand column_operand(const KnownColumn& column) {
  using Kind = Operand::Kind;
  switch (column.kind) {
    case TypeKind::int8:
    case TypeKind::float8:
    case TypeKind::numeric:
      return {column.name, Kind::number, false, {}};
    case TypeKind::boolean:
      return {column.name, Kind::boolean, false, {}};
    case TypeKind::date:
      return {column.name, Kind::date, false, {}};
    case TypeKind::text:
      return {column.name, column.holds_text ? Kind::text : Kind::other, false, {}};
    default:
      return {column.name, Kind::other, false, {}};
  }
}

std::string translated_condition(std::string_view expression, const FindColumn& columns) {
  const Operand whole = translated(expression, columns);
  const std::string condition = as_condition(whole);
  return whole.kind == Operand::Kind::boolean ? whole.sql : condition;
}

TranslatedTerm translated_term(std::string_view expression, const FindColumn& columns) {
  const Operand whole = translated(expression, columns);
  return {whole.sql, whole.kind};
}

}  // namespace sluice::applier
