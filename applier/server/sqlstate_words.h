#pragma once

#include <string>
#include <string_view>

/// Postgres's refusals of rows in our own words, which hold nothing of the rows. Pure.
namespace sluice::applier {

/// What an SQLSTATE of a refused row means, e.g. "the column takes no NULL"; empty where it speaks of no row.
std::string_view meaning_of(std::string_view sqlstate);

/// A message without anything that a row holds: of the server's about a row stay the SQLSTATE and what it
/// means.
std::string without_values(const std::string& sqlstate, const std::string& message);

}  // namespace sluice::applier
