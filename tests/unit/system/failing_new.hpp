// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace sabir {

// While it lives, the program's operator new counts and fails as memory::fail_after says.
class NewFailsToo {
 public:
  NewFailsToo() noexcept;
  ~NewFailsToo();
  NewFailsToo(const NewFailsToo &) = delete;
  NewFailsToo &operator=(const NewFailsToo &) = delete;
};

// While it lives, operator new does not fail on this thread, and is not counted: for what the test itself does meanwhile.
class Spared {
 public:
  Spared() noexcept;
  ~Spared();
  Spared(const Spared &) = delete;
  Spared &operator=(const Spared &) = delete;

 private:
  const bool before_;
};

}  // namespace sabir
