#include "daemon/run_mark.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include "daemon/base/short_hash.h"
#include "daemon/config/paths.h"
#include "daemon/report/clock_text.h"

namespace sluice::daemon {
namespace {

namespace fs = std::filesystem;

/// A note that was cut short by a loss of power still tells that there was a run.
UncleanEnd read_note(int file) {
  std::array<char, 128> buffer{};
  const ssize_t size = ::pread(file, buffer.data(), buffer.size(), 0);
  UncleanEnd last;
  std::istringstream words(std::string(buffer.data(), static_cast<std::size_t>(size < 0 ? 0 : size)));
  std::string started_at;
  if (words >> last.pid >> started_at) {
    try {
      last.started_at = parse_utc(started_at);
    } catch (const std::invalid_argument&) {
      last.started_at.reset();
    }
  }
  return last;
}

void write_note(int file, int pid, WallTime started_at) {
  const std::string note = std::to_string(pid) + " " + utc_text(started_at) + "\n";
  if (::ftruncate(file, 0) == 0 && ::pwrite(file, note.data(), note.size(), 0) > 0) ::fsync(file);
}

}  // namespace

RunMark RunMark::begin(const fs::path& folder, const fs::path& config_file, int pid, WallTime started_at) {
  std::error_code refused;
  fs::create_directories(folder, refused);
  const fs::path config = fs::weakly_canonical(config_file, refused);
  const fs::path note = folder / ("running-" + short_hash(config.native()));
  const int made = ::open(note.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  const int file = made >= 0 ? made : ::open(note.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return {note, -1};
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    ::close(file);
    return {note, -1};
  }
  RunMark mark(note, file);
  if (made < 0) mark.last_run_ = read_note(file);
  write_note(file, pid, started_at);
  return mark;
}

RunMark::RunMark(fs::path note, int file) : note_(std::move(note)), file_(file) {
}

RunMark::RunMark(RunMark&& other) noexcept
    : note_(std::move(other.note_)), file_(std::exchange(other.file_, -1)), last_run_(other.last_run_) {
}

RunMark::~RunMark() {
  if (file_ >= 0) ::close(file_);
}

void RunMark::end_cleanly() {
  if (file_ < 0) return;
  ::unlink(note_.c_str());
  ::close(std::exchange(file_, -1));
}

}  // namespace sluice::daemon
