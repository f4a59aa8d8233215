#pragma once

#include <optional>
#include <string>

#include "applier/server/session.h"

/// Schemas of the target: whether they are there, and making them.
namespace sluice::applier {

/// Makes a schema where it is missing. One that is there already may have been made for a role that can't
/// make one. Throws ApplyError, with the GRANT that is missing where one is.
void make_schema(Session& session, const std::string& schema);

/// The GRANT that make_schema() would ask for; nothing where the schema is there or may be made.
std::optional<std::string> missing_right_to_make(Session& session, const std::string& schema);

/// The GRANT that making tables in a schema wants, the schema itself included; nothing where nothing is
/// missing.
std::optional<std::string> missing_right_to_fill(Session& session, const std::string& schema);

/// Whose tables a state schema has, quoted, where this role may not use them as their owner does: those of
/// another Sluice. Nothing where they are this role's, or there are none.
std::optional<std::string> stranger_in(Session& session, const std::string& state_schema);

}  // namespace sluice::applier
