// Which migration tools use a file, and what docs/MIGRATIONS.md says about them.

#include "daemon/inspect/migration_tools.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/daemon/pages.h"

namespace sluice::daemon {

TEST_CASE("a tool is told by the table that it keeps its state in") {
  CHECK(migration_tools_among({}).empty());
  CHECK(migration_tools_among({"packages", "alembic_versions", "schema_migrations"}).empty());
  const auto found = migration_tools_among({"packages", "django_migrations", "alembic_version"});
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "Alembic");
  CHECK(found[1].name == "Django");
}

TEST_CASE("no two tools share a mark, and each has a remedy of one line") {
  std::set<std::string_view> marks;
  for (const auto& tool : kMigrationTools) {
    CAPTURE(tool.name);
    CHECK(marks.insert(tool.mark).second);
    CHECK(!tool.setting.empty());
    CHECK(tool.setting.find('\n') == std::string_view::npos);
  }
}

TEST_CASE("the migration tools on the page are those of the program") {
  const std::string page = pages::text_of("docs/MIGRATIONS.md");
  CHECK(pages::between(page, "<!-- migration tools -->\n", "<!-- /migration tools -->\n") ==
        migration_tools_markdown());
}

}  // namespace sluice::daemon
