#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Linking sabir changes nothing in its host: malloc stays libc's and operator new libstdc++'s, in C and C++ programs, in every order
of the libraries, also behind a library in between. The programs look by dladdr and at the blocks they get; the dynamic linker's own
list of bindings is looked through as well."""
import pathlib
import re
import tempfile

from tools import CC, CLEAN, CXX, INCLUDE, LIBRARY, Faults, run

HERE = pathlib.Path(__file__).parent
BINDING = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: \w+ symbol `(\w+)'")
C_FAMILY = {"malloc", "calloc", "realloc", "free", "aligned_alloc", "posix_memalign", "memalign", "valloc", "pvalloc", "reallocarray",
            "strdup", "strndup", "realpath", "malloc_usable_size", "cfree"}
CPP_FAMILY = re.compile(r"_Z(nw|na|dl|da)")


def check_bindings(faults, what, text):
    """No file but mimalloc itself gets anything from it but its mi_ functions, and the two families come from where they should."""
    bindings = BINDING.findall(text)
    faults.expect(any("libsabir" in user for user, _, _ in bindings), f"{what}: the linker bound nothing for libsabir")
    for user, owner, name in bindings:
        if "libmimalloc" in user:
            continue
        faults.expect("libmimalloc" not in owner or name.startswith("mi_"), f"{what}: {user} gets {name} from {owner}")
        if name in C_FAMILY:
            faults.expect("libc.so" in owner or "ld-linux" in owner, f"{what}: {user} gets {name} from {owner}")
        if CPP_FAMILY.match(name):
            faults.expect("libstdc++" in owner, f"{what}: {user} gets {name} from {owner}")


def main():
    faults = Faults()
    mimalloc = re.search(r"\[(libmimalloc\S*)\]", run("readelf", "--dynamic", LIBRARY)).group(1)
    where = [f"-L{LIBRARY.parent}", f"-Wl,-rpath,{LIBRARY.parent}"]
    all_needed = "-Wl,--no-as-needed"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, flags in (("plain", []), ("first", [all_needed, "-lsabir", "-lstdc++", "-lc"])):
            run(CXX, "-x", "c++", "-shared", "-fPIC", "-I", INCLUDE, *where, *flags, HERE / "plugin.c", "-lsabir", "-o", folder / f"libplugin_{name}.so")
        plugin = [f"-L{folder}", f"-Wl,-rpath,{folder}", all_needed]
        c_program = [CC, "-std=c99", "-I", INCLUDE, *where]
        cpp_program = [CXX, "-std=c++20", "-I", INCLUDE, *where]
        end = ["-lsabir", "-ldl", "-pthread"]
        # name, command before the source, after it
        hosts = [
            ("c", c_program, end),
            ("c_sabir_first", [*c_program, all_needed, "-lsabir", "-lc"], end),
            ("c_sabir_last", [*c_program, all_needed, "-lc"], end),
            ("c_as_needed", [*c_program, "-Wl,--as-needed"], end),
            ("c_not_pie", [*c_program, "-no-pie", "-fno-pie"], end),
            ("c_behind_plugin", [*c_program, *plugin, "-lplugin_plain"], end),
            ("c_behind_plugin_sabir_first", [*c_program, *plugin, "-lplugin_first"], end),
            ("cpp", cpp_program, end),
            ("cpp_sabir_first", [*cpp_program, all_needed, "-lsabir", "-lstdc++", "-lc"], end),
            ("cpp_sabir_last", [*cpp_program, all_needed, "-lc", "-lstdc++"], end),
            ("cpp_as_needed", [*cpp_program, "-Wl,--as-needed"], end),
            ("cpp_not_pie", [*cpp_program, "-no-pie", "-fno-pie"], end),
            ("cpp_lazy", [*cpp_program, "-Wl,-z,lazy"], end),
            ("cpp_behind_plugin", [*cpp_program, *plugin, "-lplugin_plain"], end),
            ("cpp_behind_plugin_sabir_first", [*cpp_program, *plugin, "-lplugin_first"], end),
        ]
        for name, before, after in hosts:
            source = HERE / ("host.c" if name.startswith("c_") or name == "c" else "host.cpp")
            binary = folder / name
            run(*before, source, "-o", binary, *after)
            run(binary, mimalloc)
            traced = folder / f"{name}.bindings"
            run(binary, mimalloc, env={**CLEAN, "LD_DEBUG": "bindings", "LD_BIND_NOW": "1", "LD_DEBUG_OUTPUT": str(traced)})
            files = list(folder.glob(f"{traced.name}.*"))
            faults.expect(len(files) == 1, f"{name}: {len(files)} traces")
            check_bindings(faults, name, "".join(file.read_text(encoding="utf-8", errors="replace") for file in files))
    faults.end()


if __name__ == "__main__":
    main()
