#include "applier/server/rows_there.h"

#include <string>

#include "applier/values/identifiers.h"

namespace sluice::applier {

bool holds_rows(Session& session, const TargetTable& table) {
  return hold_rows(session, {&table}).front();
}

std::vector<bool> hold_rows(Session& session, const std::vector<const TargetTable*>& tables) {
  std::vector<bool> answers;
  if (tables.empty()) return answers;
  std::vector<std::string> questions;
  for (const auto* table : tables) questions.push_back("EXISTS (SELECT 1 FROM " + table->name + ")");
  const auto said =
      session.exec("SELECT ARRAY[" + join(questions, ",") + "]::text")[0][0].as<std::string>();  // {t,f,t}
  for (std::size_t i = 0; i < tables.size(); ++i) answers.push_back(said.at(2 * i + 1) == 't');
  return answers;
}

}  // namespace sluice::applier
