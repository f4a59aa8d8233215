#include "applier/design/proven_type.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "applier/design/sqlite_tokens.h"
#include "applier/values/declared_type.h"
#include "applier/values/table_rule.h"

namespace sluice::applier {
namespace {

using Token = SqliteToken;

constexpr std::array<std::string_view, 7> kBoolean{"@in0,1",          "@in1,0",          "@in0,1or@isnull",
                                                   "@in1,0or@isnull", "@isnullor@in0,1", "@isnullor@in1,0",
                                                   "@=0or@=1"};
constexpr std::array<std::string_view, 3> kJson{"json_valid@", "json_valid@or@isnull",
                                                "@isnullorjson_valid@"};

bool is_name(const Token& token, const std::string& name) {
  const bool word = token.kind == Token::Kind::word || token.kind == Token::Kind::name;
  return word && same_name(token.text, name);
}

/// The condition without parentheses, the column as @.
std::string shape_of(const std::string& condition, const std::string& column) {
  std::string shape;
  try {
    for (const Token& token : sqlite_tokens(condition)) {
      const bool parenthesis = token.kind == Token::Kind::sign && (token.text == "(" || token.text == ")");
      if (parenthesis) continue;
      shape += is_name(token, column) ? "@" : token.kind == Token::Kind::word ? token.lower : token.text;
    }
  } catch (const std::invalid_argument&) {
    return {};
  }
  return shape;
}

template <typename Shapes>
bool is_one_of(const std::string& shape, const Shapes& shapes) {
  return std::find(shapes.begin(), shapes.end(), shape) != shapes.end();
}

}  // namespace

bool is_said_by(TypeKind type, const std::string& check, const std::string& column) {
  const std::string shape = shape_of(check, column);
  if (type == TypeKind::boolean) return is_one_of(shape, kBoolean);
  return (type == TypeKind::json || type == TypeKind::jsonb) && is_one_of(shape, kJson);
}

std::string proven_type(const capture::TableDetails& table, std::size_t column) {
  const auto& source = table.table.columns[column];
  for (const auto& check : table.checks) {
    const std::string shape = shape_of(check.expression, source.name);
    if (is_one_of(shape, kBoolean)) return "boolean";
    if (is_one_of(shape, kJson) && affinity_of(source.declared_type) == Affinity::text) return "json";
  }
  return source.declared_type;
}

}  // namespace sluice::applier
