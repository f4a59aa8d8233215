#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::daemon {

/// A tool that compares a database with what it expects there, and may want to drop tables that it does not
/// know.
struct MigrationTool {
  std::string_view mark;  ///< the table in which it keeps its own state
  std::string_view name;
  std::string_view habit;    ///< what it does about our tables
  std::string_view place;    ///< where the setting belongs
  std::string_view setting;  ///< makes it leave our tables alone
};

inline constexpr std::array kMigrationTools{
    MigrationTool{
        "alembic_version", "Alembic", "autogenerate drafts a migration that drops them",
        "context.configure in env.py",
        R"(include_object=lambda object, name, type_, *rest: type_ != "table" or not name.startswith("_sluice_"))"},
    MigrationTool{"django_migrations", "Django", "migrate leaves them alone, inspectdb makes models of them",
                  "nothing to set; name your own tables", "manage.py inspectdb TABLE..."},
    MigrationTool{
        "_prisma_migrations", "Prisma", "migrate dev and db push take them for drift", "prisma.config.ts",
        R"(experimental: { externalTables: true }, tables: { external: ["_sluice_meta", "_sluice_table", "_sluice_changelog"] })"},
    MigrationTool{"ar_internal_metadata", "Rails", "db:migrate writes them into schema.rb",
                  "config/initializers", "ActiveRecord::SchemaDumper.ignore_tables << /^_sluice_/"},
    MigrationTool{"__drizzle_migrations", "Drizzle", "drizzle-kit push drops them, pull lists them",
                  "drizzle.config.ts", R"(tablesFilter: ["!_sluice_*"])"},
    MigrationTool{"SequelizeMeta", "Sequelize", "leaves them alone, except for dropAllTables",
                  "no setting; at each call",
                  R"(dropAllTables({ skip: ["_sluice_meta", "_sluice_table", "_sluice_changelog"] }))"},
};

/// The tools whose tables are among these names.
std::vector<MigrationTool> migration_tools_among(const std::vector<std::string>& tables);

/// All of them, as the README's table.
std::string migration_tools_markdown();

}  // namespace sluice::daemon
