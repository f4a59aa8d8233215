#include "daemon/control/routes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "daemon/control/documents/http_status.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/control/query.h"

namespace sluice::daemon {

namespace {

Response json(const nlohmann::ordered_json& document, int status = 200) {
  return {.status = status, .body = dump(document)};
}

Response success(const Done& done) {
  nlohmann::ordered_json document{{"ok", true}};
  if (!done.outcome.empty()) document["outcome"] = done.outcome;
  return json(document);
}

Response success(const FlushAnswer& answer) {
  return json(to_json(answer), answer.outcome == "started" ? 202 : 200);
}

template <typename Answer>
Response success(const Answer& answer) {
  return json(to_json(answer));
}

/// A reply of the service that goes back as it is.
template <typename Answer>
Reply<Answer> forward(Respond respond) {
  const auto wanted = respond.wanted;
  const auto send = [respond = std::move(respond)](const std::variant<Answer, ControlError>& reply) {
    const auto* error = std::get_if<ControlError>(&reply);
    respond(error != nullptr ? to_response(*error) : success(std::get<Answer>(reply)));
  };
  return {send, wanted};
}

/// Steps of work that takes long go back as lines.
OnProgress lines(const Respond& respond) {
  respond.expect_lines();
  return [line = respond.line](const WorkProgress& progress) { line(dump(to_json(progress))); };
}

void status(ControlDesk& desk, std::string_view, Respond respond) {
  respond(json(to_json(desk.service.status())));
}

void metrics(ControlDesk& desk, std::string_view, Respond respond) {
  respond({.body = render_metrics(desk.service.status(), *desk.durations),
           .content_type = "text/plain; version=0.0.4; charset=utf-8"});
}

void flush(ControlDesk& desk, std::string_view body, Respond respond) {
  const ControlRequest request = parse_request(body, Fields::pipeline_and_timeout);
  const auto reply = [durations = desk.durations, send = forward<FlushAnswer>(std::move(respond))](
                         const std::variant<FlushAnswer, ControlError>& outcome) {
    const auto* done = std::get_if<FlushAnswer>(&outcome);
    if (done != nullptr && done->outcome != "started")
      durations->observe(done->pipeline, std::chrono::duration<double, std::milli>(done->elapsed_ms));
    send(outcome);
  };
  desk.service.flush(request.pipeline, request.timeout, reply);
}

void pause(ControlDesk& desk, std::string_view body, Respond respond) {
  desk.service.pause(parse_request(body, Fields::pipeline).pipeline, forward<Done>(std::move(respond)));
}

void resume(ControlDesk& desk, std::string_view body, Respond respond) {
  desk.service.resume(parse_request(body, Fields::pipeline).pipeline, forward<Done>(std::move(respond)));
}

void retry(ControlDesk& desk, std::string_view body, Respond respond) {
  desk.service.retry(parse_request(body, Fields::pipeline).pipeline, forward<Done>(std::move(respond)));
}

void check(ControlDesk& desk, std::string_view body, Respond respond) {
  desk.service.check(parse_request(body, Fields::pipeline).pipeline,
                     forward<CheckAnswer>(std::move(respond)));
}

void log(ControlDesk& desk, std::string_view query, Respond respond) {
  desk.service.log(parse_log_query(query), forward<LogAnswer>(std::move(respond)));
}

void quarantine(ControlDesk& desk, std::string_view query, Respond respond) {
  desk.service.quarantine(parse_quarantine_query(query), forward<QuarantineAnswer>(std::move(respond)));
}

void retry_quarantined(ControlDesk& desk, std::string_view body, Respond respond) {
  ControlRequest request = parse_request(body, Fields::pipeline_ids_and_timeout);
  desk.service.retry_quarantined({request.pipeline, std::move(request.ids), request.timeout},
                                 forward<RetriedAnswer>(std::move(respond)));
}

void discard_quarantined(ControlDesk& desk, std::string_view body, Respond respond) {
  ControlRequest request = parse_request(body, Fields::pipeline_and_ids);
  if (request.ids.empty())
    throw Refusal({Refused::bad_request, "ids_needed",
                   "it is not said which rows to drop from the quarantine",
                   R"(name them, such as {"ids":[7,8]}; GET /v1/quarantine lists them)"});
  desk.service.discard_quarantined({request.pipeline, std::move(request.ids), request.timeout},
                                   forward<DiscardedAnswer>(std::move(respond)));
}

void skip(ControlDesk& desk, std::string_view body, Respond respond) {
  const ControlRequest request = parse_request(body, Fields::pipeline_error_and_timeout);
  if (request.error.empty())
    throw Refusal({Refused::bad_request, "error_needed", "it is not said which error to pass over",
                   R"(name it, such as {"error":"7bfae9f5"}; GET /v1/status tells the id)"});
  desk.service.skip({request.pipeline, request.error, request.timeout},
                    forward<SkippedAnswer>(std::move(respond)));
}

void resync(ControlDesk& desk, std::string_view body, Respond respond) {
  const ControlRequest request = parse_request(body, Fields::pipeline_table_and_yes);
  desk.service.resync({request.pipeline, request.table, request.yes}, lines(respond),
                      forward<ResyncAnswer>(respond));
}

void verify(ControlDesk& desk, std::string_view body, Respond respond) {
  const ControlRequest request = parse_request(body, Fields::pipeline_table_and_repair);
  desk.service.verify({request.pipeline, request.table, request.repair}, lines(respond),
                      forward<VerifyAnswer>(respond));
}

void cut_over(ControlDesk& desk, std::string_view body, Respond respond) {
  const ControlRequest request = parse_request(body, Fields::pipeline_lock_and_fence);
  desk.service.cut_over({request.pipeline, request.max_lock, request.fence}, lines(respond),
                        forward<CutoverAnswer>(respond));
}

void adopt(ControlDesk& desk, std::string_view body, Respond respond) {
  desk.service.adopt(parse_request(body, Fields::pipeline).pipeline, forward<Done>(std::move(respond)));
}

void release(ControlDesk& desk, std::string_view body, Respond respond) {
  desk.service.release(parse_request(body, Fields::pipeline).pipeline, forward<Done>(std::move(respond)));
}

void reload(ControlDesk& desk, std::string_view body, Respond respond) {
  parse_request(body, Fields::none);
  desk.service.reload(forward<Done>(std::move(respond)));
}

void stop(ControlDesk& desk, std::string_view body, Respond respond) {
  parse_request(body, Fields::none);
  Response bye = success(Done{});
  bye.afterwards = [&service = desk.service] { service.stop(); };
  respond(std::move(bye));
}

constexpr std::array kRoutes{
    Route{"GET", "/v1/status", Access::group, status},
    Route{"GET", "/v1/events", Access::group, nullptr},
    Route{"GET", "/metrics", Access::group, metrics},
    Route{"POST", "/v1/flush", Access::group, flush},
    Route{"POST", "/v1/pause", Access::owner, pause},
    Route{"POST", "/v1/resume", Access::owner, resume},
    Route{"POST", "/v1/retry", Access::owner, retry},
    Route{"POST", "/v1/skip", Access::owner, skip},
    Route{"GET", "/v1/quarantine", Access::owner, quarantine},
    Route{"POST", "/v1/quarantine/retry", Access::owner, retry_quarantined},
    Route{"POST", "/v1/quarantine/discard", Access::owner, discard_quarantined},
    Route{"POST", "/v1/check", Access::owner, check},
    Route{"POST", "/v1/resync", Access::owner, resync},
    Route{"POST", "/v1/verify", Access::owner, verify},
    Route{"POST", "/v1/cutover", Access::owner, cut_over},
    Route{"POST", "/v1/adopt", Access::owner, adopt},
    Route{"POST", "/v1/release", Access::owner, release},
    Route{"POST", "/v1/reload", Access::owner, reload},
    Route{"POST", "/v1/stop", Access::owner, stop},
    Route{"GET", "/v1/log", Access::owner, log},
};

std::string list_of_paths() {
  std::string list;
  for (const Route& route : kRoutes)
    list += fmt::format("{}{} {}", list.empty() ? "there are: " : ", ", route.method, route.path);
  return list;
}

}  // namespace

Response to_response(const ControlError& error) {
  return json(to_json(error), http_status(error.why));
}

WrongMethod::WrongMethod(const Route& route)
    : Refusal({Refused::bad_request, "wrong_method",
               fmt::format("{} takes {} only", route.path, route.method),
               fmt::format("send {} {}", route.method, route.path)}),
      allow(route.method) {
}

const Route& find_route(std::string_view method, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const auto here = [path](const Route& route) { return route.path == path; };
  const auto* route = std::find_if(kRoutes.begin(), kRoutes.end(), here);
  if (route == kRoutes.end())
    throw Refusal({Refused::not_found, "unknown_path", "there is nothing at this path", list_of_paths()});
  if (route->method != method) throw WrongMethod(*route);
  return *route;
}

bool may_use(const Route& route, uid_t peer, uid_t owner) {
  return route.access == Access::group || peer == owner || peer == 0;
}

void check_access(const Route& route, uid_t peer, uid_t owner) {
  if (may_use(route, peer, owner)) return;
  throw Refusal({Refused::forbidden, "not_allowed",
                 fmt::format("{} is for the daemon's own user only", route.path),
                 "members of control.group may GET /v1/status, /v1/events and /metrics and POST /v1/flush; "
                 "ask as the user that runs sluiced, or as root"});
}

bool answer(ControlDesk& desk, std::string_view method, std::string_view target, std::string_view body,
            uid_t peer, uid_t owner, const Respond& respond) try {
  const Route& route = find_route(method, target);
  check_access(route, peer, owner);
  if (route.handler == nullptr) return false;
  const std::size_t mark = target.find('?');
  const std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  route.handler(desk, route.method == "GET" ? query : body, respond);
  return true;
} catch (const WrongMethod& wrong) {
  Response response = json(to_json(wrong.error), 405);
  response.allow = wrong.allow;
  respond(std::move(response));
  return true;
} catch (const Refusal& refusal) {
  respond(to_response(refusal.error));
  return true;
} catch (const std::exception&) {
  respond(to_response({Refused::internal, "internal", "sluiced met something that it does not know",
                       "see the daemon's log; sluicectl status tells its state"}));
  return true;
}

}  // namespace sluice::daemon
