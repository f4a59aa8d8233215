#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/base/nearest.h"
#include "daemon/base/redact.h"
#include "daemon/base/units.h"
#include "daemon/config/given.h"
#include "daemon/config/paths.h"
#include "daemon/config/value_text.h"
#include "daemon/config/words.h"

/// How each kind of value is read and printed. A codec has a kind for people, parse() and print().
namespace sluice::daemon {

[[noreturn]] inline void refuse(const std::string& expected, const Given& given) {
  throw ValueError("expected " + expected + ", got " + quoted_for_message(given.items.front()));
}

/// What a value that an older program would silently ignore is answered with.
[[noreturn]] inline void refuse_unsupported(const std::string& what) {
  throw ValueError(what + " is not supported by this version (" SLUICE_VERSION ")");
}

struct FlagCodec {
  std::string kind = "true or false";
  bool parse(const Given& given) const;
  std::string print(bool value) const { return value ? "true" : "false"; }
};

/// The bounds of a number are far enough from the limits of clocks, counters and libraries that nothing that
/// is made of it overflows.
struct DurationCodec {
  Milliseconds least;
  Milliseconds most;
  std::string kind = "duration, " + print_duration(least) + " to " + print_duration(most);

  Milliseconds parse(const Given& given) const {
    const auto value = parse_duration(given.items.front());
    if (!value || *value < least || *value > most)
      refuse("a duration between " + print_duration(least) + " and " + print_duration(most) +
                 " such as 10s (units ms, s, m, h)",
             given);
    return *value;
  }
  std::string print(Milliseconds value) const { return print_duration(value); }
};

struct SizeCodec {
  std::int64_t least;
  std::int64_t most;
  std::string kind = "size, " + print_size(least) + " to " + print_size(most);

  std::int64_t parse(const Given& given) const {
    const auto value = parse_size(given.items.front());
    if (!value || *value < least || *value > most)
      refuse("a size between " + print_size(least) + " and " + print_size(most) +
                 " such as 32MiB (units B, KiB, MiB, GiB, TiB)",
             given);
    return *value;
  }
  std::string print(std::int64_t value) const { return print_size(value); }
};

struct CountCodec {
  std::int64_t least;
  std::int64_t most;
  std::string kind = "whole number, " + std::to_string(least) + " to " + std::to_string(most);

  std::int64_t parse(const Given& given) const {
    const auto value = parse_count(given.items.front());
    if (!value || *value < least || *value > most)
      refuse("a whole number between " + std::to_string(least) + " and " + std::to_string(most), given);
    return *value;
  }
  std::string print(std::int64_t value) const { return std::to_string(value); }
};

template <typename Choice>
struct ChoiceCodec {
  std::string kind = listed(" or ");

  Choice parse(const Given& given) const {
    const std::string& text = given.items.front();
    for (const auto& word : kWords<Choice>) {
      if (word.text == text) return word.choice;
    }
    throw ValueError("expected " + listed(" or ") + ", got " + quoted_for_message(text));
  }
  std::string print(Choice value) const { return std::string(word_of(value)); }

 private:
  static std::string listed(std::string_view last_separator) {
    std::string text;
    for (const auto& word : kWords<Choice>) {
      const bool last = &word == &kWords<Choice>.back();
      if (!text.empty()) text += last ? last_separator : ", ";
      text += word.text;
    }
    return text;
  }
};

struct TextCodec {
  static constexpr std::size_t kMost = 255;
  std::string kind = "text, up to 255 bytes";
  std::string parse(const Given& given) const {
    if (given.items.front().size() > kMost) refuse("a text of up to 255 bytes", given);
    return given.items.front();
  }
  std::string print(const std::string& value) const { return yaml_scalar(value); }
};

/// A Postgres name: longer ones would be cut by the server.
struct NameCodec {
  std::string kind = "name, 1 to 63 bytes";

  std::string parse(const Given& given) const {
    const std::string& name = given.items.front();
    if (name.empty() || name.size() > 63) refuse("a name of 1 to 63 bytes", given);
    return name;
  }
  std::string print(const std::string& value) const { return yaml_scalar(value); }
};

struct UrlCodec {
  std::string kind = "libpq URL or keywords";

  std::string parse(const Given& given) const {
    const std::string& url = given.items.front();
    if (url.empty()) throw ValueError("expected a URL such as postgresql:///shop, got an empty text");
    if (const auto fault = url_fault(url)) throw ValueError(*fault);
    return url;
  }
  std::string print(const std::string& value) const { return yaml_scalar(redact_url(value)); }
};

struct PathCodec {
  bool required = false;
  std::string kind = "path";

  std::filesystem::path parse(const Given& given) const {
    const std::string& path = given.items.front();
    if (path.empty() && required) refuse("a path", given);
    return path.empty() ? std::filesystem::path() : resolved_path(path, given.folder);
  }
  std::string print(const std::filesystem::path& value) const { return yaml_scalar(value.string()); }
};

struct PatternsCodec {
  static constexpr Shape kShape = Shape::list;
  std::string kind = "list of glob patterns";

  std::vector<std::string> parse(const Given& given) const {
    const bool has_empty = std::ranges::find(given.items, std::string()) != given.items.end();
    if (has_empty) throw ValueError("expected glob patterns such as order_*, got an empty one");
    return given.items;
  }
  std::string print(const std::vector<std::string>& value) const { return yaml_list(value); }
};

}  // namespace sluice::daemon
