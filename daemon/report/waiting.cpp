#include "daemon/report/waiting.h"

#include <array>
#include <utility>

namespace sluice::daemon {
namespace {

constexpr std::array kWords{std::pair{Waiting::For::lock, "lock"}, std::pair{Waiting::For::commit, "commit"},
                            std::pair{Waiting::For::file, "file"},
                            std::pair{Waiting::For::connection, "connection"}};

}  // namespace

const char* to_string(Waiting::For kind) {
  for (const auto& [each, word] : kWords)
    if (each == kind) return word;
  return "";
}

std::optional<Waiting::For> waiting_for(const std::string& word) {
  for (const auto& [each, name] : kWords)
    if (name == word) return each;
  return std::nullopt;
}

std::string sentence(const Waiting& waiting) {
  std::string text = waiting.what;
  if (waiting.kind == Waiting::For::lock) text = "a lock: " + text;
  if (waiting.kind == Waiting::For::file) text = "the file " + text;
  return waiting.who.empty() ? text : text + ", held by " + waiting.who;
}

}  // namespace sluice::daemon
