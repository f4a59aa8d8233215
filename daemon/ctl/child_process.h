#pragma once

#include <string>
#include <vector>

namespace sluice::daemon {

/// Runs a program of PATH to its end, with this process's own input, output and environment, and answers as a
/// shell would: its exit code, 128 and the signal that ended it, 127 where there is no such program, 126
/// where it can't be run. SIGTERM and SIGHUP are passed on to it; those of the terminal reach it by
/// themselves. For a process of one thread.
int run_program(const std::vector<std::string>& command);

}  // namespace sluice::daemon
