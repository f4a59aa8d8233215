#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

/// Who gets a place on the control channel. Pure.
namespace sluice::daemon {

enum class Admission {
  served,
  too_many,         ///< its one request is answered with 503
  user_has_enough,  ///< the same: others are served
  turned_away,      ///< closed at once, without a word
};

/// One connection that is open: whose it is, and whether it is served.
struct Place {
  uid_t user;
  Admission admission;
};

/// So many are served at once, streams of events and idle ones included; of these the last are kept for the
/// owner and root, so that whoever may use the channel beside them can't lock them out.
constexpr std::size_t kServedAtOnce = 64;
constexpr std::size_t kKeptForOwner = 16;
/// What one other user may have of them.
constexpr std::size_t kServedOfUser = 16;
/// Some more are let in to be told that there are too many; in all, and of one other user.
constexpr std::size_t kToldAtOnce = 16;  ///< half of them for others than the owner and root
constexpr std::size_t kToldOfUser = 2;

/// What becomes of a new connection of `user`. The owner and root are never turned away: once they have all
/// places and more themselves, they wait for one (see is_full()).
Admission admit(uid_t user, uid_t owner, const std::vector<Place>& taken);

/// Is there no room even to tell somebody that there is none?
bool is_full(const std::vector<Place>& taken);

}  // namespace sluice::daemon
