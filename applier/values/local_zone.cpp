#include "applier/values/local_zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <map>
#include <mutex>
#include <stdexcept>

namespace sluice::applier {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

absl::CivilSecond civil(std::chrono::sys_seconds local) {
  return absl::CivilSecond(1970, 1, 1) + local.time_since_epoch().count();
}

LocalMoment::Kind kind_of(const absl::TimeZone::TimeInfo& info) {
  switch (info.kind) {
    case absl::TimeZone::TimeInfo::REPEATED:
      return LocalMoment::Kind::repeated;
    case absl::TimeZone::TimeInfo::SKIPPED:
      return LocalMoment::Kind::skipped;
    default:
      return LocalMoment::Kind::unique;
  }
}

}  // namespace

struct LocalZone::Rules {
  absl::TimeZone zone;
};

LocalZone::LocalZone(const std::string& name) {
  auto rules = std::make_unique<Rules>();
  if (name.empty() || !absl::LoadTimeZone(name, &rules->zone)) {
    throw std::invalid_argument("the system knows no time zone '" + name + "'");
  }
  rules_ = std::move(rules);
}

LocalZone::~LocalZone() = default;

const LocalZone* LocalZone::find(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const LocalZone>> known;
  const std::lock_guard lock(mutex);
  auto& zone = known[name];
  if (!zone) zone.reset(new LocalZone(name));
  return zone.get();
}

LocalMoment LocalZone::at(Moment local) const {
  const auto whole = floor<seconds>(local);
  const auto info = rules_->zone.At(civil(whole));
  const seconds since_epoch(absl::ToUnixSeconds(info.pre));
  return {Moment(since_epoch) + (local - whole), kind_of(info)};
}

}  // namespace sluice::applier
