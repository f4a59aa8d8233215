#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

/// What a pipeline waits for, and for whom: plain data.
namespace sluice::daemon {

struct Waiting {
  enum class For { lock, commit, file, connection };
  For kind = For::lock;
  std::string what;  ///< "table public.packages", a path, a server
  std::string who;   ///< "psql, pid 123, user ann"; empty where nobody is known
  std::chrono::system_clock::time_point since{};
  std::string hint;  ///< the remedy
};

/// The word of the status document: "lock", "commit", "file" or "connection"; and back, nothing for another.
const char* to_string(Waiting::For kind);
std::optional<Waiting::For> waiting_for(const std::string& word);

/// "a lock: table public.packages, held by psql, pid 123, user ann"
std::string sentence(const Waiting& waiting);

/// A call to the server that lasts.
struct LongCall {
  std::uint64_t number = 0;
  bool connected = false;  ///< else it is the call that connects
  int backend = 0;         ///< the server's process for it; 0 where that is not known
  std::chrono::system_clock::time_point since{};
};

}  // namespace sluice::daemon
