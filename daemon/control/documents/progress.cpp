#include <nlohmann/json.hpp>

#include "daemon/control/documents/protocol.h"

/// The lines ahead of the answer to work that takes long, both ways.
namespace sluice::daemon {

nlohmann::ordered_json to_json(const WorkProgress& progress) {
  return {{"pipeline", progress.pipeline},
          {"progress",
           {{"work", progress.work},
            {"table", progress.table},
            {"rows", progress.rows},
            {"rows_total", progress.rows_total}}}};
}

std::optional<WorkProgress> parse_progress(std::string_view line) {
  const auto object = nlohmann::json::parse(line);
  const auto& progress = object.at("progress");
  if (progress.is_null()) return std::nullopt;
  return WorkProgress{.pipeline = object.at("pipeline").get<std::string>(),
                      .work = progress.at("work").get<std::string>(),
                      .table = progress.at("table").get<std::string>(),
                      .rows = progress.at("rows").get<std::int64_t>(),
                      .rows_total = progress.at("rows_total").get<std::int64_t>()};
}

}  // namespace sluice::daemon
