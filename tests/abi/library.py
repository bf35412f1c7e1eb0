#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the library's own file says: its name, that it stays loaded, no executable stack, no text relocations, and in which order it
needs others."""
import re

from tools import LIBRARY, Faults, run

# What the library is made of; a new dependency is a decision (docs/adr/) and changes this list.
NEEDED = re.compile(r"(libstdc\+\+|libc|libm|libgcc_s|libtbb|libspdlog|libfmt|libmimalloc|ld-linux[-\w]*)\.so\.[\d.]+")


def main():
    faults = Faults()
    dynamic = run("readelf", "--wide", "--dynamic", LIBRARY)
    soname = re.search(r"\(SONAME\).*\[(.*)\]", dynamic).group(1)
    faults.expect(soname == "libsabir.so.0", f"SONAME is {soname}")
    faults.expect(re.search(r"\(FLAGS_1\).*\bNODELETE\b", dynamic), "not linked -z nodelete")
    faults.expect("TEXTREL" not in dynamic, "text relocations")
    faults.expect("SYMBOLIC" not in dynamic, "-Bsymbolic")
    faults.expect("RPATH" not in dynamic and "RUNPATH" not in dynamic, "a search path of its own")

    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    for name in needed:
        faults.expect(NEEDED.fullmatch(name), f"needs {name}")
    mimalloc = [index for index, name in enumerate(needed) if name.startswith("libmimalloc")]
    faults.expect(len(mimalloc) == 1, f"libmimalloc is needed {len(mimalloc)} times")
    for name in ("libstdc++.so.6", "libc.so.6"):
        faults.expect(name in needed and mimalloc and needed.index(name) < mimalloc[0], f"{name} does not come before libmimalloc: {needed}")

    segments = run("readelf", "--wide", "--segments", LIBRARY)
    stack = re.search(r"GNU_STACK.*", segments)
    faults.expect(stack is not None and re.search(r"\bRW\s+0x", stack.group(0)), f"the stack would be executable: {stack and stack.group(0)}")
    faults.expect(not re.search(r"LOAD.*\bRWE\b", segments), "a segment is writable and executable")
    faults.end()


if __name__ == "__main__":
    main()
