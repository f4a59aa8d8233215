#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Connection texts without their secrets: what may be printed, logged and shown.
namespace sluice::daemon {

/// The libpq URL or keyword string without its passwords, written anew from what libpq understood.
/// What libpq can't read, and what it reads in a way that lets a password slip into another part
/// (an unescaped @ or / in it), becomes `postgresql://(unreadable url)` or `(unreadable url)`.
std::string redact_url(const std::string& url);

/// Why libpq can't use this URL or keyword string, in words that quote nothing of it. Nothing if it can.
std::optional<std::string> url_fault(const std::string& url);

/// Might this text carry a password? Asked before a text of unknown meaning is quoted in a message.
bool may_hold_secret(std::string_view text);

}  // namespace sluice::daemon
