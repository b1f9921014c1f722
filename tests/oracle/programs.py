# SPDX-License-Identifier: BSD-2-Clause
"""Runs the built programs and says where their answers differ from the reference's."""

import os
import subprocess
import sys

BUILD = os.environ.get("AOTI_BUILD_DIR", "build")
SHOWN_MAX = 10  # differences printed for each family and mode
ONE_BY_ONE_MAX = 2000  # sequences decoded one by one to find what differs


def run(program, arguments, data):
    result = subprocess.run([os.path.join(BUILD, program), *arguments], input=data,
                            capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)}: {result.returncode} {result.stderr.decode()}")
    return result.stdout


def tokenize(options, texts):
    """The ids of each text, by whatever record separator the text allows."""
    found = [None] * len(texts)
    for option, separator, fits in (
            ("-z", "\0", lambda text: "\0" not in text),
            ("-l", "\n", lambda text: "\0" in text and "\n" not in text)):
        chosen = [i for i, text in enumerate(texts) if fits(text)]
        data = "".join(texts[i] + separator for i in chosen).encode()
        lines = run("aoti-tokenize", [*options, option], data).decode().split("\n")
        assert len(lines) == len(chosen) + 1
        for i, line in zip(chosen, lines):
            found[i] = [int(word) for word in line.split()]
    for i, text in enumerate(texts):
        if found[i] is None:
            line = run("aoti-tokenize", options, text.encode()).decode()
            found[i] = [int(word) for word in line.split()]
    return found


def stream(ids):
    return "".join(" ".join(map(str, line)) + "\n" for line in ids).encode()


def compare(label, texts, wanted, got):
    wrong = [i for i, text in enumerate(texts) if wanted[i] != got[i]]
    for i in wrong[:SHOWN_MAX]:
        print(f"  {label}: {texts[i]!r}\n    wanted {wanted[i]!r}\n    got    {got[i]!r}")
    return len(wrong)


def lossy(text):
    """What the references make of bytes: U+FFFD for those that are no character."""
    return text.decode("utf-8", "replace").encode()


def compare_decoded(options, texts, ids, wanted):
    """WANTED holds the bytes that each list of IDS stands for."""
    got = lossy(run("aoti-decode", [*options, "-z"], stream(ids)))
    if got == b"".join(text + b"\0" for text in wanted):
        return 0
    count = min(len(ids), ONE_BY_ONE_MAX)
    got = [lossy(run("aoti-decode", options, stream([line]))) for line in ids[:count]]
    return max(1, compare("decode", texts[:count], wanted, got))
