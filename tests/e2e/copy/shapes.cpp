#include "tests/e2e/copy/shapes.h"

namespace sluice::e2e {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

std::string with_number(std::string expression, const std::string& number) {
  for (std::size_t place = 0; (place = expression.find("{i}", place)) != std::string::npos;)
    expression.replace(place, 3, number);
  return expression;
}

/// Words of which every collation has an opinion of its own: case, accents, punctuation.
const std::string kWord =
    "CASE {i} % 5 WHEN 0 THEN 'Zebra' WHEN 1 THEN 'apfel' WHEN 2 THEN 'Äpfel' WHEN 3 THEN 'co-op' ELSE "
    "'Coop' END"
    " || ' ' || {i}";

}  // namespace

std::string Shape::source_ddl() const {
  return "CREATE TABLE " + table + " (" + key_ddl + ", amount REAL, note TEXT" + ddl_end + ";";
}

std::string Shape::target_ddl() const {
  return "CREATE TABLE " + table + " (" + target_key + ", amount double precision, note text);";
}

std::string Shape::fill(int rows) const {
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(rows) +
         ") INSERT INTO " + table + " SELECT " + key_of("i") + ", i * 0.1, 'old ' || i FROM n;";
}

std::string Shape::remove_all(int first, int last) const {
  return "WITH RECURSIVE n(i) AS (SELECT " + std::to_string(first) +
         " UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(last) + ") DELETE FROM " + table +
         " WHERE (" + listed(columns) + ") IN (SELECT " + key_of("i") + " FROM n);";
}

std::string Shape::replace() const {
  return "REPLACE INTO " + table + " VALUES (" + key_of("?1") + ", ?2 * 0.1, 'new ' || ?2)";
}

std::string Shape::update() const {
  return "UPDATE " + table + " SET amount = ?2 * 0.1, note = 'changed ' || ?2 WHERE " + where();
}

std::string Shape::remove() const {
  return "DELETE FROM " + table + " WHERE " + where() + " AND ?2 > 0";
}

std::string Shape::move() const {
  return "UPDATE OR REPLACE " + table + " SET (" + listed(columns) + ", note) = (" + key_of("?2") +
         ", 'moved') WHERE " + where();
}

std::string Shape::key_of(const std::string& number) const {
  return with_number(listed(key), number);
}

std::string Shape::where() const {
  return "(" + listed(columns) + ") = (" + key_of("?1") + ")";
}

std::vector<Shape> shapes() {
  return {
      {"by_integer",
       "id INTEGER PRIMARY KEY",
       ")",
       {"id"},
       {"{i} * 3 - 3000"},
       "id bigint PRIMARY KEY",
       "-9223372036854775808",
       "9223372036854775807"},
      {"by_text",
       "word TEXT PRIMARY KEY NOT NULL",
       ")",
       {"word"},
       {kWord},
       "word text PRIMARY KEY",
       "''",
       "'zzz'"},
      {"by_american",
       "word TEXT PRIMARY KEY NOT NULL",
       ")",
       {"word"},
       {kWord},
       "word text COLLATE public.american PRIMARY KEY",
       "''",
       "'zzz'",
       false},
      {"by_worldly",
       "word TEXT NOT NULL",
       ", PRIMARY KEY (word)) WITHOUT ROWID",
       {"word"},
       {kWord},
       "word text COLLATE public.worldly PRIMARY KEY",
       "''",
       "'zzz'",
       false},
      {"by_nocase",
       "word TEXT COLLATE NOCASE PRIMARY KEY NOT NULL",
       ")",
       {"word"},
       {"CASE {i} % 2 WHEN 0 THEN 'KEY ' ELSE 'key ' END || {i}"},
       "word text PRIMARY KEY",
       "''",
       "'zzz'"},
      {"by_number",
       "id PRIMARY KEY NOT NULL",
       ")",
       {"id"},
       {"CASE {i} % 3 WHEN 0 THEN {i} ELSE {i} + 0.25 END"},
       "id double precision PRIMARY KEY",
       "-1e300",
       "1e300",
       false},
      {"by_two",
       "region TEXT NOT NULL, number INTEGER NOT NULL",
       ", PRIMARY KEY (region, number DESC)) WITHOUT ROWID",
       {"region", "number"},
       {"CASE {i} % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'South' ELSE 'süd' END", "{i} / 3"},
       "region text COLLATE public.american, number bigint, PRIMARY KEY (number, region)",
       "'', -1",
       "'zzz', 1000000",
       false},
      {"by_bytes",
       "digest BLOB PRIMARY KEY NOT NULL",
       ")",
       {"digest"},
       {"CAST('d' || ({i} * 7919 % 100003) || x'00' || {i} AS BLOB)"},
       "digest bytea PRIMARY KEY",
       "'\\x'",
       "'\\xffff'"},
      {"by_uuid",
       "id UUID PRIMARY KEY NOT NULL",
       ")",
       {"id"},
       {"printf('%08x-0000-4000-8000-%012x', {i} * 7919 % 100003, {i})"},
       "id uuid PRIMARY KEY",
       "'00000000-0000-0000-0000-000000000000'",
       "'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
  };
}

}  // namespace sluice::e2e
