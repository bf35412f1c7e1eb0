/* Payloads are never copied: 64 MiB go through ten actors and a topic with a thousand subscribers, and each of them sees the same address;
 * what messages occupy, and what the process occupies, does not grow by another payload.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "support.h"

enum { HOPS = 10, SUBSCRIBERS = 1000 };
static const size_t payload_bytes = (size_t)64 << 20;
static const size_t envelopes_bytes = (size_t)4 << 20; /* more than all envelopes of the test */

struct journey {
  sabir_pid hops[HOPS];
  const void *data;
  uint64_t looks;             /* begun */
  uint64_t seen, elsewhere;   /* by hops and subscribers: at that address, and not */
  uint64_t most_bytes, most_resident;
};

static uint64_t resident_bytes(void) {
  unsigned long long size = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL) return 0;
  if (fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
  fclose(file);
  return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void note_most(uint64_t *most, uint64_t value) {
  uint64_t known = __atomic_load_n(most, __ATOMIC_SEQ_CST);
  while (value > known && !__atomic_compare_exchange_n(most, &known, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
}

static void look(sabir_context *context, struct journey *journey, const sabir_message *message) {
  sabir_counters counters = SABIR_COUNTERS_INIT;
  const uint64_t number = __atomic_add_fetch(&journey->looks, 1, __ATOMIC_SEQ_CST);
  if (sabir_message_data(message) != journey->data || sabir_message_size(message) != payload_bytes) count(&journey->elsewhere);
  if (number <= HOPS || number % 100 == 0) {
    CHECK_OK(sabir_system_counters(sabir_context_system(context), &counters));
    note_most(&journey->most_bytes, counters.message_bytes);
    note_most(&journey->most_resident, resident_bytes());
  }
  count(&journey->seen);   /* last: who has waited for all of these reads the rest */
}

static sabir_status hop(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct journey *journey = (struct journey *)state;
  const sabir_pid self = sabir_context_self(context);
  uint64_t delivered = 0;
  int index = 0;
  look(context, journey, *message);
  while (journey->hops[index] != self) ++index;
  if (index + 1 < HOPS) return sabir_context_send(context, journey->hops[index + 1], message);
  CHECK_OK(sabir_context_publish(context, "large.payload", message, 0, &delivered));
  CHECK_NUMBER(delivered, SUBSCRIBERS);
  return SABIR_OK;
}

static sabir_status arrive(sabir_context *context, uintptr_t state, sabir_message **message) {
  struct journey *journey = (struct journey *)state;
  CHECK(sabir_message_data_mut(*message) == NULL);
  look(context, journey, *message);
  return SABIR_OK;
}

static sabir_behavior *behavior_of(const char *name, sabir_receive_fn receive) {
  sabir_callbacks callbacks = SABIR_CALLBACKS_INIT("");
  sabir_behavior *behavior = NULL;
  callbacks.name = name;
  callbacks.receive = receive;
  REQUIRE_OK(sabir_behavior_create(&callbacks, &behavior));
  return behavior;
}

static sabir_pid spawn_of(sabir_system *system, sabir_behavior *behavior, struct journey *journey) {
  sabir_spawn_options options = SABIR_SPAWN_OPTIONS_INIT;
  sabir_pid pid = 0;
  options.argument = (uintptr_t)journey;
  REQUIRE_OK(sabir_spawn(system, behavior, &options, &pid, NULL));
  return pid;
}

static void release_block(void *data, size_t size, uintptr_t argument) {
  (void)size;
  free(data);
  count((uint64_t *)argument);
}

/* wrap: memory of the host's, else the message's own. */
static void travel(bool wrap) {
  static struct journey journey;
  sabir_system *system = make_system(2);
  sabir_behavior *hopping = behavior_of("hop", hop), *arriving = behavior_of("subscriber", arrive);
  sabir_message *message = NULL;
  uint64_t bytes_before, resident_before, releases = 0;
  int index;
  memset(&journey, 0, sizeof journey);
  for (index = 0; index < HOPS; ++index) journey.hops[index] = spawn_of(system, hopping, &journey);
  for (index = 0; index < SUBSCRIBERS; ++index) {
    sabir_ref ref;
    REQUIRE_OK(sabir_subscribe(system, "large.*", spawn_of(system, arriving, &journey), &ref));
  }
  if (wrap) {
    void *block = malloc(payload_bytes);
    REQUIRE(block != NULL);
    memset(block, 0x5a, payload_bytes);
    REQUIRE_OK(sabir_message_wrap(7, block, payload_bytes, release_block, (uintptr_t)&releases, &message));
  } else {
    REQUIRE_OK(sabir_message_create(7, payload_bytes, &message));
    memset(sabir_message_data_mut(message), 0x5a, payload_bytes);
  }
  journey.data = sabir_message_data(message);
  bytes_before = counters_of(system).message_bytes;
  resident_before = resident_bytes();
  if (!wrap) CHECK(bytes_before >= payload_bytes);
  REQUIRE_OK(sabir_send(system, journey.hops[0], &message));
  CHECK(reached(&journey.seen, HOPS + SUBSCRIBERS));
  CHECK_NUMBER(counted(&journey.elsewhere), 0);
  CHECK(journey.most_bytes >= bytes_before);
  CHECK(journey.most_bytes < bytes_before + envelopes_bytes);
  /* Resident memory has other reasons to grow, too, more so under a sanitizer: but not for one more payload. */
  CHECK(journey.most_resident < resident_before + payload_bytes / 2);
  if (wrap) CHECK(reached(&releases, 1));
  end_system(&system);
  CHECK_NUMBER(counted(&releases), wrap ? 1 : 0);
  sabir_behavior_destroy(&hopping);
  sabir_behavior_destroy(&arriving);
}

static void a_large_message_is_not_copied(void) { travel(false); }
static void wrapped_memory_is_not_copied(void) { travel(true); }

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(a_large_message_is_not_copied),
      TEST(wrapped_memory_is_not_copied),
  };
  return RUN_TESTS(tests, argc, argv);
}
