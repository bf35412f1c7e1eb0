#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Relative links of the pages lead to files and headings that exist, docs/adr/README.md lists every decision, and README.md every page
of the guide.

usage: links.py ROOT
"""
import pathlib
import re
import sys

import pages

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    count, faults, led_to = 0, [], {}
    for path in pages.pages(root):
        led_to[path] = set()
        for number, line in enumerate(pages.prose(path), 1):
            for link in LINK.findall(line):
                if "://" in link or link.startswith("mailto:"):
                    continue
                count += 1
                name, _, anchor = link.partition("#")
                target = (path.parent / name).resolve() if name else path
                led_to[path].add(target)
                where = f"{path.relative_to(root)}:{number}: {link}"
                if not target.exists():
                    faults.append(f"{where}: no such file")
                elif anchor and target.suffix == ".md" and anchor not in pages.anchors(target):
                    faults.append(f"{where}: no such heading")
    for index, folder in ((root / "docs/adr/README.md", "docs/adr"), (root / "README.md", "docs/guide")):
        for page in sorted((root / folder).glob("*.md")):
            if page != index and page.resolve() not in led_to.get(index, set()):
                faults.append(f"{index.relative_to(root)} has no link to {page.relative_to(root)}")
    for fault in faults:
        print(fault)
    print(f"{count} links, {len(faults)} faults")
    sys.exit(1 if faults or not count else 0)


if __name__ == "__main__":
    main()
