#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "capture/change.h"

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
/// own conversion rule, through the outlet for text; DETAIL, which carries whole rows, is left out.
class ApplyError : public std::exception {
 public:
  ApplyError(Fault fault, const std::string& message, std::string sqlstate = {});

  const char* what() const noexcept override { return message_.c_str(); }

  /// What people are told: the message, with type, length and beginning of the value that is refused where it
  /// is known. Without `values` nothing in it comes from a row: in the place of the server's words stand our
  /// own for the SQLSTATE.
  std::string told(bool values) const;
  /// The key as SQL literals; without `values` only its types and lengths where it is itself what is refused.
  std::string told_key(bool values) const;

  /// Says which row it is about.
  void name_row(const std::string& source_table, const capture::Key& source_key);
  /// Says which column of the row it is about, and what was to go there.
  void name_value(const std::string& source_column, const capture::Value& value, bool in_key);
  /// Leaves only the beginning of each of these in the message, should the server have told it whole.
  void cut_values(const capture::Row& values);

  /// Has the connection gone with it, or the session, or the server?
  bool lost_connection() const;

  /// Refused for what other rows are, which may be others once more rows have been written?
  bool waits_for_other_rows() const;

  /// The same with more words around it.
  ApplyError in_words(const std::string& before, const std::string& after = {}) const;

  Fault fault;
  std::string code;        ///< stable word for programs, e.g. "row_refused", "target_away"
  std::string sqlstate;    ///< empty for our own errors
  std::string table;       ///< source table, where known
  std::string key;         ///< as it is shown, where known
  std::string row;         ///< the key as capture::encode() writes it: by this the row is recognised
  std::string column;      ///< where known
  std::string constraint;  ///< where known
  std::string hint;        ///< the remedy

 private:
  std::string message_;
  std::string without_values_;
  std::string value_;      ///< what is refused, by type and length
  std::string beginning_;  ///< of it
  bool value_in_key_ = false;
};

/// A server's error, by its primary message and SQLSTATE. Messages about values quote them whole: of those
/// only the first 20 characters stay.
ApplyError server_refusal(const std::string& message, const std::string& sqlstate);

/// The connection has gone while a call was under way.
ApplyError connection_lost();

/// A key as SQL literals of a bearable length, for people.
std::string shown_key(const capture::Key& key);

}  // namespace sluice::applier
