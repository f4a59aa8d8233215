// Answers to work that takes long: lines of progress, then the result.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "control_fixture.h"
#include "daemon/control/documents/protocol.h"
#include "daemon/control/lines.h"
#include "daemon/ctl/client.h"

using namespace sluice::daemon;
using namespace sluice::daemon::test;
using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

const ResyncAnswer kCopied{"shop", "copied", {}, 2.5};

WorkProgress progress(std::int64_t rows) {
  return {"shop", "copy", "beans", rows, 100};
}

std::string resync_request(const std::string& version, const std::string& fields = "") {
  return "POST /v1/resync HTTP/" + version + "\r\nHost: localhost\r\n" + fields + "Content-Length: 0\r\n\r\n";
}

/// A resync that is under way, and what its pipeline does.
struct Resync {
  Resync() { server.service.hold_resyncs = true; }

  void begin(RawClient& client, const std::string& request) {
    const std::size_t before = server.service.calls().size();
    client.send(request);
    REQUIRE(eventually([&] { return server.service.calls().size() == before + 1; }));
    server.on_control_thread([&] { held = server.service.held_resyncs.back(); });
  }
  bool tell_if_begun(std::int64_t rows) {
    bool begun = false;
    server.on_control_thread([&] {
      auto& all = server.service.held_resyncs;
      begun = !all.empty();
      if (!begun) return;
      held = all.back();
      all.clear();
      held.on_progress(progress(rows));
    });
    return begun;
  }
  void tell(std::int64_t rows) {
    server.on_control_thread([&] { held.on_progress(progress(rows)); });
  }
  void reply(const std::variant<ResyncAnswer, ControlError>& answer) {
    server.on_control_thread([&] { held.reply(answer); });
  }

  TestServer server;
  ScriptedService::HeldResync held;
};

/// The line inside the next chunk; empty at the last one.
std::string next_chunk(RawClient& client) {
  const std::size_t size = std::stoul(client.read_until("\r\n"), nullptr, 16);
  std::string line = client.read_until("\r\n");
  line.resize(line.size() - 2);
  CHECK(line.size() == size);
  return line;
}

LineAnswer::Time at(std::chrono::milliseconds time) {
  return LineAnswer::Time() + time;
}

}  // namespace

TEST_CASE("long work is told by lines in chunks, the result last, and the connection goes on") {
  Resync resync;
  RawClient client(resync.server.path());
  for (int round = 0; round < 2; ++round) {
    resync.begin(client, resync_request("1.1"));
    resync.tell(10);
    const std::string head = client.read_until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(head.find("Content-Type: application/x-ndjson\r\n") != std::string::npos);
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(next_chunk(client) ==
          R"({"pipeline":"shop","progress":{"work":"copy","table":"beans","rows":10,"rows_total":100}})"
          "\n");
    resync.tell(20);
    CHECK(parse_progress(next_chunk(client))->rows == 20);
    resync.reply(kCopied);
    CHECK(next_chunk(client) == dump(to_json(kCopied)));
    CHECK(next_chunk(client).empty());
  }
  client.send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(status_of(client.read_response()) == 200);
}

TEST_CASE("a client of HTTP/1.0 gets the lines as they are, and the end of the connection") {
  Resync resync;
  RawClient client(resync.server.path());
  resync.begin(client, resync_request("1.0", "Connection: keep-alive\r\n"));
  resync.tell(10);
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.0 200 OK\r\n"));
  CHECK(head.find("chunked") == std::string::npos);
  CHECK(parse_progress(client.read_until("\n"))->rows == 10);
  resync.reply(kCopied);
  CHECK(client.read_all() == dump(to_json(kCopied)));
}

TEST_CASE("a client that wants the connection to end gets its lines and the end") {
  Resync resync;
  RawClient client(resync.server.path());
  resync.begin(client, resync_request("1.1", "Connection: close\r\n"));
  resync.tell(10);
  CHECK(client.read_until("\r\n\r\n").find("Connection: close\r\n") != std::string::npos);
  CHECK(parse_progress(next_chunk(client))->rows == 10);
  resync.reply(kCopied);
  CHECK(next_chunk(client) == dump(to_json(kCopied)));
  CHECK(client.read_all() == "0\r\n\r\n");
}

TEST_CASE("work that is over before its first line answers like any other, with its own status") {
  Resync resync;
  RawClient client(resync.server.path());
  resync.begin(client, resync_request("1.1"));
  resync.tell(10);
  resync.reply(ControlError{Refused::conflict, "paused", "shop is paused", "resume it"});
  const std::string refused = client.read_response();
  CHECK(status_of(refused) == 409);
  CHECK(Json::parse(body_of(refused)).at("error").at("code") == "paused");
  resync.begin(client, resync_request("1.1"));
  resync.reply(kCopied);
  const std::string answer = client.read_response();
  CHECK(answer.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(body_of(answer) == dump(to_json(kCopied)));
}

TEST_CASE("work that fails after its first line says so in the last one") {
  Resync resync;
  RawClient client(resync.server.path());
  resync.begin(client, resync_request("1.1"));
  resync.tell(10);
  CHECK(status_of(client.read_until("\r\n\r\n")) == 200);
  next_chunk(client);
  resync.reply(ControlError{Refused::unavailable, "target_away", "the server has gone", "start it"});
  CHECK(next_chunk(client) ==
        R"({"error":{"code":"target_away","message":"the server has gone","hint":"start it"}})"
        "\n");
  CHECK(next_chunk(client).empty());
}

TEST_CASE("a client that does not read costs one line of progress, and finds the result when it does") {
  Resync resync;
  RawClient client(resync.server.path());
  resync.begin(client, resync_request("1.1"));
  const std::string more_than_a_socket_holds(1 << 20, 'x');
  const auto tell_at_length = [&] {
    resync.server.on_control_thread([&] {
      resync.held.on_progress({"shop", "copy", more_than_a_socket_holds, 1, 2});
    });
  };
  tell_at_length();
  client.read_until("\r\n\r\n");
  for (int told = 0; told < 20; ++told) tell_at_length();
  resync.reply(kCopied);
  CHECK(next_chunk(client).size() > more_than_a_socket_holds.size());
  CHECK(next_chunk(client) == dump(to_json(kCopied)));
}

TEST_CASE("sluicectl's client is handed every line as it comes, and the result at last") {
  Resync resync;
  const ControlClient client(resync.server.path());
  const auto follow = [&](const std::variant<ResyncAnswer, ControlError>& answer) {
    std::vector<std::int64_t> rows;
    std::thread pipeline([&] { eventually([&] { return resync.tell_if_begun(10); }); });
    const auto on_progress = [&](const WorkProgress& progress) {
      rows.push_back(progress.rows);
      if (rows.size() == 1) resync.tell(20);
      if (rows.size() == 2) resync.reply(answer);
    };
    const std::shared_ptr<void> ended(nullptr, [&](void*) { pipeline.join(); });
    const std::string result = client.follow({"POST", "/v1/resync"}, on_progress);
    CHECK(rows == std::vector<std::int64_t>{10, 20});
    return result;
  };
  CHECK(follow(kCopied) == dump(to_json(kCopied)));
  CHECK_THROWS_WITH_AS(
      follow(ControlError{Refused::unavailable, "target_away", "the server has gone", "start it"}),
      "the server has gone; start it", CtlFailure);
}

TEST_CASE("progress and a reply after the client has gone go nowhere") {
  Resync resync;
  {
    RawClient client(resync.server.path());
    resync.begin(client, resync_request("1.1"));
    resync.tell(10);
    client.read_until("\r\n\r\n");
  }
  for (int rows = 0; rows < 10; ++rows) resync.tell(rows);
  resync.reply(kCopied);
  CHECK(status_of(ask(resync.server, "GET", "/v1/status")) == 200);
}

TEST_CASE("lines go out no faster than people can look, and the newest one does") {
  LineAnswer lines(Framing::until_close, false, at(0ms));
  CHECK(lines.take(at(9'999ms)).empty());
  lines.progress("1\n");
  CHECK(lines.take(at(199ms)).empty());
  lines.progress("2\n");
  CHECK(lines.due() == at(200ms));
  CHECK(lines.take(at(200ms)).ends_with("\r\n\r\n2\n"));
  lines.progress("3\n");
  CHECK(lines.take(at(399ms)).empty());
  CHECK(lines.take(at(400ms)) == "3\n");
  lines.progress("4\n");
  lines.finish("result\n");
  CHECK(lines.take(at(401ms)) == "result\n");
  CHECK(lines.complete());
  CHECK(lines.take(at(20'000ms)).empty());
}

TEST_CASE("where nothing is said for long, the last line is said again as a sign of life") {
  LineAnswer lines(Framing::chunked, true, at(0ms));
  CHECK(lines.due() == at(10s));
  CHECK(lines.take(at(10s)).ends_with("\r\n\r\n12\r\n{\"progress\":null}\n\r\n"));
  CHECK_FALSE(parse_progress(LineAnswer::kNothingYet).has_value());
  lines.progress("1\n");
  CHECK(lines.take(at(11s)) == "2\r\n1\n\r\n");
  CHECK(lines.take(at(20'999ms)).empty());
  CHECK(lines.take(at(21s)) == "2\r\n1\n\r\n");
  lines.finish("result\n");
  CHECK(lines.take(at(21s)) == "7\r\nresult\n\r\n0\r\n\r\n");
}
