#include "daemon/sync/schema_follow.h"

#include <algorithm>
#include <optional>
#include <set>

#include "applier/design/alter_ddl.h"
#include "applier/design/schema_change.h"
#include "applier/design/table_design.h"
#include "applier/server/apply_error.h"
#include "applier/server/neighbours.h"
#include "applier/server/target_table.h"
#include "applier/values/identifiers.h"
#include "applier/values/names.h"
#include "daemon/sync/column_follow.h"
#include "daemon/sync/copy_version.h"

namespace sluice::daemon {
namespace {

using applier::ApplyError;
using applier::Fault;
using applier::ServerTable;
using applier::TableProgress;
using capture::SourceTable;

class Follower {
 public:
  Follower(applier::Session& session, const FollowContext& context) : session_(session), context_(context) {}

  SchemaFollow plan() {
    auto fates = find_fates(session_, context_);
    for (const auto& fate : fates) note_dropped(fate);
    if (!dropped_.empty()) add_drop(dropped_, false);
    for (const auto& fate : fates) note_vacated(fate);
    for (auto& fate : fates) follow_name(fate);
    for (const auto& fate : fates) follow_columns(fate);
    for (auto* steps : {&drops_, &aside_, &renames_, &arrivals_, &columns_})
      std::move(steps->begin(), steps->end(), std::back_inserter(follow_.steps));
    return std::move(follow_);
  }

 private:
  const applier::TargetOptions& options() const { return context_.options; }
  bool mirrors() const { return context_.wish == SchemaChanges::mirror; }

  std::string target_of(const std::string& source_table) const {
    return target_called_for(options(), source_table);
  }

  std::optional<ServerTable> on_server(const std::string& target) const {
    return applier::survey_server(session_, options().schema, {target}).front().table;
  }

  void note_dropped(const Fate& fate) {
    if (fate.now != nullptr) return;
    follow_.gone.push_back(fate.before);
    if (fate.server) dropped_.push_back(&fate);
  }

  /// Foreign keys of tables that stay, and that Sluice has made: SQLite lets them point at nothing.
  void release_children(const std::vector<const Fate*>& fates) {
    std::vector<unsigned> parents;
    for (const auto* fate : fates) parents.push_back(fate->server->oid);
    for (const auto& [child, key] : applier::child_keys(session_, options().schema, parents)) {
      if (!is_made(child)) continue;
      drops_.push_back({.code = "table_dropped",
                        .table = fates.front()->before,
                        .what = "what table '" + child + "' points at was dropped in SQLite",
                        .ddl = applier::drop_constraint_sql(options().schema, child, key),
                        .otherwise = {}});
    }
  }

  bool is_made(const std::string& target) const {
    return std::any_of(context_.progress.begin(), context_.progress.end(),
                       [&](const auto& each) { return each.second.made && target_of(each.first) == target; });
  }

  /// In one statement, since they may point at one another.
  void add_drop(const std::vector<const Fate*>& fates, bool by_itself) {
    std::vector<std::string> names;
    std::vector<std::string> sources;
    bool made = true;
    for (const auto* fate : fates) {
      names.push_back(fate->server->name);
      sources.push_back("'" + fate->before + "'");
      made = made && fate->progress.made;
    }
    release_children(fates);
    drops_.push_back({.code = "table_dropped",
                      .table = fates.front()->before,
                      .what = "table " + applier::join(sources, ", ") + " was dropped in SQLite",
                      .ddl = applier::drop_tables_sql(options().schema, names),
                      .otherwise = {},
                      .for_owner = !made,
                      .by_itself = by_itself});
  }

  /// Names on the server that others may take.
  void note_vacated(const Fate& fate) {
    const bool goes = fate.now == nullptr || target_of(fate.now->name) != target_of(fate.before);
    if (goes && fate.server) vacated_.insert(fate.server->name);
  }

  void follow_name(Fate& fate) {
    if (fate.now == nullptr) return;
    if (fate.now->name == fate.before) {
      if (fate.server) fate.place = fate.server->name;
      return;
    }
    const std::string wanted = target_of(fate.now->name);
    auto there = on_server(wanted);
    const bool same = fate.server && there && there->oid == fate.server->oid;
    const bool renamed_there = there && is_its_table(*there, fate.progress);
    const bool free = !there || (vacated_.contains(there->name) && !is_remembered(*fate.now));
    if (!same && !renamed_there && !(fate.server && free)) return leave_behind(fate);
    follow_.renamed[fate.before] = fate.now->name;
    fate.place = same || renamed_there ? there->name : wanted;
    if (renamed_there) {
      fate.server = std::move(there);
    } else if (!same) {
      rename(fate, there.has_value());
    }
  }

  /// Does the table live on under its own name, so that another one only takes its rows over?
  bool is_remembered(const SourceTable& now) const {
    const auto known = context_.progress.find(now.name);
    if (known == context_.progress.end()) return false;
    const auto remembered = applier::read_remembered(known->second.columns);
    return remembered && !context_.catalog.find(remembered->id);
  }

  static bool is_its_table(const ServerTable& server, const TableProgress& progress) {
    return read_copy_version(progress.version).target == std::to_string(server.oid);
  }

  /// The name is another table's by now, whose rows are compared with it. What a migration has built under a
  /// name of the moment, and Sluice made for it, has done its service.
  void leave_behind(const Fate& fate) {
    follow_.gone.push_back(fate.before);
    if (fate.server && fate.progress.made && is_remembered(*fate.now)) add_drop({&fate}, true);
  }

  /// Tables that change names go by one of the moment.
  void rename(const Fate& fate, bool occupied) {
    const auto step = [&](const std::string& from, const std::string& to) {
      return SchemaStep{
          .code = "table_renamed",
          .table = fate.now->name,
          .what = "table '" + fate.before + "' was renamed to '" + fate.now->name + "' in SQLite",
          .ddl = applier::rename_table_sql(options().schema, from, to),
          .otherwise = {}};
    };
    if (!occupied) return renames_.push_back(step(fate.server->name, fate.place));
    const std::string between = "_sluice_" + std::to_string(fate.remembered.id);
    aside_.push_back(step(fate.server->name, between));
    arrivals_.push_back(step(between, fate.place));
  }

  void follow_columns(const Fate& fate) {
    if (fate.place.empty()) return;
    const ColumnFollow follow{options(),  fate.before,        *fate.now, *fate.server,
                              fate.place, fate.progress.made, mirrors()};
    auto steps = column_steps(follow, changes_of(context_, fate));
    std::move(steps.begin(), steps.end(), std::back_inserter(columns_));
  }

  applier::Session& session_;
  const FollowContext& context_;
  SchemaFollow follow_;
  std::vector<const Fate*> dropped_;
  std::set<std::string> vacated_;
  std::vector<SchemaStep> drops_;
  std::vector<SchemaStep> aside_;
  std::vector<SchemaStep> renames_;
  std::vector<SchemaStep> arrivals_;
  std::vector<SchemaStep> columns_;
};

/// Has the server only said that the rows which it holds do not fit?
bool is_about_rows(const ApplyError& refusal) {
  constexpr std::string_view kCannotCoerce = "42846";
  return refusal.fault == Fault::row || refusal.sqlstate == kCannotCoerce;
}

bool is_wished(const SchemaStep& step, SchemaChanges wish) {
  return step.by_itself || (wish == SchemaChanges::mirror && !step.for_owner);
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

}  // namespace

SchemaFollow plan_follow(applier::Session& session, const FollowContext& context) {
  return Follower(session, context).plan();
}

void refuse_to_follow(const SchemaFollow& follow, SchemaChanges wish) {
  const auto first = std::find_if(follow.steps.begin(), follow.steps.end(),
                                  [&](const SchemaStep& step) { return !is_wished(step, wish); });
  if (first == follow.steps.end()) return;
  std::vector<std::string> happened;
  std::vector<std::string> statements;
  for (const auto& step : follow.steps) {
    add_once(happened, step.what);
    statements.push_back(step.ddl);
  }
  ApplyError error(Fault::table, applier::join(happened, "; "));
  error.code = first->code;
  error.table = first->table;
  error.hint = "let the server follow; sluiced then goes on by itself: " + applier::join(statements, " ");
  if (first->code == "table_dropped") error.hint += " To keep its rows there, name it in tables.exclude";
  throw error;
}

void carry_out(applier::Session& session, const SchemaStep& step) {
  try {
    applier::Savepoint savepoint(session);
    session.exec(step.ddl);
    savepoint.release();
  } catch (ApplyError& refusal) {
    if (step.may_refuse && is_about_rows(refusal)) {
      if (!step.otherwise.empty()) session.exec(step.otherwise);
      return;
    }
    if (refusal.fault != Fault::table && refusal.fault != Fault::row) throw;
    ApplyError error = refusal.in_words(step.what + ", and the server refuses to follow: ");
    error.fault = Fault::table;
    error.code = "schema_change_refused";
    error.table = step.table;
    error.hint =
        "make way for this on the server, or run it with what depends on it; sluiced then goes on by "
        "itself: " +
        step.ddl;
    throw error;
  }
}

}  // namespace sluice::daemon
