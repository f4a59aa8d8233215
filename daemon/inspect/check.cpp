#include "daemon/inspect/check.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "applier/design/table_ddl.h"
#include "applier/server/apply_error.h"
#include "applier/server/claims.h"
#include "applier/server/neighbours.h"
#include "applier/server/rows_there.h"
#include "applier/server/schemas.h"
#include "applier/server/session.h"
#include "applier/server/target_refusals.h"
#include "applier/server/target_survey.h"
#include "applier/server/target_table.h"
#include "applier/values/identifiers.h"
#include "capture/source.h"
#include "daemon/base/redact.h"
#include "daemon/inspect/look_options.h"
#include "daemon/inspect/migration_tools.h"
#include "daemon/inspect/schema_notes.h"
#include "daemon/sync/failure.h"
#include "daemon/sync/guard.h"
#include "daemon/sync/source_place.h"

namespace sluice::daemon {
namespace {

using Verdict = CheckItem::Verdict;

/// Collects the items; a look that throws becomes a failed item with the error's own words and remedy.
class Findings {
 public:
  explicit Findings(CheckAnswer& answer) : answer_(answer) {}

  void add(std::string subject, Verdict verdict, std::string detail, std::string remedy = {}) {
    answer_.items.push_back({std::move(subject), verdict, std::move(detail), std::move(remedy)});
  }

  template <typename Look>
  void look(const std::string& subject, Look look) {
    try {
      look();
    } catch (...) {
      const auto error = report_failure(std::current_exception()).error;
      add(subject, Verdict::failed, error.message, error.hint);
    }
  }

 private:
  CheckAnswer& answer_;
};

std::string list(const std::vector<std::string>& names) {
  return applier::join(names, ", ");
}

/// The first few names, and how many more there are.
std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t kFew = 4;
  if (names.size() <= kFew) return list(names);
  return list({names.begin(), names.begin() + kFew}) + " and " + std::to_string(names.size() - kFew) +
         " more";
}

/// Nothing is at fault, but nothing will be replicated either.
void note_moved(Findings& findings, const capture::Moved& moved) {
  findings.add("capture", Verdict::failed,
               "the file has moved to Postgres at " + moved.at + " and is captured no more; " +
                   (moved.fenced ? "writes to it are refused" : "writes to it are not"),
               "let the application use Postgres, and take the pipeline out of the configuration; to use the "
               "file again: sluicectl uninstall");
}

void check_capture(Findings& findings, capture::Source& source) {
  if (const auto moved = source.moved()) return note_moved(findings, *moved);
  const auto missing = source.missing();
  if (missing.empty()) {
    findings.add("capture", Verdict::ok, "changelog and triggers are in place");
  } else {
    findings.add("capture", Verdict::note, "not installed yet: " + first_of(missing),
                 "sluiced installs it when it starts; ahead of time: sluicectl install");
  }
}

void check_catalog(Findings& findings, const capture::Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& table : catalog.tables) names.push_back(table.name);
  findings.add(
      "tables", names.empty() ? Verdict::failed : Verdict::ok,
      names.empty() ? "no table can be captured" : std::to_string(names.size()) + " captured: " + list(names),
      names.empty() ? "see the reasons below, and tables.include" : "");
  for (const auto& left_out : catalog.not_captured) {
    findings.add("not captured", Verdict::note, left_out.name + ": " + left_out.reason);
  }
  if (catalog.journal_mode == "wal") {
    findings.add("journal mode", Verdict::ok, "wal");
  } else {
    findings.add("journal mode", Verdict::note,
                 catalog.journal_mode +
                     ": while sluiced reads, a write of an application without a busy timeout fails",
                 "PRAGMA journal_mode = wal; once, on the source file");
  }
}

/// A name that nothing has is a slip of the pen, or of what was meant to be replicated.
void check_names(Findings& findings, const PipelineConfig& config, const capture::Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& table : catalog.tables) names.push_back(table.name);
  const std::string there = names.empty() ? "" : "; captured are: " + first_of(names);
  for (const auto& [setting, pattern] : catalog.idle_patterns) {
    findings.add("pattern", Verdict::failed, setting + ": '" + pattern + "' matches no table of the file",
                 "correct it, or take it out; small and capital letters are told apart" + there);
  }
  for (const auto& table : idle_rules(config, catalog)) {
    findings.add("rule", Verdict::failed, "tables.rules." + table + " speaks of a table that is not captured",
                 "correct the name, or take the rule out" + there);
  }
}

/// Tools that see our tables. They are looked for by name, whatever the pipeline includes.
void check_migration_tools(Findings& findings, const PipelineConfig& config) {
  auto options = source_look_options(config);
  options.include.clear();
  options.exclude.clear();
  for (const auto& tool : kMigrationTools) options.include.emplace_back(tool.mark);
  std::vector<std::string> marks;
  const auto catalog = capture::Source(options).preview();
  for (const auto& table : catalog.tables) marks.push_back(table.name);
  for (const auto& left_out : catalog.not_captured) marks.push_back(left_out.name);
  for (const auto& tool : migration_tools_among(marks)) {
    findings.add("migration tool", Verdict::note,
                 std::string(tool.name) + " sees our tables: " + std::string(tool.habit),
                 std::string(tool.place) + ": " + std::string(tool.setting));
  }
}

std::optional<capture::Catalog> check_source(Findings& findings, const PipelineConfig& config) {
  std::optional<capture::Catalog> catalog;
  findings.look("source file", [&] {
    capture::Source source(source_look_options(config));
    findings.add("source file", Verdict::ok, config.source.path.string());
    check_capture(findings, source);
    catalog = source.preview();
    check_catalog(findings, *catalog);
    check_names(findings, config, *catalog);
    check_migration_tools(findings, config);
  });
  return catalog;
}

void check_mode(Findings& findings, const applier::Session& session) {
  if (session.mode() == applier::ApplyMode::replica) {
    findings.add("apply mode", Verdict::ok, "replica: the server's own triggers leave the mirror alone");
    return;
  }
  findings.add(
      "apply mode", Verdict::note,
      "ordinary: the server's own triggers fire on replicated rows, and foreign keys are checked at once",
      "as a superuser: GRANT SET ON PARAMETER session_replication_role TO " + session.role() +
          "; (Postgres 15+)");
}

void check_way(Findings& findings, const applier::Session& session) {
  const std::string transport = session.transport();
  if (transport.empty()) {
    findings.add("connection", Verdict::note, "not encrypted",
                 "sslmode=require (or verify-full) in target.url");
  } else {
    findings.add("connection", Verdict::ok, transport);
  }
  if (session.pooled()) {
    findings.add("pooler", Verdict::note, "a pooler is in between; transaction mode is fine");
  }
}

/// Rows are told apart all the same, but each is looked for in the whole table.
void check_key_index(Findings& findings, const std::string& subject, const applier::TargetTable& table) {
  if (table.key_is_unique) return;
  const std::string key = applier::join(table.key_names(), ", ");
  findings.add(subject, Verdict::note, table.display_name + " has no unique index on exactly " + key,
               "CREATE " + std::string(table.partitioned ? "" : "UNIQUE ") + "INDEX ON " + table.name + " (" +
                   key + "); unless another index leads with it");
}

/// Answers with the table that was found, if one was.
std::optional<applier::TargetTable> check_target_table(Findings& findings, applier::Session& session,
                                                       const applier::TargetOptions& options,
                                                       const capture::SourceTable& source,
                                                       const PipelineReport* running) {
  const std::string subject = "table " + source.name;
  std::optional<applier::TargetTable> found;
  findings.look(subject, [&] {
    found = applier::find_target(session, options, source);
    if (!found && options.create_tables) {
      (void)applier::create_table_sql(options, source);  // throws where there can be none
      applier::refuse_too_many_columns(source);
      findings.add(subject, Verdict::note, "will be created in schema " + options.schema);
    } else if (!found) {
      findings.add(subject, Verdict::failed, "is missing in schema " + options.schema,
                   applier::in_one_line(applier::create_table_sql(options, source)) + ";");
    } else {
      const bool noted = !running && applier::holds_rows(session, *found);
      findings.add(subject, Verdict::ok,
                   found->display_name + (noted ? ", holds rows already (see target.existing_rows)" : ""));
      check_key_index(findings, subject, *found);
    }
  });
  return found;
}

/// Those of the server's own that fire may rewrite a mirrored row.
void check_triggers(Findings& findings, applier::Session& session,
                    const std::vector<applier::TargetTable>& tables) {
  const bool replica = session.mode() == applier::ApplyMode::replica;
  for (const auto& trigger : applier::firing_triggers(session, tables)) {
    const std::string name = trigger.name + " of " + trigger.table + " (" + trigger.function + ")";
    const std::string alter = "ALTER TABLE " + trigger.table;
    if (replica) {
      findings.add("trigger", Verdict::note,
                   name + " is ENABLE " + (trigger.always ? "ALWAYS" : "REPLICA") +
                       " and fires on replicated rows as well",
                   "if it rewrites them: " + alter + " ENABLE TRIGGER " + trigger.name + ";");
    } else if (trigger.rewrites) {
      findings.add("trigger", Verdict::note,
                   name + " fires before replicated rows are written, and may change them",
                   "if it does: " + alter + " DISABLE TRIGGER " + trigger.name +
                       "; or leave the columns that it sets out: columns in tables.rules");
    } else {
      findings.add(
          "trigger", Verdict::note, name + " fires on replicated rows",
          "if what it does is in SQLite already: " + alter + " DISABLE TRIGGER " + trigger.name + ";");
    }
  }
}

/// In replica mode the server does not look whether rows still point at one that is deleted.
void check_strangers(Findings& findings, applier::Session& session,
                     const std::vector<applier::TargetTable>& tables) {
  for (const auto& key : applier::keys_of_strangers(session, tables)) {
    findings.add("foreign key", Verdict::note,
                 key.child + " is not replicated and points at " + key.parent + " by " + key.name +
                     ", which the server does not check, nor act on, when replicated rows are deleted",
                 "look for rows of " + key.child + " without a parent now and then");
  }
}

void check_owners(Findings& findings, applier::Session& session, const PipelineConfig& config,
                  const std::vector<applier::TargetTable>& tables) {
  for (const auto& claim :
       applier::claims_in_the_way(session, config.target.state_schema, config.name, tables)) {
    const auto owned = applier::target_owned(claim);
    findings.add("table " + claim.table, Verdict::failed, owned.told(true), owned.hint);
  }
}

void check_neighbours(Findings& findings, applier::Session& session,
                      const std::vector<applier::TargetTable>& tables) {
  if (tables.empty()) return;
  check_triggers(findings, session, tables);
  if (session.mode() == applier::ApplyMode::replica) check_strangers(findings, session, tables);
}

void check_rights(Findings& findings, applier::Session& session, const applier::TargetOptions& options) {
  const std::string& schema = options.state_schema;
  if (const auto grant = applier::missing_right_to_make(session, schema)) {
    findings.add("state schema", Verdict::failed,
                 "schema '" + schema + "' is missing and the role may not create it", *grant);
  } else if (const auto owner = applier::stranger_in(session, schema)) {
    findings.add("state schema", Verdict::failed,
                 "what is remembered in schema '" + schema + "' belongs to role " + *owner + ", not to " +
                     session.role(),
                 "give this pipeline a target.state_schema of its own; or, if it is meant to share: GRANT " +
                     *owner + " TO " + session.role() + ";");
  } else if (const auto missing = applier::missing_right_to_fill(session, schema)) {
    findings.add("state schema", Verdict::failed, "the role may not create tables in schema '" + schema + "'",
                 *missing);
  } else {
    findings.add("state schema", Verdict::ok, schema);
  }
}

/// What only a table that has to be made asks for.
void check_right_to_fill(Findings& findings, applier::Session& session,
                         const applier::TargetOptions& options) {
  const auto grant = applier::missing_right_to_fill(session, options.schema);
  if (!grant) return;
  findings.add("target schema", Verdict::failed,
               "the role may not create tables in schema '" + options.schema + "'",
               *grant + " Or create them yourself, as printed by: sluicectl schema");
}

void check_encoding(Findings& findings, applier::Session& session) {
  const auto encoding = session.exec("SHOW server_encoding")[0][0].as<std::string>();
  if (encoding == "UTF8") return;
  findings.add(
      "encoding", Verdict::note,
      "the database keeps text as " + encoding + ", and a row with a character that it lacks is refused",
      "a database that takes every text: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0;");
}

void check_target(Findings& findings, const PipelineConfig& config, const capture::Catalog* catalog,
                  const PipelineReport* running, const LookLine& line) {
  findings.look("target", [&] {
    const auto options = target_look_options(config);
    applier::Session session(options, line);
    findings.add("target", Verdict::ok,
                 redact_url(config.target.url) + ", Postgres " + session.server_version());
    check_way(findings, session);
    check_mode(findings, session);
    check_rights(findings, session, options);
    check_encoding(findings, session);
    if (!catalog) return;
    findings.look("tables", [&] { applier::refuse_shared_targets(options, catalog->tables); });
    std::vector<applier::TargetTable> found;
    for (const auto& table : catalog->tables) {
      if (auto target = check_target_table(findings, session, options, table, running))
        found.push_back(*target);
    }
    if (options.create_tables && found.size() < catalog->tables.size())
      check_right_to_fill(findings, session, options);
    check_owners(findings, session, config, found);
    check_neighbours(findings, session, found);
    findings.look("schema", [&] {
      for (const auto& note : schema_notes(config, session, found))
        findings.add("table " + note.table, Verdict::note, note.detail, note.remedy);
    });
  });
}

void check_running(Findings& findings, const PipelineReport& running) {
  if (running.state == State::finished) {
    const auto ended = has_ended(running.name);
    findings.add("pipeline", Verdict::failed, ended.what(), ended.hint);
    return;
  }
  if (running.state != State::halted && running.state != State::diverged) {
    findings.add("pipeline", Verdict::ok, to_string(running.state));
    return;
  }
  findings.add("pipeline", Verdict::failed,
               std::string(to_string(running.state)) + ": " + (running.error ? running.error->message : ""),
               running.error ? running.error->hint : "see: sluicectl status");
}

}  // namespace

CheckAnswer check_pipeline(const PipelineConfig& config, const PipelineReport* running,
                           const LookLine& line) {
  CheckAnswer answer;
  answer.pipeline = config.name;
  Findings findings(answer);
  const auto catalog = check_source(findings, config);
  check_target(findings, config, catalog ? &*catalog : nullptr, running, line);
  if (running) check_running(findings, *running);
  answer.ready = std::none_of(answer.items.begin(), answer.items.end(),
                              [](const CheckItem& item) { return item.verdict == Verdict::failed; });
  return answer;
}

}  // namespace sluice::daemon
