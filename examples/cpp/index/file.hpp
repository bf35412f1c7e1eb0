// A file that is read in chunks.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_FILE_HPP
#define SABIR_INDEX_FILE_HPP

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace word_index {

inline constexpr std::size_t chunk_bytes = 256 * 1024;

/// Throws std::system_error where the file cannot be opened or read, or is no regular file (it may have been replaced since the walk).
class ChunkedFile {
 public:
  explicit ChunkedFile(const std::string &path) {
    // Not blocking: a FIFO put in the file's place must not hold a worker.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "open");
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      throw std::system_error(std::make_error_code(std::errc::invalid_argument), "no regular file");
    }
  }
  ChunkedFile(const ChunkedFile &) = delete;
  ChunkedFile &operator=(const ChunkedFile &) = delete;
  ~ChunkedFile() { ::close(descriptor_); }

  /// Fills the buffer (of chunk_bytes) as far as the file goes: a chunk that is not full is the last one.
  std::string_view next(std::vector<char> &buffer) {
    std::size_t filled = 0;
    while (filled < chunk_bytes) {
      const ssize_t got = ::read(descriptor_, buffer.data() + filled, chunk_bytes - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::system_error(errno, std::generic_category(), "read");
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return {buffer.data(), filled};
  }

 private:
  int descriptor_ = -1;
};

}  // namespace word_index

#endif
