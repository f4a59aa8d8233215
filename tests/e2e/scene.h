#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/daemon_process.h"
#include "tests/support/postgres_cluster.h"

namespace sluice::e2e {

/// The configuration of one pipeline, "shop", with short waits and the debug log that tells every step.
/// `settings` are more lines under the pipeline, indented by four, e.g. "    mode: manual\n".
std::string shop(const std::filesystem::path& source, const std::string& url,
                 const std::string& settings = "");

/// The status of the only pipeline; null where the daemon does not answer.
nlohmann::json pipeline_status(support::DaemonProcess& daemon);

/// Waits until the only pipeline is in this state.
void wait_for_state(support::DaemonProcess& daemon, const std::string& state);

/// Asks once for a flush. `timeout_ms` is the patience of the request.
support::HttpAnswer flush(support::DaemonProcess& daemon, int timeout_ms = 3000);

/// Flushes, asking again as long as it only takes its time, and answers with the last answer's document.
/// Throws with it and the end of the daemon's log where the flush fails.
nlohmann::json must_flush(support::DaemonProcess& daemon);

/// A second connection to a file, as an application makes it.
SQLite::Database connect(const std::filesystem::path& file, int busy_timeout_ms);

/// Makes Postgres remember every insert into a table: inserted_into_TABLE(key) gets a row each time, also
/// from a session that switches triggers off.
void count_inserts(const support::PostgresCluster& cluster, const std::string& database,
                   const std::string& table, const std::string& owner);

/// The seed of a random test, from SLUICE_SEED or the clock; told once so that a failure can be played again.
unsigned announced_seed(const std::string& test);

/// A number from an environment variable.
int number_from(const char* variable, int otherwise);

}  // namespace sluice::e2e
