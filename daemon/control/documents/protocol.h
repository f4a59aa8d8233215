#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "daemon/report/service.h"

/// The documents of the control channel, both ways. Pure: no socket, no clock, any thread.
namespace sluice::daemon {

/// The status document of GET /v1/status; what is not known yet is null.
nlohmann::ordered_json to_json(const DaemonReport& report);
nlohmann::ordered_json to_json(const FlushAnswer& answer);
nlohmann::ordered_json to_json(const CheckAnswer& answer);
nlohmann::ordered_json to_json(const LogAnswer& answer);
nlohmann::ordered_json to_json(const QuarantineAnswer& answer);
nlohmann::ordered_json to_json(const RetriedAnswer& answer);
nlohmann::ordered_json to_json(const DiscardedAnswer& answer);
nlohmann::ordered_json to_json(const SkippedAnswer& answer);
nlohmann::ordered_json to_json(const ResyncAnswer& answer);
nlohmann::ordered_json to_json(const VerifyAnswer& answer);
/// missing, extra or differs
const char* to_string(RowDifference::Kind kind);
nlohmann::ordered_json to_json(const CutoverAnswer& answer);
/// A line ahead of the answer to work that takes long.
nlohmann::ordered_json to_json(const WorkProgress& progress);
/// {"error":{"code","message","hint"}}
nlohmann::ordered_json to_json(const ControlError& error);
/// The `error` object of a pipeline, and its `work`.
nlohmann::ordered_json to_json(const ErrorReport& error);
nlohmann::ordered_json to_json(const WorkReport& work);

/// A document as text. Bytes that are not UTF-8 (a path, a value) become U+FFFD: JSON has no other way.
std::string dump(const nlohmann::ordered_json& document);

/// The inverses, for sluicectl. Fields that a newer daemon adds are ignored. Throw std::runtime_error when
/// the document is not one of ours.
DaemonReport parse_report(std::string_view text);
FlushAnswer parse_flush_answer(std::string_view text);
CheckAnswer parse_check_answer(std::string_view text);
LogAnswer parse_log_answer(std::string_view text);
ResyncAnswer parse_resync_answer(std::string_view text);
VerifyAnswer parse_verify_answer(std::string_view text);
CutoverAnswer parse_cutover_answer(std::string_view text);
/// Nothing for a line that is a sign of life alone.
std::optional<WorkProgress> parse_progress(std::string_view line);
QuarantineAnswer parse_quarantine_answer(std::string_view text);
RetriedAnswer parse_retried_answer(std::string_view text);
DiscardedAnswer parse_discarded_answer(std::string_view text);
SkippedAnswer parse_skipped_answer(std::string_view text);
/// Never throws: an answer that is no error document becomes one that says so.
ControlError parse_error(int status, std::string_view text) noexcept;

}  // namespace sluice::daemon
