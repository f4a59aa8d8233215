#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "tests/e2e/cases/mirror.h"

/// Tests of targets that are not what Sluice would have made: each in both modes, where it makes a
/// difference.
namespace sluice::e2e {

/// Calls the test with the role of each mode; `settings` are more lines under the pipeline.
inline void in_both_modes(const std::string& settings,
                          const std::function<void(const MirrorOptions& options)>& test) {
  for (const char* role : {support::PostgresCluster::kOwner, support::PostgresCluster::kReplicaOwner}) {
    CAPTURE(role);
    MirrorOptions options;
    options.settings = settings;
    options.role = role;
    test(options);
  }
}

/// Lines of `tables.rules` for one table, as flow YAML: rule("orders", "{where: total > 0}").
inline std::string rule(const std::string& table, const std::string& text) {
  return "    tables: {rules: {" + table + ": " + text + "}}\n";
}

/// Flushes and checks that both queries, or the one for both, find the same rows.
inline void check_same(Mirror& mirror, const std::string& source_query, const std::string& target_query) {
  must_flush(mirror.daemon);
  CHECK(mirror.source.rows(source_query) == mirror.server(target_query));
}
inline void check_same(Mirror& mirror, const std::string& query) {
  check_same(mirror, query, query);
}

/// Starts a daemon that is to halt, and answers with the error it shows.
inline nlohmann::json halted_at_start(Mirror& mirror) {
  mirror.daemon.start();
  wait_for_state(mirror.daemon, "halted");
  return mirror.status().at("error");
}

/// Runs the remedy of a halted pipeline on the server: the statement in its hint that begins with `start`.
inline void follow_remedy(Mirror& mirror, const std::string& start,
                          const std::string& role = support::PostgresCluster::kSuperuser) {
  const std::string hint = mirror.status().at("error").at("hint");
  CAPTURE(hint);
  const auto begin = hint.find(start);
  REQUIRE(begin != std::string::npos);
  mirror.cluster.psql(mirror.database, hint.substr(begin, hint.find(';', begin) - begin), role);
  CHECK(mirror.daemon.ctl({"retry"}).exit_code == 0);
}

}  // namespace sluice::e2e
