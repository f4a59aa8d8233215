#include "applier/values/json_text.h"

#include <algorithm>
#include <cstdint>

#include "applier/values/json_escape.h"

namespace sluice::applier {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";
constexpr std::string_view kDigits = "0123456789";

/// Reads over one JSON value, however deep, with a stack of its own.
class JsonReader {
 public:
  JsonReader(std::string_view text, JsonEscapes escapes) : text_(text), escapes_(escapes) {}

  std::optional<std::string> fault() {
    const bool sound = take_document();
    if (sound || !fault_.empty()) return sound ? std::nullopt : std::optional(fault_);
    return "text is not JSON, from byte " + std::to_string(at_ + 1) + " on";
  }

 private:
  bool take_document() {
    do {
      if (!take_opening_or_value()) return false;
      while (!open_.empty() && take_closing()) open_.pop_back();
      if (!open_.empty() && !take_next_member()) return false;
    } while (!open_.empty());
    skip_blanks();
    return at_ == text_.size();
  }

  /// A scalar, an empty array or object, or what opens one up to its first value.
  bool take_opening_or_value() {
    for (;;) {
      skip_blanks();
      if (take('[')) {
        skip_blanks();
        if (take(']')) return true;
        open_ += ']';
      } else if (take('{')) {
        skip_blanks();
        if (take('}')) return true;
        open_ += '}';
        if (!take_name()) return false;
      } else {
        return take_scalar();
      }
    }
  }

  bool take_closing() {
    skip_blanks();
    return take(open_.back());
  }

  bool take_next_member() { return take(',') && (open_.back() == ']' || take_name()); }

  bool take_name() {
    skip_blanks();
    if (!take_string()) return false;
    skip_blanks();
    return take(':');
  }

  bool take_scalar() {
    if (at_ == text_.size()) return false;
    switch (text_[at_]) {
      case '"':
        return take_string();
      case 't':
        return take_word("true");
      case 'f':
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return take_number();
    }
  }

  bool take_number() {
    take('-');
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return take_digits();
  }

  bool take_string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      ++at_;
      if (c == '"') return true;
      if (c == '\\' && !take_escape()) return false;
    }
    return false;
  }

  bool take_escape() {
    if (!take('u')) return take_any_of("\"\\/bfnrt");
    const auto unit = unit_at(text_, at_);
    if (!unit) return false;
    at_ += 4;
    return escapes_ == JsonEscapes::any || is_storable(*unit);
  }

  bool is_storable(std::uint32_t unit) {
    if (unit == 0) return fail("holds \\u0000, which Postgres can't store as text");
    if (!is_high_surrogate(unit) && !is_low_surrogate(unit)) return true;
    const auto low = take_word("\\u") ? unit_at(text_, at_) : std::nullopt;
    if (is_low_surrogate(unit) || !low || !is_low_surrogate(*low)) {
      return fail("holds one half of a surrogate pair, which Postgres can't store as text");
    }
    at_ += 4;
    return true;
  }

  bool fail(const char* what) {
    fault_ = "JSON text " + std::string(what) + ", at byte " + std::to_string(at_ + 1);
    return false;
  }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take_any_of(std::string_view choice) {
    if (at_ == text_.size() || choice.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool take_digits() {
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_not_of(kDigits, at_), text_.size());
    return at_ > begin;
  }

  std::string_view text_;
  JsonEscapes escapes_;
  std::size_t at_ = 0;
  std::string open_;  ///< what closes the arrays and objects that are open
  std::string fault_;
};

}  // namespace

std::optional<std::string> json_fault(std::string_view text, JsonEscapes escapes) {
  return JsonReader(text, escapes).fault();
}

}  // namespace sluice::applier
