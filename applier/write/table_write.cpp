#include "applier/write/table_write.h"

#include <algorithm>
#include <set>
#include <utility>

#include "applier/server/apply_error.h"
#include "applier/values/conversion_notes.h"
#include "applier/values/identifiers.h"

namespace sluice::applier {
namespace {

ApplyError refusal(const TargetTable& table, const capture::Key& key, const TargetColumn& column,
                   const capture::Value& value, const ConversionError& reason) {
  ApplyError error(Fault::row, reason.what());
  error.name_row(table.source.name, key);
  error.name_value(table.source.columns[column.source].name, value,
                   std::ranges::find(table.source.key, column.source) != table.source.key.end());
  if (dynamic_cast<const UnitDoubtful*>(&reason) != nullptr) error.code = "unit_doubtful";
  error.hint = "change the value in SQLite, or the type of column " + column.name + " (" + column.type +
               ") of " + table.display_name + "; replication then goes on by itself";
  if (!reason.remedy.empty()) {
    error.hint +=
        ". Or set tables.rules." + table.source.name + ".types." + error.column + " to " + reason.remedy;
  }
  return error;
}

/// Source and target agree on which ASCII letters are the same, and on no others.
void refuse_other_letters(const std::string& text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return;
  throw ConversionError("key not canonical: letters beyond ASCII, of which citext may call others equal");
}

TextKey convert_key(const TargetTable& table, const capture::Key& key) {
  TextKey text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const TargetColumn& column = table.columns[table.key[i]];
    try {
      text.push_back(key_to_postgres(key[i], column.converted_as()));
      if (column.folded) refuse_other_letters(text.back());
    } catch (const ConversionError& reason) {
      throw refusal(table, key, column, key[i], reason);
    }
  }
  return text;
}

/// The spelling by which keys are told apart.
TextKey told_apart_by(const TargetTable& table, TextKey key) {
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (table.columns[table.key[i]].folded) key[i] = spell(key[i], Identifiers::lower);
  }
  return key;
}

/// Converts a row, or keeps the refusal with it.
void add_row(TableWrite& write, const capture::Row& row, const TextPolicies& policies) {
  const TargetTable& table = *write.table;
  try {
    write.upserts.push_back(convert_row(table, row, policies));
    write.rows.push_back(&row);
  } catch (const ApplyError& error) {
    write.refused.push_back({{table.source.name, capture::encode(key_of(table.source, row))},
                             false,
                             column_names(table.source),
                             row,
                             error});
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

std::optional<TextKey> target_key(const TargetTable& table, const capture::Key& key) {
  try {
    return convert_key(table, key);
  } catch (const ApplyError&) {
    return std::nullopt;
  }
}

capture::Key key_of(const capture::SourceTable& table, const capture::Row& row) {
  capture::Key key;
  for (const std::size_t i : table.key) key.push_back(row[i]);
  return key;
}

std::vector<std::string> column_names(const capture::SourceTable& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  return names;
}

TextRow convert_row(const TargetTable& table, const capture::Row& row, const TextPolicies& policies) {
  TextRow text(table.columns.size());
  const TextKey key = convert_key(table, key_of(table.source, row));
  for (std::size_t i = 0; i < table.key.size(); ++i) text[table.key[i]] = key[i];
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const TargetColumn& column = table.columns[i];
    if (text[i]) continue;
    Remarks remarks = 0;
    try {
      text[i] = to_postgres(row[column.source], column.converted_as(), policies, remarks);
    } catch (const ConversionError& reason) {
      throw refusal(table, key_of(table.source, row), column, row[column.source], reason);
    }
    if (remarks != 0 && policies.notes) {
      policies.notes->add(table.source.name, table.source.columns[column.source].name, remarks);
    }
  }
  return text;
}

TableWrite convert_rows(const TargetTable& table, const std::vector<capture::Row>& rows,
                        const TextPolicies& policies) {
  TableWrite write;
  write.table = &table;
  for (const auto& row : rows) add_row(write, row, policies);
  return write;
}

TableWrite convert_changes(const TargetTable& table, const capture::TableChanges& changes,
                           const TextPolicies& policies) {
  TableWrite write;
  write.table = &table;
  for (const auto& state : changes.keys) {
    if (state.row) add_row(write, *state.row, policies);
  }
  std::set<TextKey> written;
  for (const auto& row : write.upserts) {
    TextKey key;
    for (const std::size_t i : table.key) key.push_back(*row[i]);
    written.insert(told_apart_by(table, std::move(key)));
  }
  for (const auto& state : changes.keys) {
    if (state.row) continue;
    auto key = target_key(table, state.key);
    if (!key || written.contains(told_apart_by(table, *key))) continue;
    write.deletes.push_back(std::move(*key));
    write.gone.push_back(&state.key);
  }
  return write;
}

void append_copy_line(std::string& lines, const std::vector<const std::optional<std::string>*>& fields) {
  // A value of a gigabyte would else be copied on from one buffer to the next larger one.
  std::size_t size = lines.size();
  for (const auto* field : fields) size += field->has_value() ? (*field)->size() + 2 : 3;
  lines.reserve(size);
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
