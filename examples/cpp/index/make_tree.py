#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a tree of files that is hard on an indexer of words, the same for the same seed: make_tree.py FOLDER [SEED]."""

import os
import pathlib
import random
import sys

CHUNK_BYTES = 256 * 1024  # of file.hpp: words and code points are put across its multiples
WORD_BYTES_MAX = 1024  # of scan.hpp

WORDS = ["the", "The", "of", "actor", "mailbox_2", "x", "größe", "naïve", "日本語", "слово", "emoji🙂word", "_", "42", "ÉCOLE"]
SEPARATORS = [" ", "\n", "\t", ", ", ".", "\r\n", "-", "\0", "(", '"']

INVALID = {
    "lone_continuation": b"word \x80 word",
    "overlong_2": b"word \xc0\xaf word",
    "overlong_3": b"word \xe0\x80\xaf word",
    "overlong_4": b"word \xf0\x80\x80\xaf word",
    "surrogate": b"word \xed\xa0\x80 word",
    "too_large": b"word \xf4\x90\x80\x80 word",
    "lead_f5": b"word \xf5\x80\x80\x80 word",
    "cut_off_by_letter": b"word \xe6\x97x word",
    "cut_off_by_end": b"word \xe6\x97",
    "latin1": "größe".encode("latin-1"),
    "byte_ff": b"\xff",
}


def text(chance, words):
    return "".join(chance.choice(WORDS) + chance.choice(SEPARATORS) for _ in range(words))


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def make(root, seed=1):
    chance = random.Random(seed)
    root.mkdir(parents=True)
    write(root / "empty", b"")
    write(root / "only_separators", b" \n\t ...")
    write(root / "no_newline_at_the_end", "the last word")
    write(root / "one_word", "word")
    for number in range(300):
        folder = root.joinpath(*(chance.choice("abc") for _ in range(chance.randrange(6))))
        write(folder / f"file_{number}.txt", text(chance, chance.randrange(400)))
    write(root.joinpath(*["deep"] * 60) / "file", "at the bottom")
    (root / "empty_folder").mkdir()

    # Large: several MB, with code points and words across the ends of chunks, and many different words.
    write(root / "large" / "mixed.txt", text(chance, 500_000))
    write(root / "large" / "distinct.txt", "".join(f"word{number} " for number in range(200_000)))
    for shift in range(5):
        write(root / "large" / f"across_{shift}.txt", "a" * (CHUNK_BYTES - shift) + " " + "é日🙂" * 10 + " end")
        prefix = ("word " * (CHUNK_BYTES // 5 + 1))[: CHUNK_BYTES - shift]
        write(root / "large" / f"code_point_{shift}.txt", prefix + "🙂é日" + " end")
    write(root / "large" / "exactly_one_chunk", ("word " * CHUNK_BYTES)[:CHUNK_BYTES])
    write(root / "large" / "exactly_two_chunks", ("word " * CHUNK_BYTES)[: 2 * CHUNK_BYTES])
    write(root / "large" / "invalid_at_the_end", b"word " * 200_000 + b"\xff")
    write(root / "large" / "cut_off_at_the_chunk", b"w" * (CHUNK_BYTES - 1) + b"\xe6")

    # Words about the limit, and one that is far beyond it.
    for size in (WORD_BYTES_MAX - 1, WORD_BYTES_MAX, WORD_BYTES_MAX + 1):
        write(root / "long" / f"word_of_{size}", "x" * size + " y")
    write(root / "long" / "code_point_over_the_limit", "x" * (WORD_BYTES_MAX - 1) + "é y")
    write(root / "long" / "three_megabytes", "Z" * 3_000_000 + " and " + "é" * 1_000_000)

    for name, content in INVALID.items():
        write(root / "invalid" / name, content)
    write(root / "names" / "with space and ü", "the")
    write(root / "names" / "with\nnewline \033[31m", "the")
    write(pathlib.Path(os.fsdecode(os.fsencode(root / "names") + b"/not_utf8_\xff")), "the")

    # None of these is followed: files and folders that would count twice, a loop, nothing.
    (root / "links").mkdir()
    (root / "links" / "file").symlink_to("../one_word")
    (root / "links" / "folder").symlink_to("../large")
    (root / "links" / "loop").symlink_to("..")
    (root / "links" / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "links" / "fifo")

    write(root / "unreadable" / "file", "secret")
    (root / "unreadable" / "file").chmod(0)
    write(root / "unreadable" / "folder" / "file", "secret")
    (root / "unreadable" / "folder").chmod(0)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:3]))
