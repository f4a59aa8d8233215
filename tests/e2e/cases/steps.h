#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "tests/e2e/cases/mirror.h"

namespace sluice::e2e {

/// A statement of the application, and what SQLite says where it refuses it.
struct Step {
  Step(const char* statement, const char* error = "") : sql(statement), refusal(error) {}
  std::string sql;
  std::string refusal;
};

using Steps = std::initializer_list<Step>;

/// Takes one step after the other; after each, Postgres is an exact copy.
inline void check_steps(Mirror& mirror, const Steps& steps) {
  for (const Step& step : steps) {
    CAPTURE(step.sql);
    CHECK(mirror.attempt(step.sql) == step.refusal);
    CHECK(mirror.differences() == "");
  }
}

}  // namespace sluice::e2e
