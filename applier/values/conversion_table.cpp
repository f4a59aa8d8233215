#include "applier/values/conversion_table.h"

#include <array>

namespace sluice::applier {
namespace {

using IntegerRule = ConversionRule<std::int64_t>;
using RealRule = ConversionRule<double>;
using BytesRule = ConversionRule<std::string>;

constexpr IntegerRule kWhole{int_of_integer, "as it is, in range"};
constexpr RealRule kWholeReal{int_of_real, "`3.0` is 3; with a fraction refused"};
constexpr BytesRule kWholeText{int_of_text, "`3`, `3.0`; else refused"};
constexpr IntegerRule kItsDigits{text_of_integer, "its digits"};
constexpr RealRule kRealDigits{text_of_real, "its digits, `2.0`"};
constexpr BytesRule kFloatText{float_of_text, "a number whose digits it keeps; `Infinity`, `NaN`"};
constexpr BytesRule kTextBlob{text_of_blob, "refused; by rule `text` as text"};
constexpr BytesRule kJsonText{json_of_text, "JSON, checked"};
constexpr BytesRule kJsonBlob{json_of_blob, "refused; by rule `json` as text"};
constexpr IntegerRule kCount{moment_of_integer, "a count, by rule or where the column proves its unit"};
constexpr RealRule kRealCount{moment_of_real, "the same, and Julian days by rule"};

constexpr std::array kConversions{
    TypeConversions{TypeKind::boolean,
                    "boolean",
                    {boolean_of_integer, "0, 1"},
                    {},
                    {boolean_of_text, "0, 1, t, f, true, false, yes, no, on, off in any case"},
                    {}},
    TypeConversions{TypeKind::int2, "smallint", kWhole, kWholeReal, kWholeText, {}},
    TypeConversions{TypeKind::int4, "integer", kWhole, kWholeReal, kWholeText, {}},
    TypeConversions{TypeKind::int8, "bigint", kWhole, kWholeReal, kWholeText, {}},
    TypeConversions{TypeKind::float4,
                    "real",
                    {float_of_integer, "as it is, if exact"},
                    {float_of_real, "if its digits are kept: `0.1` is, `0.30000000000000004` is not"},
                    kFloatText,
                    {}},
    TypeConversions{TypeKind::float8,
                    "double precision",
                    {float_of_integer, "as it is, if exact"},
                    {float_of_real, "every bit, infinities too"},
                    kFloatText,
                    {}},
    TypeConversions{TypeKind::numeric,
                    "numeric, numeric(p,s)",
                    {numeric_of_integer, "as it is"},
                    {numeric_of_real, "the fewest digits that are this double, if the column keeps them"},
                    {numeric_of_text, "a number, if the column keeps its digits; `NaN`, `Infinity`"},
                    {}},
    TypeConversions{TypeKind::text,
                    "text, varchar(n), char(n)",
                    kItsDigits,
                    kRealDigits,
                    {text_of_text, "as it is; NUL and invalid UTF-8 by policy"},
                    kTextBlob},
    TypeConversions{
        TypeKind::bytea, "bytea", {}, {}, {bytea_of_bytes, "its bytes"}, {bytea_of_bytes, "as it is"}},
    TypeConversions{
        TypeKind::date,
        "date",
        {moment_of_integer, "a count, by rule or where the column proves its unit; only midnight UTC"},
        {moment_of_real, "the same, and Julian days by rule; only midnight UTC"},
        {moment_of_text, "ISO; a time of day only if it is midnight UTC"},
        {}},
    TypeConversions{
        TypeKind::time, "time", {}, {}, {time_of_text, "ISO time of day; with a zone refused"}, {}},
    TypeConversions{
        TypeKind::timetz, "timetz", {}, {}, {time_of_text, "ISO time of day; without a zone UTC"}, {}},
    TypeConversions{TypeKind::timestamp,
                    "timestamp",
                    kCount,
                    kRealCount,
                    {moment_of_text, "ISO; with a zone turned to UTC, without one as it is"},
                    {}},
    TypeConversions{TypeKind::timestamptz,
                    "timestamptz",
                    kCount,
                    kRealCount,
                    {moment_of_text, "ISO; without a zone UTC, or local by rule"},
                    {}},
    TypeConversions{TypeKind::interval,
                    "interval",
                    {interval_of_integer, "by rule: seconds, milli-, microseconds"},
                    {interval_of_real, "by rule: seconds, milli-, microseconds"},
                    {interval_of_text, "as Postgres or .NET writes it; numbers by rule"},
                    {}},
    TypeConversions{TypeKind::uuid,
                    "uuid",
                    {},
                    {},
                    {uuid_of_text, "36 characters, 32, or in braces, as Postgres reads it"},
                    {uuid_of_blob, "16 bytes; by rule in .NET's order"}},
    TypeConversions{TypeKind::json,
                    "json",
                    kItsDigits,
                    {json_of_real, "its digits, `2.0`; infinities refused"},
                    kJsonText,
                    kJsonBlob},
    TypeConversions{TypeKind::jsonb,
                    "jsonb",
                    kItsDigits,
                    {json_of_real, "its digits, `2.0`; infinities refused"},
                    {json_of_text, "JSON, checked; `\\u0000` and half a surrogate pair refused"},
                    kJsonBlob},
    TypeConversions{TypeKind::array,
                    "arrays",
                    {},
                    {},
                    {array_of_text, "a JSON array, or `{...}` as Postgres writes it"},
                    {array_of_blob, "refused; by rule `json` as text"}},
    TypeConversions{TypeKind::other,
                    "enums, inet, ranges, all others",
                    kItsDigits,
                    kRealDigits,
                    {text_of_text, "as Postgres reads it"},
                    kTextBlob},
};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kConversions.size(); ++i) {
    if (static_cast<std::size_t>(kConversions[i].kind) != i) return false;
  }
  return kConversions.size() == static_cast<std::size_t>(TypeKind::other) + 1;
}
static_assert(is_in_order(), "every type has its line, in the order of TypeKind");

}  // namespace

const TypeConversions& conversions_to(TypeKind kind) {
  return kConversions[static_cast<std::size_t>(kind)];
}

std::string conversions_markdown() {
  std::string out = "| Postgres type | integer | real | text | blob |\n|---|---|---|---|---|\n";
  for (const TypeConversions& to : kConversions) {
    for (const char* cell : {to.types, to.integer.words, to.real.words, to.text.words, to.blob.words}) {
      out += "| " + std::string(cell) + " ";
    }
    out += "|\n";
  }
  return out;
}

}  // namespace sluice::applier
