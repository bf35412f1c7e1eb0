// The files under a folder, one at a time.
//
// SPDX-License-Identifier: Apache-2.0
#ifndef SABIR_INDEX_TREE_WALK_HPP
#define SABIR_INDEX_TREE_WALK_HPP

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace word_index {

/// A regular file, or (with an error) a folder that cannot be read.
struct Found {
  std::string path;
  std::error_code error;
};

/// Walks a tree without following symbolic links below its root. One folder is open at a time; memory holds the paths of the folders
/// still to be walked. std::filesystem::recursive_directory_iterator would end at the first folder it cannot read.
class TreeWalk {
 public:
  explicit TreeWalk(std::string root) : folders_to_come_{std::move(root)} {}

  /// The next file, in no particular order; nullopt at the end.
  std::optional<Found> next();

 private:
  std::vector<std::filesystem::path> folders_to_come_;
  std::filesystem::path folder_;
  std::filesystem::directory_iterator entries_;
  std::optional<Found> held_;  // to be given before anything else
};

}  // namespace word_index

#endif
