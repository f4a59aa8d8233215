#include "applier/write/bisect.h"

#include "applier/values/identifiers.h"

namespace sluice::applier {

std::vector<RefusedPlace> bisect(Session& session, const std::string& state_schema,
                                 const std::vector<std::string>& statements, const std::string& places,
                                 std::size_t most) {
  std::vector<std::string> literals;
  for (const auto& statement : statements) literals.push_back(quote_literal(statement));
  const auto rows = session.exec("SELECT place, state, message, column_name, constraint_name FROM " +
                                 quote_name(state_schema, "bisect") + "(ARRAY[" + join(literals, ",") +
                                 "], ARRAY(" + places + "), " + std::to_string(most) + ")");
  std::vector<RefusedPlace> refused;
  for (const auto& row : rows) {
    auto error = server_refusal(row[2].as<std::string>(), row[1].as<std::string>());
    error.column = row[3].as<std::string>();
    error.constraint = row[4].as<std::string>();
    if (error.fault != Fault::row && error.fault != Fault::table) throw error;
    refused.push_back({row[0].as<std::int64_t>(), std::move(error)});
  }
  return refused;
}

}  // namespace sluice::applier
