#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "daemon/config/config.h"

/// The words that the configuration uses for each choice.
namespace sluice::daemon {

template <typename Choice>
struct Word {
  std::string_view text;
  Choice choice;
};

template <typename Choice>
inline constexpr std::array<Word<Choice>, 0> kWords{};

template <>
inline constexpr std::array<Word<Mode>, 2> kWords<Mode>{
    {{"continuous", Mode::continuous}, {"manual", Mode::manual}}};

template <>
inline constexpr std::array<Word<OnError>, 2> kWords<OnError>{
    {{"halt", OnError::halt}, {"quarantine", OnError::quarantine}}};

template <>
inline constexpr std::array<Word<SchemaChanges>, 3> kWords<SchemaChanges>{
    {{"additive", SchemaChanges::additive},
     {"mirror", SchemaChanges::mirror},
     {"halt", SchemaChanges::halt}}};

template <>
inline constexpr std::array<Word<applier::Identifiers>, 3> kWords<applier::Identifiers>{
    {{"preserve", applier::Identifiers::preserve},
     {"lower", applier::Identifiers::lower},
     {"snake", applier::Identifiers::snake}}};

template <>
inline constexpr std::array<Word<applier::ExistingRows>, 3> kWords<applier::ExistingRows>{
    {{"refuse", applier::ExistingRows::refuse},
     {"merge", applier::ExistingRows::merge},
     {"replace", applier::ExistingRows::replace}}};

template <>
inline constexpr std::array<Word<applier::TextPolicy>, 3> kWords<applier::TextPolicy>{
    {{"error", applier::TextPolicy::error},
     {"strip", applier::TextPolicy::strip},
     {"replace", applier::TextPolicy::replace}}};

template <>
inline constexpr std::array<Word<LogLevel>, 4> kWords<LogLevel>{{{"debug", LogLevel::debug},
                                                                 {"info", LogLevel::info},
                                                                 {"warning", LogLevel::warning},
                                                                 {"error", LogLevel::error}}};

template <>
inline constexpr std::array<Word<LogFormat>, 2> kWords<LogFormat>{
    {{"text", LogFormat::text}, {"json", LogFormat::json}}};

/// The word for a choice, e.g. "manual".
template <typename Choice>
constexpr std::string_view word_of(Choice choice) {
  for (const auto& word : kWords<Choice>) {
    if (word.choice == choice) return word.text;
  }
  return {};
}

}  // namespace sluice::daemon
