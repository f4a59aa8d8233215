#include "daemon/pipeline/pause_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/base/short_hash.h"
#include "daemon/config/paths.h"

namespace sluice::daemon {

PauseMark::PauseMark(const PipelineConfig& config)
    : note_(notes_folder() / ("paused-" + short_hash(config.name + "\n" + config.source.path.string()))) {
}

bool PauseMark::is_set() const {
  std::error_code unknown;
  return std::filesystem::exists(note_, unknown);
}

bool PauseMark::set() const {
  std::error_code refused;
  std::filesystem::create_directories(note_.parent_path(), refused);
  const int file = ::open(note_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  const bool kept = ::fsync(file) == 0;
  ::close(file);
  return kept;
}

void PauseMark::take_away() const {
  std::error_code refused;
  std::filesystem::remove(note_, refused);
}

}  // namespace sluice::daemon
