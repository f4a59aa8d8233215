#include "applier/server/apply_error.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "applier/server/sqlstate_words.h"
#include "text/outlet.h"

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

/// How much is seen of a value outside of `quarantine show`.
constexpr std::size_t kShownOfValue = 20;

/// A message with only the beginning of what it quotes: that may be a whole value.
std::string shortened(const std::string& message) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t open; (open = message.find('"', at)) != std::string::npos;) {
    const std::size_t close = message.find('"', open + 1);
    const std::size_t end = close == std::string::npos ? message.size() : close;
    out += message.substr(at, open + 1 - at) +
           text::harmless(std::string_view(message).substr(open + 1, end - open - 1), kShownOfValue);
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
    : fault(fault_),
      code(code_of(fault_)),
      sqlstate(std::move(sqlstate_)),
      message_(text::harmless(message)),
      without_values_(applier::without_values(sqlstate, message_)) {
}

void ApplyError::name_row(const std::string& source_table, const capture::Key& source_key) {
  table = source_table;
  key = shown_key(source_key);
  row = capture::encode(source_key);
}

void ApplyError::name_value(const std::string& source_column, const capture::Value& value, bool in_key) {
  column = source_column;
  value_ = capture::describe(value);
  beginning_ = capture::to_literal(value, kShownOfValue);
  value_in_key_ = in_key;
}

void ApplyError::cut_values(const capture::Row& values) {
  for (const auto& value : values) {
    const auto* held = std::get_if<capture::Text>(&value);
    if (held == nullptr || held->bytes.size() <= kShownOfValue || held->bytes.size() > message_.size())
      continue;
    const std::string whole = text::harmless(held->bytes);
    if (const auto at = message_.find(whole); at != std::string::npos)
      message_.replace(at, whole.size(), text::harmless(whole, kShownOfValue));
  }
}

std::string ApplyError::told(bool values) const {
  if (value_.empty()) return values ? message_ : without_values_;
  if (!values) return without_values_ + " (" + value_ + ")";
  return sqlstate.empty() ? message_ + " (" + value_ + ": " + beginning_ + ")" : message_;
}

std::string ApplyError::told_key(bool values) const {
  return values || !value_in_key_ ? key : capture::describe(capture::decode_key(row));
}

bool ApplyError::waits_for_other_rows() const {
  constexpr std::array<std::string_view, 5> kOfOtherRows{"23001", "23503", "23505", "23P01", "SL002"};
  return std::find(kOfOtherRows.begin(), kOfOtherRows.end(), sqlstate) != kOfOtherRows.end();
}

bool ApplyError::lost_connection() const {
  return fault == Fault::in_doubt || sqlstate.starts_with("08") || sqlstate.starts_with("57P");
}

ApplyError ApplyError::in_words(const std::string& before, const std::string& after) const {
  ApplyError error = *this;
  error.message_ = text::harmless(before) + message_ + text::harmless(after);
  error.without_values_ = text::harmless(before) + without_values_ + text::harmless(after);
  return error;
}

ApplyError server_refusal(const std::string& message, const std::string& sqlstate) {
  if (sqlstate == "55P03") return lock_timeout();
  const bool quotes_values = sqlstate.starts_with("22") || sqlstate.starts_with("P0");
  return ApplyError(classify(sqlstate), quotes_values ? shortened(message) : message, sqlstate);
}

ApplyError connection_lost() {
  return ApplyError(Fault::in_doubt, "the connection to Postgres was lost");
}

std::string shown_key(const capture::Key& key) {
  constexpr std::size_t kShown = 200;
  return capture::to_literal(key, kShown);
}

}  // namespace sluice::applier
