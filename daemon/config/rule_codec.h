#pragma once

#include <set>
#include <stdexcept>
#include <string>

#include "applier/values/type_rule.h"
#include "daemon/config/setting_codec.h"

/// How the values of a table's rule are read and printed; as setting_codec.h.
namespace sluice::daemon {

/// All rules on one line, with what they change; {} without any.
std::string print_rules(const applier::TableRules& rules);

struct ColumnsCodec {
  static constexpr Shape kShape = Shape::list_or_except;
  std::string kind = "list of columns";

  applier::ColumnChoice parse(const Given& given) const {
    if (given.items.empty()) throw ValueError("expected the names of columns, got none");
    return {given.items, given.except};
  }
  std::string print(const applier::ColumnChoice& value) const {
    if (value.names.empty()) return "all";
    return value.except ? "{except: " + yaml_list(value.names) + "}" : yaml_list(value.names);
  }
};

/// What a map gives for each column, checked by `Check`, which throws ValueError.
template <typename Check>
applier::ByColumn by_column(const Given& given, Check check) {
  applier::ByColumn entries;
  for (std::size_t i = 0; i < given.items.size(); ++i) {
    check(given.values[i]);
    if (entries.emplace(given.items[i], given.values[i]).second) continue;
    throw ValueError("column " + quoted_for_message(given.items[i]) +
                     " is given twice, for SQLite knows no case");
  }
  return entries;
}

struct RenameCodec {
  static constexpr Shape kShape = Shape::map;
  std::string kind = "{old: new}";

  applier::ByColumn parse(const Given& given) const {
    std::set<std::string> taken;
    return by_column(given, [&](const std::string& name) {
      (void)NameCodec{}.parse({{name}, {}});
      if (!taken.insert(name).second)
        throw ValueError("two columns are renamed to " + quoted_for_message(name));
    });
  }
  std::string print(const applier::ByColumn& value) const { return yaml_map({value.begin(), value.end()}); }
};

struct TypesCodec {
  static constexpr Shape kShape = Shape::map;
  std::string kind = "{column: rule}";

  applier::ByColumn parse(const Given& given) const {
    return by_column(given, [](const std::string& word) {
      try {
        (void)applier::parse_type_rule(word);
      } catch (const std::invalid_argument& error) {
        throw ValueError(error.what());
      }
    });
  }
  std::string print(const applier::ByColumn& value) const { return yaml_map({value.begin(), value.end()}); }
};

/// SQLite says more about an expression once it has the table before it.
struct ConditionCodec {
  std::string kind = "SQL expression";

  std::string parse(const Given& given) const {
    const std::string& text = given.items.front();
    if (text.find_first_not_of(" \t\n") == std::string::npos)
      refuse("an expression such as total > 0", given);
    return text;
  }
  std::string print(const std::string& value) const { return yaml_scalar(value); }
};

}  // namespace sluice::daemon
