#include "applier/server/waits.h"

#include "applier/values/identifiers.h"
#include "sql/embedded.h"

namespace sluice::applier {
namespace {

ServerWait::Kind kind_of_wait(const std::string& word) {
  if (word == "lock") return ServerWait::Kind::lock;
  if (word == "commit") return ServerWait::Kind::commit;
  return word == "idle" ? ServerWait::Kind::idle : ServerWait::Kind::work;
}

std::string text(const pqxx::field& field) {
  return field.as<std::string>("");
}

}  // namespace

std::optional<ServerWait> look_at_wait(Session& session, int pid) {
  const auto rows = session.exec(replace_all(sql::waits, "@pid@", std::to_string(pid)));
  if (rows.empty()) return std::nullopt;
  const auto row = rows[0];
  ServerWait wait{.kind = kind_of_wait(text(row[0])),
                  .lock = text(row[1]),
                  .table = text(row[2]),
                  .holders = row[3].as<std::int64_t>(),
                  .holder = {},
                  .standbys = text(row[8])};
  if (!row[4].is_null()) wait.holder = LockHolder{row[4].as<int>(), text(row[5]), text(row[6]), text(row[7])};
  return wait;
}

}  // namespace sluice::applier
