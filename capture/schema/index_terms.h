#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::capture {

/// What an index is made of, in the words of its CREATE INDEX: one text a term, without COLLATE and ASC or
/// DESC, and the condition of a partial index, else an empty text.
struct IndexTerms {
  std::vector<std::string> terms;
  std::string where;
};

/// Cuts the statement of sqlite_schema apart. SQLite tells an index's columns, but not its expressions; they
/// may not be qualified, so their text can be used in a trigger as it stands. Comments become blanks. Throws
/// std::invalid_argument when the text is no CREATE INDEX.
IndexTerms split_index(std::string_view create_index);

/// The text with its double-quoted strings in single quotes. SQLite takes a double-quoted word that names no
/// column for a string, but a trigger is compiled with the settings of each connection, and some switch that
/// off; a schema is not.
std::string with_plain_strings(std::string_view sql,
                               const std::function<bool(std::string_view name)>& is_column);

/// How often each word stands in the text, keywords and quoted words included: in lower case, without quotes.
std::map<std::string, int> count_words(std::string_view sql);

}  // namespace sluice::capture
