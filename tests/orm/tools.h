#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/e2e/cases/mirror.h"
#include "tests/support/process.h"

namespace sluice::e2e {

/// Debian's own Python, whose packages the scripts install; another one in PATH would not know them.
constexpr const char* kPython = "/usr/bin/python3";

/// Runs a program of the folder beside this file as a child process that finds the SQLite file in SHOP_FILE.
/// Answers with what it printed; throws with what it complained of where it fails.
std::string run_tool(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                     support::Environment environment = {});

/// Runs a program that may fail: what it complained of then, else an empty text.
std::string attempt_tool(const std::filesystem::path& file, const std::vector<std::string>& arguments,
                         support::Environment environment = {});

/// Node with its sqlite3 module: the one that the scripts have prepared, else the one in PATH.
std::string node();

/// A program of that folder, as an absolute path.
std::string tool(const std::string& name);

/// Waits until the mirror has everything. Where the pipeline halts, it does what its owner would: runs the
/// statements that the remedy names on the server, and says retry. Throws where a remedy names none. Answers
/// with what it ran.
std::vector<std::string> follow(Mirror& mirror);

}  // namespace sluice::e2e
