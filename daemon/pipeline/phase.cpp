#include "daemon/pipeline/phase.h"

#include <algorithm>
#include <array>

namespace sluice::daemon {
namespace {

constexpr std::optional<Phase> kAny;

constexpr std::array kTransitions{
    Transition{Phase::starting, PhaseEvent::settled, Phase::running, "the two sides belong together"},
    Transition{Phase::retrying, PhaseEvent::reached, Phase::running,
               "both sides are there again, and nobody waits"},
    Transition{kAny, PhaseEvent::stepped, Phase::running, "what held it up is over: a step went through"},
    Transition{kAny, PhaseEvent::repaired, Phase::starting,
               "a command has ended what held it up; all is looked at anew"},
    Transition{kAny, PhaseEvent::away, Phase::retrying, "backs off with jitter, reads the position, goes on"},
    Transition{kAny, PhaseEvent::refused, Phase::halted,
               "skips nothing; looks again after a change, and from time to time"},
    Transition{kAny, PhaseEvent::diverged, Phase::diverged, "waits for a person"},
    Transition{kAny, PhaseEvent::finished, Phase::finished, "has ended"},
};

constexpr std::array kPhaseWords{"starting", "running", "retrying", "halted", "diverged", "finished"};
constexpr std::array kEventWords{"settled", "reached", "stepped",  "repaired",
                                 "away",    "refused", "diverged", "finished"};

std::string word(std::optional<Phase> phase) {
  return phase ? kPhaseWords.at(static_cast<std::size_t>(*phase)) : "any";
}

std::string word(PhaseEvent event) {
  return kEventWords.at(static_cast<std::size_t>(event));
}

}  // namespace

std::span<const Transition> transitions() {
  return kTransitions;
}

Phase next_phase(Phase from, PhaseEvent event) {
  const auto fits = [&](const Transition& line) {
    return line.event == event && line.from.value_or(from) == from;
  };
  const auto found = std::ranges::find_if(kTransitions, fits);
  return found == kTransitions.end() ? from : found->to;
}

std::string transitions_markdown() {
  std::string text = "| from | event | to | |\n|---|---|---|---|\n";
  for (const Transition& line : kTransitions)
    text += "| " + word(line.from) + " | " + word(line.event) + " | " + word(line.to) + " | " + line.meaning +
            " |\n";
  return text;
}

std::string transitions_diagram() {
  std::string text = "stateDiagram-v2\n    [*] --> starting\n";
  for (const Transition& line : kTransitions)
    text += "    " + word(line.from) + " --> " + word(line.to) + " : " + word(line.event) + "\n";
  return text;
}

}  // namespace sluice::daemon
