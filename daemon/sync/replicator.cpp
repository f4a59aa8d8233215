#include "daemon/sync/replicator.h"

#include <utility>

#include "daemon/sync/adoption.h"
#include "daemon/sync/evidence.h"
#include "daemon/sync/settlement.h"
#include "daemon/sync/step.h"

namespace sluice::daemon {

Replicator::Replicator(const PipelineConfig& config, std::shared_ptr<applier::Lifeline> lifeline,
                       SyncState::Observer observer)
    : state_(config, std::move(observer)), link_(state_, std::move(lifeline)) {
}

void Replicator::open() {
  link_.open_afresh();
}

Outcome Replicator::settle() {
  return daemon::settle(state_, link_.renew().sides);
}

void Replicator::copy_again() {
  if (const auto both = settled(state_, link_.open())) daemon::copy_again(state_, *both);
}

void Replicator::diverge() const {
  daemon::diverge(state_);
}

StepResult Replicator::step() {
  return daemon::step(state_, link_);
}

Resync Replicator::resync() {
  return {state_, link_.open()};
}

void Replicator::adopt() {
  daemon::adopt(state_, link_.open());
}

CutoverEnd Replicator::cut_over(const CutoverOrder& order) {
  return daemon::cut_over(state_, link_, order);
}

}  // namespace sluice::daemon
