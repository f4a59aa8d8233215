#pragma once

#include <string>

/// How a request that can't be read is refused. Pure; any thread.
namespace sluice::daemon {

/// Throws Refusal (bad_request).
[[noreturn]] void refuse_request(std::string code, std::string message, std::string hint);

/// A client's text as it may appear in a message: quoted, short, and without control characters.
std::string in_message(const std::string& text);

}  // namespace sluice::daemon
