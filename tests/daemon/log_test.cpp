#include "daemon/log/log.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "daemon/log/log_line.h"

using namespace sluice::daemon;

namespace {

/// Standard error goes to a temporary file while this lives.
class CapturedStderr {
 public:
  CapturedStderr() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
    REQUIRE(file_ != nullptr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  ~CapturedStderr() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    std::fclose(file_);
    unsetenv("JOURNAL_STREAM");
    configure_log({});
  }

  void pose_as_journal() const {
    struct stat status {};
    REQUIRE(fstat(STDERR_FILENO, &status) == 0);
    const std::string stream = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
    setenv("JOURNAL_STREAM", stream.c_str(), 1);
  }

  std::string text() const {
    std::string text(65536, '\0');
    const auto size = pread(fileno(file_), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  std::FILE* file_;
  int saved_;
};

}  // namespace

TEST_CASE("a text line quotes only what needs it and stays one line") {
  CHECK(text_line("stopped", {}) == "stopped");
  CHECK(text_line("applied", {{"pipeline", "shop"}, {"changes", 12}, {"whole", true}, {"seconds", 0.5}}) ==
        "applied pipeline=shop changes=12 whole=true seconds=0.5");
  CHECK(text_line("e",
                  {{"a", "va lue"}, {"b", ""}, {"c", "x=\"y\""}, {"d", "1\n2\x01"}, {"e", "\u202E\xff"}}) ==
        R"(e a="va lue" b="" c="x=\"y\"" d="1\n2\x01" e="\u202e\xff")");
}

TEST_CASE("a JSON line is an object with typed fields, whatever the bytes") {
  const auto line = json_line(std::chrono::system_clock::time_point(std::chrono::milliseconds(1500)),
                              LogLevel::warning, "retrying", {{"attempt", 3}, {"why", "a\xff\n"}});
  const auto object = nlohmann::json::parse(line);
  CHECK(object["time"] == "1970-01-01T00:00:01.500Z");
  CHECK(object["level"] == "warning");
  CHECK(object["event"] == "retrying");
  CHECK(object["attempt"] == 3);
  CHECK(object["why"] == "a\\xff\\n");
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("lines below the level are not written, and the level follows a reload") {
  CapturedStderr captured;
  configure_log({.level = LogLevel::warning});
  log_event(LogLevel::info, "unseen");
  log_event(LogLevel::warning, "seen");
  configure_log({.level = LogLevel::debug});
  log_event(LogLevel::debug, "seen_later");
  const std::string text = captured.text();
  CHECK(text.find("unseen") == std::string::npos);
  CHECK(text.find(" warning seen\n") != std::string::npos);
  CHECK(text.find(" debug seen_later\n") != std::string::npos);
}

TEST_CASE("under the journal a line carries its priority and no time") {
  CapturedStderr captured;
  captured.pose_as_journal();
  configure_log({.level = LogLevel::debug});
  log_event(LogLevel::debug, "d");
  log_event(LogLevel::info, "i", {{"key", "value"}});
  log_event(LogLevel::warning, "w");
  log_event(LogLevel::error, "e");
  CHECK(captured.text() == "<7>d\n<6>i key=value\n<4>w\n<3>e\n");
}

TEST_CASE("JSON lines are parseable, and log.values says whether values may be told") {
  CapturedStderr captured;
  configure_log({.format = LogFormat::json, .values = false});
  log_event(LogLevel::error, "refused", {{"key", "a\n\x1b[31m\xff"}});
  const auto object = nlohmann::json::parse(captured.text());
  CHECK(object["key"] == "a\\n\\x1b[31m\\xff");
  CHECK(object["event"] == "refused");
  CHECK_FALSE(log_shows_values());
}
