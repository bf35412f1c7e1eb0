# SPDX-License-Identifier: Apache-2.0
"""Reads Markdown pages: their fenced blocks, headings and links."""
import re
from dataclasses import dataclass

FENCE = re.compile(r"^```(\w*)\s*$")


@dataclass
class Block:
    """A fenced block: its language, its text, and the line its fence is on."""
    language: str
    text: str
    line: int


def pages(root):
    """README.md, CHANGELOG.md and all pages under docs/."""
    return [path for path in (root / "README.md", root / "CHANGELOG.md") if path.exists()] + sorted((root / "docs").rglob("*.md"))


def blocks(path):
    """The fenced blocks of a page, in order."""
    found, language, lines, begun = [], None, [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if language is None and fence:
            language, lines, begun = fence.group(1), [], number
        elif language is not None and line.strip() == "```":
            found.append(Block(language, "".join(text + "\n" for text in lines), begun))
            language = None
        elif language is not None:
            lines.append(line)
    if language is not None:
        raise ValueError(f"{path}:{begun}: the block is never closed")
    return found


def prose(path):
    """The page without its fenced blocks and inline code, line by line."""
    inside = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
            yield ""
        else:
            yield "" if inside else re.sub(r"`[^`]*`", "", line)


def anchors(path):
    """The anchors that headings make, as the usual renderers name them."""
    found, inside = set(), False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = not inside
        heading = re.match(r"^#+\s+(.*?)\s*$", line)
        if heading and not inside:
            found.add(re.sub(r"[^\w\- ]", "", heading.group(1).lower()).replace(" ", "-"))
    return found
