#include "daemon/sync/source_place.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "applier/server/apply_error.h"

namespace sluice::daemon {

namespace {

/// Tables in which tools keep what they have done to a database. SQLite's history over that of the server
/// would have the tool run, or skip, the wrong migrations there.
std::vector<capture::LeftAlone> histories() {
  std::vector<capture::LeftAlone> tables;
  for (const char* table : {"_prisma_migrations",
                            "django_migrations",
                            "schema_migrations",
                            "ar_internal_metadata",
                            "flyway_schema_history",
                            "schema_version",
                            "alembic_version",
                            "__drizzle_migrations",
                            "SequelizeMeta",
                            "knex_migrations",
                            "knex_migrations_lock",
                            "__EFMigrationsHistory",
                            "goose_db_version",
                            "databasechangelog",
                            "databasechangeloglock",
                            "_sqlx_migrations",
                            "__diesel_schema_migrations",
                            "seaql_migrations",
                            "refinery_schema_history",
                            "mikro_orm_migrations",
                            "typeorm_metadata",
                            "phinxlog",
                            "doctrine_migration_versions",
                            "atlas_schema_revisions"}) {
    tables.push_back(
        {table,
         "the history of a migration tool, which existing_rows: replace leaves alone; to have it "
         "replaced as well, name it in tables.include"});
  }
  return tables;
}

/// Of a machine that has none, as many containers.
const std::string kNoMachineId = "unknown";

applier::ApplyError unreadable(const std::filesystem::path& path, int failure) {
  applier::ApplyError error(
      applier::Fault::environment,
      "can't tell which machine this is: " + path.string() + ": " + std::generic_category().message(failure));
  error.code = "machine_unknown";
  error.hint = failure == EMFILE || failure == ENFILE
                   ? "raise LimitNOFILE of the service, or the machine's fs.file-max"
                   : "let the user that runs sluiced read it, or set source.host";
  return error;
}

}  // namespace

capture::SourceOptions source_options(const PipelineConfig& config) {
  capture::SourceOptions options;
  options.path = config.source.path.string();
  options.busy_timeout = config.source.busy_timeout;
  options.allow_remote_fs = config.source.allow_remote_fs;
  options.include = config.tables.include;
  options.exclude = config.tables.exclude;
  options.by_rowid = config.tables.by_rowid;
  if (config.target.existing_rows == applier::ExistingRows::replace) options.left_alone = histories();
  for (const auto& [table, rule] : config.tables.rules) {
    options.choices[table] = {rule.columns.names, rule.columns.except, rule.where};
  }
  options.capacity = config.changelog_capacity;
  return options;
}

std::vector<std::string> idle_rules(const PipelineConfig& config, const capture::Catalog& catalog) {
  applier::TableRules idle = config.tables.rules;
  for (const auto& table : catalog.tables) idle.erase(table.name);
  std::vector<std::string> names;
  for (const auto& [name, rule] : idle) names.push_back(name);
  return names;
}

std::vector<NotCaptured> not_captured(const capture::Catalog& catalog) {
  std::vector<NotCaptured> told;
  for (const auto& each : catalog.not_captured) told.push_back({each.name, each.reason});
  return told;
}

std::string machine_id(const PipelineConfig& config) {
  return config.source.host.empty() ? read_machine_id("/etc/machine-id") : config.source.host;
}

std::string read_machine_id(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno != ENOENT) throw unreadable(path, errno);
  std::array<char, 64> buffer{};
  const ssize_t size = file < 0 ? 0 : ::read(file, buffer.data(), buffer.size());
  const int failure = errno;
  if (file >= 0) ::close(file);
  if (size < 0) throw unreadable(path, failure);
  const std::string text(buffer.data(), static_cast<std::size_t>(size));
  const std::string id = text.substr(0, text.find('\n'));
  return id.empty() ? kNoMachineId : id;
}

bool is_at(const PipelineConfig& config, const applier::SourceIdentity& known) {
  if (known.host != kNoMachineId && machine_id(config) != known.host) return false;
  std::error_code not_there;
  return config.source.path == known.path ||
         std::filesystem::equivalent(config.source.path, known.path, not_there);
}

}  // namespace sluice::daemon
