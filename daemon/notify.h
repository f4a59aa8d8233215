#pragma once

#include <chrono>
#include <optional>
#include <string>

/// What the service manager is told. Nothing happens where there is none.
namespace sluice::daemon::notify {

void ready();
void reloading();
void stopping();
/// One line for `systemctl status`; a line break in it would be a message of its own, so it passes the
/// outlet.
void status(const std::string& line);
void watchdog();
/// How often the watchdog wants to hear from us; nothing where none watches.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace sluice::daemon::notify
