#include "daemon/file_signature.h"

#include <sys/stat.h>

#include <string>

namespace sluice::daemon {

FileSignature signature_of(const std::filesystem::path& database) {
  FileSignature signature;
  std::size_t at = 0;
  for (const char* suffix : {"", "-wal"}) {
    struct stat facts {};
    if (::stat((database.string() + suffix).c_str(), &facts) == 0) {
      signature.facts[at] = static_cast<long long>(facts.st_ino);
      signature.facts[at + 1] = facts.st_size;
      signature.facts[at + 2] = facts.st_mtim.tv_sec;
      signature.facts[at + 3] = facts.st_mtim.tv_nsec;
    }
    at += 4;
  }
  return signature;
}

}  // namespace sluice::daemon
