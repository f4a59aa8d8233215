#pragma once

#include <string>
#include <string_view>

#include "applier/values/options.h"
#include "capture/change.h"

/// Names of the source as Postgres is to have them. Pure.
namespace sluice::applier {

/// A name of the source as the target spells it.
std::string spell(std::string_view name, Identifiers identifiers);

/// What Postgres keeps of a name whole: one that is longer than its 63 bytes is cut and gets a mark at its
/// end that is made of all of it, so that two names stay two.
std::string shortened(const std::string& name);

/// A number in hexadecimal that tells texts apart, the same from one program to the next.
std::string mark_of(std::string_view text);

/// A column's name as the target spells it, and never one that Postgres keeps for itself (xmin, ctid, ...),
/// nor an empty one.
std::string spelled_column(std::string_view name, Identifiers identifiers);

/// The same for a table, an index or a constraint.
std::string spelled_relation(std::string_view name, Identifiers identifiers);

/// The name that the target of a table is looked for by, and made under: by its rule, else by
/// target.identifiers.
std::string target_name(const TargetOptions& options, const capture::SourceTable& source);

/// The same for one of its columns.
std::string target_column_name(const TargetOptions& options, const capture::SourceTable& source,
                               const std::string& column);

}  // namespace sluice::applier
