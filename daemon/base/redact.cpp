#include "daemon/base/redact.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>

namespace sluice::daemon {

namespace {

constexpr std::string_view kUnreadable = "(unreadable url)";
constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

/// The parts of a connection text that are set and no secret, by libpq keyword.
using Parts = std::map<std::string, std::string>;

std::string_view scheme_of(std::string_view url) {
  for (const std::string_view scheme : kSchemes) {
    if (url.starts_with(scheme)) return scheme;
  }
  return {};
}

bool is_secret(const PQconninfoOption& option) {
  const std::string_view keyword = option.keyword;
  const auto names = [&](std::string_view word) { return keyword.find(word) != std::string_view::npos; };
  return option.dispchar[0] == '*' || names("password") || names("secret") || names("scram_");
}

std::optional<Parts> public_parts(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  if (!options) return std::nullopt;
  Parts parts;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && !is_secret(*option)) parts[option->keyword] = option->val;
  }
  return parts;
}

bool has(const Parts& parts, const std::string& keyword, std::string_view wanted) {
  const auto part = parts.find(keyword);
  return part != parts.end() && part->second.find(wanted) != std::string::npos;
}

bool is_port_list(const Parts& parts) {
  const auto port = parts.find("port");
  return port == parts.end() || port->second.find_first_not_of("0123456789, ") == std::string::npos;
}

/// An unescaped @ or / in a password moves its rest into the host, the port or the database.
bool looks_misread(std::string_view url, const Parts& parts) {
  if (has(parts, "user", ":")) return true;
  for (const auto& [keyword, value] : parts) {
    if (keyword != "user" && may_hold_secret(value)) return true;
  }
  const std::string_view rest = url.substr(scheme_of(url).size());
  const auto at = rest.find('@');
  if (scheme_of(url).empty() || at == std::string_view::npos) return false;
  return rest.find('@', at + 1) != std::string_view::npos || rest.find('/') < at;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || std::string_view("-._~,/").find(static_cast<char>(c)) != std::string_view::npos) {
      encoded += static_cast<char>(c);
    } else {
      encoded += {'%', kDigits[c >> 4], kDigits[c & 15]};
    }
  }
  return encoded;
}

std::string taken(Parts& parts, const std::string& keyword) {
  const auto node = parts.extract(keyword);
  return node.empty() ? std::string() : node.mapped();
}

/// Can this host stand between // and / ? Lists, socket folders and empty hosts go into the query instead.
bool is_plain_host(const Parts& parts) {
  const auto host = parts.find("host");
  if (host == parts.end() || host->second.empty() || has(parts, "port", ",")) return false;
  return host->second.find_first_of(",/@ ") == std::string::npos;
}

std::string authority(Parts& parts) {
  std::string text;
  if (parts.contains("user")) text = percent_encoded(taken(parts, "user")) + '@';
  if (!is_plain_host(parts)) return text;
  const std::string host = taken(parts, "host");
  text += host.find(':') == std::string::npos ? percent_encoded(host) : '[' + host + ']';
  if (parts.contains("port")) text += ':' + taken(parts, "port");
  return text;
}

std::string as_url(std::string_view scheme, Parts parts) {
  std::string url(scheme);
  url += authority(parts);
  url += '/' + percent_encoded(taken(parts, "dbname"));
  char separator = '?';
  for (const auto& [keyword, value] : parts) {
    url += separator + keyword + '=' + percent_encoded(value);
    separator = '&';
  }
  return url;
}

std::string keyword_value(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \t\r\n\v\f'\\") == std::string::npos) return value;
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '\'';
}

std::string as_keywords(const Parts& parts) {
  std::string text;
  for (const auto& [keyword, value] : parts) {
    text += (text.empty() ? "" : " ") + keyword + '=' + keyword_value(value);
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](unsigned char c) { return std::tolower(c); });
  return lowered;
}

}  // namespace

std::string redact_url(const std::string& url) {
  const std::string_view scheme = scheme_of(url);
  const auto parts = public_parts(url);
  if (!parts || !is_port_list(*parts) || looks_misread(url, *parts)) {
    return std::string(scheme) + std::string(kUnreadable);
  }
  return scheme.empty() ? as_keywords(*parts) : as_url(scheme, *parts);
}

std::optional<std::string> url_fault(const std::string& url) {
  const auto parts = public_parts(url);
  if (!parts) {
    return "neither a URL such as postgresql://user@host/database nor keywords such as 'host=... dbname=...' "
           "that "
           "libpq can read; in a URL the characters @ : / ? # % of a password are written %40 %3A %2F %3F "
           "%23 %25";
  }
  if (has(*parts, "host", "@") || !is_port_list(*parts)) {
    return "a URL whose host or port libpq misreads; write the characters @ : / ? # % of a password as "
           "%40 %3A %2F %3F %23 %25";
  }
  return std::nullopt;
}

bool may_hold_secret(std::string_view text) {
  if (text.find('@') != std::string_view::npos || text.find("://") != std::string_view::npos) return true;
  const std::string lowered = lower(text);
  for (auto at = lowered.find("password"); at != std::string::npos; at = lowered.find("password", at + 1)) {
    const auto next = lowered.find_first_not_of(" \t\r\n", at + std::string_view("password").size());
    if (next != std::string::npos && (lowered[next] == '=' || lowered[next] == ':')) return true;
  }
  return false;
}

}  // namespace sluice::daemon
