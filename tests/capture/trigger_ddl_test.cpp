#include "capture/trigger_ddl.h"

#include <doctest/doctest.h>

#include "tests/capture/sandbox.h"

namespace sluice::capture {

TEST_CASE("the triggers of a table with a unique column and a partial expression index") {
  Sandbox sandbox(
      "CREATE TABLE account(id INTEGER PRIMARY KEY, email TEXT COLLATE NOCASE UNIQUE, org,"
      " code NOT NULL DEFAULT 'none', balance REAL);"
      "CREATE UNIQUE INDEX account_code ON account(org, lower(code)) WHERE org > 0");
  const auto triggers = trigger_ddl(describe(sandbox.app(), "account"), 7);
  REQUIRE(triggers.size() == 7);
  const auto email = [](const std::string& also) {
    return "SELECT 1 FROM \"account\" WHERE \"email\" = (SELECT NEW.\"email\") COLLATE \"NOCASE\"" + also;
  };
  CHECK(triggers[0].name == "_sluice_7_pi");
  CHECK(triggers[0].sql.starts_with(
      "CREATE TRIGGER \"_sluice_7_pi\" BEFORE INSERT ON \"account\" WHEN (SELECT EXISTS("));
  CHECK(triggers[0].sql.find("EXISTS(" + email("") + ")") != std::string::npos);
  CHECK(triggers[0].sql.find("coalesce((SELECT NEW.\"code\"), 'none') AS \"code\"") != std::string::npos);
  CHECK(triggers[0].sql.find(" AND (org > 0))") != std::string::npos);
  CHECK(
      triggers[1].sql ==
      "CREATE TRIGGER \"_sluice_7_pu0\" BEFORE UPDATE OF \"email\" ON \"account\" WHEN (SELECT EXISTS(" +
          email(" AND rowid <> (SELECT OLD.rowid)") +
          ") FROM (SELECT NULL AS \"email\") AS NEW) BEGIN\n"
          "  INSERT INTO _sluice_changelog(src, op, nonce, k0) SELECT 7, 'r', random(), (SELECT \"id\" FROM "
          "\"account\" WHERE \"email\" = (SELECT NEW.\"email\") COLLATE \"NOCASE\" AND rowid <> (SELECT "
          "OLD.rowid)) "
          "FROM (SELECT NULL AS \"email\") AS NEW WHERE EXISTS(" +
          email(" AND rowid <> (SELECT OLD.rowid)") + ");\nEND");
  CHECK(triggers[2].sql.starts_with("CREATE TRIGGER \"_sluice_7_pu1\" BEFORE UPDATE ON \"account\" WHEN"));
  const std::string note = "BEGIN\n  INSERT INTO _sluice_changelog(src, op, nonce, k0) VALUES(7, ";
  CHECK(triggers[3].sql == "CREATE TRIGGER \"_sluice_7_d\" BEFORE DELETE ON \"account\" " + note +
                               "'d', random(), OLD.\"id\");\nEND");
  CHECK(triggers[4].sql == "CREATE TRIGGER \"_sluice_7_u\" BEFORE UPDATE ON \"account\" " + note +
                               "'u', random(), OLD.\"id\");\nEND");
  CHECK(triggers[5].sql ==
        "CREATE TRIGGER \"_sluice_7_k\" BEFORE UPDATE ON \"account\" WHEN OLD.\"id\" IS NOT NEW.\"id\" "
        "COLLATE BINARY " +
            note + "'u', random(), NEW.\"id\");\nEND");
  CHECK(triggers[6].sql == "CREATE TRIGGER \"_sluice_7_i\" AFTER INSERT ON \"account\" " + note +
                               "'i', random(), NEW.\"id\");\nEND");
}

TEST_CASE("a default is read as SQLite means it") {
  CHECK(default_expression("'none'") == "'none'");
  CHECK(default_expression("\"it's\"") == "'it''s'");
  CHECK(default_expression("word") == "'word'");
  CHECK(default_expression("NULL") == "NULL");
  CHECK(default_expression("CURRENT_TIMESTAMP") == "CURRENT_TIMESTAMP");
  CHECK(default_expression("-5") == "-5");
  CHECK(default_expression("abs(-1)") == "abs(-1)");
}

}  // namespace sluice::capture
