#include "applier/server/connection_failure.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>

namespace sluice::applier {
namespace {

constexpr const char* kGoesOn = "sluiced tries again by itself, or at once with: sluicectl retry";

struct Reason {
  std::string_view words;
  std::string_view remedy;  ///< may be empty: it goes on by itself
};

struct Sign {
  std::string_view of;
  Reason reason;
};

/// What a server says by its SQLSTATE; single states before their class.
constexpr std::array kRefusals{
    Sign{"28P01",
         {"the server does not accept the role's password",
          "put the right one into ~/.pgpass, target.password_file or target.url"}},
    Sign{"28",
         {"the server does not let the role in",
          "check that the role exists, and what pg_hba.conf on the server says of it and of the database"}},
    Sign{"3D", {"the server has no such database", "create it, or correct target.url"}},
    Sign{"42501",
         {"the role may not connect to the database", "GRANT CONNECT ON DATABASE to the role of target.url"}},
    Sign{"53300", {"all connections of the server are taken", "close some, or raise max_connections there"}},
    Sign{"55000", {"the database takes no connections", "see ALLOW_CONNECTIONS of the database"}},
    Sign{"57P03", {"the server is starting up or shutting down", ""}},
    Sign{"57P", {"the server is shutting down", ""}},
    Sign{"53", {"the server lacks room, memory or connections", "see its log"}},
    Sign{"", {"the server refuses the connection", "see its log"}},
};

/// What the client library says, which it always does in English: the program sets no locale.
constexpr std::array kSigns{
    Sign{"could not translate host name",
         {"the name of the host is not known", "check the host in target.url, and the name service"}},
    Sign{"no password supplied",
         {"the server asks for a password, and none is given",
          "put it into ~/.pgpass, target.password_file or target.url"}},
    Sign{"timeout expired", {"no answer came in time", "check the network, and the host in target.url"}},
    Sign{"session is read-only",
         {"the server takes no writes: it is a standby, or read-only", "let target.url name the primary"}},
    Sign{"SSL", {"encryption could not be agreed on", "check sslmode and the certificates in target.url"}},
    Sign{"certificate",
         {"encryption could not be agreed on", "check sslmode and the certificates in target.url"}},
    Sign{"server closed the connection", {"whoever listens there hung up", "is it a Postgres server?"}},
    Sign{"invalid", {"the URL can't be read", "correct target.url"}},
    Sign{"missing", {"the URL can't be read", "correct target.url"}},
};

struct Errno {
  int number;
  Reason reason;
};

constexpr std::array kErrnos{
    Errno{ECONNREFUSED, {"nobody listens there", "start the server, or correct target.url"}},
    Errno{ENOENT, {"there is no such socket", "start the server, or correct target.url"}},
    Errno{EACCES, {"this user may not use the socket", "let it, or connect over TCP"}},
    Errno{ETIMEDOUT, {"no answer came in time", "check the network, and the host in target.url"}},
    Errno{EHOSTUNREACH, {"no way leads to the host", "check the network, and the host in target.url"}},
    Errno{ENETUNREACH, {"no way leads to the host", "check the network, and the host in target.url"}},
    Errno{ECONNRESET, {"whoever listens there hung up", "is it a Postgres server?"}},
};

Reason reason_in(const std::string& text) {
  for (const Sign& sign : kSigns)
    if (text.find(sign.of) != std::string::npos) return sign.reason;
  for (const Errno& error : kErrnos)
    if (text.find(std::strerror(error.number)) != std::string::npos) return error.reason;
  return {"it did not come about", "check target.url, and that a server listens there"};
}

std::string place(const FailedConnection& failed) {
  if (failed.host.empty()) return "";
  if (failed.host[0] == '/') return " by the socket " + failed.host + "/.s.PGSQL." + failed.port;
  return " at " + failed.host + ", port " + failed.port;
}

Reason reason_for(const FailedConnection& failed, const std::string& sqlstate) {
  if (!server_spoke(failed.text)) return reason_in(failed.text);
  return std::ranges::find_if(kRefusals, [&](const Sign& sign) { return sqlstate.starts_with(sign.of); })
      ->reason;
}

}  // namespace

// "SEVERITY:  message", in whatever language.
bool server_spoke(const std::string& text) {
  return text.find(":  ") != std::string::npos;
}

// "SEVERITY:  SQLSTATE: message", wherever in the text that is.
std::string sqlstate_in(const std::string& text) {
  constexpr std::size_t kLength = 5;
  for (auto at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + 1)) {
    const std::string state = text.substr(at + 3, kLength);
    if (state.size() == kLength && text.compare(at + 3 + kLength, 2, ": ") == 0 &&
        std::all_of(state.begin(), state.end(), [](unsigned char c) { return std::isalnum(c); }))
      return state;
  }
  return {};
}

ApplyError connection_failure(const FailedConnection& failed, const std::string& sqlstate) {
  const Reason reason = reason_for(failed, sqlstate);
  ApplyError error(Fault::environment,
                   "cannot connect to Postgres" + place(failed) + ": " + std::string(reason.words), sqlstate);
  error.hint = (reason.remedy.empty() ? "" : std::string(reason.remedy) + "; ") + kGoesOn;
  return error;
}

}  // namespace sluice::applier
