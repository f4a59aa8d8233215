#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "applier/server/session.h"

/// Whom another session of ours waits for on the server.
namespace sluice::applier {

/// A transaction that others wait for.
struct LockHolder {
  int pid = 0;          ///< 0: a prepared transaction, which no session has
  std::string name;     ///< the application's, or what kind of process it is; of a prepared one its own
  std::string role;     ///< empty where it has none
  std::string open_at;  ///< UTC; empty where the server does not tell this role
};

struct ServerWait {
  enum class Kind {
    lock,
    commit,  ///< a synchronous standby has not confirmed yet
    work,    ///< the server is busy with it
    idle,    ///< the server waits for us: its answer, or our question, is on the way or lost
  };
  Kind kind = Kind::work;
  std::string lock;   ///< the type of the lock, as pg_locks has it
  std::string table;  ///< where known
  std::int64_t holders = 0;
  std::optional<LockHolder> holder;  ///< of them the one whose transaction is the oldest
  std::string standbys;              ///< synchronous_standby_names
};

/// Asks about the session of the same name and role whose process is `pid`; 0 where that is not known.
/// Nothing where the server knows no such session. Throws ApplyError.
std::optional<ServerWait> look_at_wait(Session& session, int pid);

}  // namespace sluice::applier
