#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <pqxx/row>
#include <string>
#include <string_view>

#include "applier/server/apply_error.h"
#include "capture/change.h"

namespace sluice::applier {

/// Whose memory is read, and where it is.
struct StatePlace {
  std::string schema;
  std::string pipeline;
};

/// The error "state_damaged": what the server remembers can't be what Sluice wrote. `what` is the first thing
/// that can't, as the subject and the verb of a sentence.
ApplyError state_damaged(const StatePlace& place, const std::string& what);

/// A column of a state table as RFC 3339, UTC; NULL where it holds no time that can have been noted.
std::string utc_sql(const std::string& column);

/// The fields of one row of a state table, each held against what Sluice writes there, because whoever may
/// write to a table may write anything. What can't be reads as nothing, and the first such field is noted.
/// Lives as long as what it was made of.
class StateFields {
 public:
  /// `damage` keeps what is found first; it may hold something already.
  StateFields(const StatePlace& place, const char* table, const pqxx::row& row,
              std::optional<ApplyError>& damage)
      : place_(place), table_(table), row_(row), damage_(damage) {}

  std::string text(const char* column);
  /// Of nothing less than 0 and nothing that counting could have come to.
  std::int64_t count(const char* column);
  /// Any number at all.
  std::int64_t number(const char* column);
  bool truth(const char* column, bool otherwise = false);
  /// Values as capture::encode() writes them.
  capture::Key key(const char* column);
  /// A text that `is_sound` or else is damaged.
  std::string text(const char* column, bool (*is_sound)(const std::string&));

  /// The place of a word among `words`.
  template <typename Enum, std::size_t size>
  Enum word(const char* column, const std::array<const char*, size>& words) {
    const std::string found = text(column);
    for (std::size_t i = 0; i < size; ++i) {
      if (found == words[i]) return static_cast<Enum>(i);
    }
    note(column, "holds no word of Sluice's");
    return Enum{};
  }

 private:
  std::optional<std::string_view> view(const char* column);
  void note(const char* column, const char* what);

  const StatePlace& place_;
  const char* table_;
  const pqxx::row& row_;
  std::optional<ApplyError>& damage_;
};

}  // namespace sluice::applier
