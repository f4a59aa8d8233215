#include "daemon/sync/known_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace sluice::daemon {
namespace {

/// Either the old note or the new one, whenever the power goes.
void replace_file(const std::filesystem::path& path, const std::string& text) {
  std::error_code refused;
  std::filesystem::create_directories(path.parent_path(), refused);
  const std::string made = path.native() + ".new";
  const int file = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return;
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool kept = whole && ::fsync(file) == 0;
  ::close(file);
  if (kept) std::filesystem::rename(made, path, refused);
}

}  // namespace

std::optional<KnownServer::Seen> KnownServer::seen(applier::Session& session) {
  try {
    // The first eight digits of a WAL file's name are the timeline, also before the first checkpoint on it.
    const auto row = session.exec(
        "SELECT s.system_identifier::text,"
        " ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint"
        " FROM pg_catalog.pg_control_system() s")[0];
    return Seen{std::stoull(row[0].as<std::string>()), static_cast<std::uint32_t>(row[1].as<std::int64_t>())};
  } catch (const applier::ApplyError& error) {
    if (error.lost_connection()) throw;
    return std::nullopt;
  }
}

std::optional<KnownServer::Seen> KnownServer::known() const {
  if (newest_) return newest_;
  Seen kept;
  std::ifstream file(note_);
  if (!(file >> kept.system >> kept.timeline)) return std::nullopt;
  return kept;
}

void KnownServer::meet(applier::Session& session) {
  const auto now = seen(session);
  const auto before = known();
  if (!now || now == before) return;
  if (before && now->system == before->system && now->timeline < before->timeline)
    throw older(now->timeline, before->timeline);
  newest_ = now;
  replace_file(note_, std::to_string(now->system) + " " + std::to_string(now->timeline) + "\n");
}

applier::ApplyError KnownServer::older(std::uint32_t now, std::uint32_t before) const {
  applier::ApplyError error(applier::Fault::environment,
                            "the server is on timeline " + std::to_string(now) +
                                " of its cluster, and this pipeline has written to timeline " +
                                std::to_string(before) + ": it is a primary from before a failover");
  error.code = "target_is_older_timeline";
  error.hint =
      "stop it, or let it follow the newer one (pg_rewind), and let target.url name that; if it is the one "
      "to "
      "go on with all the same: rm " +
      note_.string() + " while sluiced is stopped";
  return error;
}

}  // namespace sluice::daemon
