#include "daemon/base/file_signature.h"

#include <sys/stat.h>

#include <ctime>
#include <fstream>
#include <string>
#include <system_error>

namespace sluice::daemon {
namespace {

FileFacts facts_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {static_cast<long long>(status.st_ino), status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

}  // namespace

FileSignature signature_of(const std::filesystem::path& database) {
  const std::string place = real_place(database).string();
  return {facts_of(place), facts_of(place + "-wal")};
}

std::filesystem::path real_place(const std::filesystem::path& database) {
  std::error_code missing;
  const auto place = std::filesystem::canonical(database, missing);
  return missing ? database : place;
}

bool has_settled(const FileSignature& signature) {
  constexpr long long kCoarsest = 2;  // seconds, of the coarsest file system's clock
  const long long now = std::time(nullptr);
  return now - signature.database.seconds > kCoarsest && now - signature.log.seconds > kCoarsest;
}

/// Source of the rule: "Hot journals" in SQLite's "File Locking And Concurrency"; TRUNCATE leaves an empty
/// file, PERSIST a header of zeros.
bool write_under_way(const std::filesystem::path& database) {
  std::ifstream journal(real_place(database).string() + "-journal", std::ios::binary);
  char first = 0;
  return journal.get(first) && first != 0;
}

}  // namespace sluice::daemon
