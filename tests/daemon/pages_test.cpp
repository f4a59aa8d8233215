// What the pages say about the programs is compared with the programs, and where they point with what is
// there.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/config/load.h"
#include "daemon/config/settings.h"
#include "tests/daemon/pages.h"

using namespace sluice::daemon;
using namespace sluice::pages;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> pages_below(const std::string& folder) {
  std::vector<std::string> pages;
  for (const auto& entry : fs::directory_iterator(place_of(folder))) {
    if (entry.path().extension() == ".md") pages.push_back(folder + "/" + entry.path().filename().string());
  }
  return pages;
}

/// Every page, by its path.
std::vector<std::string> all_pages() {
  std::vector<std::string> pages = pages_below("docs");
  pages.insert(pages.end(),
               {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "sql/README.md", "tests/bench/README.md"});
  return pages;
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

/// The verbs that `sluicectl --help` lists: two blanks, the verb, its help.
std::set<std::string> verbs() {
  const Ended help = run_sluicectl("--help");
  REQUIRE(help.exit_code == 0);
  const auto list = help.output.find("Subcommands:");
  REQUIRE(list != std::string::npos);
  return matches(help.output.substr(list), std::regex("\n  ([a-z][a-z-]*) +[^ \n]"));
}

/// A heading's name in a link, as GitHub makes it.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char letter : heading) {
    if (std::isalnum(static_cast<unsigned char>(letter)) || letter == '_')
      anchor += static_cast<char>(std::tolower(letter));
    if (letter == ' ' || letter == '-') anchor += '-';
  }
  return anchor;
}

std::set<std::string> anchors_of(const std::string& page) {
  std::set<std::string> anchors;
  for (const std::string& heading : matches(text_of(page), std::regex("\n#+ ([^\n]+)")))
    anchors.insert(anchor_of(heading));
  return anchors;
}

/// The links of a page that stay within the project: file and heading, of which one may be empty.
std::vector<std::pair<std::string, std::string>> links_of(const std::string& page) {
  const std::regex link(R"(\]\(([^()#\s]*)(?:#([^()\s]+))?\))");
  const std::string text = text_of(page);
  std::vector<std::pair<std::string, std::string>> links;
  for (std::sregex_iterator match(text.begin(), text.end(), link), end; match != end; ++match) {
    if ((*match)[1].str().find("://") == std::string::npos) links.emplace_back((*match)[1], (*match)[2]);
  }
  return links;
}

}  // namespace

TEST_CASE("the settings' page has the settings of the program") {
  CHECK(between(text_of("docs/SETTINGS.md"), "<!-- settings -->\n", "<!-- /settings -->") ==
        settings_markdown());
}

TEST_CASE("the README's configuration has six lines and is accepted") {
  const std::string text = between(text_of("README.md"), "```yaml\n", "```");
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

TEST_CASE("the README stays a page that is read in one go") {
  const std::string text = text_of("README.md");
  CHECK(std::count(text.begin(), text.end(), '\n') <= 250);
}

TEST_CASE("every verb of sluicectl is in the table of commands") {
  const std::string commands = text_of("docs/COMMANDS.md");
  REQUIRE(verbs().size() > 10);
  for (const std::string& verb : verbs()) {
    CAPTURE(verb);
    CHECK(commands.find("| `sluicectl " + verb) != std::string::npos);
  }
}

TEST_CASE("every verb that a page tells people to use exists") {
  const auto existing = verbs();
  std::size_t mentions = 0;
  for (const std::string& page : all_pages()) {
    CAPTURE(page);
    for (const std::string& verb : matches(text_of(page), std::regex("\\bsluicectl ([a-z][a-z-]*)"))) {
      CAPTURE(verb);
      CHECK(existing.contains(verb));
      ++mentions;
    }
  }
  CHECK(mentions > 20);
}

TEST_CASE("every file and every heading that a page links to is there") {
  std::size_t headings = 0;
  for (const std::string& page : all_pages()) {
    CAPTURE(page);
    for (const auto& link : links_of(page)) {
      const std::string file = link.first;
      const std::string heading = link.second;
      CAPTURE(file);
      CAPTURE(heading);
      const std::string there =
          file.empty() ? page : (fs::path(page).parent_path() / file).lexically_normal().string();
      CHECK(fs::exists(place_of(there)));
      if (heading.empty() || !fs::exists(place_of(there))) continue;
      CHECK(anchors_of(there).contains(heading));
      ++headings;
    }
  }
  CHECK(headings > 20);
}

TEST_CASE("the README leads to every page of docs") {
  std::set<std::string> linked;
  for (const auto& [file, heading] : links_of("README.md")) linked.insert(file);
  for (const std::string& page : pages_below("docs")) {
    CAPTURE(page);
    CHECK(linked.contains(page));
  }
}
