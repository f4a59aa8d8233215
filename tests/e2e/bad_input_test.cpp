// Whatever is wrong with the configuration, a request, the SQLite file or the server's address is named
// clearly, with a remedy; where it can be mended from outside, work goes on by itself; a password is never
// printed.

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "tests/e2e/store.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace sluice::e2e {
namespace {

using support::DaemonProcess;
using support::Outcome;
using support::PostgresCluster;
using support::TempDir;
using support::wait_until;

/// Sends bytes to a UNIX socket and answers everything that comes back until the other end closes.
std::string raw_exchange(const std::filesystem::path& path, const std::string& bytes) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{20, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
    char buffer[4096];
    for (ssize_t size; (size = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(size));
    }
  }
  ::close(fd);
  return answer;
}

/// A source file under a name of its own, with one table and one row.
void make_file(const std::filesystem::path& path, const std::string& name = "tea") {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 1000);
  database.exec("PRAGMA journal_mode = wal");
  database.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  database.exec("INSERT INTO packages VALUES (1, '" + name + "')");
}

/// A daemon whose SQLite file is at `path`, for the tests to put something there; looks often.
struct Place {
  TempDir folder;
  std::filesystem::path path = folder / "shop.db";
  PostgresCluster& cluster = support::shared_cluster();
  std::string database = cluster.create_database(PostgresCluster::kReplicaOwner);
  DaemonProcess daemon{""};

  void configure(const std::filesystem::path& file, const std::string& url) {
    std::string config = shop(file, url);
    const std::string last = "      max: 500ms\n";
    config.insert(config.find(last) + last.size(), "      halted_interval: 200ms\n");
    daemon.configure(config);
  }
  std::string url() const { return cluster.url(database, PostgresCluster::kReplicaOwner); }

  /// The daemon started on `file`, halted with this code.
  void expect_source_error(const std::filesystem::path& file, const std::string& code) {
    configure(file, url());
    const Outcome offline = daemon.ctl({"check"});
    CHECK(offline.exit_code == 1);
    check_failure(daemon.ctl({"install"}), 1, "; ");
    daemon.start();
    wait_for_state(daemon, "halted");
    const auto error = pipeline_status(daemon).at("error");
    CAPTURE(error.dump());
    CHECK(error.at("class") == "source");
    CHECK(error.at("code") == code);
    CHECK(error.at("hint") != "");
    CHECK(error.at("message").get<std::string>().find(file.filename().string()) != std::string::npos);
    CHECK(daemon.ctl({"check"}).exit_code == 1);
    check_error(flush(daemon), 409, "halted");
  }

  std::string names() const {
    return cluster.psql(
        database,
        "SELECT CASE WHEN to_regclass('packages') IS NULL THEN '' ELSE"
        " (SELECT (xpath('/row/n/text()', query_to_xml('SELECT string_agg(name, '' '' ORDER BY id) n"
        " FROM packages', false, true, '')))[1]::text) END");
  }
  void expect_rows(const std::string& wanted) {
    wait_until("the rows are " + wanted, [&] { return names() == wanted; });
    wait_for_state(daemon, "streaming");
    CHECK(pipeline_status(daemon).at("error").is_null());
  }
};

/// Everything that the programs may have printed about this daemon.
std::string everything_said(DaemonProcess& daemon) {
  std::string said = daemon.log() + daemon.status_line();
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"status"},
                                               {"status", "--json"},
                                               {"check"},
                                               {"check", "--json"},
                                               {"config"},
                                               {"config", "--json"},
                                               {"flush", "--timeout", "1s"},
                                               {"install"},
                                               {"uninstall", "--yes", "--target"},
                                               {"reload"},
                                               {"version"}}) {
    const Outcome outcome = daemon.ctl(verb);
    said += outcome.out + outcome.err;
  }
  for (const std::string path : {"/v1/status", "/metrics"}) said += daemon.http("GET", path).body;
  return said + daemon.http("POST", "/v1/flush").body + daemon.http("POST", "/v1/check").body + daemon.log() +
         daemon.status_line();
}

}  // namespace

TEST_SUITE_BEGIN("bad_input");

TEST_CASE("a wrong key or value is refused with file, line and column, by both programs") {
  struct Case {
    std::string lines;  ///< under the pipeline
    std::string place_and_words;
  };
  const std::vector<Case> cases{
      {"    mdoe: manual\n", ":7:5: unknown key 'mdoe' in pipeline 'shop'; did you mean 'mode'?"},
      {"    mode: manuel\n", ":7:11: 'mode' in pipeline 'shop': expected continuous or manual"},
      {"    mode: [manual]\n", ":7:11: 'mode' in pipeline 'shop': expected a value"},
      {"    on_error: stop\n", ":7:15: 'on_error'"},
      {"    schema_changes: all\n", ":7:21: 'schema_changes'"},
      {"    tables:\n      include: packages\n",
       ":8:16: 'tables.include' in pipeline 'shop': expected a list"},
      {"    tables:\n      exclude: [\"\"]\n", ":8:16: 'tables.exclude'"},
      {"    text:\n      nul: drop\n", ":8:12: 'text.nul'"},
      {"    text:\n      invalid_utf8: yes\n", ":8:21: 'text.invalid_utf8'"},
      {"    apply:\n      max_batch_changes: -5\n", ":8:26: 'apply.max_batch_changes'"},
      {"    apply:\n      max_batch_bytes: 10MB\n",
       ":8:24: 'apply.max_batch_bytes' in pipeline 'shop': expected a size"},
      {"    apply:\n      max_delay: 10\n",
       ":8:18: 'apply.max_delay' in pipeline 'shop': expected a duration"},
      {"    changelog:\n      capacity: lots\n", ":8:17: 'changelog.capacity'"},
      {"    retry:\n      initial: 5m\n", ":8:16: 'retry.max' in pipeline 'shop' is shorter"},
      {"    retry:\n      halted_interval: never\n", ":8:24: 'retry.halted_interval'"},
      {"    retry: 5s\n", ":7:12: 'retry' of pipeline 'shop': expected a map"},
      {"control:\n  sokcet: /x\n",
       ":8:3: unknown key 'sokcet' in 'control' of the file; did you mean 'socket'?"},
      {"log:\n  level: loud\n", ":8:10: 'log.level'"},
      {"log:\n  format: xml\n", ":8:11: 'log.format'"},
      {"log:\n  values: maybe\n", ":8:11: 'log.values'"},
      {"    mode: \"manual\n", ":"},
      {"\tmode: manual\n", ":7:1: a tab in the indentation; use spaces"},
  };
  DaemonProcess daemon("");
  const std::string file = daemon.config_file();
  for (const Case& wrong : cases) {
    CAPTURE(wrong.lines);
    daemon.configure(
        "pipelines:\n  shop:\n    source:\n      path: shop.db\n    target:\n      url: "
        "postgresql:///shop\n" +
        wrong.lines);
    for (const Outcome& outcome : {sluiced({"--config", file, "--check-config"}), sluiced({"--config", file}),
                                   daemon.ctl({"config"}), daemon.ctl({"status"})}) {
      CAPTURE(outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK(outcome.err.find(file + wrong.place_and_words) != std::string::npos);
      CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    }
  }
  for (const std::string& missing : {file + ".gone", daemon.config_file().parent_path().string()}) {
    const Outcome outcome = sluiced({"--config", missing, "--check-config"});
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.err.find(missing) != std::string::npos);
  }
}

TEST_CASE("wrong settings of source and target are refused with their place") {
  struct Case {
    std::string source;
    std::string target;
    std::string place_and_words;
  };
  const std::vector<Case> cases{
      {"pth: a.db", "url: postgresql:///x", ":4:7: unknown key 'pth'"},
      {"path: \"\"", "url: postgresql:///x", ":4:13: 'source.path'"},
      {"path: a.db\n      busy_timeout: long", "url: postgresql:///x", ":5:21: 'source.busy_timeout'"},
      {"path: a.db\n      poll_interval: 1ms", "url: postgresql:///x", ":5:22: 'source.poll_interval'"},
      {"path: a.db\n      allow_remote_fs: perhaps", "url: postgresql:///x",
       ":5:24: 'source.allow_remote_fs'"},
      {"path: a.db", "ulr: postgresql:///x", ":6:7: unknown key 'ulr'"},
      {"path: a.db", "url: \"\"", ":6:12: 'target.url'"},
      {"path: a.db", "url: postgresql://[::1/x", ":6:12: 'target.url'"},
      {"path: a.db", "url: \"host=here colour=red\"", ":6:12: 'target.url'"},
      {"path: a.db", "url: mysql://here/x", ":6:12: 'target.url'"},
      {"path: a.db", "url: postgresql:///x\n      schema: \"\"", ":7:15: 'target.schema'"},
      {"path: a.db", "url: postgresql:///x\n      create_tables: 2", ":7:22: 'target.create_tables'"},
      {"path: a.db", "url: postgresql:///x\n      identifiers: camel", ":7:20: 'target.identifiers'"},
      {"path: a.db", "url: postgresql:///x\n      existing_rows: overwrite", ":7:22: 'target.existing_rows'"},
  };
  DaemonProcess daemon("");
  for (const Case& wrong : cases) {
    CAPTURE(wrong.place_and_words);
    daemon.configure("pipelines:\n  shop:\n    source:\n      " + wrong.source + "\n    target:\n      " +
                     wrong.target + "\n");
    const Outcome outcome = sluiced({"--config", daemon.config_file(), "--check-config"});
    CHECK(outcome.exit_code == 2);
    CHECK_MESSAGE(
        outcome.err.find(daemon.config_file().string() + wrong.place_and_words) != std::string::npos,
        outcome.err);
  }
}

TEST_CASE("broken and oversized requests are refused, and the daemon goes on replicating") {
  Store store;
  store.start();
  const std::string head = "POST /v1/flush HTTP/1.1\r\nHost: localhost\r\n";
  struct Case {
    std::string bytes;
    std::string answer;  ///< its beginning; empty: the connection just ends
  };
  const std::vector<Case> cases{
      {"hello\r\n\r\n", "HTTP/1.1 400"},
      {std::string("\x16\x03\x01\x02\x00\x01\x00", 7), "HTTP/1.1 400"},
      {std::string(64, '\0'), "HTTP/1.1 400"},
      {"GET /v1/status HTTP/9.9\r\n\r\n", "HTTP/1.1 400"},
      {head + "Content-Length: many\r\n\r\n", "HTTP/1.1 400"},
      {head + "Content-Length: -1\r\n\r\n", "HTTP/1.1 400"},
      {head + "Content-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 4"},
      {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400"},
      {head + "Content-Length: 100000\r\n\r\n" + std::string(100'000, ' '), "HTTP/1.1 413"},
      {head + "X: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 413"},
      {"GET /" + std::string(50'000, 'x') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 413"},
      {head + "Content-Length: 4\r\n\r\n" + std::string("\xff\xfe\0{", 4), "HTTP/1.1 400"},
      {head + "Content-Length: 60000\r\n\r\n" + std::string(60'000, '['), "HTTP/1.1 400"},
      {"", ""},
      {head, "HTTP/1.1 400"},
      {head + "Content-Length: 50\r\n\r\n{", "HTTP/1.1 400"},
  };
  int id = 10;
  for (const Case& wrong : cases) {
    CAPTURE(wrong.bytes.substr(0, 80));
    const std::string answer = raw_exchange(store.daemon.socket(), wrong.bytes);
    CAPTURE(answer);
    CHECK(answer.starts_with(wrong.answer));
    if (!wrong.answer.empty() && !answer.empty()) {
      const auto document = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
      CHECK(document.at("error").at("hint") != "");
    }
    store.source.exec("INSERT INTO packages VALUES (" + std::to_string(++id) + ", 'n')");
  }
  must_flush(store.daemon);
  CHECK(store.differences() == "");
  CHECK(store.daemon.running());
}

TEST_CASE("a SQLite file that is not there yet is waited for") {
  Place place;
  place.expect_source_error(place.path, "source_missing");
  make_file(place.path);
  place.expect_rows("tea");
}

TEST_CASE("a folder that is not there yet is waited for") {
  Place place;
  const auto file = place.folder / "later" / "shop.db";
  place.expect_source_error(file, "source_missing");
  std::filesystem::create_directory(file.parent_path());
  make_file(file);
  place.expect_rows("tea");
  // From here on changes are heard, too.
  connect(file, 1000).exec("INSERT INTO packages VALUES (2, 'rum')");
  place.expect_rows("tea rum");
}

TEST_CASE("a folder in the place of the file") {
  Place place;
  std::filesystem::create_directory(place.path);
  place.expect_source_error(place.path, "source_not_a_file");
  std::filesystem::remove(place.path);
  make_file(place.path);
  place.expect_rows("tea");
}

TEST_CASE("a file that is no database is not touched") {
  Place place;
  const std::string text = "This is a letter, not a database. " + std::string(5000, 'x');
  std::ofstream(place.path) << text;
  place.expect_source_error(place.path, "source_not_a_database");
  CHECK(support::read_file(place.path) == text);
  std::filesystem::remove(place.path);
  make_file(place.path);
  place.expect_rows("tea");
}

TEST_CASE("an empty file is a database without tables, and its tables follow once they are made") {
  Place place;
  std::ofstream(place.path).close();
  place.configure(place.path, place.url());
  place.daemon.start();
  wait_for_state(place.daemon, "halted");
  CHECK(pipeline_status(place.daemon).at("error").at("code") == "no_tables");
  CHECK(place.daemon.ctl({"check"}).exit_code == 1);
  auto application = connect(place.path, 5000);
  application.exec("CREATE TABLE packages (id INTEGER PRIMARY KEY, name TEXT)");
  application.exec("INSERT INTO packages VALUES (1, 'tea')");
  place.expect_rows("tea");
  CHECK(place.daemon.ctl({"check"}).exit_code == 0);
}

TEST_CASE("a folder or a file that may not be written to") {
  Place place;
  make_file(place.path);
  std::filesystem::path closed;
  mode_t open_mode = 0;
  std::string code;
  SUBCASE("the folder") {
    closed = place.folder.path();
    open_mode = 0700;
    code = "source_folder_unwritable";
    REQUIRE(::chmod(closed.c_str(), 0500) == 0);
  }
  SUBCASE("the file") {
    closed = place.path;
    open_mode = 0600;
    code = "source_unreadable";
    REQUIRE(::chmod(closed.c_str(), 0400) == 0);
  }
  place.configure(place.path, place.url());
  place.daemon.start();
  wait_for_state(place.daemon, "halted");
  const auto error = pipeline_status(place.daemon).at("error");
  CHECK(error.at("code") == code);
  CHECK(error.at("hint") != "");
  REQUIRE(::chmod(closed.c_str(), open_mode) == 0);
  place.expect_rows("tea");
}

TEST_CASE("somebody else's file is refused before anything is opened") {
  REQUIRE_MESSAGE(::geteuid() != 0, "run the tests as an unprivileged user");
  Place place;
  place.expect_source_error("/etc/passwd", "source_wrong_owner");
  const auto error = pipeline_status(place.daemon).at("error");
  CHECK(error.at("message").get<std::string>().find("root (user id 0)") != std::string::npos);
}

TEST_CASE("a file that is removed while the daemon runs is missed, and taken up when it is back") {
  Place place;
  make_file(place.path);
  place.configure(place.path, place.url());
  place.daemon.start();
  place.expect_rows("tea");
  const auto away = place.folder / "away.db";
  std::filesystem::rename(place.path, away);
  wait_for_state(place.daemon, "halted");
  CHECK(pipeline_status(place.daemon).at("error").at("code") == "source_missing");
  CHECK(place.names() == "tea");
  // The whole file: what its -wal holds is folded in before it comes back.
  for (const char* beside : {"-wal", "-shm"}) {
    std::error_code none;
    std::filesystem::rename(place.path.string() + beside, away.string() + beside, none);
  }
  {
    auto application = connect(away, 1000);
    application.exec("INSERT INTO packages VALUES (2, 'rum')");
    application.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::filesystem::rename(away, place.path);
  place.expect_rows("tea rum");
}

TEST_CASE("another file that takes the place of the first while the daemon runs is not mixed up with it") {
  Place place;
  make_file(place.path);
  place.configure(place.path, place.url());
  place.daemon.start();
  place.expect_rows("tea");
  make_file(place.folder / "other.db", "beer");
  for (const char* beside : {"-wal", "-shm"}) std::filesystem::remove(place.path.string() + beside);
  std::filesystem::rename(place.folder / "other.db", place.path);
  connect(place.path, 1000).exec("INSERT INTO packages VALUES (2, 'wine')");
  wait_for_state(place.daemon, "diverged");
  const auto error = pipeline_status(place.daemon).at("error");
  CHECK(error.at("code") == "another_file");
  CHECK(error.at("hint") != "");
  CHECK(place.names() == "tea");
}

TEST_CASE("an address at which there is no such server, database or role is retried until there is") {
  Place place;
  make_file(place.path);
  std::string url;
  std::string mend;
  const std::string folder = place.cluster.socket_folder();
  SUBCASE("refused") {
    url = "postgresql://x@127.0.0.1:1/x";
  }
  SUBCASE("no such host") {
    url = "postgresql://x@no..such..host/x";
  }
  SUBCASE("no socket") {
    url = "postgresql:///x?host=" + place.folder.path().string();
  }
  SUBCASE("no such database") {
    url = "postgresql:///later_" + place.database + "?host=" + folder + "&user=replica_owner";
    mend = "CREATE DATABASE later_" + place.database + " OWNER replica_owner";
  }
  SUBCASE("no such role") {
    url = "postgresql:///" + place.database + "?host=" + folder + "&user=role_" + place.database;
    mend = "CREATE ROLE role_" + place.database + " LOGIN SUPERUSER";
  }
  place.configure(place.path, url);
  const Outcome offline = place.daemon.ctl({"check"});
  CHECK(offline.exit_code == 1);
  place.daemon.start();
  wait_for_state(place.daemon, "retrying");
  const auto status = pipeline_status(place.daemon);
  const auto& error = status.at("error");
  CAPTURE(error.dump());
  CHECK(error.at("class") == "target");
  CHECK(error.at("code") == "target_away");
  CHECK(error.at("message") != "");
  CHECK(error.at("hint") != "");
  CHECK(status.at("target").at("connected") == false);
  // Nothing is known of the other side: no absurd number, and no word of being equal.
  CHECK(status.at("position").at("pending") == 0);
  CHECK(status.at("position").at("behind_s") > 0);
  check_error(flush(place.daemon), 503, "target_away");
  wait_until("it has tried again by itself",
             [&] { return pipeline_status(place.daemon).at("error").at("attempts") >= 3; });
  if (mend.empty()) return;
  place.cluster.psql("postgres", mend);
  wait_for_state(place.daemon, "streaming");
  CHECK(pipeline_status(place.daemon).at("error").is_null());
}

TEST_CASE("a password is never printed, wherever it comes from and whatever goes wrong") {
  Place place;
  make_file(place.path);
  const std::string server = "host=" + place.cluster.socket_folder().string();
  std::vector<std::string> urls{
      "postgresql://replica_owner:SECRET@/" + place.database + "?" + server,
      "postgresql:///" + place.database + "?user=replica_owner&password=SECRET&" + server,
      server + " dbname=" + place.database + " user=replica_owner password=SECRET",
      server + " dbname=" + place.database + " user=replica_owner password='SECRET x'",
      "postgresql://u:SECRET@127.0.0.1:1/db",
      "postgresql://u:SECRET@no..such..host/db?sslpassword=SECRET",
      "host=127.0.0.1 port=1 user=u password=SECRET dbname=db",
      "postgresql://nobody_like_this:SECRET@/" + place.database + "?" + server,
  };
  for (const std::string& url : urls) {
    CAPTURE(url);
    DaemonProcess daemon(shop(place.path, url));
    daemon.start();
    wait_until("it has come to something", [&] { return pipeline_status(daemon).at("state") != "starting"; });
    CHECK(everything_said(daemon).find("SECRET") == std::string::npos);
    daemon.stop();
    CHECK(daemon.log().find("SECRET") == std::string::npos);
  }
}

TEST_CASE("a password in a file is used and never printed") {
  Place place;
  make_file(place.path);
  std::ofstream(place.folder / "password") << "SECRET\n";
  std::string config = shop(place.path, place.url());
  const std::string target = "    target:\n";
  config.insert(config.find(target) + target.size(),
                "      password_file: " + (place.folder / "password").string() + "\n");
  place.daemon.configure(config);
  place.daemon.start();
  place.expect_rows("tea");
  CHECK(everything_said(place.daemon).find("SECRET") == std::string::npos);
  std::filesystem::remove(place.folder / "password");
  place.daemon.stop();
  place.daemon.start();
  wait_for_state(place.daemon, "retrying");
  const auto error = pipeline_status(place.daemon).at("error");
  CHECK(error.at("message").get<std::string>().find((place.folder / "password").string()) !=
        std::string::npos);
  CHECK(error.at("hint") != "");
}

TEST_CASE("a URL that libpq can't read is refused without its password") {
  DaemonProcess daemon("");
  for (const std::string url : {"postgresql://u:SECRET@[bad/db", "postgresql://u:SECRET%ZZ@h/db",
                                "host=h password='SECRET", "postgresql://u@h/db?password=SECRET&nonsense=1",
                                "password=SECRET nonsense=1", "postgres//u:SECRET@h/db"}) {
    CAPTURE(url);
    daemon.configure(shop("shop.db", url));
    const Outcome checked = sluiced({"--config", daemon.config_file(), "--check-config"});
    CHECK(checked.exit_code == 2);
    CHECK_MESSAGE(checked.err.find("config.yaml:6:12: ") != std::string::npos, checked.err);
    CHECK(checked.err.find("SECRET") == std::string::npos);
    for (const std::string verb : {"config", "check", "status", "install"}) {
      const Outcome outcome = daemon.ctl({verb});
      CHECK(outcome.exit_code == 2);
      CHECK((outcome.out + outcome.err).find("SECRET") == std::string::npos);
    }
  }
}

TEST_SUITE_END();

}  // namespace sluice::e2e
