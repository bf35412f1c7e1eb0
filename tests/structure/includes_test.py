#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That includes.py finds what it is there to find: each case is a tree with one fault, or with none."""
import pathlib
import tempfile
import unittest

import includes


def faults_of(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            path = root / "core" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return includes.check(root)


class Includes(unittest.TestCase):
    def expect(self, part, files):
        faults = faults_of(files)
        self.assertTrue(any(part in fault for fault in faults), f"expected '{part}' in {faults}")

    def test_a_downward_include_is_fine(self):
        files = {"base/pid.hpp": "", "mailbox/queue.hpp": '#include "base/pid.hpp"\n#include "queue_node.hpp"\n', "mailbox/queue_node.hpp": ""}
        self.assertEqual(faults_of(files), [])

    def test_an_upward_include_is_a_fault(self):
        self.expect("'actor' is above 'base'", {"base/pid.hpp": "#include <actor/cell.hpp>\n", "actor/cell.hpp": ""})

    def test_an_upward_include_by_a_relative_path_is_a_fault(self):
        self.expect("'actor' is above 'base'", {"base/pid.hpp": '#include "../actor/cell.hpp"\n', "actor/cell.hpp": ""})

    def test_siblings_do_not_know_each_other(self):
        self.expect("sibling", {"ask/table.hpp": '#include "port/port.hpp"\n', "port/port.hpp": ""})

    def test_core_does_not_know_what_is_above_it(self):
        self.expect("above core/", {"system/system.cpp": '#include "capi/guard.hpp"\n'})

    def test_a_folder_must_have_its_place(self):
        self.expect("not in the order", {"misc/things.hpp": ""})

    def test_an_include_of_nothing_is_a_fault(self):
        self.expect("no file of core/", {"base/pid.hpp": '#include "base/gone.hpp"\n'})

    def test_tbb_only_in_executor(self):
        self.expect("may use oneTBB", {"actor/cell.cpp": "#include <tbb/task_arena.h>\n"})
        self.expect("may use oneTBB", {"actor/cell.cpp": "#include <oneapi/tbb/task_arena.h>\n"})

    def test_tbb_in_two_file_pairs(self):
        files = {"executor/arena.hpp": "#include <tbb/task_arena.h>\n", "executor/arena.cpp": "#include <tbb/task_group.h>\n"}
        files["executor/arena_task.cpp"] = "#include <tbb/task_arena.h>\n"
        self.assertEqual(faults_of(files), [])
        self.expect("more than 2 file pairs", files | {"executor/threads.cpp": "#include <tbb/task_group.h>\n"})

    def test_a_bare_lock_is_a_fault(self):
        self.expect("-Wthread-safety does not see", {"port/port.hpp": "  std::mutex mutex_;\n"})
        self.expect("-Wthread-safety does not see", {"port/port.cpp": "  std::unique_lock lock(mutex_);\n"})
        self.assertEqual(faults_of({"base/mutex.hpp": "  std::mutex mutex_;\n", "port/port.hpp": "  Mutex mutex_;  // no std::mutex\n"}), [])

    def test_spdlog_only_in_observe(self):
        self.expect("may use spdlog", {"system/system.cpp": "#include <spdlog/spdlog.h>\n"})

    def test_time_and_chance_stand_behind_the_environment(self):
        self.expect("may use the real environment", {"supervision/supervisor.cpp": "auto now = env::system_environment().now_ns();\n"})
        self.expect("may use a clock", {"ask/asks.cpp": "auto now = std::chrono::steady_clock::now();\n"})
        self.expect("may use randomness", {"supervision/restarts.hpp": "std::random_device device{};\n" + "int any = rand();\n"})
        self.assertEqual(faults_of({"env/environment.cpp": "auto now = std::chrono::steady_clock::now();\n"}), [])

    def test_mimalloc_only_in_memory(self):
        self.expect("may use mimalloc", {"mailbox/pool.cpp": "#include <mimalloc.h>\n"})
        self.assertEqual(faults_of({"base/memory.cpp": "#include <mimalloc.h>\n"}), [])

    def test_headers_that_include_each_other(self):
        self.expect("include each other", {"base/a.hpp": '#include "base/b.hpp"\n', "base/b.hpp": '#include "base/a.hpp"\n'})


if __name__ == "__main__":
    unittest.main()
