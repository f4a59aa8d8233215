#include "daemon/pipeline/file_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <string_view>
#include <utility>

#include "daemon/base/file_signature.h"

namespace sluice::daemon {

FileWatch::FileWatch(const boost::asio::any_io_executor& strand, const std::filesystem::path& file,
                     std::weak_ptr<void> owner, std::function<void()> changed)
    : file_(file), owner_(std::move(owner)), changed_(std::move(changed)), events_(strand) {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return;
  events_.assign(descriptor);
  follow();
  wait();
}

void FileWatch::follow() {
  const auto place = real_place(file_);
  struct stat folder {};
  const bool there = ::stat(place.parent_path().c_str(), &folder) == 0;
  if (!events_.is_open() || !there ||
      (watched_ >= 0 && folder_ == folder.st_ino && name_ == place.filename()))
    return;
  if (watched_ >= 0) ::inotify_rm_watch(events_.native_handle(), watched_);
  // The last event of a commit is a write to the log, or in the rollback modes the end of the journal.
  const auto mask = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF;
  watched_ = ::inotify_add_watch(events_.native_handle(), place.parent_path().c_str(), mask);
  folder_ = folder.st_ino;
  name_ = place.filename().string();
}

void FileWatch::close() {
  boost::system::error_code ignored;
  events_.close(ignored);
}

void FileWatch::wait() {
  events_.async_read_some(boost::asio::buffer(buffer_),
                          [this, owner = owner_](const boost::system::error_code& error, std::size_t bytes) {
                            const auto alive = owner.lock();
                            if (error || !alive) return;
                            const bool ours = concerns_us(bytes);
                            wait();
                            if (ours) changed_();
                          });
}

bool FileWatch::concerns_us(std::size_t bytes) const {
  std::size_t at = 0;
  while (at + sizeof(inotify_event) <= bytes) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer_.data() + at);
    const std::string_view name = event->len > 0 ? event->name : "";
    const bool named =
        name == name_ || (name.starts_with(name_) &&
                          (name.substr(name_.size()) == "-wal" || name.substr(name_.size()) == "-journal"));
    if (named || (event->mask & (IN_Q_OVERFLOW | IN_MOVE_SELF)) != 0) return true;
    at += sizeof(inotify_event) + event->len;
  }
  return false;
}

}  // namespace sluice::daemon
