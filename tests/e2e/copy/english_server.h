#pragma once

#include "tests/support/postgres_cluster.h"

namespace sluice::e2e {

/// A cluster that knows the language en_US, which no machine needs to have installed. It is shared by the
/// tests of a program, started at first use and stopped at the program's end.
support::PostgresCluster& english_server();

/// SQL that makes the collations `american` (of the C library, where 'a' < 'B') and `worldly` (of ICU).
extern const char* const kCollations;

}  // namespace sluice::e2e
