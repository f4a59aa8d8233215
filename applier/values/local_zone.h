#pragma once

#include <memory>
#include <string>

#include "applier/values/moment.h"

/// Time zones by their names in the system's database. Safe from any thread.
namespace sluice::applier {

/// Which moment a local time was.
struct LocalMoment {
  enum class Kind { unique, repeated, skipped };
  Moment moment;  ///< of a repeated one the earlier; of a skipped one as far behind the jump of the clock
  Kind kind = Kind::unique;
};

class LocalZone {
 public:
  /// The zone of that name, which lives as long as the program. Throws std::invalid_argument where the system
  /// knows none.
  static const LocalZone* find(const std::string& name);

  /// `local` is what the clock showed, as if it were UTC.
  LocalMoment at(Moment local) const;

  ~LocalZone();

 private:
  struct Rules;
  explicit LocalZone(const std::string& name);

  std::unique_ptr<const Rules> rules_;
};

}  // namespace sluice::applier
