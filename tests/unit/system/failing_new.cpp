// SPDX-License-Identifier: Apache-2.0
// The program's operator new fails where memory::fail_after says so, as the engine's own allocations do; but not for oneTBB, which stays
// broken where it has none (it takes locks and counts that it does not give back).
#include "system/failing_new.hpp"

#include <link.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/memory.hpp"

namespace sabir {

namespace {

std::atomic<bool> new_fails{false};
thread_local bool spared = false;

// Where oneTBB's code is.
struct Range {
  std::uintptr_t begin = 0, end = 0;
};

Range find_tbb() noexcept {
  Range found;
  (void)dl_iterate_phdr(
      [](dl_phdr_info *info, std::size_t, void *argument) {
        if (!std::strstr(info->dlpi_name, "libtbb.so")) return 0;
        auto &range = *static_cast<Range *>(argument);
        range.begin = info->dlpi_addr;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto &part = info->dlpi_phdr[i];
          if (part.p_type == PT_LOAD) range.end = info->dlpi_addr + part.p_vaddr + part.p_memsz;
        }
        return 1;
      },
      &found);
  return found;
}

const Range tbb = find_tbb();

bool fails(const void *caller) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(caller);
  return new_fails.load(std::memory_order_relaxed) && !spared && !(address >= tbb.begin && address < tbb.end) && memory::must_fail();
}

constexpr std::size_t usual = alignof(std::max_align_t);

void *allocate(std::size_t size, std::size_t alignment) noexcept {
  if (alignment <= usual) return std::malloc(size == 0 ? 1 : size);
  void *block = nullptr;
  return posix_memalign(&block, alignment, size) == 0 ? block : nullptr;
}

void *or_throw(void *block) {
  if (!block) throw std::bad_alloc();
  return block;
}

}  // namespace

NewFailsToo::NewFailsToo() noexcept { new_fails = true; }
NewFailsToo::~NewFailsToo() { new_fails = false; }

Spared::Spared() noexcept : before_(spared) { spared = true; }
Spared::~Spared() { spared = before_; }

}  // namespace sabir

#define SABIR_ALLOCATE(size, alignment) \
  (sabir::fails(__builtin_return_address(0)) ? nullptr : sabir::allocate((size), static_cast<std::size_t>(alignment)))

// The array forms and the sized ones call these; free takes what posix_memalign gives.
void *operator new(std::size_t size) { return sabir::or_throw(SABIR_ALLOCATE(size, sabir::usual)); }
void *operator new(std::size_t size, std::align_val_t alignment) { return sabir::or_throw(SABIR_ALLOCATE(size, alignment)); }
void *operator new(std::size_t size, const std::nothrow_t &) noexcept { return SABIR_ALLOCATE(size, sabir::usual); }
void *operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept {
  return SABIR_ALLOCATE(size, alignment);
}
void operator delete(void *block) noexcept { std::free(block); }
void operator delete(void *block, std::size_t) noexcept { std::free(block); }
void operator delete(void *block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void *block, std::size_t, std::align_val_t) noexcept { std::free(block); }
void operator delete(void *block, const std::nothrow_t &) noexcept { std::free(block); }
void operator delete(void *block, std::align_val_t, const std::nothrow_t &) noexcept { std::free(block); }
