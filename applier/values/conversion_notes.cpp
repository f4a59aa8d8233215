#include "applier/values/conversion_notes.h"

namespace sluice::applier {
namespace {

/// The entry of that name, made where there is none; no string is built where there is one.
template <typename Map>
typename Map::mapped_type& entry(Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? map.try_emplace(std::string(name)).first->second : found->second;
}

}  // namespace

void ConversionNotes::add(std::string_view table, std::string_view column, Remarks remarks) {
  Counts& counts = entry(entry(tables_, table), column);
  for (std::size_t bit = 0; bit < counts.size(); ++bit) counts[bit] += (remarks >> bit) & 1;
}

std::vector<ConversionNote> ConversionNotes::all() const {
  std::vector<ConversionNote> notes;
  for (const auto& [table, columns] : tables_) {
    for (const auto& [column, counts] : columns) {
      for (std::size_t bit = 0; bit < counts.size(); ++bit) {
        if (counts[bit] > 0) notes.push_back({table, column, static_cast<Remarks>(1U << bit), counts[bit]});
      }
    }
  }
  return notes;
}

}  // namespace sluice::applier
