// Who may include whom. The compiler finds no header of a room that is not linked, but what a linked room
// includes it finds as well: the arrows themselves are held against one table here.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

/// A room, where its files are, and whose headers they may include beside its own. The longest place wins.
struct Room {
  std::string name;
  Names places;
  Names may_include;
};

// The names of types and rules in the configuration are the applier's own: writing them down twice would be
// two truths.
const std::vector<Room> kRooms{
    {"base", {"daemon/base/"}, {}},
    {"log", {"daemon/log/"}, {"base", "text"}},
    {"config", {"daemon/config/"}, {"base", "values", "text"}},
    {"report", {"daemon/report/"}, {"base"}},
    {"sync",
     {"daemon/sync/"},
     {"base", "log", "config", "report", "flow", "source_types", "capture", "values", "design", "server",
      "write", "compare", "applier", "text"}},
    {"pipeline", {"daemon/pipeline/"}, {"base", "log", "config", "report", "sync"}},
    {"inspect",
     {"daemon/inspect/"},
     {"base", "config", "report", "sync", "flow", "source_types", "capture", "values", "design", "server",
      "write", "compare", "applier", "text"}},
    {"documents", {"daemon/control/documents/"}, {"base", "report", "text"}},
    {"control", {"daemon/control/"}, {"base", "report", "documents"}},
    {"ctl", {"daemon/ctl/"}, {"base", "config", "report", "documents", "text"}},
    {"screens", {"daemon/ctl/screens/"}, {"base", "report", "documents", "ctl", "text"}},
    {"verbs",
     {"daemon/ctl/verbs/"},
     {"base", "config", "report", "documents", "ctl", "screens", "inspect", "text"}},
    {"daemon",
     {"daemon/"},
     {"base", "log", "config", "report", "sync", "pipeline", "inspect", "documents", "control", "ctl",
      "screens", "verbs", "text"}},
    {"values", {"applier/values/"}, {"flow", "text"}},
    {"design", {"applier/design/"}, {"flow", "values"}},
    {"server", {"applier/server/"}, {"flow", "values", "design", "sql", "text"}},
    {"write", {"applier/write/"}, {"flow", "values", "design", "server", "sql", "text"}},
    {"compare", {"applier/compare/"}, {"flow", "values", "design", "server", "write", "sql", "text"}},
    {"applier", {"applier/"}, {"flow", "values", "design", "server", "write", "compare", "sql"}},
    {"flow", {"capture/change.", "capture/details."}, {"text"}},
    {"source_types", {"capture/source_types."}, {"flow"}},
    {"sqlite", {"capture/values."}, {"flow"}},
    {"schema", {"capture/schema/"}, {"flow", "source_types", "sqlite"}},
    {"install", {"capture/install/"}, {"flow", "source_types", "sqlite", "schema", "sql"}},
    {"read", {"capture/read/"}, {"flow", "source_types", "sqlite", "schema", "install"}},
    {"capture", {"capture/"}, {"flow", "source_types", "sqlite", "schema", "install", "read", "sql"}},
    {"sql", {"sql/"}, {}},
    {"text", {"text/"}, {}},
};

struct Include {
  std::string from;
  int line = 0;
  std::string to;
};

const Room& room_of(const std::string& file) {
  const Room* found = nullptr;
  std::size_t length = 0;
  for (const Room& room : kRooms)
    for (const std::string& place : room.places)
      if (file.starts_with(place) && place.size() > length) found = &room, length = place.size();
  REQUIRE_MESSAGE(found != nullptr, file << " is in no room");
  return *found;
}

void read_includes(const fs::path& file, std::vector<Include>& includes) {
  static const std::regex line_of_include(R"re(\s*#\s*include\s*"([^"]+)".*)re");
  std::ifstream in(file);
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    std::smatch match;
    if (!std::regex_match(text, match, line_of_include)) continue;
    includes.push_back({fs::relative(file, SOURCE_TREE).generic_string(), line, match[1]});
  }
}

const std::vector<Include>& all_includes() {
  static const auto includes = [] {
    std::vector<Include> found;
    for (const char* top : {"daemon", "capture", "applier", "sql", "text"})
      for (const auto& entry : fs::recursive_directory_iterator(fs::path(SOURCE_TREE) / top))
        if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
          read_includes(entry.path(), found);
    return found;
  }();
  return includes;
}

using Graph = std::map<std::string, std::set<std::string>>;

/// A way from a node back to itself, "a -> b -> a"; empty where there is none.
std::string circle_in(const Graph& graph) {
  Names way;
  std::set<std::string> done;
  std::string circle;
  const std::function<bool(const std::string&)> meets_itself = [&](const std::string& node) {
    if (const auto first = std::ranges::find(way, node); first != way.end()) {
      for (auto each = first; each != way.end(); ++each) circle += *each + " -> ";
      circle += node;
      return true;
    }
    if (done.contains(node)) return false;
    way.push_back(node);
    const auto next = graph.find(node);
    const bool found = next != graph.end() && std::ranges::any_of(next->second, meets_itself);
    way.pop_back();
    done.insert(node);
    return found;
  };
  for (const auto& [node, next] : graph)
    if (meets_itself(node)) break;
  return circle;
}

/// The graph of what `name_of` makes of the files.
Graph graph_by(const std::function<std::string(const std::string&)>& name_of) {
  Graph graph;
  for (const Include& each : all_includes()) {
    const std::string from = name_of(each.from);
    const std::string to = name_of(each.to);
    if (from != to) graph[from].insert(to);
  }
  return graph;
}

}  // namespace

TEST_CASE("a room includes only the rooms that the table allows") {
  REQUIRE(all_includes().size() > 500);
  for (const Include& each : all_includes()) {
    const Room& from = room_of(each.from);
    const Room& to = room_of(each.to);
    if (&from == &to || std::ranges::find(from.may_include, to.name) != from.may_include.end()) continue;
    FAIL_CHECK(each.from << ":" << each.line << " (" << from.name << ") may not include " << each.to << " ("
                         << to.name << ")");
  }
}

TEST_CASE("no circle of rooms, none allowed either") {
  CHECK(circle_in(graph_by([](const std::string& file) { return room_of(file).name; })) == "");
  Graph allowed;
  for (const Room& room : kRooms) allowed[room.name] = {room.may_include.begin(), room.may_include.end()};
  CHECK(circle_in(allowed) == "");
}

TEST_CASE("no circle of units, a header with its .cpp") {
  CHECK(circle_in(graph_by([](const std::string& file) {
          return fs::path(file).replace_extension().generic_string();
        })) == "");
}
