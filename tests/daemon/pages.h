#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

/// The pages that people read, for tests that compare them with the program. Paths are relative to the
/// project's folder.
namespace sluice::pages {

inline std::filesystem::path place_of(const std::string& path) {
  return std::filesystem::path(PROJECT_FOLDER) / path;
}

inline std::string text_of(const std::string& path) {
  std::ifstream stream(place_of(path));
  std::string text(std::istreambuf_iterator<char>(stream), {});
  REQUIRE_MESSAGE(!text.empty(), path << " is empty or not there");
  return text;
}

/// What stands between two marks, the first of that kind.
inline std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin);
  REQUIRE_MESSAGE(from != std::string::npos, "the page has no " << begin);
  const auto to = text.find(end, from + begin.size());
  REQUIRE_MESSAGE(to != std::string::npos, "the page has no " << end << " after " << begin);
  return text.substr(from + begin.size(), to - from - begin.size());
}

/// What the groups of a pattern match, wherever it does.
inline std::set<std::string> matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
    for (std::size_t group = 1; group < match->size(); ++group)
      if ((*match)[group].matched) found.insert((*match)[group]);
  }
  return found;
}

}  // namespace sluice::pages
