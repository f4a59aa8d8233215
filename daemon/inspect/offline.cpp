#include "daemon/inspect/offline.h"

#include <memory>
#include <stdexcept>

#include "applier/design/table_ddl.h"
#include "applier/server/session.h"
#include "applier/server/state_store.h"
#include "applier/server/target_survey.h"
#include "applier/server/target_table.h"
#include "applier/values/identifiers.h"
#include "capture/source.h"
#include "daemon/inspect/check.h"
#include "daemon/inspect/schema_notes.h"
#include "daemon/inspect/told.h"
#include "daemon/sync/schema_design.h"
#include "daemon/sync/source_place.h"
#include "daemon/sync/target_place.h"

namespace sluice::daemon {
namespace {

std::string forget_target(const PipelineConfig& config) {
  const auto options = target_options(config);
  applier::Session session(options, std::make_shared<applier::Lifeline>());
  const bool known = applier::forget_pipeline(session, options.state_schema, config.name);
  return known ? "; Postgres has forgotten the pipeline" : "; Postgres knew nothing of the pipeline";
}

}  // namespace

CheckAnswer check_offline(const PipelineConfig& config) {
  return check_pipeline(config, nullptr, std::make_shared<applier::Lifeline>());
}

std::string schema_offline(const PipelineConfig& config) {
  return told([&] {
    capture::Source source(source_options(config));
    const auto options = target_options(config);
    const auto catalog = source.preview();
    applier::refuse_shared_targets(options, catalog.tables);
    std::string text;
    for (const auto& left_out : catalog.not_captured)
      text += applier::comment_line("not replicated: " + left_out.name + ", " + left_out.reason);
    return text + (text.empty() ? "" : "\n") +
           applier::script(design_tables(source, options, catalog.tables, DesignBy::rows));
  });
}

std::vector<applier::SchemaDifference> schema_differences(const PipelineConfig& config) {
  return told([&] {
    capture::Source source(source_options(config));
    const auto options = target_options(config);
    const auto tables = source.preview().tables;
    applier::refuse_shared_targets(options, tables);
    applier::Session session(options, std::make_shared<applier::Lifeline>());
    auto found = applier::differences(session, design_tables(source, options, tables, DesignBy::rows));
    const auto unmoved = made_and_unmoved(config, session, source, tables);
    std::erase_if(found,
                  [&](const auto& each) { return each.kind == "type" && unmoved.contains(each.source); });
    return found;
  });
}

std::string install_offline(const PipelineConfig& config) {
  return told([&] {
    capture::Source source(source_options(config));
    const auto report = source.install();
    const std::string where = " in " + config.source.path.string();
    if (report.installed.empty()) {
      return (report.changelog_created ? "the changelog was put back" : "everything was in place") + where;
    }
    return "capture installed for " + std::to_string(report.installed.size()) + " table(s)" + where + ": " +
           applier::join(report.installed, ", ");
  });
}

std::string uninstall_offline(const PipelineConfig& config, bool target,
                              const std::vector<std::string>& others) {
  return told([&] {
    // The server first: where it can't be reached, nothing has been taken out yet.
    const std::string forgotten = target ? forget_target(config) : "";
    capture::Source source(source_options(config));
    const std::string where = config.source.path.string();
    const auto moved = source.moved();
    // A file that has moved is captured for nobody, and a fence is what an uninstall has to take out.
    if (!others.empty() && !moved)
      return "capture stays in " + where + " for " + applier::join(others, ", ") + forgotten;
    const bool fenced = moved && moved->fenced;
    return (source.uninstall() ? "capture taken out of " : "there was nothing to take out of ") + where +
           (fenced ? "; it takes writes again, which do not go to Postgres" : "") + forgotten;
  });
}

}  // namespace sluice::daemon
