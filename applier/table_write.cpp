#include "applier/table_write.h"

#include <set>
#include <utility>

#include "applier/apply_error.h"
#include "applier/identifiers.h"

namespace sluice::applier {
namespace {

constexpr std::size_t kShownKeyBytes = 200;

capture::Key key_of(const TargetTable& table, const capture::Row& row) {
  capture::Key key;
  for (const std::size_t i : table.source.key) key.push_back(row[i]);
  return key;
}

ApplyError refusal(const TargetTable& table, const capture::Key& key, const TargetColumn& column,
                   const ConversionError& reason) {
  ApplyError error(Fault::row, reason.what());
  error.table = table.source.name;
  error.key = capture::to_literal(key, kShownKeyBytes);
  error.column = table.source.columns[column.source].name;
  error.hint = "change the value in SQLite, or the type of column " + column.name + " (" + column.type +
               ") of " + table.display_name + "; replication then goes on by itself";
  return error;
}

TextKey convert_key(const TargetTable& table, const capture::Key& key, const TextPolicies& policies) {
  TextKey text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const TargetColumn& column = table.columns[table.key[i]];
    try {
      text.push_back(key_to_postgres(key[i], column.kind, policies));
    } catch (const ConversionError& reason) {
      throw refusal(table, key, column, reason);
    }
  }
  return text;
}

/// Keys convert one-to-one, so a key that the target can't hold has no row there: nothing is to be deleted.
std::optional<TextKey> key_to_delete(const TargetTable& table, const capture::Key& key,
                                     const TextPolicies& policies) {
  try {
    return convert_key(table, key, policies);
  } catch (const ApplyError&) {
    return std::nullopt;
  }
}

void append_escaped(std::string& out, const std::string& text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

TextRow convert_row(const TargetTable& table, const capture::Row& row, const TextPolicies& policies) {
  TextRow text(table.columns.size());
  const TextKey key = convert_key(table, key_of(table, row), policies);
  for (std::size_t i = 0; i < table.key.size(); ++i) text[table.key[i]] = key[i];
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const TargetColumn& column = table.columns[i];
    if (text[i]) continue;
    try {
      text[i] = to_postgres(row[column.source], column.kind, policies);
      const bool number = column.kind == TypeKind::numeric || column.kind == TypeKind::real;
      if (number && text[i]) refuse_rounding(*text[i], column.type);
    } catch (const ConversionError& reason) {
      throw refusal(table, key_of(table, row), column, reason);
    }
  }
  return text;
}

TableWrite convert_changes(const TargetTable& table, const capture::TableChanges& changes,
                           const TextPolicies& policies) {
  TableWrite write;
  write.table = &table;
  std::set<TextKey> written;
  for (const auto& state : changes.keys) {
    if (!state.row) continue;
    write.upserts.push_back(convert_row(table, *state.row, policies));
    TextKey key;
    for (const std::size_t i : table.key) key.push_back(*write.upserts.back()[i]);
    written.insert(std::move(key));
  }
  for (const auto& state : changes.keys) {
    if (state.row) continue;
    auto key = key_to_delete(table, state.key, policies);
    if (key && !written.contains(*key)) write.deletes.push_back(std::move(*key));
  }
  return write;
}

std::string shown_key(const TargetTable& table, const TextRow& row) {
  std::vector<std::string> values;
  for (const std::size_t i : table.key) {
    const bool number = table.columns[i].kind == TypeKind::int2 || table.columns[i].kind == TypeKind::int4 ||
                        table.columns[i].kind == TypeKind::int8;
    values.push_back(number ? *row[i] : quote_literal(row[i]->substr(0, kShownKeyBytes)));
  }
  return values.size() == 1 ? values.front() : "(" + join(values, ", ") + ")";
}

void append_copy_line(std::string& lines, const std::vector<const std::optional<std::string>*>& fields) {
  bool first = true;
  for (const auto* field : fields) {
    if (!std::exchange(first, false)) lines += '\t';
    if (*field) {
      append_escaped(lines, **field);
    } else {
      lines += "\\N";
    }
  }
  lines += '\n';
}

}  // namespace sluice::applier
