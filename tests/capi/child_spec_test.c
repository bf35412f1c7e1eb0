/* supervisor.h: every field of a child's spec that is out of its range is refused, by name, and the argument is dropped once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "supervision_support.h"

/* All structures that a spec may lead to. */
struct bundle {
  sabir_child_spec spec;
  sabir_spawn_options spawn;
  sabir_mailbox_options mailbox;
  sabir_health_options health;
  sabir_supervisor_options supervisor;
};

static void fill(struct bundle *bundle) {
  const sabir_child_spec spec = SABIR_CHILD_SPEC_INIT;
  const sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  const sabir_mailbox_options mailbox = SABIR_MAILBOX_OPTIONS_INIT;
  const sabir_health_options health = SABIR_HEALTH_OPTIONS_INIT;
  const sabir_supervisor_options supervisor = SABIR_SUPERVISOR_OPTIONS_INIT;
  bundle->spec = spec;
  bundle->spawn = spawn;
  bundle->mailbox = mailbox;
  bundle->health = health;
  bundle->supervisor = supervisor;
}

enum { SPEC, HEALTH, SUPERVISOR, MAILBOX };

#define TOO_LONG (UINT64_C(0x3fffffffffffffff) + 1)
#define FIELD32(where, type, field, value) {where, #field, offsetof(type, field), 4, (value)}
#define FIELD64(where, type, field, value) {where, #field, offsetof(type, field), 8, (value)}

static const struct wrong_field {
  int where;
  const char *name;
  size_t offset, size;
  uint64_t value;
} wrong_fields[] = {
    FIELD32(SPEC, sabir_child_spec, restart, SABIR_TEMPORARY + 1),
    FIELD32(SPEC, sabir_child_spec, significant, 1), /* of a permanent child */
    FIELD32(SPEC, sabir_child_spec, redeliveries, SABIR_REDELIVERIES_MAX + 1),
    FIELD64(SPEC, sabir_child_spec, shutdown_ns, TOO_LONG),
    FIELD64(SPEC, sabir_child_spec, start_timeout_ns, TOO_LONG),
    FIELD64(SPEC, sabir_child_spec, backoff_initial_ns, TOO_LONG),
    FIELD64(SPEC, sabir_child_spec, backoff_max_ns, TOO_LONG),
    FIELD32(SPEC, sabir_child_spec, backoff_factor_percent, 99),
    FIELD32(SPEC, sabir_child_spec, backoff_factor_percent, 10001),
    FIELD32(SPEC, sabir_child_spec, backoff_jitter_percent, 101),
    FIELD64(SPEC, sabir_child_spec, stall_timeout_ns, 1000000000), /* on an arena */
    FIELD64(HEALTH, sabir_health_options, interval_ns, 999999),
    FIELD64(HEALTH, sabir_health_options, interval_ns, TOO_LONG),
    FIELD64(HEALTH, sabir_health_options, timeout_ns, TOO_LONG),
    FIELD64(HEALTH, sabir_health_options, degraded_age_ns, TOO_LONG),
    FIELD64(HEALTH, sabir_health_options, failed_age_ns, TOO_LONG),
    FIELD32(SUPERVISOR, sabir_supervisor_options, strategy, SABIR_SIMPLE_ONE_FOR_ONE + 1),
    FIELD32(SUPERVISOR, sabir_supervisor_options, intensity, SABIR_INTENSITY_MAX + 1),
    FIELD32(SUPERVISOR, sabir_supervisor_options, intensity, SABIR_INTENSITY_NONE - 1),
    FIELD32(SUPERVISOR, sabir_supervisor_options, auto_shutdown, SABIR_AUTO_SHUTDOWN_ALL + 1),
    FIELD64(SUPERVISOR, sabir_supervisor_options, period_ns, TOO_LONG),
    FIELD32(SUPERVISOR, sabir_supervisor_options, strategy, SABIR_SIMPLE_ONE_FOR_ONE), /* without child_behavior, see named_as */
    FIELD32(MAILBOX, sabir_mailbox_options, overflow, SABIR_OVERFLOW_DROP_OLDEST + 1),
};

/* A simple_one_for_one supervisor without a template: the template is what is wrong. */
static const char *named_as(const struct wrong_field *field) {
  return field->where == SUPERVISOR && field->offset == offsetof(sabir_supervisor_options, strategy) &&
                 field->value == SABIR_SIMPLE_ONE_FOR_ONE
             ? "child_behavior"
             : field->name;
}

static void spoil(struct bundle *bundle, const struct wrong_field *field) {
  unsigned char *bases[4];
  const uint32_t small = (uint32_t)field->value;
  bases[SPEC] = (unsigned char *)&bundle->spec;
  bases[HEALTH] = (unsigned char *)&bundle->health;
  bases[SUPERVISOR] = (unsigned char *)&bundle->supervisor;
  bases[MAILBOX] = (unsigned char *)&bundle->mailbox;
  if (field->size == 4)
    memcpy(bases[field->where] + field->offset, &small, sizeof small);
  else
    memcpy(bases[field->where] + field->offset, &field->value, sizeof field->value);
  if (field->where == HEALTH) bundle->spec.health = &bundle->health;
  if (field->where == SUPERVISOR) bundle->spec.supervisor = &bundle->supervisor;
  if (field->where == MAILBOX) bundle->spawn.mailbox = &bundle->mailbox;
}

/* Both forms of a call that must fail with this status and a text that has this part; each drops its argument once. */
static void refused(struct nursery *nursery, const char *id, sabir_behavior *behavior, struct bundle *bundle, sabir_status expected,
                    const char *part) {
  struct kid *one = &nursery->kids[0];
  sabir_message *request = (sabir_message *)&request;
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  int passed;
  const bool dropped = bundle->spec.supervisor == NULL; /* supervisors have no argument */
  bundle->spawn.argument = (uintptr_t)one;
  bundle->spawn.drop = probe_drop;
  bundle->spec.spawn = dropped ? &bundle->spawn : NULL;
  one->handed += dropped;
  passed = CHECK_STATUS(sabir_supervise(nursery->system, 0, id, behavior, &bundle->spec, &pid, &error), expected);
  CHECK_NUMBER(pid, 0);
  passed = CHECK_STATUS(sabir_error_status(error), expected) && passed;
  passed = CHECK_CONTAINS(sabir_error_message(error), part) && passed;
  sabir_error_destroy(&error);
  passed = CHECK_NUMBER(counted(&one->probe.drops), one->handed) && passed; /* before the call returns */
  one->handed += dropped;
  passed = CHECK_STATUS(sabir_request_supervise(nursery->system, id, behavior, &bundle->spec, &request, &error), expected) && passed;
  CHECK(request == NULL);
  passed = CHECK_CONTAINS(sabir_error_message(error), part) && passed;
  sabir_error_destroy(&error);
  passed = CHECK_NUMBER(counted(&one->probe.drops), one->handed) && passed;
  if (!passed) fprintf(stderr, "  with a wrong %s\n", part);
}

static void every_field_out_of_range_is_named(void) {
  struct nursery nursery;
  size_t index;
  nursery_open(&nursery);
  for (index = 0; index < sizeof wrong_fields / sizeof wrong_fields[0]; ++index) {
    struct bundle bundle;
    fill(&bundle);
    spoil(&bundle, &wrong_fields[index]);
    refused(&nursery, "x", wrong_fields[index].where == SUPERVISOR ? NULL : nursery.behavior, &bundle, SABIR_E_INVALID,
            named_as(&wrong_fields[index]));
  }
  CHECK_NUMBER(children_of(&nursery, 0), 0);
  nursery_close(&nursery);
  CHECK_DIARY(&nursery, "");
}

static void fields_that_do_not_go_together_are_named(void) {
  struct nursery nursery;
  struct bundle bundle;
  sabir_child_spec template_spec = SABIR_CHILD_SPEC_INIT;
  nursery_open(&nursery);
  fill(&bundle); /* an unbounded mailbox has no depth */
  bundle.mailbox.capacity = SABIR_UNBOUNDED;
  bundle.spawn.mailbox = &bundle.mailbox;
  bundle.health.degraded_depth = 10;
  bundle.spec.health = &bundle.health;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_INVALID, "degraded_depth");
  bundle.health.degraded_depth = 0;
  bundle.health.failed_depth = 10;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_INVALID, "failed_depth");
  fill(&bundle); /* a template is for simple_one_for_one only */
  bundle.supervisor.child_behavior = nursery.behavior;
  bundle.spec.supervisor = &bundle.supervisor;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "child_behavior");
  bundle.supervisor.child_behavior = NULL;
  bundle.supervisor.child = &template_spec;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "child");
  bundle.supervisor.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  bundle.supervisor.child_behavior = nursery.behavior;
  bundle.supervisor.auto_shutdown = SABIR_AUTO_SHUTDOWN_ANY;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "auto_shutdown");
  bundle.supervisor.auto_shutdown = SABIR_AUTO_SHUTDOWN_NEVER;
  template_spec.restart = SABIR_TEMPORARY + 1; /* a template is looked at when its supervisor is made */
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "restart");
  template_spec.restart = SABIR_PERMANENT;
  template_spec.spawn = &bundle.spawn; /* which has an argument */
  bundle.spawn.argument = 1;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "spec.supervisor.child.spawn.argument");
  fill(&bundle); /* a template is no supervisor: this one would be its own */
  bundle.supervisor.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  bundle.supervisor.child_behavior = nursery.behavior;
  bundle.supervisor.child = &bundle.spec;
  bundle.spec.supervisor = &bundle.supervisor;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "spec.supervisor.child.supervisor");
  fill(&bundle); /* either a behavior or a supervisor */
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "behavior");
  bundle.spec.supervisor = &bundle.supervisor;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_INVALID, "behavior");
  bundle.spec.redeliveries = 1; /* a supervisor has no message that fails */
  refused(&nursery, "x", NULL, &bundle, SABIR_E_INVALID, "redeliveries");
  nursery_close(&nursery);
}

/* Whose thread is never replaced: an executor of one worker, which is what a threads executor has by default. */
static void nobody_gives_up_on_a_handler_of_a_pinned_executor(void) {
  struct nursery nursery;
  struct bundle bundle;
  sabir_executor_options options = SABIR_EXECUTOR_OPTIONS_INIT;
  sabir_executor *executor = NULL;
  nursery_open(&nursery);
  options.kind = SABIR_EXECUTOR_THREADS;
  REQUIRE_OK(sabir_executor_create(nursery.system, &options, &executor, NULL));
  fill(&bundle);
  bundle.spec.stall_timeout_ns = SECOND_NS;
  bundle.spawn.executor = executor;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_INVALID, "stall_timeout_ns");
  nursery_close(&nursery);
  CHECK_OK(sabir_executor_destroy(&executor));
}

static void ids_are_checked(void) {
  struct nursery nursery;
  struct bundle bundle;
  char longest[257];
  sabir_pid pid = 0;
  nursery_open(&nursery);
  memset(longest, 'x', sizeof longest);
  longest[256] = 0;
  fill(&bundle);
  refused(&nursery, "", nursery.behavior, &bundle, SABIR_E_INVALID, "id");
  refused(&nursery, longest, nursery.behavior, &bundle, SABIR_E_INVALID, "id");
  refused(&nursery, "\xff", nursery.behavior, &bundle, SABIR_E_INVALID, "id");
  longest[255] = 0;
  bundle.spawn.argument = (uintptr_t)&nursery.kids[1];
  ++nursery.kids[1].handed;
  CHECK_OK(sabir_supervise(nursery.system, 0, longest, nursery.behavior, &bundle.spec, &pid, NULL));
  CHECK(pid != 0);
  nursery_close(&nursery);
}

/* NULL as an id is for the children of a template, which have no other. */
static void ids_are_for_those_who_have_them(void) {
  struct nursery nursery;
  struct bundle bundle;
  sabir_supervisor_options options = SABIR_SUPERVISOR_OPTIONS_INIT;
  sabir_error *error = NULL;
  sabir_pid pool, pid = 1;
  nursery_open(&nursery);
  options.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  options.child_behavior = nursery.behavior;
  pool = add_supervisor(&nursery, 0, "pool", &options, NULL);
  fill(&bundle);
  bundle.spec.spawn = &bundle.spawn;
  bundle.spawn.drop = probe_drop;
  bundle.spawn.argument = (uintptr_t)&nursery.kids[0];
  ++nursery.kids[0].handed;
  CHECK_STATUS(sabir_supervise(nursery.system, 0, NULL, nursery.behavior, &bundle.spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "id");
  sabir_error_destroy(&error);
  take(&nursery.kids[0].probe.dropped);
  bundle.spawn.argument = (uintptr_t)&nursery.kids[1];
  ++nursery.kids[1].handed;
  CHECK_STATUS(sabir_supervise(nursery.system, pool, "x", NULL, &bundle.spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "id");
  sabir_error_destroy(&error);
  take(&nursery.kids[1].probe.dropped);
  bundle.spawn.argument = (uintptr_t)&nursery.kids[2];
  ++nursery.kids[2].handed;
  CHECK_STATUS(sabir_supervise(nursery.system, pool, NULL, nursery.behavior, &bundle.spec, &pid, &error), SABIR_E_INVALID);
  CHECK_CONTAINS(sabir_error_message(error), "behavior");
  sabir_error_destroy(&error);
  take(&nursery.kids[2].probe.dropped);
  CHECK_NUMBER(children_of(&nursery, pool), 0);
  nursery_close(&nursery);
}

static void handles_and_pids_are_checked(void) {
  struct nursery nursery;
  struct bundle bundle;
  sabir_system *other = make_system(1);
  sabir_system *none = NULL;
  sabir_behavior *destroyed = kid_behavior(KID_PLAIN), *gone = destroyed;
  sabir_executor *foreign = NULL;
  sabir_pid pid = 1;
  nursery_open(&nursery);
  sabir_behavior_destroy(&gone);
  REQUIRE_OK(sabir_executor_create(other, NULL, &foreign, NULL));
  fill(&bundle);
  refused(&nursery, "x", destroyed, &bundle, SABIR_E_HANDLE, "behavior");
  bundle.spawn.executor = foreign;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_FOREIGN, "executor");
  fill(&bundle);
  bundle.spawn.argument = (uintptr_t)&nursery.kids[1];
  bundle.spawn.drop = probe_drop;
  bundle.spec.spawn = &bundle.spawn;
  nursery.kids[1].handed = 3;
  CHECK_STATUS(sabir_supervise(none, 0, "x", nursery.behavior, &bundle.spec, &pid, NULL), SABIR_E_INVALID);
  CHECK_NUMBER(pid, 0);
  take(&nursery.kids[1].probe.dropped);
  CHECK_STATUS(sabir_supervise(nursery.system, sabir_supervisor_root(other), "x", nursery.behavior, &bundle.spec, &pid, NULL),
               SABIR_E_FOREIGN);
  take(&nursery.kids[1].probe.dropped);
  CHECK_STATUS(sabir_supervise(nursery.system, sabir_supervisor_root(nursery.system) + (UINT64_C(1000000) << 28), "x", nursery.behavior,
                               &bundle.spec, &pid, NULL),
               SABIR_E_NO_ACTOR);
  take(&nursery.kids[1].probe.dropped);
  nursery_close(&nursery);
  CHECK_OK(sabir_executor_destroy(&foreign));
  end_system(&other);
  CHECK_NUMBER(sabir_supervisor_root(other), 0);
}

/* A structure of a version before the first: all there is of it is its size. On the heap, so that a tool sees what is read behind it. */
static void *short_structure(void) {
  const uint32_t size = 8;
  void *made = malloc(size);
  REQUIRE(made != NULL);
  memset(made, 0, size);
  memcpy(made, &size, sizeof size);
  return made;
}

static void nothing_is_read_behind_the_end_of_a_structure(void) {
  struct nursery nursery;
  struct bundle bundle;
  void *const small = short_structure();
  sabir_message *request = NULL;
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  nursery_open(&nursery);
  CHECK_STATUS(sabir_supervise(nursery.system, 0, "x", nursery.behavior, (const sabir_child_spec *)small, &pid, &error), SABIR_E_OPTION);
  CHECK_CONTAINS(sabir_error_message(error), "spec.struct_size");
  sabir_error_destroy(&error);
  CHECK_STATUS(sabir_request_supervise(nursery.system, "x", nursery.behavior, (const sabir_child_spec *)small, &request, NULL),
               SABIR_E_OPTION);
  fill(&bundle);
  bundle.spec.spawn = (const sabir_spawn_options *)small;
  CHECK_STATUS(sabir_supervise(nursery.system, 0, "x", nursery.behavior, &bundle.spec, &pid, &error), SABIR_E_OPTION);
  CHECK_CONTAINS(sabir_error_message(error), "spec.spawn.struct_size");
  sabir_error_destroy(&error);
  fill(&bundle);
  bundle.spawn.mailbox = (const sabir_mailbox_options *)small;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_OPTION, "mailbox.struct_size");
  fill(&bundle);
  bundle.spec.health = (const sabir_health_options *)small;
  refused(&nursery, "x", nursery.behavior, &bundle, SABIR_E_OPTION, "spec.health.struct_size");
  fill(&bundle);
  bundle.spec.supervisor = (const sabir_supervisor_options *)small;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_OPTION, "spec.supervisor.struct_size");
  fill(&bundle);
  bundle.spec.supervisor = &bundle.supervisor;
  bundle.supervisor.strategy = SABIR_SIMPLE_ONE_FOR_ONE;
  bundle.supervisor.child_behavior = nursery.behavior;
  bundle.supervisor.child = (const sabir_child_spec *)small;
  refused(&nursery, "x", NULL, &bundle, SABIR_E_OPTION, "spec.supervisor.child.struct_size");
  nursery_close(&nursery);
  free(small);
}

static void sizes_and_unknown_options_are_checked(void) {
  struct nursery nursery;
  struct {
    sabir_child_spec spec;
    uint64_t unknown;
  } newer;
  sabir_spawn_options spawn = SABIR_SPAWN_OPTIONS_INIT;
  const sabir_child_spec fresh = SABIR_CHILD_SPEC_INIT;
  sabir_child_spec spec;
  sabir_error *error = NULL;
  sabir_pid pid = 1;
  nursery_open(&nursery);
  memset(&newer, 0, sizeof newer);
  spawn.argument = (uintptr_t)&nursery.kids[0];
  spawn.drop = probe_drop;
  newer.spec = fresh;
  newer.spec.spawn = &spawn;
  newer.spec.struct_size = sizeof newer;
  newer.unknown = 1;
  ++nursery.kids[0].handed;
  CHECK_STATUS(sabir_supervise(nursery.system, 0, "x", nursery.behavior, &newer.spec, &pid, &error), SABIR_E_OPTION);
  CHECK_NUMBER(pid, 0);
  CHECK(strlen(sabir_error_message(error)) > 0);
  sabir_error_destroy(&error);
  take(&nursery.kids[0].probe.dropped);
  spawn.argument = (uintptr_t)&nursery.kids[1];
  ++nursery.kids[1].handed;
  newer.unknown = 0; /* what is not set needs not be known */
  CHECK_OK(sabir_supervise(nursery.system, 0, "x", nursery.behavior, &newer.spec, &pid, NULL));
  memset(&spec, 0x55, sizeof spec); /* nothing behind the size is looked at */
  spec.struct_size = 8;
  CHECK_STATUS(sabir_supervise(nursery.system, 0, "y", nursery.behavior, &spec, &pid, NULL), SABIR_E_OPTION);
  memset(&spec, 0x55, sizeof spec); /* was it initialized? */
  CHECK_STATUS(sabir_supervise(nursery.system, 0, "y", nursery.behavior, &spec, &pid, NULL), SABIR_E_OPTION);
  memset(&spawn, 0x55, sizeof spawn);
  newer.spec.struct_size = sizeof newer.spec;
  CHECK_STATUS(sabir_supervise(nursery.system, 0, "y", nursery.behavior, &newer.spec, &pid, NULL), SABIR_E_OPTION);
  memset(&spec, 0x55, sizeof spec);
  sabir_child_spec_init(&spec, sizeof spec);
  CHECK(memcmp(&spec, &fresh, sizeof spec) == 0);
  nursery_close(&nursery);
}

int main(int argc, char **argv) {
  static const struct check_test tests[] = {
      TEST(every_field_out_of_range_is_named),
      TEST(fields_that_do_not_go_together_are_named),
      TEST(nobody_gives_up_on_a_handler_of_a_pinned_executor),
      TEST(ids_are_checked),
      TEST(ids_are_for_those_who_have_them),
      TEST(handles_and_pids_are_checked),
      TEST(nothing_is_read_behind_the_end_of_a_structure),
      TEST(sizes_and_unknown_options_are_checked),
  };
  return RUN_TESTS(tests, argc, argv);
}
