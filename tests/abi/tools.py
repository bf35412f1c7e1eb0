# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: the paths CMake hands over, running tools, and a list of faults that ends the test."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ["SABIR_ROOT"])
BUILD = pathlib.Path(os.environ["SABIR_BUILD"])
LIBRARY = pathlib.Path(os.environ["SABIR_LIBRARY"])
CC = os.environ["CC"]
CXX = os.environ["CXX"]
INCLUDE = ROOT / "include"
HEADERS = sorted((INCLUDE / "sabir").glob("*.h"))

# Whatever stands in the environment must not choose another library or allocator for the programs we start.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("LD_", "MIMALLOC_", "PKG_CONFIG"))}


def run(*command, **options):
    """Runs a command and gives its standard output; a failure ends the test with all it said."""
    options.setdefault("env", CLEAN)
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, check=False, timeout=100, **options)
    if done.returncode != 0:
        sys.exit(f"failed ({done.returncode}): {' '.join(str(part) for part in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def declared_functions():
    """The functions that the headers mark SABIR_API, as the preprocessor leaves them."""
    text = run(CC, "-E", "-P", "-DSABIR_API=SABIR_EXPORTED", "-I", INCLUDE, INCLUDE / "sabir/sabir.h")
    return re.findall(r"SABIR_EXPORTED[^;{]*?\b(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)\s*\)?", " ", text))


class Faults:
    """Collects what is wrong, so that one run tells it all."""

    def __init__(self):
        self.count = 0
        self.checks = 0

    def expect(self, condition, text):
        self.checks += 1
        if not condition:
            self.count += 1
            print(f"fault: {text}")

    def end(self):
        print(f"{self.checks} checks, {self.count} faults")
        sys.exit(1 if self.count or not self.checks else 0)
