// What README.md says about the programs is compared with the programs.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include "daemon/config/config.h"
#include "daemon/config/load.h"
#include "daemon/config/settings.h"

using namespace sluice::daemon;
namespace fs = std::filesystem;

namespace {

const std::string& readme() {
  static const std::string text = [] {
    std::ifstream stream(README_FILE);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }();
  REQUIRE(!text.empty());
  return text;
}

/// What stands between two marks, the first of that kind.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  REQUIRE_MESSAGE(from != std::string::npos, "README.md has no " << begin);
  const auto to = text.find(end, from + begin.size());
  REQUIRE_MESSAGE(to != std::string::npos, "README.md has no " << end << " after " << begin);
  return text.substr(from + begin.size(), to - from - begin.size());
}

std::string without(const std::string& text, const std::string& part) {
  const auto at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.substr(0, at) + text.substr(at + part.size());
}

struct Ended {
  int exit_code;
  std::string output;
};

Ended run_sluicectl(const std::string& arguments) {
  FILE* pipe = popen(("'" SLUICECTL_PROGRAM "' " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe))
    output += static_cast<char>(letter);
  const int status = pclose(pipe);
  REQUIRE(WIFEXITED(status));
  return {WEXITSTATUS(status), output};
}

std::set<std::string> words_after(const std::string& text, const std::regex& pattern) {
  std::set<std::string> words;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    words.insert((*match)[1]);
  }
  return words;
}

/// The verbs that `sluicectl --help` lists: two blanks, the verb, its help.
std::set<std::string> verbs() {
  const Ended help = run_sluicectl("--help");
  REQUIRE(help.exit_code == 0);
  const auto list = help.output.find("Subcommands:");
  REQUIRE(list != std::string::npos);
  return words_after(help.output.substr(list), std::regex("\n  ([a-z][a-z-]*) +[^ \n]"));
}

/// The verbs that a text tells people to use.
std::set<std::string> verbs_mentioned(const std::string& text) {
  return words_after(text, std::regex("\\bsluicectl ([a-z][a-z-]*)"));
}

}  // namespace

TEST_CASE("the README's settings are the settings of the program") {
  CHECK(between(readme(), "<!-- settings -->\n", "<!-- /settings -->") == settings_markdown());
}

TEST_CASE("the README's configuration has six lines and is accepted") {
  const std::string text = between(readme(), "```yaml\n", "```");
  CHECK(std::count(text.begin(), text.end(), '\n') == 6);
  std::string folder = (fs::temp_directory_path() / "sluice-readme-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::shared_ptr<void> removed(nullptr, [&](void*) { fs::remove_all(folder); });
  std::ofstream(folder + "/config.yaml") << text;
  const Config config = load_config(folder + "/config.yaml");
  REQUIRE(config.pipelines.size() == 1);
  CHECK(config.pipelines.front().name == "shop");
  CHECK(config.pipelines.front().source.path.is_absolute());
}

TEST_CASE("every verb of sluicectl is in the README's table of commands") {
  const std::string commands = between(readme(), "\n## Commands\n", "\n## ");
  REQUIRE(verbs().size() > 10);
  for (const std::string& verb : verbs()) {
    CAPTURE(verb);
    CHECK(commands.find("| `sluicectl " + verb) != std::string::npos);
  }
}

TEST_CASE("every verb that the README tells people to use exists") {
  const std::string later = between(readme(), "\n## Not yet\n", "\n## ");
  const auto mentioned = verbs_mentioned(without(readme(), later));
  const auto existing = verbs();
  REQUIRE(mentioned.size() > 5);
  for (const std::string& verb : mentioned) {
    CAPTURE(verb);
    CHECK(existing.contains(verb));
  }
}

TEST_CASE("every heading that the README links to is there") {
  std::set<std::string> anchors;
  for (const std::string& heading : words_after(readme(), std::regex("\n#+ ([^\n]+)"))) {
    std::string anchor;
    for (const char letter : heading) {
      if (std::isalnum(static_cast<unsigned char>(letter))) anchor += static_cast<char>(std::tolower(letter));
      if (letter == ' ' || letter == '-') anchor += '-';
    }
    anchors.insert(anchor);
  }
  const auto links = words_after(readme(), std::regex("\\]\\(#([^)]+)\\)"));
  REQUIRE(!links.empty());
  for (const std::string& link : links) {
    CAPTURE(link);
    CHECK(anchors.contains(link));
  }
}

TEST_CASE("every file that the README links to is there") {
  const auto links = words_after(readme(), std::regex("\\]\\(([a-z][A-Za-z/.]+)\\)"));
  REQUIRE(!links.empty());
  for (const std::string& link : links) {
    CAPTURE(link);
    CHECK(fs::exists(fs::path(README_FILE).parent_path() / link));
  }
}
