#pragma once

#include <string>
#include <string_view>

/// The one outlet for text from outside: what an application, a server or a name in a schema has written
/// passes it on its way to the quarantine, the log, the service manager, terminals and JSON. Pure.
namespace sluice::text {

inline constexpr std::size_t kWhole = std::string_view::npos;

/// The same text as everybody may see it: valid UTF-8 on one line, with nothing in it that a terminal, a log
/// or a reader's eye takes for a command. In the place of what is not so stand escapes: `\n`, `\t`, `\r`,
/// `\x1b` for other control characters and for bytes that are no text, `\u202e` for marks that turn the
/// direction of writing and the like. At most the first `most` characters, an escape whole or not at all, and
/// `…` in the place of the rest. What has passed once passes unchanged.
///
/// It is for the eye: two texts may look the same, so nothing is ever recognised by it.
std::string harmless(std::string_view text, std::size_t most = kWhole);

/// harmless(), and an escape for whatever is beyond ASCII: what any encoding holds.
std::string in_ascii(std::string_view text);

/// The same JSON document, in valid UTF-8, with the characters that harmless() would not let pass written as
/// JSON's own escapes: programs read exactly what was there, and nobody's terminal obeys it.
std::string harmless_json(std::string_view document);

/// `Text` in SQL's quotes, harmless.
std::string quoted(std::string_view text, std::size_t most = kWhole);

}  // namespace sluice::text
