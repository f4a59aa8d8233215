#include "control_fixture.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "daemon/base/socket_address.h"
#include "daemon/report/clock_text.h"

namespace sluice::daemon::test {

namespace fs = std::filesystem;

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (fs::temp_directory_path() / "sluice-control-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

DaemonReport full_report() {
  PipelineReport shop;
  shop.name = "shop";
  shop.mode = "continuous";
  shop.state = State::halted;
  shop.source_path = "/home/ann/shop.db";
  shop.source_id = "5d0c";
  shop.journal_mode = "wal";
  shop.not_captured = {{"search", "virtual table"}};
  shop.target_url = "postgresql:///shop";
  shop.connected = true;
  shop.apply_mode = "ordinary";
  shop.server_version = "15.18";
  shop.captured = 1234;
  shop.applied = 1230;
  shop.pending = 4;
  shop.behind_s = 0.20049;
  shop.last_commit_at = parse_utc("2026-11-20T14:03:22.125Z");
  shop.last_flush = FlushReport{parse_utc("2026-11-20T14:03:20.000Z"), 4, 3.14159};
  shop.changes_applied = 1200;
  shop.batches = 17;
  shop.rows_copied = 100000;
  shop.tables = {{"packages", "public.packages", "streaming", 100000, 100000},
                 {"package_categories", "public.package_categories", "halted", 12, 12}};
  shop.work = WorkReport{"verify", "packages", 40000, 100000, 20000, 3};
  shop.quarantined = 3;
  shop.waiting = Waiting{Waiting::For::lock, "table public.packages", "psql, pid 7, user ann",
                         parse_utc("2026-11-20T14:03:24.000Z"), "end that transaction"};
  shop.error = ErrorReport{.id = "e17",
                           .cls = "table",
                           .code = "row_refused",
                           .message = "record \"new\" has no field \"update_at\"",
                           .sqlstate = "42703",
                           .table = "package_categories",
                           .key = "7",
                           .row = "",
                           .column = "",
                           .hint = "GRANT SET ON PARAMETER session_replication_role TO ann",
                           .since = parse_utc("2026-11-20T14:03:23.000Z"),
                           .attempts = 2,
                           .next_retry_s = 41.5};
  PipelineReport cafe;
  cafe.name = "cafe";
  cafe.mode = "manual";
  cafe.source_path = "/home/ann/cafe.db";
  cafe.target_url = "postgresql:///cafe";
  return {.version = "0.1.0",
          .pid = 4711,
          .started_at = parse_utc("2026-11-20T12:00:00.000Z"),
          .config = "/home/ann/.config/sluice/config.yaml",
          .unclean_end = UncleanEnd{4242, parse_utc("2026-11-19T07:00:00.000Z")},
          .pipelines = {shop, cafe}};
}

LogAnswer full_log() {
  const WallTime seen = parse_utc("2026-11-20T14:03:22.125Z");
  return {.pipeline = "shop",
          .entries = {{7, {}, "", "base", "", true},
                      {8, {}, "packages", "insert", "1", true},
                      {9, seen, "package_categories", "maybe_replaced", "(1, 'it''s')", false},
                      {10, seen, "packages", "delete", "2", {}}},
          .newest = 10};
}

QuarantineAnswer full_quarantine() {
  const QuarantineEntry written{.id = 7,
                                .table = "packages",
                                .key = "3",
                                .operation = "write",
                                .code = "row_refused",
                                .message = "value too long for type character varying(20)",
                                .sqlstate = "22001",
                                .column = "name",
                                .constraint = "",
                                .hint = "change the row in SQLite",
                                .position = 1234,
                                .first_at = parse_utc("2026-11-20T14:03:22.125Z"),
                                .last_at = parse_utc("2026-11-20T14:04:22.125Z"),
                                .attempts = 2,
                                .values = {{"id", "3"}, {"name", "'a name of more than twenty letters'"}}};
  QuarantineEntry deleted = written;
  deleted.id = 8;
  deleted.table = "package_categories";
  deleted.key = "(1, 'it''s')";
  deleted.operation = "delete";
  deleted.message = "still pointed at";
  deleted.sqlstate = "";
  deleted.column = "";
  deleted.constraint = "package_category_fk";
  deleted.values = {};
  return {.pipeline = "shop", .rows = {written, deleted}, .total = 2};
}

TableVerdict equal_table(const std::string& name, std::int64_t rows) {
  TableVerdict table;
  table.table = name;
  table.target = "public." + name;
  table.rows = rows;
  return table;
}

VerifyAnswer full_verdict() {
  using Kind = RowDifference::Kind;
  TableVerdict equal = equal_table("packages", 1'000'000);
  equal.left_out = 5;
  TableVerdict different = equal_table("package_categories", 29);
  different.missing = 1;
  different.extra = 2;
  different.differing = 11;
  different.quarantined = 3;
  different.dangling = 4;
  different.first = {
      {Kind::missing, "(1, 'it''s')", {}}, {Kind::extra, "9", {}}, {Kind::differs, "7", {"name", "price"}}};
  return {.pipeline = "shop",
          .outcome = "different",
          .position = 1234,
          .tables = {equal, different},
          .elapsed_ms = 12'345.6789};
}

CutoverAnswer full_cutover() {
  CutoverAnswer answer;
  answer.pipeline = "shop";
  answer.position = 1795228098;
  answer.locked_ms = 7.5;
  answer.tables = {{"orders", "public.orders", 1234, 0},
                   {"package_categories", "public.package_categories", 2, 1}};
  answer.sequences = {{"public.orders_id_seq", "public.orders", "id", 1301}};
  answer.constraints = {{"of_a_package", "public.orders", "", ""},
                        {"of_a_category", "public.package_categories", "it is violated by some row",
                         "ALTER TABLE public.package_categories VALIDATE CONSTRAINT of_a_category;"}};
  answer.not_captured = {{"words", "a virtual table"}};
  answer.elapsed_ms = 2031.25;
  return answer;
}

DaemonReport ScriptedService::status() {
  return report;
}

void ScriptedService::flush(const std::string& pipeline, std::chrono::milliseconds timeout,
                            Reply<FlushAnswer> reply) {
  note("flush " + pipeline + " " + std::to_string(timeout.count()));
  if (hold_flushes) return held.push_back(std::move(reply));
  if (refusal) return reply(*refusal);
  const std::string outcome = timeout.count() == 0 ? "started" : "flushed";
  reply(FlushAnswer{pipeline.empty() ? "shop" : pipeline, outcome, 1234, 4, quarantined, 3.14159});
}

void ScriptedService::check(const std::string& pipeline, Reply<CheckAnswer> reply) {
  note("check " + pipeline);
  if (refusal) return reply(*refusal);
  reply(CheckAnswer{pipeline,
                    false,
                    {{"source file", CheckItem::Verdict::ok, "/home/ann/shop.db, wal", ""},
                     {"replica mode", CheckItem::Verdict::failed, "the role may not", "GRANT it"}}});
}

void ScriptedService::log(const LogQuery& query, Reply<LogAnswer> reply) {
  note("log " + query.pipeline + " " + std::to_string(query.limit) +
       (query.after ? " " + std::to_string(*query.after) : ""));
  if (refusal) return reply(*refusal);
  reply(full_log());
}

void ScriptedService::resync(const ResyncOrder& order, OnProgress on_progress, Reply<ResyncAnswer> reply) {
  note("resync " + order.pipeline + " " + order.table + (order.yes ? " yes" : ""));
  if (hold_resyncs) return held_resyncs.push_back({std::move(on_progress), std::move(reply)});
  if (refusal) return reply(*refusal);
  reply(ResyncAnswer{"shop", order.yes ? "copied" : "needs_yes", {{"beans", "public.beans", 3, 2, 1}}, 2.5});
}

void ScriptedService::verify(const VerifyOrder& order, OnProgress /*on_progress*/,
                             Reply<VerifyAnswer> reply) {
  note("verify " + order.pipeline + " " + order.table + (order.repair ? " repair" : ""));
  if (refusal) return reply(*refusal);
  VerifyAnswer answer = verdict;
  answer.pipeline = order.pipeline;
  reply(answer);
}

void ScriptedService::cut_over(const CutoverOrder& order, OnProgress on_progress,
                               Reply<CutoverAnswer> reply) {
  note("cutover " + order.pipeline + " " + std::to_string(order.max_lock.count()) +
       (order.fence ? "" : " unfenced"));
  if (refusal) return reply(*refusal);
  on_progress({"shop", "cutover", "the last changes", 0, 0});
  reply(full_cutover());
}

namespace {

std::string listed(const std::vector<std::int64_t>& ids) {
  std::string text;
  for (const std::int64_t id : ids) text += " " + std::to_string(id);
  return text;
}

}  // namespace

void ScriptedService::quarantine(const QuarantineQuery& query, Reply<QuarantineAnswer> reply) {
  note("quarantine " + query.pipeline + " " + std::to_string(query.limit) + " " +
       std::to_string(query.after) + (query.id ? " " + std::to_string(*query.id) : ""));
  if (refusal) return reply(*refusal);
  QuarantineAnswer page{.pipeline = quarantine_page.pipeline, .rows = {}, .total = quarantine_page.total};
  for (const QuarantineEntry& row : quarantine_page.rows) {
    const bool full = page.rows.size() == static_cast<std::size_t>(query.limit);
    if (!full && (query.id ? row.id == *query.id : row.id > query.after)) page.rows.push_back(row);
  }
  reply(page);
}

void ScriptedService::retry_quarantined(const QuarantineChoice& choice, Reply<RetriedAnswer> reply) {
  note("retry_quarantined " + choice.pipeline + " " + std::to_string(choice.timeout.count()) +
       listed(choice.ids));
  if (refusal) return reply(*refusal);
  reply(
      RetriedAnswer{.pipeline = "shop", .tried = 3, .resolved = 3 - quarantined, .quarantined = quarantined});
}

void ScriptedService::discard_quarantined(const QuarantineChoice& choice, Reply<DiscardedAnswer> reply) {
  note("discard_quarantined " + choice.pipeline + listed(choice.ids));
  if (refusal) return reply(*refusal);
  reply(DiscardedAnswer{"shop", static_cast<std::int64_t>(choice.ids.size()), quarantined});
}

void ScriptedService::skip(const SkipOrder& order, Reply<SkippedAnswer> reply) {
  note("skip " + order.pipeline + " " + order.error_id + " " + std::to_string(order.timeout.count()));
  if (refusal) return reply(*refusal);
  reply(SkippedAnswer{"shop", "packages", "3", quarantined});
}

void ScriptedService::done(const char* verb, const std::string& pipeline, const Reply<Done>& reply) {
  note(std::string(verb) + " " + pipeline);
  if (refusal) return reply(*refusal);
  reply(Done{});
}

void ScriptedService::note(std::string call) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(std::move(call));
}

std::vector<std::string> ScriptedService::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

TestServer::TestServer(const std::string& group) {
  server_.emplace(io_, ControlSocket::open(path_, group), service);
  thread_ = std::thread([this] { io_.run(); });
}

TestServer::~TestServer() {
  on_control_thread([this] { server_.reset(); });
  work_.reset();
  io_.stop();
  thread_.join();
}

RawClient::RawClient(const fs::path& path) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address = socket_address(path);
  if (!address || connect(socket_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    throw std::runtime_error("cannot connect to " + path.string());
}

RawClient::~RawClient() {
  close(socket_);
}

void RawClient::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0) return;  // the server may have said its last word already
    sent += static_cast<std::size_t>(count);
  }
}

void RawClient::end_sending() {
  shutdown(socket_, SHUT_WR);
}

bool RawClient::read_more() {
  pollfd ready{socket_, POLLIN, 0};
  if (poll(&ready, 1, 10'000) != 1) return false;
  char bytes[4096];
  const ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::string RawClient::read_all() {
  while (read_more()) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::read_until(const std::string& mark) {
  std::size_t at = 0;
  while ((at = buffer_.find(mark)) == std::string::npos && read_more()) {
  }
  const std::size_t end = at == std::string::npos ? buffer_.size() : at + mark.size();
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return text;
}

std::string RawClient::read_response() {
  std::string response = read_until("\r\n\r\n");
  const std::size_t field = response.find("Content-Length: ");
  if (field == std::string::npos) return response;
  const std::size_t size = std::stoul(response.substr(field + 16));
  while (buffer_.size() < size && read_more()) {
  }
  const std::size_t got = std::min(size, buffer_.size());
  response += buffer_.substr(0, got);
  buffer_.erase(0, got);
  return response;
}

std::string ask(const TestServer& server, const std::string& method, const std::string& target,
                const std::string& body) {
  RawClient client(server.path());
  client.send(method + " " + target +
              " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  return client.read_all();
}

std::string body_of(const std::string& response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

int status_of(const std::string& response) {
  return response.size() < 12 ? 0 : std::stoi(response.substr(9, 3));
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace sluice::daemon::test
