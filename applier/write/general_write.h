#pragma once

#include <cstddef>
#include <optional>
#include <pqxx/row>
#include <string>
#include <vector>

#include "applier/server/session.h"
#include "applier/write/bisect.h"
#include "applier/write/general_sql.h"
#include "applier/write/refusal.h"
#include "applier/write/stage.h"

namespace sluice::applier {

/// Writes what stages hold where the short way was refused: in any order of keys, unique values and foreign
/// keys that a state of the source can need, and finds exactly the rows that the server does not take. Inside
/// one transaction; lives as long as a call.
///
/// All tables are written by one statement, whose constraints are checked at its end. Where values of unique
/// columns change places, their rows give way first. What is still refused is looked for by bisecting, and
/// the refused rows are tried again among themselves: one may have waited for another.
class GeneralWrite {
 public:
  /// `stages`: settled, parents first.
  GeneralWrite(Session& session, std::vector<Stage*> stages, std::string state_schema);

  /// Writes everything that can be written and gives back the rest; where they come to `most`, the other rows
  /// have not been tried. Where a table is at fault, one of its rows stands for all. Throws ApplyError where
  /// neither is.
  std::vector<Refusal> run(std::size_t most);

 private:
  std::vector<std::string> statements(const Places& places, bool yielding) const;
  std::optional<ApplyError> attempt(bool yielding);
  std::vector<RefusedPlace> bisected(const std::string& places, bool yielding, std::size_t most);
  void describe(const std::vector<RefusedPlace>& refused, std::vector<Refusal>& refusals);
  Refusal describe(const TargetTable& table, const pqxx::row& row, ApplyError error) const;
  void explain_exchange(const TargetTable& table, ApplyError& error) const;
  void take_out(const std::vector<RefusedPlace>& refused);

  Session& session_;
  std::vector<StagedTable> tables_;
  std::string state_schema_;
};

/// What would help against a refusal by the server, where the error doesn't say so itself.
void add_hint(ApplyError& error, const Session& session, const TargetTable& table);

}  // namespace sluice::applier
