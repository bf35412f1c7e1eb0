#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the copy of a product header that a model test is compiled against, with or without a mutation.

    mutate.py HEADER RULES MUTANT OUTPUT

RULES is a file of sections. The section [instrument] is applied to every copy: it turns ordinary variables that threads share into
ones whose accesses are checked. MUTANT names one more section, or is "none". A section is a list of replacements:

    [name]
    - exact text of the header
    + what stands there instead (no + line: nothing)

Several - or + lines in a row are one text of several lines. The old text must occur exactly once, else the build fails: so a change of the
product cannot silently turn a mutant into no mutant.
"""

import sys


def read_rules(path):
    """{section: [(old, new)]}"""
    sections, current, old, new = {}, None, [], []

    def flush():
        if old:
            current.append(("\n".join(old), "\n".join(new)))
        old.clear()
        new.clear()

    with open(path, encoding="utf-8") as rules:
        for number, line in enumerate(rules, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                flush()
            elif line.startswith("["):
                flush()
                current = sections.setdefault(line.strip("[]"), [])
            elif line.startswith("- "):
                if new:
                    flush()
                old.append(line[2:])
            elif line.startswith("+ "):
                new.append(line[2:])
            else:
                sys.exit(f"{path}:{number}: neither a section, a - line nor a + line")
    flush()
    return sections


def main():
    header, rules, mutant, output = sys.argv[1:]
    sections = read_rules(rules)
    wanted = ["instrument"] + ([] if mutant == "none" else [mutant])
    with open(header, encoding="utf-8") as source:
        text = source.read()
    for name in wanted:
        if name not in sections:
            sys.exit(f"{rules}: no section [{name}]")
        for old, new in sections[name]:
            found = text.count(old)
            if found != 1:
                sys.exit(f"{header}: [{name}] of {rules} wants this text exactly once, but it is there {found} times:\n{old}")
            text = text.replace(old, new)
    with open(output, "w", encoding="utf-8") as target:
        target.write(text)


main()
