#include "daemon/config/config.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

#include "daemon/base/nearest.h"
#include "daemon/config/load.h"
#include "daemon/config/paths.h"
#include "daemon/config/places.h"
#include "daemon/config/settings.h"

using namespace sluice::daemon;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A folder of its own with a configuration file, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "sluice-config-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path write(const std::string& text, const fs::path& name = "config.yaml") const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  fs::path path_;
};

/// An environment variable with another value while this lives.
class Environment {
 public:
  Environment(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    set(value);
  }
  ~Environment() { set(before_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    value ? setenv(name_, value->c_str(), 1) : unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> before_;
};

Config load(const std::string& text) {
  return load_config(Folder().write(text));
}

/// The error of a text, from its line on: "3:5: unknown key ...".
std::string error_of(const std::string& text) {
  const Folder folder;
  const fs::path file = folder.write(text);
  try {
    load_config(file);
  } catch (const ConfigError& error) {
    const std::string what = error.what();
    REQUIRE(what.starts_with(file.string() + ':'));
    return what.substr(file.string().size() + 1);
  }
  return "no error";
}

const std::string kShop =
    "pipelines:\n"
    "  shop:\n"
    "    source: {path: a.db}\n"
    "    target: {url: 'postgresql:///shop'}\n";

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

template <typename Owner>
void check_drift(const std::vector<Setting<Owner>>& table) {
  for (const auto& setting : table) {
    CAPTURE(setting.key);
    CHECK_FALSE(setting.meaning.empty());
    CHECK_FALSE(setting.kind.empty());
    if (setting.required) continue;
    CHECK(setting.get(Owner{}) == setting.default_text);
    if (setting.shape == Shape::tables) continue;  // read entry by entry, by rule_settings()
    const std::string text = setting.default_text == "\"\"" ? "" : setting.default_text;
    Owner owner;
    setting.set(owner,
                {setting.shape == Shape::scalar ? std::vector{text} : std::vector<std::string>{}, "/"});
    CHECK(setting.equal(owner, Owner{}));
  }
}

}  // namespace

TEST_CASE("the table's defaults are the defaults of the structs") {
  check_drift(pipeline_settings());
  check_drift(daemon_settings());
  for (const auto& setting : rule_settings()) CHECK(setting.get({}) == setting.default_text);
}

TEST_CASE("the six lines that everyone writes are enough") {
  const Folder folder;
  const Environment home("HOME", "/home/me");
  const Config config =
      load_config(folder.write("pipelines:\n  shop:\n    source:\n      path: ~/shop/shop.db\n    target:\n  "
                               "    url: postgresql:///shop\n"));
  REQUIRE(config.pipelines.size() == 1);
  CHECK(config.pipelines[0].name == "shop");
  CHECK(config.pipelines[0].source.path == "/home/me/shop/shop.db");
  CHECK(config.pipelines[0].target.url == "postgresql:///shop");
  CHECK(config.file == folder.path() / "config.yaml");
}

TEST_CASE("the sample holds the defaults, also where they are commented out") {
  const std::string sample = read(SAMPLE_CONFIG);
  const std::string all = std::regex_replace(sample, std::regex("(^|\n)( *)# ( *[a-z_]+:)"), "$1$2$3");
  REQUIRE(all != sample);
  for (const std::string& text : {sample, all}) {
    CAPTURE(text);
    const Config config = load(text);
    REQUIRE(config.pipelines.size() == 1);
    for (const auto& setting : pipeline_settings()) {
      if (!setting.required) CHECK(setting.get(config.pipelines[0]) == setting.default_text);
    }
    for (const auto& setting : daemon_settings()) CHECK(setting.get(config) == setting.default_text);
  }
  for (const auto& setting : pipeline_settings()) {
    CAPTURE(setting.key);
    if (setting.supported)
      CHECK(all.find(setting.key.substr(setting.key.find('.') + 1) + ':') != std::string::npos);
  }
}

TEST_CASE("every key reaches its place") {
  const Config config = load(R"(pipelines:
  shop:
    mode: manual
    schema_changes: halt
    source: {path: sub/../a.db, busy_timeout: 250ms, poll_interval: 2s, allow_remote_fs: yes, host: box}
    target:
      url: host=h dbname=d
      password_file: pw
      schema: a
      state_schema: b
      create_tables: false
      identifiers: snake
      existing_rows: replace
    tables: {include: ['a*', b], exclude: [c], by_rowid: ['d*']}
    text: {nul: strip, invalid_utf8: replace}
    apply: {max_batch_changes: 5, max_batch_bytes: 32MiB, max_delay: 10ms}
    changelog: {capacity: 7}
    retry: {initial: 2s, max: 3s, halted_interval: 4s}
control: {socket: /run/x.sock, group: www-data}
log: {level: debug, format: json, values: false}
)");
  const PipelineConfig& shop = config.pipelines.at(0);
  const fs::path folder = config.file.parent_path();
  CHECK(shop.mode == Mode::manual);
  CHECK(shop.schema_changes == SchemaChanges::halt);
  CHECK(shop.source.path == folder / "a.db");
  CHECK(shop.source.busy_timeout == 250ms);
  CHECK(shop.source.poll_interval == 2s);
  CHECK(shop.source.allow_remote_fs);
  CHECK(shop.source.host == "box");
  CHECK(shop.target.url == "host=h dbname=d");
  CHECK(shop.target.password_file == folder / "pw");
  CHECK(shop.target.schema == "a");
  CHECK(shop.target.state_schema == "b");
  CHECK_FALSE(shop.target.create_tables);
  CHECK(shop.target.identifiers == sluice::applier::Identifiers::snake);
  CHECK(shop.target.existing_rows == sluice::applier::ExistingRows::replace);
  CHECK(shop.tables.include == std::vector<std::string>{"a*", "b"});
  CHECK(shop.tables.exclude == std::vector<std::string>{"c"});
  CHECK(shop.tables.by_rowid == std::vector<std::string>{"d*"});
  CHECK(shop.text.nul == sluice::applier::TextPolicy::strip);
  CHECK(shop.text.invalid_utf8 == sluice::applier::TextPolicy::replace);
  CHECK(shop.apply.max_batch_changes == 5);
  CHECK(shop.apply.max_batch_bytes == 32 << 20);
  CHECK(shop.apply.max_delay == 10ms);
  CHECK(shop.changelog_capacity == 7);
  CHECK(shop.retry.initial == 2s);
  CHECK(shop.retry.max == 3s);
  CHECK(shop.retry.halted_interval == 4s);
  CHECK(config.control.socket == "/run/x.sock");
  CHECK(config.control.group == "www-data");
  CHECK(config.log.level == LogLevel::debug);
  CHECK(config.log.format == LogFormat::json);
  CHECK_FALSE(config.log.values);

  SUBCASE("and the printed configuration says the same") {
    const Config again = load(render_effective(config, false));
    for (const auto& setting : pipeline_settings()) {
      CAPTURE(setting.key);
      if (setting.key != "target.url") CHECK(setting.equal(again.pipelines.at(0), shop));
    }
    for (const auto& setting : daemon_settings()) CHECK(setting.equal(again, config));
  }
}

TEST_CASE("what is wrong is said with its line and column") {
  struct Case {
    std::string text;
    std::string error;
  };
  const std::string in_shop = kShop + "    ";
  const std::vector<Case> cases{
      {"pipelines:\n  shop:\n    tagret: {}\n",
       "3:5: unknown key 'tagret' in pipeline 'shop'; did you mean 'target'?"},
      {"pipelines:\n  shop:\n    source: {pth: x}\n",
       "3:14: unknown key 'pth' in 'source' of pipeline 'shop'; did you mean 'path'?"},
      {"pipelines:\n  shop:\n    source: {zebra: x}\n",
       "3:14: unknown key 'zebra' in 'source' of pipeline 'shop'; known are: path, busy_timeout, "
       "poll_interval, "
       "allow_remote_fs, host"},
      {"pipeline: {}\n", "1:1: unknown key 'pipeline' in the file; did you mean 'pipelines'?"},
      {"lgo: {}\n", "1:1: unknown key 'lgo' in the file; did you mean 'log'?"},
      {"log: {levl: info}\n", "1:7: unknown key 'levl' in 'log' of the file; did you mean 'level'?"},
      {"log: {level: loud}\n",
       "1:14: 'log.level' in the file: expected debug, info, warning or error, got 'loud'"},
      {in_shop + "apply: {max_delay: 10 parsecs}\n",
       "5:24: 'apply.max_delay' in pipeline 'shop': expected a duration between 0ms and 1h such as 10s "
       "(units "
       "ms, s, m, h), got '10 parsecs'"},
      {in_shop + "apply: {max_batch_bytes: 32MB}\n",
       "5:30: 'apply.max_batch_bytes' in pipeline 'shop': expected a size"},
      {in_shop + "apply: {max_batch_changes: many}\n",
       "5:32: 'apply.max_batch_changes' in pipeline 'shop': expected a whole"},
      {in_shop + "apply: {max_batch_changes: 0}\n",
       "5:32: 'apply.max_batch_changes' in pipeline 'shop': expected a whole number between 1 and "
       "1000000000, got '0'"},
      {in_shop + "changelog: {capacity: [1]}\n",
       "5:27: 'changelog.capacity' in pipeline 'shop': expected a value (whole number, 1 to 1000000000), got "
       "a list"},
      {in_shop + "mode: manuel\n",
       "5:11: 'mode' in pipeline 'shop': expected continuous or manual, got 'manuel'"},
      {in_shop + "tables: {include: a}\n",
       "5:23: 'tables.include' in pipeline 'shop': expected a list such as [one, two], got 'a'"},
      {in_shop + "tables: [a]\n", "5:13: 'tables' of pipeline 'shop': expected a map of keys, got a list"},
      {in_shop + "retry: {initial: 2m}\n", "5:22: 'retry.max' in pipeline 'shop' is shorter"},
      {in_shop + "text: {nul: error, nul: strip}\n",
       "5:24: key 'nul' is given twice in 'text' of pipeline 'shop'"},
      {kShop + "log: {}\nlog: {}\n", "6:1: key 'log' is given twice in the file"},
      {kShop + "  shop: {}\n", "5:3: key 'shop' is given twice in 'pipelines'"},
      {kShop + "  a b: {}\n", "5:3: bad pipeline name 'a b'"},
      {kShop + "  " + std::string(49, 'x') + ": {}\n", "5:3: bad pipeline name"},
      {kShop + "  other: {source: {path: a.db}, target: {url: 'postgresql:///shop'}}\n",
       "5:3: pipelines 'shop' and 'other' have the same source and the same target"},
      {"pipelines:\n  shop:\n    target: {url: 'postgresql:///x'}\n",
       "2:3: pipeline 'shop' has no 'source.path'"},
      {"pipelines:\n  shop:\n    source: {path: x}\n", "2:3: pipeline 'shop' has no 'target.url'"},
      {"pipelines:\n  shop:\n    source: {path: ~}\n",
       "3:20: 'source.path' in pipeline 'shop': expected a value (path), got nothing"},
      {"pipelines:\n  shop:\n    source: {path: ''}\n",
       "3:20: 'source.path' in pipeline 'shop': expected a path, got ''"},
      {"pipelines: {}\n", "1:1: 'pipelines' is empty"},
      {"pipelines: [a]\n", "1:12: 'pipelines': expected a map of keys, got a list"},
      {"", "1:1: no pipeline"},
      {"- a\n", "1:1: the file: expected a map of keys, got a list"},
      {"pipelines:\n\tshop: {}\n", "2:1: a tab in the indentation; use spaces"},
      {"a: [1\nb: 2\n", "2:2: not valid YAML: end of sequence flow not found"},
      {kShop + "---\na: 1\n", "6:1: a second document"},
      {"pipelines:\n  shop:\n    source: {path: a.db}\n    tables: {by_rowid: [a]}\n"
       "    target: {url: 'postgresql:///shop', existing_rows: merge}\n",
       "4:24: 'tables.by_rowid' in pipeline 'shop' does not go with target.existing_rows: merge"},
      {in_shop + "tables: {rules: [a]}\n",
       "5:21: 'tables.rules' of pipeline 'shop': expected a map of keys, got a list"},
      {in_shop + "tables: {rules: {a: {wher: x}}}\n",
       "5:26: unknown key 'wher' in 'tables.rules.a' of pipeline 'shop'; did you mean 'where'?"},
      {in_shop + "tables: {rules: {a: {where: x}, A: {where: y}}}\n",
       "5:37: table 'A' is given twice in 'tables.rules' of pipeline 'shop'"},
      {in_shop + "tables: {rules: {a: {where: [x]}}}\n",
       "5:33: 'where' in 'tables.rules.a' of pipeline 'shop': expected a value (SQL expression), got a list"},
      {in_shop + "tables: {rules: {a: {where: ' '}}}\n",
       "5:33: 'where' in 'tables.rules.a' of pipeline 'shop': expected an expression such as total > 0"},
      {in_shop + "tables: {rules: {a: {columns: b}}}\n",
       "5:35: 'columns' in 'tables.rules.a' of pipeline 'shop': expected a list such as [one, two]"},
      {in_shop + "tables: {rules: {a: {columns: []}}}\n",
       "5:35: 'columns' in 'tables.rules.a' of pipeline 'shop': expected the names of columns, got none"},
      {in_shop + "tables: {rules: {a: {columns: {exept: [b]}}}}\n",
       "5:35: 'columns' in 'tables.rules.a' of pipeline 'shop': expected a list such as [one, two] or"},
      {in_shop + "tables: {rules: {a: {rename: {b: " + std::string(64, 'x') + "}}}}\n",
       "5:34: 'rename' in 'tables.rules.a' of pipeline 'shop': expected a name of 1 to 63 bytes"},
      {in_shop + "text: {nul: \"a\\0b\"}\n",
       "5:17: 'text.nul' in pipeline 'shop': expected a text without NUL characters"},
      {in_shop + "tables: {rules: {a: {rename: {b: \"c\\0d\"}}}}\n",
       "5:34: 'rename' in 'tables.rules.a' of pipeline 'shop': expected a text without NUL characters"},
      {in_shop + "tables: {rules: {a: {rename: {b: c, d: c}}}}\n",
       "5:34: 'rename' in 'tables.rules.a' of pipeline 'shop': two columns are renamed to 'c'"},
      {in_shop + "tables: {rules: {a: {types: {b: unix_h}}}}\n",
       "5:33: 'types' in 'tables.rules.a' of pipeline 'shop': "},
      {"control: {http: '127.0.0.1:80'}\n",
       "1:17: 'control.http' in the file: 'control.http' is not supported"},
      {"control: {http_hosts: [a]}\n",
       "1:23: 'control.http_hosts' in the file: 'control.http_hosts' is not supported"},
      {"control: {http_token_file: a}\n",
       "1:28: 'control.http_token_file' in the file: 'control.http_token_file' is not"},
  };
  for (const Case& wrong : cases) {
    CAPTURE(wrong.text);
    const std::string error = error_of(wrong.text);
    CHECK_MESSAGE(error.starts_with(wrong.error), error);
  }
}

TEST_CASE(
    "every number has a least and a most: both are taken, and what is beyond them is refused with both") {
  static const std::regex kBounds("(duration|size|whole number), (\\w+) to (\\d+)(\\w*)");
  int numbers = 0;
  for (const auto& setting : pipeline_settings()) {
    std::smatch bounds;
    if (!std::regex_match(setting.kind, bounds, kBounds)) continue;
    CAPTURE(setting.key);
    ++numbers;
    PipelineConfig config;
    const auto set = [&](const std::string& text) { setting.set(config, {{text}, {}}); };
    const std::string unit = bounds.str(4);
    const std::string most = bounds.str(3) + unit;
    for (const std::string& bound : {bounds.str(2), most}) {
      set(bound);
      CHECK(setting.get(config) == bound);
    }
    const std::string both = bounds.str(1) + " between " + bounds.str(2) + " and " + most;
    for (const std::string& beyond :
         {std::to_string(std::stoll(bounds.str(3)) + 1) + unit, "9223372036854775807" + unit,
          "9223372036854775808" + unit, "99999999999999999999" + unit, "-1" + unit, std::string()}) {
      CAPTURE(beyond);
      CHECK_THROWS_WITH_AS(set(beyond), doctest::Contains(both.c_str()), ValueError);
    }
    if (!bounds.str(2).starts_with("0"))
      CHECK_THROWS_WITH_AS(set("0" + unit), doctest::Contains(both.c_str()), ValueError);
  }
  CHECK(numbers == 9);
}

TEST_CASE("a path may begin with the home folder, and be found by any of its names") {
  const Folder folder;
  const fs::path file = folder.write(kShop);
  const Environment home("HOME", folder.path().string());
  CHECK(load_config("~/config.yaml").file == file);
  CHECK_FALSE(same_file(file, folder.write(kShop, "other.yaml")));
  fs::create_symlink(file, folder.path() / "link.yaml");
  CHECK(same_file(file, folder.path() / "link.yaml"));
  CHECK_FALSE(same_file(file, folder.path() / "missing.yaml"));
  CHECK(same_file(folder.path() / "missing.yaml", folder.path() / "missing.yaml"));
}

TEST_CASE("what is special about single tables is read, and printed as it can be read again") {
  const std::string rules =
      "{Orders: {columns: {except: [Secret]}, target: \"customer orders\", rename: {id: \"Order Id\"}, "
      "types: {at: unix_ms}, where: \"total > 0 AND note <> 'x: y'\"}, users: {columns: [id, name]}}";
  const Config config = load(kShop + "    tables: {rules: " + rules + "}\n");
  const auto& orders = config.pipelines.front().tables.rules.at("ORDERS");
  CHECK(orders.columns.except);
  CHECK(orders.columns.names == std::vector<std::string>{"Secret"});
  CHECK(orders.target == "customer orders");
  CHECK(orders.rename.at("ID") == "Order Id");
  CHECK(orders.types.at("at") == "unix_ms");
  CHECK(orders.where == "total > 0 AND note <> 'x: y'");
  CHECK(render_effective(config, false).find("rules: " + rules) != std::string::npos);
  CHECK(load(kShop + "    tables:\n      rules:\n").pipelines.front().tables.rules.empty());
}

TEST_CASE("two pipelines of one file may write different rows and columns of it") {
  CHECK_NOTHROW(load(kShop + "    tables: {rules: {a: {where: x}}}\n  other: {source: {path: a.db}, "
                             "target: {url: 'postgresql:///other'}, tables: {rules: {a: {where: y}}}}\n"));
}

TEST_CASE("a key that acts later may be given with its default") {
  CHECK_NOTHROW(
      load(kShop + "    on_error: halt\n    tables: {rules: {}}\ncontrol: {http: off, http_hosts: []}\n"));
}

TEST_CASE("pipelines may share a source or a target, but not both") {
  CHECK_NOTHROW(load(kShop + "  b: {source: {path: b.db}, target: {url: 'postgresql:///shop'}}\n"));
  CHECK_NOTHROW(
      load(kShop + "  b: {source: {path: a.db}, target: {url: 'postgresql:///shop', schema: b}}\n"));
}

TEST_CASE("pipelines of one source take the same tables, because there is one set of triggers in it") {
  for (const char* differs :
       {"tables: {exclude: [x]}", "tables: {by_rowid: [x]}", "changelog: {capacity: 5}"}) {
    CAPTURE(differs);
    const std::string other = "  b: {source: {path: a.db}, target: {url: 'postgresql:///shop', schema: b}, ";
    CHECK(error_of(kShop + other + differs + "}\n").find("give both the same 'tables'") != std::string::npos);
  }
}

TEST_CASE("a missing, unreadable or wrong kind of file is told apart") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(load_config(folder.path() / "none.yaml"), doctest::Contains("no configuration at"),
                       ConfigError);
  CHECK_THROWS_WITH_AS(load_config(folder.path()), doctest::Contains("is a folder"), ConfigError);
}

TEST_CASE("a password in the configuration is never printed") {
  for (const std::string url : {"postgresql://u:secret@h/d?sslpassword=secret", "host=h password=secret"}) {
    const Config config = load("pipelines: {a: {source: {path: x}, target: {url: '" + url + "'}}}");
    CHECK(config.pipelines[0].target.url == url);
    CHECK(render_effective(config, false).find("secret") == std::string::npos);
    CHECK(render_effective(config, true).find("secret") == std::string::npos);
  }
  for (const std::string text :
       {"target: 'postgresql://u:secret@h/d'", "'postgresql://u:secret@h/d': x",
        "target: {url: 'host=h password=a secret'}", "target: {url: 'postgresql://u:se/secret@h/d'}",
        "mode: 'password=secret'", "target: {url: [secret]}"}) {
    const std::string error = error_of("pipelines:\n  a:\n    " + text + "\n");
    CAPTURE(error);
    CHECK(error.starts_with("3:"));
    CHECK(error.find("secret") == std::string::npos);
  }
}

TEST_CASE("the effective configuration marks what differs from the default") {
  const Config config = load(kShop + "    mode: manual\n");
  const std::string text = render_effective(config, false);
  CHECK(text.find("# [continuous] manual: only a flush") != std::string::npos);
  CHECK(text.find("# [refuse]") == std::string::npos);
  const auto json = nlohmann::json::parse(render_effective(config, true));
  CHECK(json["pipelines"]["shop"]["mode"]["value"] == "manual");
  CHECK(json["settings"]["log.level"]["default"] == "info");
}

TEST_CASE("the table of settings names every key") {
  const std::string table = settings_markdown();
  for (const auto& setting : pipeline_settings())
    CHECK(table.find("| `" + setting.key + "` |") != std::string::npos);
  for (const auto& setting : daemon_settings())
    CHECK(table.find("| `" + setting.key + "` |") != std::string::npos);
}

TEST_CASE("a reload knows what it can't apply") {
  const Config before = load(kShop);
  Config after = before;
  after.pipelines[0].retry.max = 2min;
  after.log.level = LogLevel::debug;
  CHECK(needs_restart(before, after).empty());
  after.pipelines[0].target.url = "postgresql://u:other@h/shop";
  after.control.group = "www";
  after.pipelines[0].name = "new";
  CHECK(needs_restart(before, after) == std::vector<std::string>{"control.group"});
}

TEST_CASE("the configuration is looked for in XDG_CONFIG_HOME, then in the home folder") {
  const Folder folder;
  const Environment home("HOME", (folder.path() / "home").string());
  const Environment xdg("XDG_CONFIG_HOME", (folder.path() / "xdg").string());
  CHECK(default_config_path() == folder.path() / "xdg/sluice/config.yaml");
  folder.write("", "home/.config/sluice/config.yaml");
  CHECK(default_config_path() == folder.path() / "home/.config/sluice/config.yaml");
  folder.write("", "xdg/sluice/config.yaml");
  CHECK(default_config_path() == folder.path() / "xdg/sluice/config.yaml");
  const Environment unset("XDG_CONFIG_HOME", std::nullopt);
  CHECK(default_config_path() == folder.path() / "home/.config/sluice/config.yaml");
}

TEST_CASE("the control socket is found in the documented order") {
  const Environment xdg("XDG_RUNTIME_DIR", std::nullopt);
  const Environment runtime("RUNTIME_DIRECTORY", std::nullopt);
  const Environment chosen("SLUICE_SOCKET", std::nullopt);
  CHECK(socket_path({}, nullptr) == "/run/user/" + std::to_string(getuid()) + "/sluice/control.sock");
  const Environment with_xdg("XDG_RUNTIME_DIR", "/x");
  CHECK(socket_path({}, nullptr) == "/x/sluice/control.sock");
  const Environment with_runtime("RUNTIME_DIRECTORY", "/r:/other");
  CHECK(socket_path({}, nullptr) == "/r/control.sock");
  Config config;
  config.control.socket = "/c.sock";
  CHECK(socket_path({}, &config) == "/c.sock");
  const Environment with_chosen("SLUICE_SOCKET", "/e.sock");
  CHECK(socket_path({}, &config) == "/e.sock");
  CHECK(socket_path("/o.sock", &config) == "/o.sock");
}

TEST_CASE("a slip of the keyboard finds its word, a far one lists all") {
  CHECK(nearest_hint("tagret", {"source", "target"}) == "did you mean 'target'?");
  CHECK(nearest_hint("xyz", {"source", "target"}) == "known are: source, target");
}
