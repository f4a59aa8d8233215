#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

/// Errors of the Postgres side, named by what to do next.
namespace sluice::applier {

/// The next step after a failure.
enum class Fault {
  row,          ///< a row's values are refused: halt, nobody else's fault
  table,        ///< a table, right or trigger function is in the way: halt, look again by itself
  environment,  ///< server, network, resources: back off and try again, for ever
  in_doubt,     ///< the connection went while a transaction was under way: read the position back
  fenced,       ///< the position row is not what this daemon believes (SL001): read it and decide again
};

/// Which of them an SQLSTATE means. Never looks at message text, which is localised.
/// Source of the table: the classes of DESIGN "Faults"; unknown states are `environment`.
Fault classify(std::string_view sqlstate);

/// A refusal or failure with everything an operator needs. The message is Postgres's primary message or our
/// own conversion rule; DETAIL, which carries whole rows, is left out.
class ApplyError : public std::runtime_error {
 public:
  ApplyError(Fault fault, const std::string& message, std::string sqlstate = {});

  /// Has the connection gone with it, or the session, or the server?
  bool lost_connection() const;

  /// Refused for what other rows are, which may be others once more rows have been written?
  bool waits_for_other_rows() const;

  /// The same in other words.
  ApplyError with_message(const std::string& message) const;

  Fault fault;
  std::string code;        ///< stable word for programs, e.g. "row_refused", "target_away"
  std::string sqlstate;    ///< empty for our own errors
  std::string table;       ///< source table, where known
  std::string key;         ///< as SQL literals, where known
  std::string column;      ///< where known
  std::string constraint;  ///< where known
  std::string hint;        ///< the remedy
};

/// A server's error, by its primary message and SQLSTATE. Messages of class 22 quote whole values: of those
/// only the first 20 characters stay.
ApplyError server_refusal(const std::string& message, const std::string& sqlstate);

}  // namespace sluice::applier
