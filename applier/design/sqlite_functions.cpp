#include "applier/design/sqlite_functions.h"

#include <algorithm>

#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

using TermKind = Operand::Kind;
using Operands = std::vector<Operand>;

bool all_are(const Operands& arguments, TermKind kind) {
  return std::all_of(arguments.begin(), arguments.end(),
                     [&](const Operand& each) { return each.kind == kind; });
}

std::string listed(const Operands& arguments) {
  std::vector<std::string> list;
  for (const Operand& each : arguments) list.push_back(each.sql);
  return join(list, ", ");
}

Operand made(const std::string& function, const Operands& arguments, TermKind kind) {
  return {function + "(" + listed(arguments) + ")", kind, false, {}};
}

/// SQLite folds ASCII alone, as the collation "C" does.
Operand folding(const std::string& function, const Operand& text) {
  return {function + "(" + wrapped(text) + " COLLATE \"C\")", TermKind::text, false, {}};
}

bool is_position(const Operand& operand) {
  return operand.literal && operand.literal->find_first_not_of("0123456789") == std::string::npos &&
         *operand.literal != "0";
}

/// All of one kind; NULL goes with each.
Operand first_not_null(const Operands& arguments) {
  const auto first = std::find_if(arguments.begin(), arguments.end(),
                                  [](const Operand& each) { return each.kind != TermKind::null; });
  if (first == arguments.end()) refuse("coalesce of nothing");
  for (const Operand& each : arguments) {
    if (each.kind != TermKind::null && (each.kind != first->kind || each.kind == TermKind::other))
      refuse("coalesce of different kinds of values");
  }
  return made("coalesce", arguments, first->kind);
}

std::string lower_ascii(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// The set in brackets that starts at `at`, as a regular expression; `at` is left behind it.
std::string glob_set(const std::string& pattern, std::size_t& at) {
  auto end = pattern.find(']', at + 1);
  if (end == std::string::npos || end == at + 1) refuse("GLOB with an open bracket");
  const std::string set = pattern.substr(at, end - at + 1);
  if (set.find_first_of("\\[", 1) != std::string::npos) refuse("GLOB with a bracket in a bracket");
  at = end + 1;
  return set;
}

}  // namespace

Operand like_match(const Operand& left, const std::string& pattern) {
  return {
      "lower(" + wrapped(left) + " COLLATE \"C\") LIKE " + quote_literal(lower_ascii(pattern)) + " ESCAPE ''",
      TermKind::boolean,
      true,
      {}};
}

Operand glob_match(const Operand& left, const std::string& pattern) {
  std::string regex = "^";
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '[') {
      regex += glob_set(pattern, at);
      continue;
    }
    if (c == '*' || c == '?') {
      regex += c == '*' ? ".*" : ".";
    } else {
      if (std::string_view(".^$|()+{}\\]").find(c) != std::string_view::npos) regex += '\\';
      regex += c;
    }
    ++at;
  }
  return {wrapped(left) + " COLLATE \"C\" ~ " + quote_literal(regex + "$"), TermKind::boolean, true, {}};
}

Operand call(const std::string& name, const Operands& arguments) {
  const std::size_t count = arguments.size();
  if ((name == "coalesce" && count > 1) || (name == "ifnull" && count == 2)) return first_not_null(arguments);
  if (name == "abs" && count == 1 && all_are(arguments, TermKind::number))
    return made("abs", arguments, TermKind::number);
  const bool texts = count > 0 && all_are(arguments, TermKind::text);
  if (texts && count == 1) {
    if (name == "length") return made("length", arguments, TermKind::number);
    if (name == "lower" || name == "upper") return folding(name, arguments[0]);
  }
  if (texts && count <= 2 && (name == "ltrim" || name == "rtrim"))
    return made(name, arguments, TermKind::text);
  if (texts && count <= 2 && name == "trim") return made("btrim", arguments, TermKind::text);
  if (texts && count == 3 && name == "replace" && arguments[1].literal && !arguments[1].literal->empty())
    return made("replace", arguments, TermKind::text);
  if (texts && count == 2 && name == "instr") return made("strpos", arguments, TermKind::number);
  const bool substring = name == "substr" || name == "substring";
  if (substring && (count == 2 || count == 3) && arguments[0].kind == TermKind::text &&
      std::all_of(arguments.begin() + 1, arguments.end(), is_position))
    return made("substr", arguments, TermKind::text);
  refuse("the function " + name + (count == 0 ? "()" : "(...)"));
}

}  // namespace sluice::applier
