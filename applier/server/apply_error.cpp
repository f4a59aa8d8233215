#include "applier/server/apply_error.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sluice::applier {
namespace {

struct Rule {
  std::string_view prefix;  ///< a whole state or a class
  Fault fault;
};

// The longest prefix wins, so single states stand beside their class.
constexpr std::array kRules{
    Rule{"SL001", Fault::fenced},
    Rule{"SL002", Fault::row},
    Rule{"SL003", Fault::row},
    // What one row's values bring about.
    Rule{"09", Fault::row},
    Rule{"21000", Fault::row},
    Rule{"22", Fault::row},
    Rule{"22P04", Fault::table},  // bad COPY format: ours, and every row's
    Rule{"23", Fault::row},
    Rule{"27000", Fault::row},
    Rule{"38", Fault::row},
    Rule{"39", Fault::row},
    Rule{"44", Fault::row},
    Rule{"54", Fault::row},
    Rule{"P0", Fault::row},
    // What stands in the way of every row of a table.
    Rule{"0A", Fault::table},
    Rule{"2B", Fault::table},
    Rule{"2F", Fault::table},
    Rule{"3F", Fault::table},
    Rule{"42", Fault::table},
    Rule{"42P05", Fault::environment},  // a pooler mixed up its sessions
    Rule{"54011", Fault::table},        // more columns than a table may have
    Rule{"55", Fault::table},
    Rule{"55006", Fault::environment},
    Rule{"55P03", Fault::environment},
    // The commit may have happened.
    Rule{"40003", Fault::in_doubt},
    Rule{"08007", Fault::in_doubt},
};

const char* code_of(Fault fault) {
  switch (fault) {
    case Fault::row:
      return "row_refused";
    case Fault::table:
      return "table_refused";
    case Fault::environment:
      return "target_away";
    case Fault::in_doubt:
      return "outcome_unknown";
    case Fault::fenced:
      return "fenced";
  }
  return "target_away";
}

/// A message with at most the first 20 characters of what it quotes: that may be a whole value.
std::string shortened(const std::string& message) {
  constexpr std::size_t kShown = 20;
  std::string out;
  std::size_t at = 0;
  for (std::size_t open; (open = message.find('"', at)) != std::string::npos;) {
    const std::size_t close = message.find('"', open + 1);
    const std::size_t end = close == std::string::npos ? message.size() : close;
    out += message.substr(at, open + 1 - at) + message.substr(open + 1, std::min(kShown, end - open - 1));
    if (end - open - 1 > kShown) out += "…";
    if (close == std::string::npos) return out;
    out += '"';
    at = close + 1;
  }
  return out + message.substr(at);
}

/// Who holds it is seen by whoever looks meanwhile: the server does not say.
ApplyError lock_timeout() {
  ApplyError error(Fault::environment, "a lock that another transaction holds was not let go of in time",
                   "55P03");
  error.code = "lock_timeout";
  error.hint =
      "end that transaction; the oldest come first in: SELECT pid, usename, application_name, xact_start "
      "FROM "
      "pg_stat_activity ORDER BY xact_start; sluiced then goes on by itself";
  return error;
}

}  // namespace

Fault classify(std::string_view sqlstate) {
  const Rule* best = nullptr;
  for (const Rule& rule : kRules) {
    const bool fits = sqlstate.substr(0, rule.prefix.size()) == rule.prefix;
    if (fits && (!best || rule.prefix.size() > best->prefix.size())) best = &rule;
  }
  return best ? best->fault : Fault::environment;
}

ApplyError::ApplyError(Fault fault_, const std::string& message, std::string sqlstate_)
    : std::runtime_error(message), fault(fault_), code(code_of(fault_)), sqlstate(std::move(sqlstate_)) {
}

bool ApplyError::waits_for_other_rows() const {
  constexpr std::array<std::string_view, 5> kOfOtherRows{"23001", "23503", "23505", "23P01", "SL002"};
  return std::find(kOfOtherRows.begin(), kOfOtherRows.end(), sqlstate) != kOfOtherRows.end();
}

bool ApplyError::lost_connection() const {
  return fault == Fault::in_doubt || sqlstate.starts_with("08") || sqlstate.starts_with("57P");
}

ApplyError ApplyError::with_message(const std::string& message) const {
  ApplyError error(fault, message, sqlstate);
  error.code = code;
  error.table = table;
  error.key = key;
  error.column = column;
  error.constraint = constraint;
  error.hint = hint;
  return error;
}

ApplyError server_refusal(const std::string& message, const std::string& sqlstate) {
  if (sqlstate == "55P03") return lock_timeout();
  const bool quotes_values = sqlstate.starts_with("22");
  return ApplyError(classify(sqlstate), quotes_values ? shortened(message) : message, sqlstate);
}

}  // namespace sluice::applier
