#pragma once

#include "daemon/control/documents/fields.h"
#include "daemon/report/status.h"

namespace sluice::daemon {

template <>
inline constexpr auto kFields<NotCaptured> = std::tuple(field("name", &NotCaptured::name),
                                                        field("reason", &NotCaptured::reason));

}  // namespace sluice::daemon
