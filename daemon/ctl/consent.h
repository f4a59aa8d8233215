#pragma once

namespace sluice::daemon {

/// Asks on the terminal whether to go on. Throws CtlFailure unless the answer is yes.
void ask_to_go_on();

}  // namespace sluice::daemon
