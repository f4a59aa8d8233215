#pragma once

#include <string>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/process.h"

namespace sluice::e2e {

/// One of the applications: its SQLite file with what it holds at first, and its empty schema on the server,
/// owned by `owner`. Starts nothing.
struct App : Mirror {
  App(const std::string& name, const std::string& owner, const std::string& settings = "")
      : Mirror(text(name + "_sqlite.sql"), {.settings = settings, .role = owner}) {
    server(text(name + "_postgres.sql"));
  }

  static std::string text(const std::string& file) {
    return support::read_file(std::filesystem::path(SLUICE_APPS) / file);
  }
};

}  // namespace sluice::e2e
