#pragma once

#include <optional>
#include <span>
#include <string>

namespace sluice::daemon {

/// Where a pipeline stands, apart from a pause and from its end.
enum class Phase {
  starting,  ///< the two sides have not been found to belong together yet
  running,
  retrying,  ///< the server or the file is out of reach: again after a pause, for ever
  halted,    ///< a row, a table or the source is not fit: again after a change, and from time to time
  diverged,  ///< the two sides do not belong together: a person has to say how to go on
  finished,  ///< cutover has ended the pipeline
};

/// What moves a pipeline from one phase to another.
enum class PhaseEvent {
  settled,   ///< both sides are open, and belong together
  reached,   ///< the same in manual mode, while nobody waits for anything
  stepped,   ///< a step has been taken
  repaired,  ///< a command has ended what held the pipeline up
  away,      ///< the server, the network or the file is out of reach
  refused,   ///< Postgres or the rules refuse a row or a table, or the source is not fit
  diverged,
  finished,
};

/// One line of the table. Pairs of phase and event that it does not name leave the phase as it is.
struct Transition {
  std::optional<Phase> from;  ///< nothing: any
  PhaseEvent event;
  Phase to;
  const char* meaning;
};

/// The whole table; the first line that fits counts.
std::span<const Transition> transitions();

/// Where an event leads.
Phase next_phase(Phase from, PhaseEvent event);

/// The table for docs/ARCHITECTURE.md, in Markdown, and the same as a diagram for Mermaid.
std::string transitions_markdown();
std::string transitions_diagram();

}  // namespace sluice::daemon
