// docs/OPERATING.md speaks of every state, every error code and every item of check that the sources have, so
// that a new one does not go without a remedy.

#include <doctest/doctest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "applier/server/apply_error.h"
#include "daemon/report/status.h"
#include "tests/daemon/pages.h"

using namespace sluice::pages;
using sluice::daemon::State;
namespace fs = std::filesystem;

namespace {

const std::string& page() {
  static const std::string text = text_of("docs/OPERATING.md");
  return text;
}

/// The words in code type that a table has in its first column.
std::set<std::string> rows_of(const std::string& tables) {
  std::set<std::string> words;
  for (const std::string& cell : matches(tables, std::regex("\n\\| ([^|]+) \\|"))) {
    for (const std::string& word : matches(cell, std::regex("`([^`]+)`"))) words.insert(word);
  }
  return words;
}

std::set<std::string> states() {
  std::set<std::string> words;
  for (int index = 0; index <= static_cast<int>(State::stopped); ++index)
    words.insert(to_string(static_cast<State>(index)));
  return words;
}

/// What a pattern finds in the sources of a room.
std::set<std::string> in_sources(const std::string& room, const std::regex& pattern) {
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(place_of(room))) {
    const auto extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".h")
      found.merge(matches(text_of(fs::relative(entry.path(), place_of("")).string()), pattern));
  }
  return found;
}

/// How the sources write an error code, see CONTRIBUTING.md.
struct Spelling {
  std::string name;  ///< of what is assigned or called
  std::string room;
  std::regex pattern;
};

/// The code is the first text that is handed over; at most an HTTP status, a table or a choice stands before.
std::regex first_text_of(const std::string& name) {
  return std::regex(
      "\\b" + name +
      R"re((?: \w+)?[({]\s*[({]?\s*(?:[\w.:]+,\s*)?(?:\w+ \? "([a-z_]+)"\s*: )?"([a-z_]+)",)re");
}

std::vector<Spelling> spellings() {
  std::vector<Spelling> all;
  for (const char* room : {"daemon", "applier"})
    all.push_back({"code =", room, std::regex(R"re(\bcode = "([a-z_]+)")re")});
  all.push_back({"SourceError", "capture", first_text_of("SourceError")});
  all.push_back({"table_fault", "applier", first_text_of("table_fault")});
  for (const char* name : {"Diverged", "ControlError", "CutoverRefused", "Refusal", "refuse_request",
                           "to_response", "step_to", "SourceFault"})
    all.push_back({name, "daemon", first_text_of(name)});
  // An error that a function makes and returns: a word of several parts, and then no list of fields.
  const std::regex returned(
      R"re(\breturn \{(?:Refused::\w+,\s*|refused_by\(\w+\),\s*|[0-9a-z]+,\s*)?"([a-z]+(?:_[a-z]+)+)",\s*(?!"[a-z_]+"[,}]))re");
  for (const char* room : {"daemon", "capture"}) all.push_back({"return", room, returned});
  return all;
}

/// The codes of errors that are told apart by their SQLSTATE alone.
std::set<std::string> codes_of_faults() {
  using sluice::applier::Fault;
  std::set<std::string> codes;
  for (const Fault fault : {Fault::row, Fault::table, Fault::environment, Fault::in_doubt, Fault::fenced})
    codes.insert(sluice::applier::ApplyError(fault, "").code);
  return codes;
}

}  // namespace

TEST_CASE("every state has a section on the page of operating") {
  for (const std::string& state : states()) {
    CAPTURE(state);
    CHECK(page().find("\n### `" + state + "`\n") != std::string::npos);
  }
}

TEST_CASE("every error code of the sources has a row on the page of operating") {
  const auto told = rows_of(page());
  const auto words_of_states = states();
  const auto check = [&](const std::set<std::string>& codes) {
    for (const std::string& code : codes) {
      CAPTURE(code);
      CHECK((told.contains(code) || words_of_states.contains(code)));
    }
  };
  for (const auto& spelling : spellings()) {
    CAPTURE(spelling.name);
    CAPTURE(spelling.room);
    const auto codes = in_sources(spelling.room, spelling.pattern);
    CHECK_MESSAGE(!codes.empty(), "nothing is written like this any more");
    check(codes);
  }
  check(codes_of_faults());
}

TEST_CASE("every code on the page of operating is one that the sources have") {
  std::set<std::string> known = codes_of_faults();
  for (const auto& spelling : spellings()) known.merge(in_sources(spelling.room, spelling.pattern));
  for (const std::string& code : rows_of(between(page(), "\n## Error codes\n", "\n## "))) {
    CAPTURE(code);
    CHECK(known.contains(code));
  }
}

TEST_CASE("every item of check has a row on the page of operating") {
  const auto told = rows_of(between(page(), "\n## What `check` says\n", "\n## "));
  const auto items = in_sources("daemon", std::regex(R"re(\bfindings\.(?:add|look)\(\s*"([a-z ]+)")re"));
  REQUIRE(items.size() > 10);
  for (const std::string& item : items) {
    CAPTURE(item);
    CHECK((told.contains(item) || told.contains(item + "NAME")));
  }
}
