#include "tests/support/sqlite_file.h"

#include <array>
#include <charconv>

namespace sluice::support {

SqliteFile::SqliteFile(const std::string& journal_mode)
    : path_(dir_ / "source.db"), database_(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000) {
  database_.execAndGet("PRAGMA journal_mode = " + journal_mode);
}

std::string SqliteFile::rows(const std::string& sql) {
  std::string text;
  SQLite::Statement statement(database_, sql);
  while (statement.executeStep()) {
    text += text.empty() ? "" : "\n";
    for (int index = 0; index < statement.getColumnCount(); ++index) {
      text += index == 0 ? "" : "|";
      text += to_text(statement.getColumn(index));
    }
  }
  return text;
}

std::string to_text(const SQLite::Column& column) {
  if (column.isNull()) {
    return "NULL";
  }
  if (column.isFloat()) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), column.getDouble());
    return {digits.data(), end.ptr};
  }
  // Text first: it converts, from UTF-16 say, and getBytes() counts the result.
  const void* const data = column.isBlob() ? column.getBlob() : column.getText();
  const std::string bytes(static_cast<const char*>(data), static_cast<std::size_t>(column.getBytes()));
  if (!column.isBlob()) {
    return bytes;
  }
  std::string hex = "x'";
  for (const char c : bytes) {
    static constexpr const char* kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    hex += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return hex + "'";
}

}  // namespace sluice::support
