#include "daemon/inspect/migration.h"

#include "daemon/inspect/told.h"
#include "daemon/sync/migration_mark.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {
namespace {

capture::SourceOptions options_of(const PipelineConfig& config) {
  auto options = source_options(config);
  options.migrates = true;
  return options;
}

}  // namespace

Migration::Migration(const PipelineConfig& config) : options_(options_of(config)) {
  told([&] {
    capture::Source source(options_);
    lock_.emplace(options_.path, capture::MigrationLock::Kind::migration);
    begin_migration(config);
    source.uninstall();
  });
}

void Migration::end() {
  told([&] { capture::Source(options_).install(); });
  lock_.reset();
}

}  // namespace sluice::daemon
