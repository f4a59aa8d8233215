#include "capture/schema/table_text.h"

#include <algorithm>
#include <utility>

#include "capture/schema/sql_tokens.h"
#include "capture/values.h"

namespace sluice::capture {
namespace {

/// The definitions between the outer parentheses, one list of tokens without blanks each.
std::vector<Tokens> definitions(std::string_view sql) {
  const Tokens tokens = tokenize(sql);
  std::vector<Tokens> found(1);
  int depth = 0;
  for (auto token = std::find(tokens.begin(), tokens.end(), "("); token != tokens.end(); ++token) {
    if (*token == "(" && ++depth == 1) continue;
    if (*token == ")" && --depth == 0) break;
    if (*token == "," && depth == 1) {
      found.emplace_back();
    } else {
      found.back().push_back(*token);
    }
  }
  return found;
}

/// Goes through one definition, word by word; what stands in parentheses is one step.
class Definition {
 public:
  Definition(Tokens tokens, TableText& text) : tokens_(std::move(tokens)), text_(text) {
    drop_blank_ends(tokens_);
  }

  void read() {
    if (tokens_.empty()) return;
    const std::string first = folded(tokens_.front());
    const bool is_column = first != "constraint" && first != "primary" && first != "unique" &&
                           first != "check" && first != "foreign";
    if (is_column) column_ = folded(unquoted(tokens_[at_++]));
    while (at_ < tokens_.size()) take(folded(tokens_[at_++]));
  }

 private:
  void take(const std::string& word) {
    if (word == "(") {
      --at_;
      (void)group();
    } else if (word == "constraint") {
      name_ = unquoted(next());
    } else if (word == "check") {
      text_.checks.push_back({std::exchange(name_, ""), group()});
    } else if (word == "as") {
      text_.generated[column_] = group();
    } else if (word == "references") {
      text_.deferred.push_back(false);
    } else if (word == "deferrable") {
      deferrable_ = last_ != "not";
    } else if (word == "deferred" && last_ == "initially" && !text_.deferred.empty()) {
      text_.deferred.back() = deferrable_;
    }
    if (!is_blank(word)) last_ = word;
  }

  void pass_blanks() {
    while (at_ < tokens_.size() && is_blank(tokens_[at_])) ++at_;
  }

  std::string next() {
    pass_blanks();
    return at_ < tokens_.size() ? tokens_[at_++] : std::string();
  }

  /// The text in the parentheses that come next; empty where none do.
  std::string group() {
    pass_blanks();
    if (at_ == tokens_.size() || tokens_[at_] != "(") return {};
    const std::size_t start = at_ + 1;
    int depth = 0;
    for (; at_ < tokens_.size(); ++at_) {
      if (tokens_[at_] == "(") ++depth;
      if (tokens_[at_] == ")" && --depth == 0) break;
    }
    const auto begin = tokens_.begin() + static_cast<std::ptrdiff_t>(start);
    const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, tokens_.size()));
    if (at_ < tokens_.size()) ++at_;
    return joined(Tokens(begin, end));
  }

  Tokens tokens_;
  TableText& text_;
  std::size_t at_ = 0;
  std::string column_;
  std::string name_;
  std::string last_;  ///< word, in lower case
  bool deferrable_ = false;
};

}  // namespace

TableText read_create_table(std::string_view sql) {
  TableText text;
  for (Tokens& each : definitions(sql)) Definition(std::move(each), text).read();
  return text;
}

}  // namespace sluice::capture
