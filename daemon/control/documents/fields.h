#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "daemon/report/clock_text.h"

/// What every document of the control channel is made of: a list of fields, by which it is written and read.
/// A type names its fields once, by specialising kFields, in the order in which programs find them:
///
///     template <>
///     constexpr auto kFields<FlushAnswer> = std::tuple(field("pipeline", &FlushAnswer::pipeline), ...);
///
/// Points in time are text in UTC, fractions have three digits, words of an enum are its to_string(), and
/// what is not there is null. Reading passes over fields that it does not know. For the documents alone; any
/// thread.
namespace sluice::daemon {

using Json = nlohmann::ordered_json;

template <typename Document>
constexpr auto kFields = std::tuple<>();

/// The values of an enum that stands in a document.
template <typename Enum>
constexpr auto kValues = std::tuple<>();

template <typename Type>
Json written(const Type& value);

template <typename Type>
void read_into(const Json& json, Type& value);

/// Writes and reads what a member holds.
template <typename Owner, typename Value>
struct Field {
  const char* name;
  Value Owner::*place;

  void write(const Owner& owner, Json& object) const { object[name] = written(owner.*place); }
  void read(const Json& object, Owner& owner) const { read_into(object.at(name), owner.*place); }
};

/// Null where the member holds nothing: an empty text, a zero.
template <typename Owner, typename Value>
struct KnownField : Field<Owner, Value> {
  void write(const Owner& owner, Json& object) const {
    object[this->name] = owner.*this->place == Value() ? Json() : written(owner.*this->place);
  }
};

/// Older daemons do not have it.
template <typename Owner, typename Value>
struct NewerField : Field<Owner, Value> {
  void read(const Json& object, Owner& owner) const {
    if (object.contains(this->name)) Field<Owner, Value>::read(object, owner);
  }
};

/// Left out of the document where the member is empty.
template <typename Owner, typename Value>
struct SpareField : NewerField<Owner, Value> {
  void write(const Owner& owner, Json& object) const {
    if (!(owner.*this->place).empty()) Field<Owner, Value>::write(owner, object);
  }
};

/// Follows from other fields: it is written, and passed over when read.
template <typename Compute>
struct DerivedField {
  const char* name;
  Compute compute;

  void write(const auto& owner, Json& object) const { object[name] = compute(owner); }
  void read(const Json&, auto&) const {}
};

/// Fields of the same owner that are an object of their own in the document.
template <typename... Fields>
struct Group {
  const char* name;
  std::tuple<Fields...> fields;

  void write(const auto& owner, Json& object) const {
    Json inner = Json::object();
    std::apply([&](const auto&... each) { (each.write(owner, inner), ...); }, fields);
    object[name] = std::move(inner);
  }
  void read(const Json& object, auto& owner) const {
    const Json& inner = object.at(name);
    std::apply([&](const auto&... each) { (each.read(inner, owner), ...); }, fields);
  }
};

template <typename Owner, typename Value>
constexpr auto field(const char* name, Value Owner::*place) {
  return Field<Owner, Value>{name, place};
}

template <typename Owner, typename Value>
constexpr auto known(const char* name, Value Owner::*place) {
  return KnownField<Owner, Value>{{name, place}};
}

template <typename Owner, typename Value>
constexpr auto newer(const char* name, Value Owner::*place) {
  return NewerField<Owner, Value>{{name, place}};
}

template <typename Owner, typename Value>
constexpr auto spare(const char* name, Value Owner::*place) {
  return SpareField<Owner, Value>{{{name, place}}};
}

template <typename Compute>
constexpr auto derived(const char* name, Compute compute) {
  return DerivedField<Compute>{name, compute};
}

template <typename... Fields>
constexpr auto group(const char* name, Fields... fields) {
  return Group<Fields...>{name, {fields...}};
}

template <typename Type>
constexpr bool kIsOptional = false;
template <typename Type>
inline constexpr bool kIsOptional<std::optional<Type>> = true;
template <typename Type>
constexpr bool kIsList = false;
template <typename Type>
inline constexpr bool kIsList<std::vector<Type>> = true;

/// A class that is nothing simpler is a document of its own.
template <typename Type>
constexpr bool kIsDocument = std::is_class_v<Type> && !std::is_same_v<Type, std::string> &&
                             !std::is_same_v<Type, WallTime> && !kIsOptional<Type> && !kIsList<Type>;

template <typename Type>
Json written(const Type& value) {
  if constexpr (kIsDocument<Type>) {
    Json object = Json::object();
    std::apply([&](const auto&... each) { (each.write(value, object), ...); }, kFields<Type>);
    return object;
  } else if constexpr (kIsOptional<Type>) {
    return value ? written(*value) : Json();
  } else if constexpr (kIsList<Type>) {
    Json list = Json::array();
    for (const auto& item : value) list.push_back(written(item));
    return list;
  } else if constexpr (std::is_same_v<Type, WallTime>) {
    return utc_text(value);
  } else if constexpr (std::is_enum_v<Type>) {
    return to_string(value);
  } else if constexpr (std::is_same_v<Type, double>) {
    return std::round(value * 1000) / 1000;
  } else {
    return value;
  }
}

template <typename Enum>
Enum value_of(const std::string& word) {
  for (const Enum value : kValues<Enum>)
    if (word == to_string(value)) return value;
  throw std::runtime_error("the answer has a word that this sluicectl does not know, \"" + word +
                           "\"; use the sluicectl that came with the daemon");
}

template <typename Type>
void read_into(const Json& json, Type& value) {
  if (json.is_null()) {
    value = Type();
  } else if constexpr (kIsDocument<Type>) {  // NOLINT(bugprone-branch-clone): branches left out look alike
    std::apply([&](const auto&... each) { (each.read(json, value), ...); }, kFields<Type>);
  } else if constexpr (kIsOptional<Type>) {
    read_into(json, value.emplace());
  } else if constexpr (kIsList<Type>) {
    for (const Json& item : json) read_into(item, value.emplace_back());
  } else if constexpr (std::is_same_v<Type, WallTime>) {
    value = parse_utc(json.get<std::string>());
  } else if constexpr (std::is_enum_v<Type>) {
    value = value_of<Type>(json.get<std::string>());
  } else {
    json.get_to(value);
  }
}

/// The document that a text is. Throws std::runtime_error where it is not one.
template <typename Document>
Document parsed(std::string_view text) {
  constexpr const char* kAnother =
      "the answer is not what this sluicectl expects; use the sluicectl that came with the daemon";
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) throw std::runtime_error(kAnother);
    Document document;
    read_into(json, document);
    return document;
  } catch (const Json::exception&) {
    throw std::runtime_error(kAnother);
  } catch (const std::invalid_argument&) {  // a point in time
    throw std::runtime_error(kAnother);
  }
}

}  // namespace sluice::daemon
