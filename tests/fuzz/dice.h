#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace sluice::fuzz {

/// All the chance of a scenario, from one seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  /// 0 to below - 1.
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool percent(int chance) { return pick(100) < chance; }

  template <typename List>
  const auto& one_of(const List& list) {
    return list[static_cast<std::size_t>(pick(static_cast<int>(std::size(list))))];
  }

  /// The place of one weight, each as likely as it is heavy.
  std::size_t weighted(const std::vector<int>& weights) {
    int sum = 0;
    for (const int weight : weights) sum += weight;
    int left = pick(sum);
    std::size_t place = 0;
    while (left >= weights[place]) left -= weights[place++];
    return place;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace sluice::fuzz
