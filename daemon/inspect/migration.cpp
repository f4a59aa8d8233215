#include "daemon/inspect/migration.h"

#include <memory>

#include "daemon/inspect/told.h"
#include "daemon/sync/replicator.h"
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
    Replicator replicator(config, std::make_shared<applier::Lifeline>(), [](const char*) {});
    replicator.open();
    replicator.begin_migration();
    replicator.close();
    source.uninstall();
  });
}

void Migration::end() {
  told([&] { capture::Source(options_).install(); });
  lock_.reset();
}

}  // namespace sluice::daemon
