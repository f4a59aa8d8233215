#include "daemon/sync/target_place.h"

namespace sluice::daemon {

applier::TargetOptions target_options(const PipelineConfig& config) {
  applier::TargetOptions options;
  options.pipeline = config.name;
  options.url = config.target.url;
  options.password_file = config.target.password_file.string();
  options.schema = config.target.schema;
  options.state_schema = config.target.state_schema;
  options.create_tables = config.target.create_tables;
  options.identifiers = config.target.identifiers;
  options.existing_rows = config.target.existing_rows;
  options.nul = config.text.nul;
  options.invalid_utf8 = config.text.invalid_utf8;
  options.rules = config.tables.rules;
  return options;
}

}  // namespace sluice::daemon
