#pragma once

#include <vector>

#include "applier/server/quarantine.h"
#include "daemon/config/config.h"
#include "daemon/inspect/look.h"
#include "daemon/report/service.h"

namespace sluice::daemon {

/// The quarantine of a pipeline as people see it, over a connection to Postgres of its own. Blocking, until
/// its line is cut; one thread at a time. Throws applier::ApplyError, and Refusal (404) for an id that is not
/// in quarantine.
class QuarantineView {
 public:
  using Ids = std::vector<std::int64_t>;

  QuarantineView(const PipelineConfig& config, const LookLine& line);

  /// Without `values` nothing that was refused is shown but of a row that is asked for by its id.
  QuarantineAnswer read(const QuarantineQuery& query, bool values);

  /// The ids to try again: those given, all of which must be in quarantine; where none are given, every one.
  Ids to_retry(Ids ids);
  /// What has come of trying them.
  RetriedAnswer retried(const Ids& ids);

  /// Drops rows, all or none, and answers which they were.
  std::vector<applier::QuarantinedRow> discard(const Ids& ids);
  std::int64_t total();

 private:
  std::vector<applier::QuarantinedRow> load(const applier::QuarantineSelection& selection);
  std::vector<applier::QuarantinedRow> held(const Ids& ids, bool images = false);

  const std::string pipeline_;
  const std::string schema_;
  applier::Session session_;
};

/// A row with its refusal and the remedy, in words; with its values, or without anything that was refused.
QuarantineEntry to_entry(const std::string& pipeline, const applier::QuarantinedRow& row, bool values);

}  // namespace sluice::daemon
