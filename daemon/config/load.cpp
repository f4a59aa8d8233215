#include "daemon/config/load.h"

#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "daemon/config/paths.h"
#include "daemon/config/reader.h"

namespace sluice::daemon {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail_missing(const fs::path& file) {
  throw ConfigError("no configuration at " + file.string() +
                    "; write one such as: {pipelines: {shop: {source: {path: ~/shop/shop.db}, "
                    "target: {url: 'postgresql:///shop'}}}}");
}

std::string read_text(const fs::path& file) {
  std::error_code unknown;
  if (fs::is_directory(file, unknown)) {
    throw ConfigError(file.string() + ": is a folder; name the configuration file in it");
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) fail_missing(file);
    throw ConfigError(file.string() + ": can't be read: " + std::strerror(error) +
                      "; make it readable for the user that runs Sluice");
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Is the line, or the one before it, indented with a tab? YAML allows spaces only, and its parser often
/// notices the tab one line late.
std::optional<YAML::Mark> tab_near(const std::string& text, int line) {
  YAML::Mark mark;
  std::size_t start = 0;
  for (mark.line = 0; mark.line <= line && start < text.size(); ++mark.line) {
    const std::size_t indent = text.find_first_not_of(' ', start);
    if (mark.line + 1 >= line && indent != std::string::npos && text[indent] == '\t') {
      mark.column = static_cast<int>(indent - start);
      return mark;
    }
    const std::size_t end = text.find('\n', start);
    start = end == std::string::npos ? text.size() : end + 1;
  }
  return std::nullopt;
}

YAML::Node parse(const ConfigReader& reader, const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1)
      reader.fail(documents[1].Mark(), "a second document; the file may hold only one");
    return documents.empty() ? YAML::Node() : documents.front();
  } catch (const YAML::Exception& error) {
    if (const auto tab = tab_near(text, error.mark.line)) {
      reader.fail(*tab, "a tab in the indentation; use spaces");
    }
    reader.fail(error.mark,
                "not valid YAML: " + error.msg + "; check indentation, colons and quotes around here");
  }
}

}  // namespace

Config load_config(const fs::path& file) {
  const fs::path path = resolved_path(file.string(), fs::current_path());
  ConfigReader reader(path);
  return reader.read(parse(reader, read_text(path)));
}

}  // namespace sluice::daemon
