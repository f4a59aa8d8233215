#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/units.h"
#include "daemon/base/version.h"
#include "daemon/ctl/verbs/verbs.h"

namespace {

using namespace sluice::daemon;

enum Takes : unsigned {
  kPipeline = 1,
  kJson = 2,
  kWatch = 4,
  kTimeout = 8,
  kTarget = 16,
  kYes = 32,
  kFollow = 64,
  kLimit = 128,
  kTable = 256,
  kRow = 512,
  kRows = 1024,
  kAll = 2048,
  kError = 4096,
  kRepair = 8192,
  kLock = 16384,
  kDiff = 32768
};

struct Verb {
  const char* name;
  unsigned takes;
  const char* help;
  ExitCode (*run)(const Invocation&);
  const char* more = "";  ///< what one needs to know to decide, below the options
};

constexpr std::array kVerbs{
    Verb{"status", kPipeline | kJson | kWatch, "The state of everything; exits 0 whatever it reports",
         run_status},
    Verb{"flush", kPipeline | kJson | kTimeout, "Replay what has been committed, and wait for Postgres",
         run_flush,
         "Exits 1 while rows are in quarantine: these are not in Postgres.\n"
         "Exits 4 when the time is over; the work goes on."},
    Verb{"pause", kPipeline, "Stop replicating until resume", run_pause},
    Verb{"resume", kPipeline, "End a pause", run_resume},
    Verb{"retry", kPipeline, "Try again now instead of after the backoff", run_retry,
         "A halted pipeline also looks by itself: after every change of the SQLite file, and every\n"
         "retry.halted_interval. Rows in quarantine have their own: sluicectl quarantine retry"},
    Verb{
        "skip", kPipeline | kError | kJson | kTimeout,
        "Go on without the row before which a pipeline is halted", run_skip,
        "The row goes into the quarantine, and everything after it goes over. It is tried again when it\n"
        "changes in SQLite, and by: sluicectl quarantine retry. The id of the error is in the status; where\n"
        "the pipeline stands before another one by now, nothing is done."},
    Verb{"schema", kPipeline | kJson | kDiff,
         "The Postgres DDL for the SQLite file, or what differs on the server", run_schema,
         "The DDL can be run again, and by hand before the first start; tables that are missing then are "
         "made\n"
         "by sluiced in the same way. With --diff exits 5 where something differs. Needs no daemon."},
    Verb{"check", kPipeline | kJson, "Is everything ready? Asks the daemon where there is one", run_check},
    Verb{"log", kPipeline | kJson | kLimit | kFollow, "The newest changes, readable", run_log},
    Verb{
        "verify", kPipeline | kTable | kRepair | kJson, "Compare the two sides by value", run_verify,
        "Beside the stream of changes, without stopping it. Exits 5 where rows differ, after naming the "
        "first\n"
        "of them by key and columns. Rows in quarantine, and those that a table's rule leaves out, are told\n"
        "apart from differences."},
    Verb{"resync", kPipeline | kTable | kYes | kJson, "Copy again, after telling what that does to Postgres",
         run_resync},
    Verb{"cutover", kPipeline | kLock | kYes | kJson,
         "Move to Postgres for good: compare, last flush, fence, report", run_cutover,
         "Asks first, naming file, server and tables; elsewhere than on a terminal say --yes.\n"
         "Compares every row beside the application's writers, and refuses while anything differs. Then the\n"
         "file is locked for writing, for --max-lock at most: the last changes go over, sequences go on "
         "after\n"
         "the rows, and from then on every write to the file is refused: this database has moved to "
         "Postgres.\n"
         "Where that can't be done in time, nothing has changed, and the pipeline goes on."},
    Verb{"adopt", kPipeline, "The SQLite file has moved: accept its new place", run_adopt},
    Verb{"config", kJson, "The effective settings", run_config},
    Verb{"install", kPipeline, "Put the triggers into the SQLite file", run_install},
    Verb{"uninstall", kPipeline | kTarget | kYes, "Take out everything that was put in", run_uninstall},
    Verb{"migrate", kPipeline, "Run a schema migration with capture out of its way: migrate -- COMMAND",
         run_migrate,
         "Takes triggers and tables out of the SQLite file, runs the command behind --, puts them back in "
         "and has\n"
         "every table compared. Exits with the command's own code, 125 if Sluice failed."},
    Verb{"reload", 0, "Read the configuration again", run_reload},
    Verb{"stop", 0, "Stop the daemon cleanly", run_stop},
    Verb{"version", 0, "The versions of sluicectl and of the running daemon", run_version},
};

constexpr std::array kQuarantineVerbs{
    Verb{"list", kPipeline | kJson, "The rows in quarantine", run_quarantine_list},
    Verb{"show", kRow | kJson, "Everything about one row, with its values and the remedy",
         run_quarantine_show},
    Verb{"retry", kRows | kJson | kTimeout, "Try rows again now; all of them without an ID",
         run_quarantine_retry,
         "After a repair on the server's side. A row that changes in SQLite is tried by itself.\n"
         "Exits 1 where a row is refused again."},
    Verb{"discard", kRows | kAll | kJson, "Forget rows without bringing them over", run_quarantine_discard,
         "What Postgres has in the place stays as it is, different from SQLite, until the row changes\n"
         "again or its table is copied again."},
};

constexpr const char* kAboutQuarantine =
    "Rows that Postgres has refused, with key, SQLSTATE and message, so that everything else could go on:\n"
    "under on_error: quarantine, or by sluicectl skip. Each is tried again when it changes in SQLite.";

constexpr const char* kWhenHalted =
    "When a pipeline is halted, sluicectl status says before which row or table, why, and the remedy:\n"
    "  - change the row in SQLite, or the server     it goes on by itself; sluicectl retry does not wait\n"
    "  - go on without this row                      sluicectl skip --error ID\n"
    "  - never halt for single rows                  on_error: quarantine, then sluicectl quarantine list\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no daemon, 4 timed out, 5 differences.";

/// A duration as in the configuration, up to the hour that a flush may take.
std::string check_timeout(const std::string& text) {
  const auto timeout = parse_duration(text);
  const bool good = timeout && *timeout <= std::chrono::hours{1};
  return good ? "" : "expected a duration up to 1h such as 500ms, 30s or 5m, got '" + text + "'";
}

std::string check_lock(const std::string& text) {
  const auto lock = parse_duration(text);
  const bool good = lock && lock->count() > 0 && *lock <= CutoverOrder::kLongestLock;
  return good ? "" : "expected a duration up to 1m such as 500ms or 5s, got '" + text + "'";
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// Nothing where it is none, or does not fit.
std::optional<std::int64_t> positive_number(const std::string& text) {
  std::int64_t number = 0;
  const bool fits = std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
  return is_number(text) && fits && number > 0 ? std::optional(number) : std::nullopt;
}

std::string check_limit(const std::string& text) {
  const bool good = positive_number(text).value_or(LogQuery::kMost + 1) <= LogQuery::kMost;
  return good ? ""
              : "expected a number from 1 to " + std::to_string(LogQuery::kMost) + ", got '" + text + "'";
}

std::string check_no_number(const std::string& text) {
  return is_number(text) ? "expected the name of a pipeline, got '" + text + "'" : "";
}

std::string check_id(const std::string& text) {
  return positive_number(text) ? "" : "expected the id of a row, got '" + text + "'";
}

/// [PIPELINE] and ids, told apart by what they look like.
void add_rows(CLI::App& command, unsigned takes, Invocation& invocation) {
  command.validate_positionals();
  command.add_option("PIPELINE", invocation.pipeline, "One pipeline; the only one without")
      ->check(CLI::Validator(check_no_number, ""));
  command.add_option("ID", invocation.rows, "The rows by their ids, from: sluicectl quarantine list")
      ->check(CLI::Validator(check_id, ""))
      ->type_name("NUMBER");
  if (takes & kAll) command.add_flag("--all", invocation.all, "All rows that are in quarantine now");
}

void add_options(CLI::App& command, unsigned takes, Invocation& invocation) {
  if (takes & (kRow | kRows)) add_rows(command, takes, invocation);
  if (takes & kPipeline)
    command.add_option("PIPELINE", invocation.pipeline, "One pipeline; all or the only one without");
  if (takes & kJson) command.add_flag("--json", invocation.json, "For programs: JSON, times in UTC");
  if (takes & kWatch) command.add_flag("--watch", invocation.watch, "Again each second");
  if (takes & kTimeout)
    command
        .add_option_function<std::string>(
            "--timeout",
            [&invocation](const std::string& text) { invocation.timeout = *parse_duration(text); },
            "How long to wait, such as 30s; the work goes on after it")
        ->check(CLI::Validator(check_timeout, "DURATION"));
  if (takes & kLock) {
    command
        .add_option_function<std::string>(
            "--max-lock",
            [&invocation](const std::string& text) { invocation.max_lock = *parse_duration(text); },
            "For how long the file may be locked, such as 2s; 5s without")
        ->check(CLI::Validator(check_lock, "DURATION"));
    command.add_flag("!--no-fence", invocation.fence, "Take our triggers out, and let writes go on");
  }
  if (takes & kError)
    command.add_option("--error", invocation.error, "The id of the error, from: sluicectl status");
  if (takes & kLimit)
    command.add_option("--limit", invocation.limit, "How many changes, up to 1000; 20 without")
        ->check(CLI::Validator(check_limit, "NUMBER"));
  if (takes & kFollow) command.add_flag("--follow", invocation.follow, "Go on with those that come");
  if (takes & kTarget)
    command.add_flag("--target", invocation.target, "Also remove the pipeline's state from Postgres");
  if (takes & kTable) command.add_option("--table", invocation.table, "One table; all without");
  if (takes & kRepair)
    command.add_flag("--repair", invocation.repair, "Write the rows that differ, and only these");
  if (takes & kDiff)
    command.add_flag("--diff", invocation.diff, "What the server has otherwise, instead of the DDL");
  if (takes & kYes) command.add_flag("--yes", invocation.yes, "Do not ask");
}

void add_verbs(CLI::App& to, std::span<const Verb> verbs, Invocation& invocation, ExitCode& result) {
  for (const Verb& verb : verbs) {
    CLI::App* command = to.add_subcommand(verb.name, verb.help)->fallthrough();
    add_options(*command, verb.takes, invocation);
    command->footer(verb.more);
    command->callback(
        [&verb, &invocation, &result] { result = run_guarded([&] { return verb.run(invocation); }); });
  }
}

/// What stands behind -- is the business of the program that migrate runs. Answers with how many words are
/// ours.
int cut_off_command(int argc, char** argv, Invocation& invocation) {
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  const auto is = [](std::string_view text) { return [text](const char* word) { return word == text; }; };
  const auto mark = std::find_if(words.begin(), words.end(), is("--"));
  if (mark == words.end() || std::none_of(words.begin(), mark, is("migrate"))) return argc;
  invocation.command.assign(mark + 1, words.end());
  return static_cast<int>(mark - words.begin());
}

/// What CLI11 has refused, without its words. A refused value comes as "--timeout: " and our own words.
std::string reason_of(const CLI::App& app, const CLI::ParseError& refused) {
  const std::string text = refused.what();
  const std::string option = text.substr(0, text.find_first_of(": "));
  if (dynamic_cast<const CLI::ExtrasError*>(&refused) != nullptr) {
    const std::string first = app.remaining(true).front();
    const bool is_verb = app.get_subcommands().empty() && !first.starts_with('-');
    return (is_verb ? "there is no verb '" : "unexpected argument '") + first + "'";
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&refused) != nullptr) return option + " lacks its value";
  if (dynamic_cast<const CLI::ExcludesError*>(&refused) != nullptr)
    return option + " and " + text.substr(text.rfind(' ') + 1) + " do not go together";
  return text;
}

/// Arguments that CLI11 refuses are wrong usage, whatever number it has for them.
int exit_of(const CLI::App& app, const CLI::ParseError& refused) {
  const bool asked_for_text = refused.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
  if (asked_for_text) return app.exit(refused);
  complain(reason_of(app, refused) + "; see sluicectl --help");
  return static_cast<int>(ExitCode::usage);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Asks sluiced, the daemon that keeps a Postgres database a live copy of a SQLite file.",
               "sluicectl"};
  Invocation invocation;
  ExitCode result = ExitCode::done;
  app.set_version_flag("--version", std::string("sluicectl ") + kVersion);
  app.require_subcommand(0, 1);
  auto* socket = app.add_option("--socket", invocation.socket, "The daemon's control socket");
  app.add_option("--config", invocation.config_file, "The configuration file, the one that the daemon runs")
      ->excludes(socket);
  add_verbs(app, kVerbs, invocation, result);
  CLI::App* quarantine =
      app.add_subcommand("quarantine", "Rows that Postgres refused: list, show, retry, discard");
  quarantine->fallthrough()->require_subcommand(0, 1)->footer(kAboutQuarantine);
  add_verbs(*quarantine, kQuarantineVerbs, invocation, result);
  app.footer(kWhenHalted);
  CLI::App* help = app.add_subcommand("help", "This text");
  const std::string overview = app.help();
  help->callback([&overview] { std::cout << overview; });
  try {
    app.parse(cut_off_command(argc, argv, invocation), argv);
  } catch (const CLI::ParseError& refused) {
    return exit_of(app, refused);
  }
  if (app.get_subcommands().empty()) {
    complain("no verb was given; see sluicectl --help");
    return static_cast<int>(ExitCode::usage);
  }
  if (quarantine->parsed() && quarantine->get_subcommands().empty()) {
    complain("no verb was given; say sluicectl quarantine list, show, retry or discard");
    return static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(result);
}
