#pragma once

#include <chrono>
#include <string>

namespace sluice::daemon {

/// How the end of an answer of unknown length is told.
enum class Framing {
  chunked,      ///< HTTP/1.1
  until_close,  ///< HTTP/1.0
};

/// The answer to work that takes long, as it goes over the wire: lines of progress as they are due, then the
/// result as the last line. Work that is over soon has no such lines and is answered like any other. Of the
/// lines of progress only the newest is kept, so a client that reads slowly costs no memory. Pure: time is
/// passed in. One thread.
class LineAnswer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// The least time between two lines of progress, and before the first.
  static constexpr std::chrono::milliseconds kPace{200};
  /// Where nothing has been said for so long, the last line is said again.
  static constexpr std::chrono::seconds kSignOfLife{10};
  /// Stands in for the last line where there is none.
  static constexpr const char* kNothingYet = "{\"progress\":null}\n";

  LineAnswer(Framing framing, bool keep_alive, Time now)
      : framing_(framing), keep_alive_(keep_alive), said_at_(now) {}

  /// A line with its end.
  void progress(std::string line);
  void finish(std::string line);

  /// The bytes to send now; none before due().
  std::string take(Time now);
  Time due() const;

  bool begun() const { return begun_; }        ///< has anything been taken?
  bool complete() const { return complete_; }  ///< has the result?

 private:
  std::string head() const;
  std::string framed(const std::string& line) const;

  Framing framing_;
  bool keep_alive_;
  Time said_at_;
  bool begun_ = false;
  bool complete_ = false;
  bool news_ = false;
  std::string newest_ = kNothingYet;
  std::string result_;
};

}  // namespace sluice::daemon
