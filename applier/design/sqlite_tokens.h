#pragma once

#include <string>
#include <string_view>
#include <vector>

/// SQLite's expressions, cut into tokens. Pure.
namespace sluice::applier {

struct SqliteToken {
  enum class Kind { word, name, string, blob, number, sign, end };
  Kind kind = Kind::end;
  std::string text;   ///< of a name or string without its quotes
  std::string lower;  ///< of a word
};

/// The tokens and an end behind them; comments are passed over. Throws std::invalid_argument at what is no
/// SQL.
std::vector<SqliteToken> sqlite_tokens(std::string_view sql);

}  // namespace sluice::applier
