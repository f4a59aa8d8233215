#include "daemon/control/admission.h"

namespace sluice::daemon {
namespace {

struct Count {
  std::size_t served = 0;
  std::size_t told = 0;
};

template <typename Whose>
Count count(const std::vector<Place>& taken, Whose whose) {
  Count found;
  for (const Place& place : taken) {
    if (whose(place.user)) ++(place.admission == Admission::served ? found.served : found.told);
  }
  return found;
}

}  // namespace

Admission admit(uid_t user, uid_t owner, const std::vector<Place>& taken) {
  const auto is_kept_for = [owner](uid_t each) { return each == owner || each == 0; };
  const Count all = count(taken, [](uid_t) { return true; });
  if (is_kept_for(user)) return all.served < kServedAtOnce ? Admission::served : Admission::too_many;

  const Count others = count(taken, [&](uid_t each) { return !is_kept_for(each); });
  const Count own = count(taken, [user](uid_t each) { return each == user; });
  const bool has_enough = own.served >= kServedOfUser;
  const bool room = all.served < kServedAtOnce && others.served < kServedAtOnce - kKeptForOwner;
  if (!has_enough && room) return Admission::served;
  if (own.told >= kToldOfUser || others.told >= kToldAtOnce / 2) return Admission::turned_away;
  return has_enough ? Admission::user_has_enough : Admission::too_many;
}

bool is_full(const std::vector<Place>& taken) {
  return taken.size() >= kServedAtOnce + kToldAtOnce;
}

}  // namespace sluice::daemon
