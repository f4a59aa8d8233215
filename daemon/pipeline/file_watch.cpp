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
  boost::system::error_code no_room;
  events_.assign(descriptor, no_room);
  if (no_room) {
    ::close(descriptor);
    return;
  }
  follow();
  wait();
}

void FileWatch::follow() {
  const auto place = real_place(file_);
  struct stat folder {};
  const bool there = ::stat(place.parent_path().c_str(), &folder) == 0;
  const bool same = folder_ == folder.st_ino && device_ == folder.st_dev && name_ == place.filename();
  if (!events_.is_open() || !there || (watched_ >= 0 && same)) return;
  if (watched_ >= 0) ::inotify_rm_watch(events_.native_handle(), watched_);
  // The last event of a commit is a write to the log, or in the rollback modes the end of the journal.
  const auto mask = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF;
  watched_ = ::inotify_add_watch(events_.native_handle(), place.parent_path().c_str(), mask);
  device_ = folder.st_dev;
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
                            if (watched_ < 0) follow();
                            wait();
                            if (ours) changed_();
                          });
}

/// The kernel drops a watch together with its folder, or with the file system that holds it. Another folder
/// of the same number may be there before anybody looks.
bool FileWatch::concerns_us(std::size_t bytes) {
  bool ours = false;
  std::size_t at = 0;
  while (at + sizeof(inotify_event) <= bytes) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer_.data() + at);
    const std::string_view name = event->len > 0 ? event->name : "";
    const bool named =
        name == name_ || (name.starts_with(name_) &&
                          (name.substr(name_.size()) == "-wal" || name.substr(name_.size()) == "-journal"));
    const bool ended = (event->mask & IN_IGNORED) != 0 && event->wd == watched_;
    if (ended) watched_ = -1;
    ours = ours || named || ended || (event->mask & (IN_Q_OVERFLOW | IN_MOVE_SELF)) != 0;
    at += sizeof(inotify_event) + event->len;
  }
  return ours;
}

}  // namespace sluice::daemon
