#include "daemon/config/settings.h"

#include <yaml-cpp/yaml.h>

#include "daemon/config/rule_codec.h"
#include "daemon/config/setting_codec.h"

namespace sluice::daemon {

using namespace std::chrono_literals;

// YAML's own idea of a flag: true, yes and on, and their opposites.
bool FlagCodec::parse(const Given& given) const {
  bool value = false;
  if (!YAML::convert<bool>::decode(YAML::Node(given.items.front()), value)) refuse("true or false", given);
  return value;
}

namespace {

constexpr bool kReload = true;
constexpr bool kRestart = false;
const char* const kRequired = "";

/// A setting that lives in the member that `at` names.
template <typename Owner, typename Access, typename Codec>
Setting<Owner> stored(std::string key, std::string default_text, bool reloadable, Access at, Codec codec,
                      std::string meaning) {
  Setting<Owner> setting;
  setting.key = std::move(key);
  setting.default_text = std::move(default_text);
  setting.kind = codec.kind;
  setting.meaning = std::move(meaning);
  if constexpr (requires { Codec::kShape; }) setting.shape = Codec::kShape;
  setting.required = setting.default_text.empty();
  setting.reloadable = reloadable;
  setting.set = [at, codec](Owner& owner, const Given& given) { at(owner) = codec.parse(given); };
  setting.get = [at, codec](const Owner& owner) { return codec.print(at(owner)); };
  setting.equal = [at](const Owner& one, const Owner& other) { return at(one) == at(other); };
  return setting;
}

/// A setting that is known, but acts only in a later version: only its default is accepted, so that nobody
/// believes that it acts.
template <typename Owner>
Setting<Owner> later(std::string key, std::string default_text, Shape shape, std::string kind,
                     std::string meaning) {
  Setting<Owner> setting;
  setting.key = std::move(key);
  setting.default_text = std::move(default_text);
  setting.kind = std::move(kind);
  setting.meaning = std::move(meaning);
  setting.shape = shape;
  setting.supported = false;
  setting.set = [key = setting.key, shape, text = setting.default_text](Owner&, const Given& given) {
    const bool is_default =
        given.items.empty() || (shape == Shape::scalar && yaml_scalar(given.items.front()) == text);
    if (!is_default) refuse_unsupported("'" + key + "'");
  };
  setting.get = [text = setting.default_text](const Owner&) { return text; };
  setting.equal = [](const Owner&, const Owner&) { return true; };
  return setting;
}

template <typename Access, typename Codec>
Setting<PipelineConfig> pipeline(std::string key, std::string default_text, Access at, Codec codec,
                                 std::string meaning) {
  // A reload starts a pipeline anew with whatever has changed.
  return stored<PipelineConfig>(std::move(key), std::move(default_text), kReload, at, std::move(codec),
                                std::move(meaning));
}

template <typename Access, typename Codec>
Setting<applier::TableRule> rule(std::string key, std::string default_text, Access at, Codec codec,
                                 std::string meaning) {
  return stored<applier::TableRule>(std::move(key), std::move(default_text), kReload, at, std::move(codec),
                                    std::move(meaning));
}

/// A map of rules, each of which is read by its own table of settings.
Setting<PipelineConfig> rules(std::string key, std::string meaning) {
  Setting<PipelineConfig> setting;
  setting.key = std::move(key);
  setting.default_text = "{}";
  setting.kind = "map";
  setting.meaning = std::move(meaning);
  setting.shape = Shape::tables;
  setting.reloadable = kReload;
  setting.get = [](const PipelineConfig& owner) { return print_rules(owner.tables.rules); };
  setting.equal = [](const auto& one, const auto& other) { return one.tables.rules == other.tables.rules; };
  return setting;
}

template <typename Access, typename Codec>
Setting<Config> global(std::string key, std::string default_text, bool reloadable, Access at, Codec codec,
                       std::string meaning) {
  return stored<Config>(std::move(key), std::move(default_text), reloadable, at, std::move(codec),
                        std::move(meaning));
}

}  // namespace

// clang-format off
// NOLINTNEXTLINE(bugprone-macro-parentheses): a member can't be put in parentheses
#define AT(member) [](auto& owner) -> auto& { return owner.member; }

const std::vector<Setting<PipelineConfig>>& pipeline_settings() {
  static const std::vector<Setting<PipelineConfig>> table{
    pipeline("mode", "continuous", AT(mode), ChoiceCodec<Mode>{},
             "manual: only a flush moves data, the first one makes the copy"),
    pipeline("on_error", "halt", AT(on_error),
             ChoiceCodec<OnError>{},
             "a row that Postgres refuses: stop before it, or set it aside and go on"),
    pipeline("schema_changes", "additive", AT(schema_changes),
             ChoiceCodec<SchemaChanges>{},
             "schema changes that follow by themselves: new tables and columns, all of them, or none"),

    pipeline("source.path", kRequired, AT(source.path), PathCodec{.required = true},
             "the SQLite file"),
    pipeline("source.busy_timeout", "5s", AT(source.busy_timeout), DurationCodec{0ms, 1h},
             "how long to wait for a lock that the application holds"),
    pipeline("source.poll_interval", "1s", AT(source.poll_interval), DurationCodec{10ms, 24h},
             "how often to look for changes of which no file event told"),
    pipeline("source.allow_remote_fs", "false", AT(source.allow_remote_fs), FlagCodec{},
             "accept a file on a network file system, in rollback-journal mode only"),
    pipeline("source.host", "\"\"", AT(source.host), TextCodec{},
             "the machine's name in the identity of the source; empty: its machine id"),

    pipeline("target.url", kRequired, AT(target.url), UrlCodec{},
             "the Postgres database"),
    pipeline("target.password_file", "\"\"", AT(target.password_file), PathCodec{},
             "a file whose first line is the password; empty: libpq's own rules"),
    pipeline("target.schema", "public", AT(target.schema), NameCodec{},
             "the schema that holds the tables"),
    pipeline("target.state_schema", "sluice", AT(target.state_schema), NameCodec{},
             "the schema that holds what Sluice remembers"),
    pipeline("target.create_tables", "true", AT(target.create_tables), FlagCodec{},
             "create tables that are missing"),
    pipeline("target.identifiers", "preserve", AT(target.identifiers),
             ChoiceCodec<applier::Identifiers>{},
             "how names of tables and columns that Sluice creates are written"),
    pipeline("target.existing_rows", "refuse", AT(target.existing_rows),
             ChoiceCodec<applier::ExistingRows>{},
             "rows that were there before: go on only if equal, keep them, make the table equal"),

    pipeline("tables.include", "[]", AT(tables.include), PatternsCodec{},
             "the tables to replicate; empty: all"),
    pipeline("tables.exclude", "[]", AT(tables.exclude), PatternsCodec{},
             "the tables to leave out"),
    pipeline("tables.by_rowid", "[]", AT(tables.by_rowid), PatternsCodec{},
             "tables without a primary key to tell rows apart in by SQLite's rowid"),
    rules("tables.rules",
          "columns, names, types and rows of single tables, see below"),

    pipeline("text.nul", "error", AT(text.nul), ChoiceCodec<applier::TextPolicy>{},
             "a NUL in a text, which Postgres can't hold"),
    pipeline("text.invalid_utf8", "error", AT(text.invalid_utf8),
             ChoiceCodec<applier::TextPolicy>{},
             "a text that is no UTF-8"),

    pipeline("apply.max_batch_changes", "1000000", AT(apply.max_batch_changes), CountCodec{1, 1'000'000'000},
             "a backlog above it is caught up in several transactions"),
    pipeline("apply.max_batch_bytes", "256MiB", AT(apply.max_batch_bytes), SizeCodec{1LL << 10, 1LL << 40},
             "the same, by size; batches are streamed, never held in memory"),
    pipeline("apply.max_delay", "0ms", AT(apply.max_delay), DurationCodec{0ms, 1h},
             "how long to wait for more changes before they are applied"),

    pipeline("changelog.capacity", "1000000", AT(changelog_capacity), CountCodec{1, 1'000'000'000},
             "changes kept in the SQLite file, applied or not"),

    pipeline("retry.initial", "1s", AT(retry.initial), DurationCodec{1ms, 24h},
             "the first wait after a failure; later ones double, with full jitter"),
    pipeline("retry.max", "1m", AT(retry.max), DurationCodec{1ms, 24h},
             "the longest wait after a failure"),
    pipeline("retry.halted_interval", "1m", AT(retry.halted_interval), DurationCodec{1ms, 24h},
             "how often a halted pipeline looks whether its cause is gone"),
  };
  return table;
}

const std::vector<Setting<applier::TableRule>>& rule_settings() {
  static const std::vector<Setting<applier::TableRule>> table{
    rule("columns", "all", AT(columns), ColumnsCodec{},
         "the columns to replicate, or all but those in `{except: [...]}`; the key has to be among them"),
    rule("target", "\"\"", AT(target), NameCodec{},
         "the table's name in Postgres, without the schema; empty: as `target.identifiers` says"),
    rule("rename", "{}", AT(rename), RenameCodec{},
         "columns that have another name in Postgres"),
    rule("types", "{}", AT(types), TypesCodec{},
         "how the values of a column are to be read, see docs/TYPES.md"),
    rule("where", "\"\"", AT(where), ConditionCodec{},
         "one SQLite expression over the row's own columns: only rows for which it is true"),
  };
  return table;
}

const std::vector<Setting<Config>>& daemon_settings() {
  static const std::vector<Setting<Config>> table{
    global("control.socket", "\"\"", kRestart, AT(control.socket), PathCodec{},
           "the control socket; empty: control.sock in the runtime directory"),
    global("control.group", "\"\"", kRestart, AT(control.group), TextCodec{},
           "a group whose members may read the status and flush; empty: none"),
    later<Config>("control.http", "off", Shape::scalar, "address:port",
           "status page and flush button over HTTP (not yet)"),
    later<Config>("control.http_hosts", "[]", Shape::list, "list of names",
           "names by which the status page may be asked for (not yet)"),
    later<Config>("control.http_token_file", "\"\"", Shape::scalar, "path",
           "the token that other addresses than loopback need (not yet)"),
    global("log.level", "info", kReload, AT(log.level), ChoiceCodec<LogLevel>{},
           "the least important lines that are written"),
    global("log.format", "text", kReload, AT(log.format), ChoiceCodec<LogFormat>{},
           "lines for people or one JSON object a line"),
    global("log.values", "true", kReload, AT(log.values), FlagCodec{},
           "show the first characters of a value in log lines and errors"),
  };
  return table;
}

#undef AT
// clang-format on

}  // namespace sluice::daemon
