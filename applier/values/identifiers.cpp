#include "applier/values/identifiers.h"

#include <algorithm>

namespace sluice::applier {
namespace {

std::string doubled(std::string_view text, char quote) {
  std::string out;
  out.reserve(text.size() + 2);
  out += quote;
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
  return out;
}

}  // namespace

std::string quote_name(std::string_view name) {
  return doubled(name, '"');
}

std::string quote_name(std::string_view schema, std::string_view table) {
  return quote_name(schema) + "." + quote_name(table);
}

std::string quoted_name_sql(const std::string& expression) {
  return "'\"' || replace(" + expression + ", '\"', '\"\"') || '\"'";
}

std::string quote_literal(std::string_view text) {
  // A message is read as a whole before its first statement runs, so no setting in it can tell what a
  // backslash means; E'' can.
  if (text.find('\\') == std::string_view::npos) return doubled(text, '\'');
  return "E" + replace_all(doubled(text, '\''), "\\", "\\\\");
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string out;
  for (const std::string& piece : pieces) {
    if (!out.empty()) out += separator;
    out += piece;
  }
  return out;
}

std::string qualified(const std::string& alias, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) out.push_back(alias + "." + name);
  return join(out, ",");
}

std::string dollars_around(std::string_view body) {
  std::string tag = "$sluice$";
  while (body.find(tag) != std::string_view::npos) tag.insert(1, "_");
  return tag;
}

std::string replace_all(std::string_view text, std::string_view placeholder, std::string_view value) {
  return replace_each(text, {{placeholder, std::string(value)}});
}

std::string replace_each(std::string_view text,
                         const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  while (!text.empty()) {
    const auto here = std::find_if(values.begin(), values.end(),
                                   [&](const auto& each) { return text.starts_with(each.first); });
    if (here == values.end()) {
      out += text.front();
      text.remove_prefix(1);
    } else {
      out += here->second;
      text.remove_prefix(here->first.size());
    }
  }
  return out;
}

}  // namespace sluice::applier
