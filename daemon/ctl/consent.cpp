#include "daemon/ctl/consent.h"

#include <fmt/core.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "daemon/ctl/failure.h"

namespace sluice::daemon {

void ask_to_go_on() {
  fmt::print("Go on? [y/N] ");
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "yes")
    throw CtlFailure(ExitCode::failed, "nothing was changed; answer y to go on");
}

}  // namespace sluice::daemon
