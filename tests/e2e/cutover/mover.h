#pragma once

#include <future>
#include <memory>
#include <pqxx/connection>
#include <string>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {

/// What an application is told whose write comes too late.
inline constexpr const char* kHasMoved = "this database has moved to Postgres";

/// A shop that is about to move to Postgres.
struct Mover : Mirror {
  explicit Mover(const MirrorOptions& options = {});

  support::HttpAnswer cut_over(const std::string& body = "{}") {
    return daemon.http("POST", "/v1/cutover", body);
  }
  /// The same while the test goes on.
  std::future<support::HttpAnswer> cut_over_meanwhile(const std::string& body = "{}");
  /// Cuts over, and gives back the report.
  nlohmann::json must_cut_over(const std::string& body = "{}");

  /// Has every statement of this kind on the server wait, once it comes to it, until let_go().
  enum class Wait {
    last_change,  ///< that writes a row of goods named 'last'
    end,          ///< that writes down the end, before the file is told
    commit,       ///< that commits the end, after the file was told
  };
  void hold_up(Wait wait);
  /// Waits until a session of the daemon waits.
  void wait_until_held_up() const;
  void let_go();
  /// Ends the sessions that wait; what they were about to commit is lost.
  void end_sessions_held_up() const;

  /// Everything that Postgres holds of the shop, with the transaction that wrote each row.
  std::string server_rows() const;
  std::string state() { return status().at("state"); }
  bool finished_on_server() const {
    return server("SELECT finished_at IS NOT NULL FROM sluice.pipeline") == "t";
  }
  bool fenced() {
    return source.rows("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_sluice_fence_*'") != "0";
  }

 private:
  std::unique_ptr<pqxx::connection> holder_;
};

}  // namespace sluice::e2e
