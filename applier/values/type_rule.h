#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "applier/values/type_kind.h"

/// How the owner says that the values of a column are to be read: `tables.rules.<name>.types`. Pure.
namespace sluice::applier {

class LocalZone;

/// One column's rule. Default-constructed: by the storage class of the value and the type of the column.
struct TypeRule {
  enum class Kind {
    automatic,
    boolean,
    integer,
    real,
    numeric,
    rounded,  ///< numbers and times may lose the digits that the column does not keep
    text,     ///< blobs are text, too
    bytea,
    json,  ///< blobs are JSON text, too
    uuid,
    uuid_upper,   ///< a key in the usual form, in capital letters
    uuid_hex,     ///< a key in the form of 32 hexadecimal digits
    uuid_blob,    ///< a key in the form of 16 bytes
    uuid_dotnet,  ///< 16 bytes as .NET's Guid orders them
    date,
    time,
    iso,           ///< text only, numbers are refused
    unix_s,        ///< numbers count from 1970
    unix_ms,       //
    unix_us,       //
    unix_ns,       //
    julian,        ///< numbers are Julian days
    core_data,     ///< numbers are seconds since 2001
    webkit,        ///< numbers are microseconds since 1601
    filetime,      ///< numbers are units of 100 ns since 1601
    dotnet_ticks,  ///< numbers are units of 100 ns since the year 1
    local,         ///< text without a zone is the time of `zone`
    interval_s,
    interval_ms,
    interval_us,
    empty_is_null,  ///< empty text and the date 0000-00-00 are NULL
  };
  Kind kind = Kind::automatic;
  const LocalZone* zone = nullptr;  ///< of `local`; lives as long as the program

  bool operator==(const TypeRule&) const = default;
};

/// Reads a rule as the configuration writes it: `unix_ms`, `local:Europe/Berlin`. Throws
/// std::invalid_argument that lists the known words, or names the unknown time zone.
TypeRule parse_type_rule(std::string_view text);

/// The word of a rule, without the zone of `local`; not for `automatic`.
std::string_view word_of(TypeRule::Kind kind);

/// Every word that parse_type_rule() knows, `local:ZONE` for the one with an argument.
std::vector<std::string> type_rule_words();

/// Why the rule makes no sense for a column of that type, as an ending of "column c: ..."; nothing where it
/// does. In a key only rules make sense that never make one key of two.
std::optional<std::string> misfit(const TypeRule& rule, TypeKind kind, bool in_key = false);

/// The type of the column where Sluice makes the table; nothing where the rule leaves that to the declared
/// type.
std::optional<std::string> column_type(const TypeRule& rule);

}  // namespace sluice::applier
