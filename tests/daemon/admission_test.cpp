// Who gets a place on the control channel.

#include <doctest/doctest.h>

#include <algorithm>

#include "daemon/control/admission.h"

namespace sluice::daemon {
namespace {

constexpr uid_t kOwner = 1000;
constexpr uid_t kRoot = 0;
constexpr uid_t kMember = 2000;

/// As many connections of a user as come, one after the other, onto those that are there.
std::vector<Admission> come(std::vector<Place>& taken, uid_t user, std::size_t how_many) {
  std::vector<Admission> admissions;
  for (std::size_t i = 0; i < how_many; ++i) {
    admissions.push_back(admit(user, kOwner, taken));
    if (admissions.back() != Admission::turned_away) taken.push_back({user, admissions.back()});
  }
  return admissions;
}

std::size_t count(const std::vector<Admission>& admissions, Admission which) {
  return static_cast<std::size_t>(std::count(admissions.begin(), admissions.end(), which));
}

}  // namespace

TEST_CASE("the owner and root have every place, and are told when there is none left") {
  for (const uid_t user : {kOwner, kRoot}) {
    CAPTURE(user);
    std::vector<Place> taken;
    const auto admissions = come(taken, user, kServedAtOnce + kToldAtOnce);
    CHECK(count(admissions, Admission::served) == kServedAtOnce);
    CHECK(count(admissions, Admission::too_many) == kToldAtOnce);
    CHECK(is_full(taken));
  }
}

TEST_CASE("another user has few places, is told so twice, and is turned away after that") {
  std::vector<Place> taken;
  const auto admissions = come(taken, kMember, 200);
  CHECK(count(admissions, Admission::served) == kServedOfUser);
  CHECK(count(admissions, Admission::user_has_enough) == kToldOfUser);
  CHECK(count(admissions, Admission::turned_away) == 200 - kServedOfUser - kToldOfUser);
  CHECK_FALSE(is_full(taken));
}

TEST_CASE("however many others come, the owner and root are let in") {
  std::vector<Place> taken;
  for (uid_t member = kMember; member < kMember + 50; ++member) come(taken, member, 30);
  CHECK_FALSE(is_full(taken));
  CHECK(admit(kMember + 99, kOwner, taken) == Admission::turned_away);
  const auto own = come(taken, kOwner, kKeptForOwner - 1);
  CHECK(count(own, Admission::served) == kKeptForOwner - 1);
  CHECK(admit(kRoot, kOwner, taken) == Admission::served);
}

TEST_CASE("where the owner has taken every place, another user is told that there is none") {
  std::vector<Place> taken;
  come(taken, kOwner, kServedAtOnce);
  CHECK(admit(kMember, kOwner, taken) == Admission::too_many);
}

TEST_CASE("a place that is given back is there for the next one") {
  std::vector<Place> taken;
  come(taken, kMember, kServedOfUser);
  REQUIRE(admit(kMember, kOwner, taken) == Admission::user_has_enough);
  taken.pop_back();
  CHECK(admit(kMember, kOwner, taken) == Admission::served);
}

}  // namespace sluice::daemon
