#pragma once

#include <string>

#include "applier/server/apply_error.h"

/// Why a connection did not come about, in our own words. Pure.
namespace sluice::applier {

/// What the client library knows of it.
struct FailedConnection {
  std::string host;  ///< a folder where it is a socket's
  std::string port;
  std::string text;
};

/// Has a server answered, and refused?
bool server_spoke(const std::string& text);

/// The SQLSTATE of the server's words; empty where they have none.
std::string sqlstate_in(const std::string& text);

/// Where the connection was sought, what stood in the way, and what to do. `sqlstate` is the server's.
ApplyError connection_failure(const FailedConnection& failed, const std::string& sqlstate);

}  // namespace sluice::applier
