#include "capture/values.h"

#include <sqlite3.h>

namespace sluice::capture {
namespace {

std::string bytes_at(const void* data, int size) {
  return size == 0 ? std::string()
                   : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) result += c == quote ? std::string(2, quote) : std::string(1, c);
  return result + quote;
}

}  // namespace

Snapshot::Snapshot(SQLite::Database& database) {
  if (sqlite3_get_autocommit(database.getHandle()) != 0) own_.emplace(database);
}

std::string text_at(SQLite::Statement& statement, int column) {
  const SQLite::Column field = statement.getColumn(column);
  return field.isNull() ? std::string() : std::string(field.getText());
}

Value read_value(SQLite::Statement& statement, int column) {
  const SQLite::Column field = statement.getColumn(column);
  switch (field.getType()) {
    case SQLITE_INTEGER:
      return field.getInt64();
    case SQLITE_FLOAT:
      return field.getDouble();
    case SQLITE_TEXT: {
      const char* text = field.getText();  // first: it converts, and getBytes() counts the result
      return Text{bytes_at(text, field.getBytes())};
    }
    case SQLITE_BLOB: {
      const void* blob = field.getBlob();
      return Blob{bytes_at(blob, field.getBytes())};
    }
    default:
      return std::monostate{};
  }
}

void bind_value(SQLite::Statement& statement, int parameter, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    statement.bind(parameter, static_cast<std::int64_t>(*number));
  } else if (const auto* real = std::get_if<double>(&value)) {
    statement.bind(parameter, *real);
  } else if (const auto* text = std::get_if<Text>(&value)) {
    statement.bindNoCopy(parameter, text->bytes);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    statement.bindNoCopy(parameter, blob->bytes.data(), static_cast<int>(blob->bytes.size()));
  } else {
    statement.bind(parameter);
  }
}

void bind_key(SQLite::Statement& statement, int first, const Key& key) {
  for (const Value& value : key) bind_value(statement, first++, value);
}

std::int64_t size_of(const Value& value) {
  std::int64_t size = sizeof(Value);
  if (const auto* text = std::get_if<Text>(&value)) size += static_cast<std::int64_t>(text->bytes.size());
  if (const auto* blob = std::get_if<Blob>(&value)) size += static_cast<std::int64_t>(blob->bytes.size());
  return size;
}

std::string quote_name(std::string_view identifier) {
  return quoted(identifier, '"');
}

std::string quote_text(std::string_view text) {
  return quoted(text, '\'');
}

std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

std::string folded(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace sluice::capture
