#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// SQL text for Postgres: names and literals. Pure.
namespace sluice::applier {

/// A name in double quotes, whatever it holds.
std::string quote_name(std::string_view name);

/// "schema"."table".
std::string quote_name(std::string_view schema, std::string_view table);

/// SQL that puts a name of the catalog in double quotes, as quote_name() does.
std::string quoted_name_sql(const std::string& expression);

/// A string literal that means the same whatever standard_conforming_strings says.
std::string quote_literal(std::string_view text);

/// Joins the pieces with a separator.
std::string join(const std::vector<std::string>& pieces, std::string_view separator);

/// The names, quoted already, each with its alias before it: "s.a,s.b".
std::string qualified(const std::string& alias, const std::vector<std::string>& names);

/// A quote for a body of text that the body does not end: $sluice$ or longer.
std::string dollars_around(std::string_view body);

/// `text` with every `placeholder` replaced.
std::string replace_all(std::string_view text, std::string_view placeholder, std::string_view value);

/// `text` with each placeholder replaced by the value behind it, whatever the values hold.
std::string replace_each(std::string_view text,
                         const std::vector<std::pair<std::string_view, std::string>>& values);

}  // namespace sluice::applier
