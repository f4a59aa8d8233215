#pragma once

#include <string>
#include <string_view>

/// The text that Postgres accepts in a UTF-8 database. Pure.
namespace sluice::text {

/// The length of the well-formed character at the start of `bytes`; 0 where there is none.
std::size_t character_length(std::string_view bytes);

/// Well-formed UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view bytes);

/// Takes out every NUL, or puts U+FFFD in its place.
std::string without_nul(std::string_view bytes, bool replace);

/// Takes out every byte that does not belong to a well-formed character, or puts U+FFFD in its place.
std::string without_invalid_utf8(std::string_view bytes, bool replace);

}  // namespace sluice::text
