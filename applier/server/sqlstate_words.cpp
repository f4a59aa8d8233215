#include "applier/server/sqlstate_words.h"

#include <array>

namespace sluice::applier {
namespace {

struct Meaning {
  std::string_view prefix;  ///< a whole state or a class
  std::string_view words;
};

// Single states stand before their class.
constexpr std::array kMeanings{
    Meaning{"22001", "the text is longer than the column takes"},
    Meaning{"22003", "the number is larger than the column takes"},
    Meaning{"22007", "the text is no date or time that the column takes"},
    Meaning{"22008", "the date or time is outside of what the column takes"},
    Meaning{"22021", "the text is not valid in the server's encoding"},
    Meaning{"22P02", "the text is no value of the column's type"},
    Meaning{"22P05", "the encoding of the server's database lacks a character of the text"},
    Meaning{"22", "the column does not take the value"},
    Meaning{"23502", "the column takes no NULL"},
    Meaning{"23503", "a row that it points at is not on the server, or one that is there still points at it"},
    Meaning{"23505", "another row on the server holds the same values"},
    Meaning{"23514", "the values break a CHECK of the table"},
    Meaning{"23P01", "another row on the server excludes the values"},
    Meaning{"23", "the values break a constraint of the table"},
    Meaning{"21000", "a trigger or rule of the server finds several rows where it wants one"},
    Meaning{"44", "the row is outside of what the view takes"},
    Meaning{"54000", "the row is larger than the server takes"},
    Meaning{"09", "a trigger of the server refuses the row"},
    Meaning{"27", "a trigger of the server has changed the same row"},
    Meaning{"38", "a function of the server refuses the row"},
    Meaning{"39", "a function of the server refuses the row"},
    Meaning{"P0", "a trigger or function of the server refuses the row"},
};

}  // namespace

std::string_view meaning_of(std::string_view sqlstate) {
  for (const Meaning& meaning : kMeanings)
    if (sqlstate.starts_with(meaning.prefix)) return meaning.words;
  return {};
}

std::string without_values(const std::string& sqlstate, const std::string& message) {
  const auto meaning = meaning_of(sqlstate);
  return meaning.empty() ? message : "SQLSTATE " + sqlstate + ": " + std::string(meaning);
}

}  // namespace sluice::applier
