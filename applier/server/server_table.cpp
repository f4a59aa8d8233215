#include "applier/server/server_table.h"

#include <nlohmann/json.hpp>

#include "applier/values/identifiers.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

using nlohmann::json;

/// An aggregate over nothing is null.
std::vector<std::string> names_in(const json& list) {
  return list.is_null() ? std::vector<std::string>{} : list.get<std::vector<std::string>>();
}

char letter(const json& text) {
  return text.get_ref<const std::string&>().at(0);
}

ServerColumn read_column(const json& column) {
  ServerColumn result;
  column.at("name").get_to(result.name);
  column.at("type").get_to(result.type);
  result.kind = kind_of(column.at("base").get<unsigned>(), column.at("is_array").get<bool>());
  column.at("base_name").get_to(result.base_type);
  column.at("modifier").get_to(result.modifier);
  column.at("is_enum").get_to(result.is_enum);
  column.at("modified").get_to(result.modified);
  column.at("generated").get_to(result.generated);
  column.at("identity_always").get_to(result.identity_always);
  column.at("deterministic").get_to(result.deterministic);
  column.at("bytewise").get_to(result.bytewise);
  column.at("not_null").get_to(result.not_null);
  column.at("has_default").get_to(result.has_default);
  column.at("in_key").get_to(result.in_key);
  return result;
}

ServerIndex read_index(const json& index) {
  ServerIndex result;
  index.at("name").get_to(result.name);
  index.at("constraint").get_to(result.constraint);
  index.at("immediate").get_to(result.immediate);
  index.at("whole").get_to(result.whole);
  index.at("plain").get_to(result.plain);
  result.columns = names_in(index.at("columns"));
  result.used = names_in(index.at("used"));
  result.operators = names_in(index.at("operators"));
  return result;
}

ServerForeignKey read_foreign_key(const json& key) {
  ServerForeignKey result;
  key.at("outgoing").get_to(result.outgoing);
  key.at("incoming").get_to(result.incoming);
  key.at("parents").get_to(result.parents);
  result.on_delete = letter(key.at("on_delete"));
  result.on_update = letter(key.at("on_update"));
  for (const auto& child : key.at("children"))
    result.children.push_back({child.at("oid"), child.at("schema"), child.at("table"), child.at("below")});
  result.child_columns = names_in(key.at("child_columns"));
  result.columns = names_in(key.at("columns"));
  return result;
}

ServerTable read_table(const json& table) {
  ServerTable result;
  table.at("name").get_to(result.name);
  table.at("oid").get_to(result.oid);
  table.at("below").get_to(result.below);
  result.kind = letter(table.at("kind"));
  table.at("owner").get_to(result.owner);
  table.at("owned").get_to(result.owned);
  table.at("schema_usable").get_to(result.schema_usable);
  table.at("writable").get_to(result.writable);
  table.at("row_security").get_to(result.row_security);
  result.replaced_by = names_in(table.at("replaced_by"));
  table.at("has_triggers").get_to(result.has_triggers);
  table.at("may_swallow").get_to(result.may_swallow);
  table.at("may_fill").get_to(result.may_fill);
  if (!table.at("columns").is_null()) {
    for (const auto& column : table.at("columns")) result.columns.push_back(read_column(column));
  }
  for (const auto& index : table.at("uniques")) result.uniques.push_back(read_index(index));
  for (const auto& key : table.at("foreign_keys")) result.foreign_keys.push_back(read_foreign_key(key));
  return result;
}

ServerSurvey read_survey(const json& found) {
  ServerSurvey answer;
  answer.names = names_in(found.at("names"));
  if (!found.at("table").is_null()) answer.table = read_table(found.at("table"));
  return answer;
}

}  // namespace

std::vector<ServerSurvey> survey_server(Session& session, const std::string& schema,
                                        const std::vector<std::string>& names) {
  std::vector<ServerSurvey> answers;
  if (names.empty()) return answers;
  const char* const fires = session.mode() == ApplyMode::replica ? "R" : "O";
  std::vector<std::string> asked;
  for (const auto& name : names) {
    asked.push_back("(" + std::to_string(asked.size()) + "," + quote_literal(schema) + "," +
                    quote_literal(name) + "," + quote_literal(fires) + ")");
  }
  // In one go: a name may look like a place in the statement.
  for (const auto& row : session.exec(replace_all(sql::target_survey, "{asked}", join(asked, ","))))
    answers.push_back(read_survey(json::parse(row[1].as<std::string>())));
  return answers;
}

}  // namespace sluice::applier
