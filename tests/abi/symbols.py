#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The library exports what the headers declare, the version script lists the same, and there is nothing else."""
import re

from tools import HEADERS, INCLUDE, LIBRARY, ROOT, Faults, declared_functions, run


def main():
    faults = Faults()

    included = set(re.findall(r"#include <sabir/(\w+\.h)>", (INCLUDE / "sabir/sabir.h").read_text(encoding="utf-8")))
    for header in HEADERS:
        faults.expect(header.name in included | {"sabir.h"}, f"sabir.h does not include {header.name}")

    functions = declared_functions()
    declared = set(functions)
    faults.expect(len(declared) > 50, f"only {len(declared)} functions found in the headers")
    faults.expect(len(declared) == len(functions), "a function is declared twice")

    script = re.sub(r"/\*.*?\*/", "", (ROOT / "capi/sabir.map").read_text(encoding="utf-8"), flags=re.DOTALL)
    listed = []
    for part in re.findall(r"global:(.*?)(?:local:|\})", script, flags=re.DOTALL):
        listed += [name.strip() for name in part.split(";") if name.strip()]
    faults.expect(listed == sorted(listed) or script.count("global:") > 1, "capi/sabir.map: the symbols are not in order")
    faults.expect(len(listed) == len(set(listed)), "capi/sabir.map lists a symbol twice")
    faults.expect("*" in script.split("local:")[1], "capi/sabir.map does not hide the rest")

    exported, versions = set(), set()
    for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", LIBRARY).splitlines():
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@@")
        # The version nodes are absolute symbols themselves.
        if kind == "A" and re.fullmatch(r"SABIR_\d+\.\d+", name):
            versions.add(name)
            continue
        faults.expect(kind == "T", f"{name} is exported and no function ({kind})")
        faults.expect(re.fullmatch(r"SABIR_\d+\.\d+", version) is not None, f"{name} has no version")
        exported.add(name)
    faults.expect("SABIR_0.1" in versions, f"no version SABIR_0.1 among {sorted(versions)}")

    for name in sorted(declared | set(listed) | exported):
        for names, place in ((declared, "the headers"), (set(listed), "capi/sabir.map"), (exported, "the library")):
            faults.expect(name in names, f"{name} is not in {place}")
        faults.expect(re.fullmatch(r"sabir_[a-z0-9_]+", name) is not None, f"{name} is no name of ours")
    faults.end()


if __name__ == "__main__":
    main()
