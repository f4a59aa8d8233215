#include "tests/e2e/copy/english_server.h"

#include <stdexcept>

namespace sluice::e2e {
namespace {

struct EnglishServer {
  EnglishServer() {
    const auto made =
        support::run({.arguments = {"localedef", "-i", "en_US", "-f", "UTF-8", locales / "en_US.UTF-8"}});
    if (!std::filesystem::exists(locales / "en_US.UTF-8"))
      throw std::runtime_error("the package locales has the sources of en_US: " + made.err);
  }

  support::TempDir locales;
  support::PostgresCluster cluster{{}, {{"LOCPATH", locales.path().string()}}};
};

}  // namespace

const char* const kCollations =
    "CREATE COLLATION american (provider = libc, locale = 'en_US.UTF-8');"
    "CREATE COLLATION worldly (provider = icu, locale = 'und');";

support::PostgresCluster& english_server() {
  static EnglishServer server;
  return server.cluster;
}

}  // namespace sluice::e2e
