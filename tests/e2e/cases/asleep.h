#pragma once

#include <csignal>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {

/// A daemon that sleeps while this lives: it looks when everything is over.
class Asleep {
 public:
  explicit Asleep(Mirror& mirror) : mirror_(mirror) { mirror_.daemon.signal(SIGSTOP); }
  ~Asleep() { mirror_.daemon.signal(SIGCONT); }
  Asleep(const Asleep&) = delete;
  Asleep& operator=(const Asleep&) = delete;

 private:
  Mirror& mirror_;
};

}  // namespace sluice::e2e
