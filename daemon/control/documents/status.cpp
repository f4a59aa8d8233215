// The status document: the daemon, its pipelines, their tables, work and errors.

#include <array>

#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/not_captured.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

template <>
constexpr auto kValues<State> = std::array{
    State::starting, State::copying, State::catching_up, State::streaming, State::idle,   State::paused,
    State::retrying, State::halted,  State::diverged,    State::finished,  State::stopped};

template <>
constexpr auto kValues<Waiting::For> =
    std::array{Waiting::For::lock, Waiting::For::commit, Waiting::For::file, Waiting::For::connection};

template <>
constexpr auto kFields<Waiting> = std::tuple(field("for", &Waiting::kind), field("what", &Waiting::what),
                                             known("who", &Waiting::who), field("since", &Waiting::since),
                                             field("hint", &Waiting::hint));

template <>
constexpr auto kFields<ErrorReport> =
    std::tuple(field("id", &ErrorReport::id), field("class", &ErrorReport::cls),
               field("code", &ErrorReport::code), field("message", &ErrorReport::message),
               known("sqlstate", &ErrorReport::sqlstate), known("table", &ErrorReport::table),
               known("key", &ErrorReport::key), known("column", &ErrorReport::column),
               field("hint", &ErrorReport::hint), field("since", &ErrorReport::since),
               field("attempts", &ErrorReport::attempts), field("next_retry_s", &ErrorReport::next_retry_s));

template <>
constexpr auto kFields<WorkReport> = std::tuple(field("kind", &WorkReport::kind),
                                                field("table", &WorkReport::table),
                                                field("rows", &WorkReport::rows),
                                                field("rows_total", &WorkReport::rows_total),
                                                field("rows_per_s", &WorkReport::rows_per_s),
                                                field("eta_s", &WorkReport::eta_s));

template <>
constexpr auto kFields<TableReport> = std::tuple(field("name", &TableReport::name),
                                                 field("target", &TableReport::target),
                                                 field("state", &TableReport::state),
                                                 field("rows_copied", &TableReport::rows_copied),
                                                 field("rows_total", &TableReport::rows_total),
                                                 spare("units", &TableReport::units));

template <>
constexpr auto kFields<FlushReport> = std::tuple(field("at", &FlushReport::at),
                                                 field("changes", &FlushReport::changes),
                                                 field("elapsed_ms", &FlushReport::elapsed_ms));

template <>
constexpr auto kFields<PipelineReport> = std::tuple(
    field("name", &PipelineReport::name), field("mode", &PipelineReport::mode),
    field("state", &PipelineReport::state), newer("waiting", &PipelineReport::waiting),
    group("source", field("path", &PipelineReport::source_path), known("id", &PipelineReport::source_id),
          known("journal_mode", &PipelineReport::journal_mode),
          field("not_captured", &PipelineReport::not_captured)),
    group("target", field("url", &PipelineReport::target_url), field("connected", &PipelineReport::connected),
          known("apply_mode", &PipelineReport::apply_mode),
          known("server_version", &PipelineReport::server_version)),
    group("position", field("captured", &PipelineReport::captured),
          field("applied", &PipelineReport::applied), field("pending", &PipelineReport::pending),
          field("behind_s", &PipelineReport::behind_s)),
    field("last_commit_at", &PipelineReport::last_commit_at),
    field("last_flush", &PipelineReport::last_flush),
    group("totals", field("changes_applied", &PipelineReport::changes_applied),
          field("batches", &PipelineReport::batches), field("rows_copied", &PipelineReport::rows_copied)),
    field("tables", &PipelineReport::tables), newer("work", &PipelineReport::work),
    field("quarantined", &PipelineReport::quarantined), field("error", &PipelineReport::error));

template <>
constexpr auto kFields<UncleanEnd> = std::tuple(known("pid", &UncleanEnd::pid),
                                                field("started_at", &UncleanEnd::started_at));

template <>
constexpr auto kFields<DaemonReport> = std::tuple(derived("api", [](const DaemonReport&) { return 1; }),
                                                  field("version", &DaemonReport::version),
                                                  field("pid", &DaemonReport::pid),
                                                  field("started_at", &DaemonReport::started_at),
                                                  newer("config", &DaemonReport::config),
                                                  newer("unclean_end", &DaemonReport::unclean_end),
                                                  field("pipelines", &DaemonReport::pipelines));

Json to_json(const ErrorReport& error) {
  return written(error);
}

Json to_json(const WorkReport& work) {
  return written(work);
}

Json to_json(const DaemonReport& report) {
  return written(report);
}

DaemonReport parse_report(std::string_view text) {
  return parsed<DaemonReport>(text);
}

}  // namespace sluice::daemon
