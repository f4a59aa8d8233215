#pragma once

#include <chrono>

namespace sluice::support {

/// The name of a SQLite VFS, to open a database with, whose write-ahead log takes `pause` until the disk has
/// it: between the writing of its frames and of its index. The last pause that was named holds for all.
const char* slow_disk(std::chrono::milliseconds pause);

}  // namespace sluice::support
