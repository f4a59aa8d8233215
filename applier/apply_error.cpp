#include "applier/apply_error.h"

#include <algorithm>
#include <array>
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
    Rule{"2F", Fault::table},
    Rule{"3F", Fault::table},
    Rule{"42", Fault::table},
    Rule{"428C9", Fault::table},
    Rule{"42P05", Fault::environment},  // a pooler mixed up its sessions
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

}  // namespace sluice::applier
