// Every verb of sluicectl and every endpoint of the control channel, in every situation.

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/e2e/store.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::Outcome;
using support::SqliteFile;
using support::TcpRelay;
using support::wait_until;

/// What a verb is expected to do: its exit code, and what it says, on standard error where it fails.
struct Verb {
  std::vector<std::string> words;
  int exit_code;
  std::string says;
};

struct Endpoint {
  std::string method;
  std::string path;
  std::string body;
  int status;
  std::string code_or_text;  ///< of an error its code, else a part of the answer
};

void check_verb(const DaemonProcess& daemon, const Verb& verb) {
  std::string words;
  for (const auto& word : verb.words) words += word + " ";
  CAPTURE(words);
  const Outcome outcome = daemon.ctl(verb.words);
  if (verb.exit_code != 0) return check_failure(outcome, verb.exit_code, verb.says);
  CAPTURE(outcome.out);
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err == "");
  CHECK(outcome.out.find(verb.says) != std::string::npos);
}

void check_verbs(const DaemonProcess& daemon, const std::vector<Verb>& verbs) {
  for (const Verb& verb : verbs) check_verb(daemon, verb);
}

void check_endpoints(const DaemonProcess& daemon, const std::vector<Endpoint>& endpoints) {
  for (const Endpoint& endpoint : endpoints) {
    CAPTURE(endpoint.path);
    CAPTURE(endpoint.body);
    const auto answer = daemon.http(endpoint.method, endpoint.path, endpoint.body);
    if (endpoint.status >= 400) {
      check_error(answer, endpoint.status, endpoint.code_or_text);
      continue;
    }
    CAPTURE(answer.body);
    CHECK(answer.status == endpoint.status);
    CHECK(answer.body.find(endpoint.code_or_text) != std::string::npos);
  }
}

/// A socket file at the daemon's place, behind which nobody listens.
void leave_stale_socket(const DaemonProcess& daemon) {
  std::filesystem::create_directories(daemon.socket().parent_path());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  daemon.socket().string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
}

const std::vector<std::vector<std::string>> kNeedDaemon{{"status"},
                                                        {"flush"},
                                                        {"pause"},
                                                        {"resume"},
                                                        {"retry"},
                                                        {"reload"},
                                                        {"stop"},
                                                        {"log"},
                                                        {"verify"},
                                                        {"resync", "--yes"},
                                                        {"skip", "--error", "0"},
                                                        {"quarantine", "list"},
                                                        {"quarantine", "show", "1"},
                                                        {"quarantine", "retry"},
                                                        {"quarantine", "discard", "1"}};

/// The verbs that work on the file, the server and the configuration alone.
const std::vector<Verb> kOffline{
    {{"check"}, 0, "shop: ready"},
    {{"config"}, 0, "pipelines:"},
    {{"version"}, 0, "sluicectl "},
    {{"help"}, 0, "uninstall"},
    {{"install"}, 0, "capture installed for 1 table(s)"},
    {{"install"}, 0, "everything was in place"},
    {{"uninstall", "--yes"}, 0, "capture taken out"},
    {{"uninstall", "--yes"}, 0, "nothing to take out"},
};

}  // namespace

TEST_SUITE_BEGIN("verbs");

TEST_CASE("without a daemon a verb says what is missing, and those that need none work") {
  Store store;
  std::string reason;
  SUBCASE("no socket") {
    reason = "no socket at " + store.daemon.socket().string();
  }
  SUBCASE("nobody listens") {
    leave_stale_socket(store.daemon);
    reason = "nobody listens at " + store.daemon.socket().string();
  }
  SUBCASE("a file in the place of the socket") {
    std::filesystem::create_directories(store.daemon.socket().parent_path());
    std::filesystem::copy_file(store.daemon.config_file(), store.daemon.socket());
    reason = "nobody listens at " + store.daemon.socket().string();
  }
  for (const auto& verb : kNeedDaemon) check_verb(store.daemon, {verb, 3, reason});
  check_verbs(store.daemon, kOffline);
}

TEST_CASE("a socket that is somebody else's counts as no daemon, and nothing is done behind its back") {
  Store store;
  leave_stale_socket(store.daemon);
  REQUIRE(::chmod(store.daemon.socket().c_str(), 0) == 0);
  const std::string reason = "permission denied: you are ";
  for (const auto& verb : kNeedDaemon) check_verb(store.daemon, {verb, 3, reason});
  check_verbs(store.daemon, {{{"check"}, 3, reason},
                             {{"uninstall", "--yes"}, 3, reason},
                             {{"config"}, 0, "pipelines:"},
                             {{"version"}, 0, "sluicectl "},
                             {{"help"}, 0, "uninstall"}});
}

TEST_CASE("wrong usage is one line and exit code 2") {
  Store store;
  check_verbs(store.daemon, {{{"fly"}, 2, "there is no verb 'fly'"},
                             {{"status", "--fast"}, 2, "unexpected argument '--fast'"},
                             {{"log", "--limit", "0"}, 2, "expected a number from 1 to 1000, got '0'"},
                             {{"flush", "--timeout", "soon"}, 2, "expected a duration up to 1h"},
                             {{"flush", "--timeout", "2h"}, 2, "expected a duration up to 1h"},
                             {{"flush", "shop", "cafe"}, 2, "unexpected argument 'cafe'"},
                             {{"verify", "shop", "cafe"}, 2, "cafe"},
                             {{"verify", "--table"}, 2, "--table lacks its value"},
                             {{"skip"}, 2, "say --error ID"},
                             {{"quarantine"}, 2, "list, show, retry or discard"},
                             {{"quarantine", "drop"}, 2, "unexpected argument 'drop'"},
                             {{"quarantine", "show"}, 2, "the id of one row"},
                             {{"quarantine", "show", "word"}, 2, "the id of one row"},
                             {{"quarantine", "show", "7", "8"}, 2, "the id of one row"},
                             {{"quarantine", "retry", "shop", "x"}, 2, "x"},
                             {{"quarantine", "retry", "0"}, 2, "0"},
                             {{"quarantine", "discard"}, 2, "--all"},
                             {{"quarantine", "discard", "7", "--all"}, 2, "--all"},
                             {{"check", "nosuch"}, 2, "there are: shop"},
                             {{"install", "nosuch"}, 2, "there are: shop"},
                             {{"uninstall", "--yes", "nosuch"}, 2, "there are: shop"}});
  const std::string config = store.daemon.config_file();
  check_failure(sluicectl({"--config", config}), 2, "no verb");
  check_failure(sluicectl({"--config", config, "uninstall"}), 2, "--yes");
  check_failure(sluicectl({"--config", config, "--socket", config, "status"}), 2, "do not go together");
  check_failure(sluicectl({"--config", config + ".gone", "status"}), 2, config + ".gone");
  CHECK(sluicectl({"--help"}).exit_code == 0);
  CHECK(sluicectl({"--version"}).out.starts_with("sluicectl "));
  CHECK(sluiced({"--help"}).exit_code == 0);
  CHECK(sluiced({"--version"}).out.starts_with("sluiced "));
  CHECK(sluiced({"--fast"}).exit_code == 2);
}

TEST_CASE("with a daemon that is well every verb does its work") {
  Store store;
  store.start();
  check_verbs(store.daemon, {{{"status"}, 0, "shop: streaming"},
                             {{"status", "shop"}, 0, "behind       nothing"},
                             {{"flush"}, 0, "shop: nothing to do"},
                             {{"flush", "shop", "--timeout", "5s"}, 0, "shop: nothing to do"},
                             {{"retry", "shop"}, 0, "shop: trying again now"},
                             {{"verify"}, 0, "shop: equal\n2 rows compared in "},
                             {{"verify", "shop", "--table", "packages", "--repair"}, 0, "shop: equal"},
                             {{"verify", "--json"}, 0, R"({"pipeline":"shop","outcome":"equal",)"},
                             {{"resync"}, 0, "shop: copied again"},
                             {{"quarantine", "list"}, 0, "shop: nothing in quarantine"},
                             {{"quarantine", "retry"}, 0, "shop: nothing in quarantine"},
                             {{"quarantine", "discard", "--all"}, 0, "shop: nothing in quarantine"},
                             {{"check"}, 0, "shop: ready"},
                             {{"config"}, 0, "pipelines:"},
                             {{"version"}, 0, "sluiced "},
                             {{"install"}, 0, "everything was in place"},
                             {{"reload"}, 0, "has been read again"}});
  wait_for_state(store.daemon, "streaming");
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  check_endpoints(store.daemon, {{"GET", "/v1/status", "", 200, R"("state":"streaming")"},
                                 {"GET", "/metrics", "", 200, "sluice_build_info"},
                                 {"POST", "/v1/flush", "", 200, R"("pipeline":"shop")"},
                                 {"POST", "/v1/flush", R"({"timeout_ms":0})", 202, R"("outcome":"started")"},
                                 {"POST", "/v1/retry", "{}", 200, R"("ok":true)"},
                                 {"POST", "/v1/check", R"({"pipeline":"shop"})", 200, R"("ready":true)"},
                                 {"POST", "/v1/verify", "", 200, R"("outcome":"equal")"},
                                 {"POST", "/v1/resync", "", 200, R"("outcome":"copied")"},
                                 {"POST", "/v1/pause", "", 200, R"("ok":true)"},
                                 {"POST", "/v1/resume", "", 200, R"("ok":true)"},
                                 {"POST", "/v1/reload", "", 200, R"("ok":true)"}});
  must_flush(store.daemon);
  CHECK(store.differences() == "");
}

TEST_CASE("verify names what differs, by its exit code too, and repairs it when asked to") {
  Store store;
  store.start();
  store.server(
      "UPDATE packages SET name = 'wine' WHERE id = 1; DELETE FROM packages WHERE id = 2; "
      "INSERT INTO packages VALUES (9, 'extra')");
  const Outcome found = store.daemon.ctl({"verify"});
  CHECK(found.exit_code == 5);
  CHECK(found.err == "");
  CHECK(found.out.starts_with("shop: DIFFERENT: 3 rows in 1 of 1 table\n"));
  for (const char* line : {"packages     2  1 missing, 1 extra, 1 differing\n", "  differs  1  name\n",
                           "  missing  2\n", "  extra    9\n", ": sluicectl verify shop --repair\n"}) {
    CAPTURE(line);
    CAPTURE(found.out);
    CHECK(found.out.find(line) != std::string::npos);
  }
  CHECK(found.out.find("wine") == std::string::npos);
  CHECK(store.daemon.ctl({"verify", "--json"}).exit_code == 5);
  CHECK(store.daemon.http("POST", "/v1/verify").json.at("outcome") == "different");
  check_verb(store.daemon, {{"verify", "--repair"}, 0, "shop: repaired: 3 rows in 1 of 1 table, equal now"});
  check_verb(store.daemon, {{"verify"}, 0, "shop: equal"});
  CHECK(store.differences() == "");
}

TEST_CASE("what a trigger of the server rewrites is never called equal, and the trigger is named") {
  Store store("", support::PostgresCluster::kOwner);
  store.server(
      "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := NEW.name || ''!''; "
      "RETURN "
      "NEW; END'; CREATE TRIGGER touch BEFORE UPDATE ON packages FOR EACH ROW EXECUTE FUNCTION touch()");
  store.start();
  must_flush(store.daemon);
  store.source.exec("UPDATE packages SET name = 'port' WHERE id = 1");
  must_flush(store.daemon);
  const std::string named = "touch of public.packages, public.touch()";
  const Outcome check = store.daemon.ctl({"check"});
  CHECK(check.out.find("touch of public.packages (public.touch()) fires before") != std::string::npos);
  CHECK(check.out.find("ALTER TABLE public.packages DISABLE TRIGGER touch") != std::string::npos);
  const auto repair = store.daemon.ctl({"verify", "--repair"});
  CHECK(repair.exit_code == 5);
  CHECK(repair.out.starts_with("shop: DIFFERENT: 1 row in 1 of 1 table\n"));
  CHECK(repair.out.find(named) != std::string::npos);
  CHECK(repair.out.find("--repair") == std::string::npos);
  const auto copied = store.daemon.ctl({"resync", "--yes"});
  CHECK(copied.exit_code == 5);
  CHECK(copied.out.find(", yet DIFFERENT\n  public.packages\n  rewritten by trigger " + named) !=
        std::string::npos);
  store.server("ALTER TABLE packages DISABLE TRIGGER touch");
  check_verb(store.daemon, {{"verify", "--repair"}, 0, "shop: repaired: 1 row in 1 of 1 table, equal now"});
}

TEST_CASE("a comparison that the server refuses fails alone, and the stream goes on") {
  Store store;
  store.start();
  must_flush(store.daemon);
  // The table that is pointed at is another role's.
  store.cluster.psql(store.database,
                     "CREATE TABLE country (id bigint PRIMARY KEY); ALTER TABLE packages ADD "
                     "COLUMN country bigint REFERENCES country");
  const auto compared = store.daemon.ctl({"verify", "--json"});
  CHECK(compared.exit_code == 0);
  CHECK(compared.out.find("may not read country") != std::string::npos);
  store.cluster.psql(store.database,
                     "CREATE FUNCTION no_look() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no "
                     "looks''; END'; CREATE EVENT TRIGGER no_look ON ddl_command_start WHEN TAG IN ('CREATE "
                     "TABLE') EXECUTE FUNCTION no_look(); ALTER EVENT TRIGGER no_look ENABLE ALWAYS");
  const auto refused = store.daemon.ctl({"verify"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("the comparison failed, while replication goes on: ") != std::string::npos);
  store.source.exec("UPDATE packages SET name = 'port' WHERE id = 1");
  must_flush(store.daemon);
  CHECK(store.names() == "port rum");
  CHECK(store.status().at("state") == "streaming");
  store.cluster.psql(store.database, "DROP EVENT TRIGGER no_look");
  check_verb(store.daemon, {{"verify"}, 0, "shop: equal"});
}

TEST_CASE("wrong requests have the documented codes") {
  Store store;
  store.start();
  check_endpoints(store.daemon, {{"GET", "/v1/nothing", "", 404, "unknown_path"},
                                 {"GET", "/", "", 404, "unknown_path"},
                                 {"GET", "/v1/flush", "", 405, "wrong_method"},
                                 {"POST", "/v1/status", "", 405, "wrong_method"},
                                 {"DELETE", "/v1/stop", "", 405, "wrong_method"},
                                 {"POST", "/v1/flush", "{", 400, "bad_json"},
                                 {"POST", "/v1/flush", "[]", 400, "bad_request"},
                                 {"POST", "/v1/flush", R"({"pipelin":"shop"})", 400, "unknown_field"},
                                 {"POST", "/v1/flush", R"({"pipeline":7})", 400, "wrong_type"},
                                 {"POST", "/v1/flush", R"({"timeout_ms":-1})", 400, "out_of_range"},
                                 {"POST", "/v1/flush", R"({"timeout_ms":1.5})", 400, "wrong_type"},
                                 {"POST", "/v1/verify", R"({"repair":"yes"})", 400, "wrong_type"},
                                 {"POST", "/v1/verify", R"({"table":"nosuch"})", 404, "unknown_table"},
                                 {"POST", "/v1/resync", R"({"table":"nosuch"})", 404, "unknown_table"},
                                 {"POST", "/v1/stop", R"({"pipeline":"shop"})", 400, "unknown_field"}});
  CHECK(store.daemon.running());
}

TEST_CASE("an unknown name is told apart from everything else, with the names that are known") {
  Store store;
  store.start();
  for (const std::string verb :
       {"status", "flush", "pause", "resume", "retry", "check", "verify", "resync"}) {
    check_verb(store.daemon, {{verb, "nosuch"}, 2, "shop"});
  }
  for (const std::string verb :
       {"flush", "pause", "resume", "retry", "check", "release", "verify", "resync"}) {
    check_endpoints(store.daemon,
                    {{"POST", "/v1/" + verb, R"({"pipeline":"nosuch"})", 404, "unknown_pipeline"}});
  }
  CHECK(store.status().at("state") == "streaming");
}

TEST_CASE("with several pipelines a name is needed, or all are meant") {
  Store store;
  SqliteFile other;
  other.exec("CREATE TABLE drinks (id INTEGER PRIMARY KEY, name TEXT)");
  std::string config = shop(store.source.path(), store.cluster.url(store.database, store.role));
  config.replace(config.find("log:"), 4,
                 "  cafe:\n    source:\n      path: " + other.path().string() +
                     "\n    target:\n      url: \"" + store.cluster.url(store.database, store.role) +
                     "\"\nlog:");
  store.daemon.configure(config);
  store.daemon.start();
  check_verbs(store.daemon, {{{"flush"}, 0, "cafe: "},
                             {{"flush"}, 0, "shop: "},
                             {{"flush", "cafe"}, 0, "cafe: nothing to do"},
                             {{"status"}, 0, "cafe: streaming"},
                             {{"verify"}, 0, "cafe: equal"},
                             {{"verify"}, 0, "shop: equal"},
                             {{"check"}, 0, "cafe: ready"},
                             {{"install"}, 0, "cafe: everything was in place"},
                             {{"pause"}, 2, "name one of: shop, cafe"},
                             {{"resume"}, 2, "name one of: shop, cafe"},
                             {{"retry"}, 2, "name one of: shop, cafe"}});
  const Outcome one = store.daemon.ctl({"status", "cafe", "--json"});
  CHECK(nlohmann::json::parse(one.out).at("pipelines").size() == 1);
  for (const std::string verb :
       {"flush", "pause", "resume", "retry", "check", "release", "verify", "resync"}) {
    check_endpoints(store.daemon, {{"POST", "/v1/" + verb, "", 400, "pipeline_needed"}});
  }
  check_verb(store.daemon, {{"pause", "cafe"}, 0, "cafe: paused"});
  check_verb(store.daemon, {{"flush"}, 1, "cafe"});
  check_verb(store.daemon, {{"flush", "shop"}, 0, "shop: "});
}

TEST_CASE("paused") {
  Store store;
  store.start();
  check_verb(store.daemon, {{"pause"}, 0, "paused"});
  wait_for_state(store.daemon, "paused");
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  check_verbs(store.daemon, {{{"pause"}, 0, "paused"},
                             {{"status"}, 0, "shop: paused"},
                             {{"flush"}, 1, "sluicectl resume"},
                             {{"retry"}, 0, "trying again"},
                             {{"verify"}, 1, "sluicectl resume"},
                             {{"check"}, 0, "paused"}});
  check_endpoints(store.daemon, {{"POST", "/v1/flush", "", 409, "paused"},
                                 {"POST", "/v1/verify", "", 409, "paused"},
                                 {"POST", "/v1/flush", R"({"timeout_ms":0})", 409, "paused"},
                                 {"POST", "/v1/check", "", 200, R"("ready":true)"}});
  CHECK(store.names() == "tea rum");
  wait_until("the pending change is told", [&] { return store.status().at("position").at("pending") == 1; });
  check_verb(store.daemon, {{"resume"}, 0, "resumed"});
  wait_until("the change is there", [&] { return store.names() == "tea rum gin"; });
  check_verb(store.daemon, {{"resume"}, 0, "resumed"});
  CHECK(store.status().at("error").is_null());
}

TEST_CASE("halted by a row that Postgres refuses") {
  Store store;
  store.start();
  store.halt();
  check_verbs(store.daemon, {{{"status"}, 0, "shop: halted"},
                             {{"flush"}, 1, "SQLSTATE 22001"},
                             {{"flush", "--json"}, 1, "packages"},
                             {{"check"}, 1, "not everything is ready"},
                             {{"retry"}, 0, "trying again"}});
  wait_for_state(store.daemon, "halted");
  check_endpoints(store.daemon, {{"POST", "/v1/flush", "", 409, "halted"},
                                 {"POST", "/v1/check", "", 200, R"("ready":false)"},
                                 {"GET", "/metrics", "", 200,
                                  R"(sluice_pipeline_state{pipeline="shop",state="halted"} 1)"}});
  const auto status = store.status();
  const auto& error = status.at("error");
  CHECK(error.at("class") == "row");
  CHECK(error.at("code") == "row_refused");
  CHECK(error.at("sqlstate") == "22001");
  CHECK(error.at("table") == "packages");
  CHECK(error.at("key") == "3");
  CHECK(error.at("hint") != "");
  CHECK(error.at("attempts") >= 2);
  CHECK(error.at("next_retry_s") > 0);
  CHECK(status.at("tables").at(0).at("state") == "halted");
  CHECK(status.at("position").at("pending") == 1);
  CHECK(store.names() == "tea rum");
}

TEST_CASE("a row mended in SQLite ends the halt by itself") {
  Store store;
  store.start();
  store.halt();
  store.source.exec("INSERT INTO packages VALUES (4, 'ale'); UPDATE packages SET name = 'gin' WHERE id = 3");
  wait_until("all rows are there", [&] { return store.names() == "tea rum gin ale"; });
  wait_for_state(store.daemon, "streaming");
  CHECK(store.status().at("error").is_null());
  CHECK(store.differences() == "");
}

TEST_CASE("a column widened on the server ends the halt at once with a retry or a flush") {
  Store store;
  store.start();
  store.halt();
  store.source.exec("UPDATE packages SET name = 'port' WHERE id = 1");
  wait_for_state(store.daemon, "halted");
  store.server("ALTER TABLE packages ALTER COLUMN name TYPE text");
  SUBCASE("retry") {
    check_verb(store.daemon, {{"retry"}, 0, "trying again"});
  }
  SUBCASE("flush") {
    // The change before may have had it tried again by itself, moments ago.
    check_verb(store.daemon, {{"flush"}, 0, "shop: "});
  }
  wait_until("all rows are there", [&] { return store.differences().empty(); });
  wait_for_state(store.daemon, "streaming");
  CHECK(store.status().at("error").is_null());
}

TEST_CASE("diverged") {
  Store store;
  store.start();
  store.daemon.stop();
  store.source.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto backup = store.source.folder() / "backup.db";
  std::filesystem::copy_file(store.source.path(), backup);
  store.source.exec("INSERT INTO packages VALUES (3, 'gin'), (4, 'ale')");
  store.start();
  store.daemon.stop();
  // The backup is put back as a file manager would do it, and the application goes on with other rows.
  std::filesystem::rename(backup, store.source.path());
  std::filesystem::remove(store.source.path().string() + "-wal");
  std::filesystem::remove(store.source.path().string() + "-shm");
  std::string code = "moved_back";
  SUBCASE("before anything was written") {
  }
  SUBCASE("and written past") {
    auto application = connect(store.source.path(), 1000);
    application.exec("INSERT INTO packages VALUES (5, 'cider'), (6, 'perry'), (7, 'mead'), (8, 'cava')");
    code = "different_history";
  }
  store.daemon.start();
  wait_for_state(store.daemon, "diverged");
  const auto error = store.status().at("error");
  CHECK(error.at("class") == "source");
  CHECK(error.at("code") == code);
  CHECK(error.at("hint") != "");
  CHECK(error.at("next_retry_s").is_null());
  check_verbs(store.daemon, {{{"status"}, 0, "shop: diverged"},
                             {{"flush"}, 1, "backup"},
                             {{"check"}, 1, "not everything is ready"},
                             {{"retry"}, 0, "trying again"},
                             {{"pause"}, 0, "paused"},
                             {{"resume"}, 0, "resumed"}});
  wait_for_state(store.daemon, "diverged");
  check_endpoints(store.daemon, {{"POST", "/v1/flush", "", 409, "diverged"},
                                 {"POST", "/v1/check", "", 200, R"("ready":false)"}});
  CHECK(store.names() == "tea rum gin ale");
}

TEST_CASE("the server is away") {
  Store store;
  TcpRelay relay(store.cluster.socket());
  store.daemon.configure(shop(store.source.path(), relay.url(store.database, store.role)));
  store.start();
  relay.reject(true);
  relay.cut();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  wait_for_state(store.daemon, "retrying");
  check_verbs(store.daemon, {{{"status"}, 0, "shop: retrying"},
                             {{"flush"}, 1, "shop: "},
                             {{"retry"}, 0, "trying again"},
                             {{"check"}, 1, "not everything is ready"}});
  check_endpoints(store.daemon, {{"POST", "/v1/flush", "", 503, "target_away"},
                                 {"POST", "/v1/flush", R"({"timeout_ms":0})", 202, "started"},
                                 {"POST", "/v1/check", "", 200, R"("ready":false)"}});
  const auto status = store.status();
  CHECK(status.at("error").at("class") == "target");
  CHECK(status.at("error").at("code") == "target_away");
  CHECK(status.at("error").at("hint") != "");
  CHECK(status.at("target").at("connected") == false);
  relay.reject(false);
  wait_until("the row is there", [&] { return store.names() == "tea rum gin"; });
}

TEST_CASE("a server that goes away while nothing happens is missed before anybody needs it") {
  for (const std::string mode : {"continuous", "manual"}) {
    CAPTURE(mode);
    Store store;
    TcpRelay relay(store.cluster.socket());
    store.daemon.configure(
        shop(store.source.path(), relay.url(store.database, store.role), "    mode: " + mode + "\n"));
    store.start();
    relay.reject(true);
    relay.cut();
    // Long before it would be asked.
    wait_until(
        "it is missed", [&] { return store.status().at("state") == "retrying"; }, std::chrono::seconds(15));
    CHECK(store.status().at("target").at("connected") == false);
    relay.reject(false);
    wait_for_state(store.daemon, mode == "manual" ? "idle" : "streaming");
  }
}

TEST_CASE("in manual mode an outage is over when the server is back, and data waits for the next flush") {
  Store store;
  TcpRelay relay(store.cluster.socket());
  store.daemon.configure(
      shop(store.source.path(), relay.url(store.database, store.role), "    mode: manual\n"));
  store.start();
  relay.reject(true);
  relay.cut();
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  check_verb(store.daemon, {{"flush"}, 1, "shop: "});
  wait_for_state(store.daemon, "retrying");
  relay.reject(false);
  wait_for_state(store.daemon, "idle");
  CHECK(store.status().at("error").is_null());
  CHECK(store.status().at("position").at("pending") == 1);
  CHECK(store.names() == "tea rum");
  check_verb(store.daemon, {{"flush"}, 0, "1 change flushed"});
}

TEST_CASE("in manual mode a halt waits for the next flush or retry, and promises nothing else") {
  Store store("    mode: manual\n");
  store.start();
  store.source.exec("INSERT INTO packages VALUES (3, 'a name of more than twenty letters')");
  check_verb(store.daemon, {{"flush"}, 1, "SQLSTATE 22001"});
  wait_for_state(store.daemon, "halted");
  store.source.exec("UPDATE packages SET name = 'gin' WHERE id = 3");
  wait_until("it waits", [&] { return store.status().at("error").at("next_retry_s").is_null(); });
  CHECK(store.names() == "tea rum");
  SUBCASE("flush") {
    check_verb(store.daemon, {{"flush"}, 0, "changes flushed"});
  }
  SUBCASE("retry") {
    check_verb(store.daemon, {{"retry"}, 0, "trying again"});
  }
  wait_for_state(store.daemon, "idle");
  CHECK(store.names() == "tea rum gin");
}

TEST_CASE("a flush that takes too long") {
  Store store;
  TcpRelay relay(store.cluster.socket());
  store.daemon.configure(shop(store.source.path(), relay.url(store.database, store.role)));
  store.start();
  relay.stall(true);
  store.source.exec("INSERT INTO packages VALUES (3, 'gin')");
  check_verb(store.daemon, {{"flush", "--timeout", "200ms"}, 4, "the work goes on"});
  check_endpoints(store.daemon, {{"POST", "/v1/flush", R"({"timeout_ms":100})", 504, "timed_out"},
                                 {"POST", "/v1/flush", R"({"timeout_ms":0})", 202, "started"},
                                 {"GET", "/v1/status", "", 200, R"("pending":1)"}});
  relay.stall(false);
  wait_until("the row is there", [&] { return store.names() == "tea rum gin"; });
  must_flush(store.daemon);
}

TEST_SUITE_END();

}  // namespace sluice::e2e
