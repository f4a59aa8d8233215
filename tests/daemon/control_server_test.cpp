#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "control_fixture.h"
#include "daemon/control/documents/protocol.h"

using namespace sluice::daemon;
using namespace sluice::daemon::test;
using Json = nlohmann::json;

namespace {

std::string code_of(const std::string& response) {
  const Json error = Json::parse(body_of(response)).at("error");
  CHECK_FALSE(error.at("hint").get<std::string>().empty());
  CHECK_FALSE(error.at("message").get<std::string>().empty());
  return error.at("code");
}

std::string request(const std::string& method, const std::string& target, const std::string& body = "") {
  return method + " " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("status is the report as JSON") {
  TestServer server;
  const std::string response = ask(server, "GET", "/v1/status");
  CHECK(status_of(response) == 200);
  CHECK(response.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(body_of(response) == dump(to_json(full_report())));
}

TEST_CASE("every verb reaches the service with its pipeline") {
  TestServer server;
  for (const std::string verb : {"pause", "resume", "retry", "check", "adopt", "release"}) {
    CAPTURE(verb);
    CHECK(status_of(ask(server, "POST", "/v1/" + verb, R"({"pipeline":"shop"})")) == 200);
    CHECK(server.service.calls().back() == verb + " shop");
  }
  CHECK(status_of(ask(server, "POST", "/v1/resync", R"({"pipeline":"shop","table":"beans","yes":true})")) ==
        200);
  CHECK(server.service.calls().back() == "resync shop beans yes");
  CHECK(code_of(ask(server, "POST", "/v1/resync", R"({"yes":"true"})")) == "wrong_type");
  CHECK(status_of(ask(server, "POST", "/v1/verify",
                      R"({"pipeline":"shop","table":"beans","repair":true})")) == 200);
  CHECK(server.service.calls().back() == "verify shop beans repair");
  CHECK(status_of(ask(server, "POST", "/v1/verify")) == 200);
  CHECK(server.service.calls().back() == "verify  ");
  CHECK(code_of(ask(server, "POST", "/v1/verify", R"({"repair":1})")) == "wrong_type");
  CHECK(code_of(ask(server, "POST", "/v1/verify", R"({"yes":true})")) == "unknown_field");
  CHECK(status_of(ask(server, "POST", "/v1/reload")) == 200);
  CHECK(server.service.calls().back() == "reload ");
}

TEST_CASE("a flush answers with its outcome, and 202 when it has only been started") {
  TestServer server;
  const std::string flushed = ask(server, "POST", "/v1/flush");
  CHECK(status_of(flushed) == 200);
  CHECK(
      body_of(flushed) ==
      R"({"pipeline":"shop","outcome":"flushed","position":1234,"changes":4,"quarantined":0,"elapsed_ms":3.142})"
      "\n");
  CHECK(server.service.calls().back() == "flush  30000");
  CHECK(status_of(ask(server, "POST", "/v1/flush", R"({"pipeline":"cafe","timeout_ms":0})")) == 202);
  CHECK(server.service.calls().back() == "flush cafe 0");
}

TEST_CASE("the log is asked for by a query, which may be left out") {
  TestServer server;
  const struct {
    std::string query, call;
  } cases[] = {
      {"", "log  20"},
      {"?", "log  20"},
      {"?limit=1", "log  1"},
      {"?pipeline=shop&limit=1000&after=0", "log shop 1000 0"},
      {"?after=9223372036854775807&", "log  20 9223372036854775807"},
      {"?pipeline=%73hop%26%3D%20x", "log shop&= x 20"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.query);
    const std::string response = ask(server, "GET", "/v1/log" + each.query);
    CHECK(status_of(response) == 200);
    CHECK(body_of(response) == dump(to_json(full_log())));
    CHECK(server.service.calls().back() == each.call);
  }
}

TEST_CASE("a bad query is refused by name and the daemon goes on") {
  TestServer server;
  const struct {
    std::string query, code, word;
  } cases[] = {
      {"limt=1", "unknown_parameter", "did you mean 'limit'?"},
      {"limit", "wrong_type", "limit"},
      {"limit=", "wrong_type", "limit"},
      {"limit=ten", "wrong_type", "ten"},
      {"limit=1.5", "wrong_type", "1.5"},
      {"limit=0", "out_of_range", "1 to 1000"},
      {"limit=1001", "out_of_range", "1 to 1000"},
      {"limit=-1", "out_of_range", "-1"},
      {"after=-1", "out_of_range", "after"},
      {"after=9223372036854775808", "out_of_range", "after"},
      {"after=1&after=2", "given_twice", "after"},
      {"pipeline=%", "bad_query", "%"},
      {"pipeline=%4", "bad_query", "%"},
      {"pipeline=%zz", "bad_query", "%"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.query);
    const std::string response = ask(server, "GET", "/v1/log?" + each.query);
    CHECK(status_of(response) == 400);
    CHECK(code_of(response) == each.code);
    CHECK(response.find(each.word) != std::string::npos);
  }
  CHECK(server.service.calls().empty());
  CHECK(status_of(ask(server, "GET", "/v1/log")) == 200);
}

TEST_CASE("a refusal of the service keeps its status, code, message and hint") {
  TestServer server;
  server.service.refusal = ControlError{Refused::conflict, "halted", "shop is halted", "see status"};
  for (const std::string verb : {"flush", "pause", "check", "reload"}) {
    CAPTURE(verb);
    const std::string response = ask(server, "POST", "/v1/" + verb);
    CHECK(status_of(response) == 409);
    CHECK(body_of(response) == R"({"error":{"code":"halted","message":"shop is halted","hint":"see status"}})"
                               "\n");
  }
}

TEST_CASE("the daemon is asked to stop after the answer has gone out") {
  TestServer server;
  CHECK(status_of(ask(server, "POST", "/v1/stop")) == 200);
  CHECK(eventually([&] { return server.service.calls() == std::vector<std::string>{"stop"}; }));
}

TEST_CASE("an unknown path is answered with the list of paths") {
  TestServer server;
  const std::string response = ask(server, "POST", "/v1/nothing");
  CHECK(status_of(response) == 404);
  CHECK(code_of(response) == "unknown_path");
  CHECK(response.find("GET /v1/status, ") != std::string::npos);
  CHECK(response.find("POST /v1/flush, ") != std::string::npos);
}

TEST_CASE("a wrong method is answered with the right one") {
  TestServer server;
  const std::string response = ask(server, "GET", "/v1/flush");
  CHECK(status_of(response) == 405);
  CHECK(code_of(response) == "wrong_method");
  CHECK(response.find("Allow: POST\r\n") != std::string::npos);
  CHECK(server.service.calls().empty());
}

TEST_CASE("a bad body is refused by name and the daemon goes on") {
  TestServer server;
  const struct {
    std::string body, code, word;
  } cases[] = {
      {R"({"pipeline":)", "bad_json", "byte 13"},
      {"[1]", "bad_request", "array"},
      {std::string(60'000, '['), "bad_json", "byte"},
      {"{\"pipeline\":\"\xff\"}", "bad_json", "byte"},
      {R"({"pipelin":"shop"})", "unknown_field", "pipeline"},
      {R"({"pipeline":7})", "wrong_type", "number"},
      {R"({"timeout_ms":"5"})", "wrong_type", "timeout_ms"},
      {R"({"timeout_ms":1.5})", "wrong_type", "timeout_ms"},
      {R"({"timeout_ms":-1})", "out_of_range", "-1"},
      {R"({"timeout_ms":3600001})", "out_of_range", "3600001"},
      {R"({"timeout_ms":18446744073709551615})", "out_of_range", "3600000"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.body.substr(0, 40));
    const std::string response = ask(server, "POST", "/v1/flush", each.body);
    CHECK(status_of(response) == 400);
    CHECK(code_of(response) == each.code);
    CHECK(response.find(each.word) != std::string::npos);
  }
  CHECK(code_of(ask(server, "POST", "/v1/pause", R"({"timeout_ms":1})")) == "unknown_field");
  CHECK(code_of(ask(server, "POST", "/v1/stop", R"({"pipeline":"shop"})")) == "unknown_field");
  CHECK(server.service.calls().empty());
  CHECK(status_of(ask(server, "POST", "/v1/flush", " \r\n")) == 200);
}

TEST_CASE("what is no HTTP is answered with 400 and the end of the connection") {
  TestServer server;
  const std::string inputs[] = {
      "hello\r\n\r\n", std::string(100, '\0'), "GET / HTTP/9.9\r\n\r\n",
      "POST /v1/flush HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
      "POST /v1/flush HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"};
  for (const std::string& input : inputs) {
    CAPTURE(input);
    RawClient client(server.path());
    client.send(input);
    const std::string response = client.read_all();
    CHECK(status_of(response) == 400);
    CHECK(code_of(response) == "malformed_request");
  }
  CHECK(status_of(ask(server, "GET", "/v1/status")) == 200);
}

TEST_CASE("an oversized body or header is answered with 413, even while it is still being sent") {
  TestServer server;
  const std::string body = ask(server, "POST", "/v1/flush", std::string((64 << 10) + 1, ' '));
  CHECK(status_of(body) == 413);
  CHECK(code_of(body) == "body_too_large");
  CHECK(status_of(ask(server, "POST", "/v1/flush", std::string(64 << 10, ' '))) == 200);
  CHECK(status_of(ask(server, "POST", "/v1/flush", std::string(900 << 10, ' '))) == 413);

  RawClient chunked(server.path());
  chunked.send("POST /v1/flush HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
               std::string(0x20000, ' ') + "\r\n0\r\n\r\n");
  CHECK(status_of(chunked.read_all()) == 413);

  RawClient header(server.path());
  header.send("GET /v1/status HTTP/1.1\r\nX-Long: " + std::string(20'000, 'x') + "\r\n\r\n");
  const std::string response = header.read_all();
  CHECK(status_of(response) == 413);
  CHECK(code_of(response) == "header_too_large");
}

TEST_CASE("one connection serves many requests, also when they are sent at once") {
  TestServer server;
  RawClient client(server.path());
  client.send(request("POST", "/v1/pause") + request("GET", "/v1/nothing") + request("POST", "/v1/resume"));
  CHECK(status_of(client.read_response()) == 200);
  CHECK(status_of(client.read_response()) == 404);
  CHECK(status_of(client.read_response()) == 200);
  client.send(request("POST", "/v1/retry"));
  CHECK(status_of(client.read_response()) == 200);
  CHECK(server.service.calls() == std::vector<std::string>{"pause ", "resume ", "retry "});
}

TEST_CASE("a client that waits for leave to send its body gets it") {
  TestServer server;
  RawClient client(server.path());
  client.send("POST /v1/pause HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  CHECK(status_of(client.read_response()) == 200);
}

TEST_CASE("a half-sent request blocks nobody else") {
  TestServer server;
  RawClient slow(server.path());
  slow.send("POST /v1/flush HTTP/1.1\r\nHost: loc");
  RawClient idle(server.path());
  CHECK(status_of(ask(server, "GET", "/v1/status")) == 200);
  slow.send("alhost\r\nContent-Length: 2\r\n\r\n{");
  CHECK(status_of(ask(server, "GET", "/v1/status")) == 200);
  slow.send("}");
  CHECK(status_of(slow.read_response()) == 200);
}

TEST_CASE("a client that ends its sending still gets its answer") {
  TestServer server;
  server.service.hold_flushes = true;
  RawClient client(server.path());
  client.send(request("POST", "/v1/flush"));
  client.end_sending();
  REQUIRE(eventually([&] { return server.service.calls().size() == 1; }));
  server.on_control_thread([&] { server.service.held.at(0)(FlushAnswer{"shop", "flushed", 9, 1, 0, 1}); });
  CHECK(status_of(client.read_response()) == 200);
}

TEST_CASE("a flush reply after the client has hung up goes nowhere") {
  TestServer server;
  server.service.hold_flushes = true;
  {
    RawClient client(server.path());
    client.send(request("POST", "/v1/flush"));
    REQUIRE(eventually([&] { return server.service.calls().size() == 1; }));
  }
  server.on_control_thread([&] { server.service.held.at(0)(FlushAnswer{"shop", "flushed", 9, 1, 0, 1}); });
  CHECK(status_of(ask(server, "GET", "/v1/status")) == 200);
}

TEST_CASE("a flush reply after the server has gone goes nowhere") {
  std::optional<TestServer> server(std::in_place);
  server->service.hold_flushes = true;
  RawClient client(server->path());
  client.send(request("POST", "/v1/flush"));
  REQUIRE(eventually([&] { return server->service.calls().size() == 1; }));
  Reply<FlushAnswer> reply{[](const auto&) {}};
  server->on_control_thread([&] { reply = server->service.held.at(0); });
  server.reset();
  reply(FlushAnswer{"shop", "flushed", 9, 1, 0, 1});
  CHECK(client.read_all().empty());
}

TEST_CASE("flushes wait side by side and are answered in any order") {
  TestServer server;
  server.service.hold_flushes = true;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.path()));
    clients.back()->send(request("POST", "/v1/flush"));
    REQUIRE(eventually([&] { return server.service.calls().size() == i + 1; }));
  }
  for (std::size_t i = clients.size(); i-- > 0;) {
    server.on_control_thread([&] {
      server.service.held.at(i)(FlushAnswer{"shop", "flushed", static_cast<std::int64_t>(i), 1, 0, 1});
    });
    const Json answer = Json::parse(body_of(clients.at(i)->read_response()));
    CHECK(answer.at("position") == i);
  }
}

TEST_CASE("the 65th connection is told that there are too many, and a place that is free again is used") {
  TestServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.path()));
    clients.back()->send(request("GET", "/v1/status"));
    REQUIRE(status_of(clients.back()->read_response()) == 200);
  }
  const std::string response = ask(server, "GET", "/v1/status");
  CHECK(status_of(response) == 503);
  CHECK(code_of(response) == "too_many_connections");
  clients.pop_back();
  CHECK(eventually([&] { return status_of(ask(server, "GET", "/v1/status")) == 200; }));
}

TEST_CASE("connections that hang up while they wait for a flush give their places back") {
  TestServer server;
  server.service.hold_flushes = true;
  {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < 64; ++i) {
      clients.push_back(std::make_unique<RawClient>(server.path()));
      clients.back()->send(request("POST", "/v1/flush"));
      REQUIRE(eventually([&] { return server.service.calls().size() == i + 1; }));
    }
  }
  CHECK(eventually([&] { return status_of(ask(server, "GET", "/v1/status")) == 200; }));
}

TEST_CASE("an event stream opens with every state and goes on with what changes") {
  TestServer server;
  RawClient listener(server.path());
  listener.send(request("GET", "/v1/events"));
  CHECK(listener.read_until("\r\n\r\n").find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(listener.read_until("\n\n") ==
        "event: state\ndata: {\"pipeline\":\"shop\",\"state\":\"halted\"}\n\n");
  CHECK(listener.read_until("\n\n").find(
            "event: error\ndata: {\"pipeline\":\"shop\",\"error\":{\"id\":\"e17\"") == 0);
  CHECK(listener.read_until("\n\n") ==
        "event: state\ndata: {\"pipeline\":\"cafe\",\"state\":\"starting\"}\n\n");
  server.on_control_thread([&] {
    server.service.report.pipelines[0].state = State::streaming;
    server.service.report.pipelines[0].error.reset();
  });
  CHECK(listener.read_until("\n\n") ==
        "event: state\ndata: {\"pipeline\":\"shop\",\"state\":\"streaming\"}\n\n");
  server.on_control_thread([&] { server.service.report.pipelines[0].applied = 1234; });
  CHECK(listener.read_until("\n\n").find("event: progress\ndata: {\"pipeline\":\"shop\"") == 0);
  CHECK(status_of(ask(server, "GET", "/v1/status")) == 200);
}

TEST_CASE("listeners come and go without hurting each other") {
  TestServer server;
  RawClient stays(server.path());
  stays.send(request("GET", "/v1/events"));
  stays.read_until("\"starting\"}\n\n");
  for (int i = 0; i < 5; ++i) {
    RawClient leaves(server.path());
    leaves.send(request("GET", "/v1/events"));
    leaves.read_until("\"starting\"}\n\n");
  }
  server.on_control_thread([&] { server.service.report.pipelines[1].state = State::idle; });
  CHECK(stays.read_until("\n\n").find("\"idle\"") != std::string::npos);
}

TEST_CASE("metrics count the flushes that were answered") {
  TestServer server;
  ask(server, "POST", "/v1/flush");
  ask(server, "POST", "/v1/flush", R"({"timeout_ms":0})");
  const std::string response = ask(server, "GET", "/metrics");
  CHECK(status_of(response) == 200);
  CHECK(response.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(response.find("sluice_flush_duration_seconds_count{pipeline=\"shop\"} 1\n") != std::string::npos);
}
