#include <array>

#include "daemon/control/documents/fields.h"
#include "daemon/control/documents/protocol.h"

namespace sluice::daemon {

using Verdict = CheckItem::Verdict;

static const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::note:
      return "note";
    case Verdict::failed:
      return "failed";
  }
  return "failed";
}

template <>
constexpr auto kValues<Verdict> = std::array{Verdict::ok, Verdict::note, Verdict::failed};

template <>
constexpr auto kFields<CheckItem> = std::tuple(field("subject", &CheckItem::subject),
                                               field("verdict", &CheckItem::verdict),
                                               field("detail", &CheckItem::detail),
                                               known("remedy", &CheckItem::remedy));

template <>
constexpr auto kFields<CheckAnswer> = std::tuple(field("pipeline", &CheckAnswer::pipeline),
                                                 field("ready", &CheckAnswer::ready),
                                                 field("items", &CheckAnswer::items));

Json to_json(const CheckAnswer& answer) {
  return written(answer);
}

CheckAnswer parse_check_answer(std::string_view text) {
  return parsed<CheckAnswer>(text);
}

}  // namespace sluice::daemon
