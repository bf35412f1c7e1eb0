#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs into a new prefix, moves it elsewhere, and builds and runs C and C++ programs against it, through CMake and through
pkg-config. What the library itself is built on shows in neither.

usage: package.py CMAKE
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tools import BUILD, CC, CLEAN, CXX, INCLUDE, Faults, run

CONSUMER = pathlib.Path(__file__).parent / "consumer"
PRIVATE = re.compile(r"tbb|spdlog|fmt|mimalloc|stdc\+\+|pthread|Threads::", re.IGNORECASE)


def main():
    cmake = sys.argv[1]
    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run(cmake, "--install", BUILD, "--prefix", folder / "first")
        prefix = folder / "moved"
        shutil.move(folder / "first", prefix)

        installed = {path.relative_to(prefix).as_posix() for path in prefix.rglob("*") if not path.is_dir()}
        sources = {path.relative_to(INCLUDE).as_posix() for path in (INCLUDE / "sabir").rglob("*.h*")}
        headers = {name[len("include/"):] for name in installed if name.startswith("include/")}
        faults.expect(headers == sources and "sabir/sabir.h" in headers, f"installed headers and those of the tree: {headers ^ sources}")
        library = next(prefix.rglob("libsabir.so"))
        lib = library.parent
        version = re.search(r'PACKAGE_VERSION "(.*)"', next(prefix.rglob("sabirConfigVersion.cmake")).read_text(encoding="utf-8")).group(1)
        names = {name.rpartition("/")[2] for name in installed if not name.startswith("include/")}
        expected = {"libsabir.so", "libsabir.so.0", f"libsabir.so.{version}", "sabir.pc", "sabirConfig.cmake", "sabirConfigVersion.cmake",
                    "sabirTargets.cmake", "LICENSE"}
        targets = {name for name in names if re.fullmatch(r"sabirTargets-\w+\.cmake", name)}
        faults.expect(names - targets == expected and len(targets) == 1, f"installed: {sorted(names)}")

        # Neither description says what the library is built on, nor where it was built.
        for path in [*prefix.rglob("*.cmake"), *prefix.rglob("*.pc")]:
            text = path.read_text(encoding="utf-8")
            found = PRIVATE.search(text)
            faults.expect(found is None, f"{path.name} mentions {found and found.group(0)}")
            faults.expect(str(folder) not in text and str(BUILD) not in text, f"{path.name} names the folder it was made in")

        environment = {**CLEAN, "PKG_CONFIG_PATH": str(lib / "pkgconfig"), "LD_LIBRARY_PATH": str(lib)}

        def pkg_config(*arguments):
            return run("pkg-config", *arguments, "sabir", env=environment).split()

        faults.expect(pkg_config("--modversion") == [version], f"pkg-config gives version {pkg_config('--modversion')}")
        for static in ([], ["--static"]):
            flags = pkg_config("--libs", *static)
            faults.expect(len(flags) == 2 and flags[0].startswith("-L") and flags[1] == "-lsabir", f"pkg-config --libs {static} gives {flags}")
            faults.expect(flags and pathlib.Path(flags[0][2:]).resolve() == lib.resolve(), f"pkg-config points to {flags}")
        flags = pkg_config("--cflags")
        faults.expect(len(flags) == 1 and pathlib.Path(flags[0][2:]).resolve() == (prefix / "include").resolve(), f"pkg-config --cflags gives {flags}")

        def consume(what, binary):
            said = run(binary, env=environment)
            faults.expect(said == f"consumed {version}\n", f"{what} says {said}")
            needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "--dynamic", binary)))
            faults.expect("libsabir.so.0" in needed, f"{what} does not need libsabir.so.0: {needed}")
            faults.expect(not any(re.match(r"lib(tbb|spdlog|fmt|mimalloc)", name) for name in needed), f"{what} needs {needed}")

        flags = pkg_config("--cflags", "--libs")
        run(CC, "-std=c99", CONSUMER / "main.c", "-o", folder / "c", *flags, "-Wl,--no-as-needed")
        run(CXX, "-std=c++20", CONSUMER / "main.cpp", "-o", folder / "cpp", *flags, "-Wl,--no-as-needed")
        consume("C through pkg-config", folder / "c")
        consume("C++ through pkg-config", folder / "cpp")

        for language in ("C", "CXX"):
            tree = folder / f"tree_{language}"
            run(cmake, "-S", CONSUMER, "-B", tree, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCONSUMER_LANGUAGE={language}")
            run(cmake, "--build", tree)
            consume(f"{language} through CMake", tree / "consumer")

        # A version that is not there is refused.
        (folder / "later").mkdir()
        (folder / "later/CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(later LANGUAGES C)\nfind_package(sabir 1.0 REQUIRED)\n", encoding="utf-8")
        done = subprocess.run([cmake, "-S", folder / "later", "-B", folder / "later/build", f"-DCMAKE_PREFIX_PATH={prefix}"], env=CLEAN,
                              capture_output=True, text=True, check=False)
        faults.expect(done.returncode != 0 and "sabirConfig.cmake, version" in done.stderr, "version 0.1 passes for version 1.0")
    faults.end()


if __name__ == "__main__":
    main()
