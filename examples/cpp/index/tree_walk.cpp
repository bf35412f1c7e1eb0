// SPDX-License-Identifier: Apache-2.0
#include "tree_walk.hpp"

#include <utility>

namespace word_index {

std::optional<Found> TreeWalk::next() {
  if (held_) return std::exchange(held_, std::nullopt);
  std::error_code error;
  for (;;) {
    while (entries_ != std::filesystem::directory_iterator()) {
      const std::filesystem::directory_entry entry = *entries_;
      entries_.increment(error);
      if (error) held_ = Found{folder_.string(), error};  // the rest of this folder is lost, the entry in hand is not
      // An entry whose type cannot be told is taken for a file: reading it says what is wrong.
      std::error_code type_error;
      const std::filesystem::file_type type = entry.symlink_status(type_error).type();
      if (type == std::filesystem::file_type::directory) folders_to_come_.push_back(entry.path());
      if (type == std::filesystem::file_type::regular || type_error) return Found{entry.path().string(), {}};
    }
    if (held_) return std::exchange(held_, std::nullopt);
    if (folders_to_come_.empty()) return std::nullopt;
    folder_ = std::move(folders_to_come_.back());
    folders_to_come_.pop_back();
    entries_ = std::filesystem::directory_iterator(folder_, error);
    if (error) return Found{folder_.string(), error};
  }
}

}  // namespace word_index
