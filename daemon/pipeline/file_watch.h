#pragma once

#include <sys/types.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace sluice::daemon {

/// Tells when a database file may have changed, by watching its folder: the -wal comes and goes, and a watch
/// on a file that is made anew goes deaf. Many writes in a row are told as one, and so is the end of the
/// folder. Where a file system has no events, no watch is left, or the folder may not be read, it says
/// nothing, which the poll makes up for. Used from the executor's strand; the callback is called there. Never
/// throws.
class FileWatch {
 public:
  /// `owner` is what the watch and the callback live in: nothing is called once it is gone.
  FileWatch(const boost::asio::any_io_executor& strand, const std::filesystem::path& file,
            std::weak_ptr<void> owner, std::function<void()> changed);

  /// Watches the folder anew where it was missing, or where another one has taken its place.
  void follow();

  /// False where the kernel gives no more watches: then changes are found by looking from time to time.
  bool is_open() const { return events_.is_open(); }

  /// Stops telling; nothing is called afterwards.
  void close();

 private:
  void wait();
  bool concerns_us(std::size_t bytes);

  std::filesystem::path file_;
  std::string name_;
  int watched_ = -1;  ///< inotify's number for the folder; -1 while there is no watch
  dev_t device_ = 0;
  ino_t folder_ = 0;
  std::weak_ptr<void> owner_;
  std::function<void()> changed_;
  boost::asio::posix::stream_descriptor events_;
  alignas(8) std::array<char, 16 * 1024> buffer_{};
};

}  // namespace sluice::daemon
