# SPDX-License-Identifier: BSD-2-Clause
"""Runs the built programs and reports where their answers differ from the reference's."""

import bisect
import itertools
import os
import subprocess
import sys

BUILD = os.environ.get("AOTI_BUILD_DIR", "build")
SHOWN_MAX = 10  # differences printed per family and mode
ONE_BY_ONE_MAX = 2000  # sequences decoded one by one to find the difference


def run(program, arguments, data):
    result = subprocess.run([os.path.join(BUILD, program), *arguments], input=data,
                            capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)}: {result.returncode} {result.stderr.decode()}")
    return result.stdout


def tokenize(options, texts):
    """Returns the ids of each text, using a record separator that the text does not contain."""
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


def tokenize_with_offsets(options, texts):
    """Returns for each text, without NUL: a list of ids, and a list of their byte spans."""
    data = "".join(text + "\0" for text in texts).encode()
    lines = run("aoti-tokenize", [*options, "-z", "--offsets"], data).decode().split("\n")
    found, ids, spans = [], [], []
    for line in lines[:-1]:
        if line:
            number, begin, end = map(int, line.split("\t"))
            ids.append(number)
            spans.append((begin, end))
        else:
            found.append((ids, spans))
            ids, spans = [], []
    assert len(found) == len(texts)
    return found


def in_characters(text, spans):
    """Converts spans of bytes to spans of characters; part of a character counts as the whole."""
    starts = list(itertools.accumulate((len(c.encode()) for c in text), initial=0))
    return [(bisect.bisect_right(starts, begin) - 1, bisect.bisect_left(starts, end))
            for begin, end in spans]


def compare_offsets(label, options, texts, wanted, same):
    """WANTED: ids and character spans of each text. SAME(text, id, got, wanted) judges spans that
    differ."""
    texts, wanted = zip(*(both for both in zip(texts, wanted) if "\0" not in both[0]))
    failures = 0
    for text, (ids, spans), (got, own) in zip(texts, wanted,
                                              tokenize_with_offsets(options, texts)):
        own = in_characters(text, own)
        wrong = [both for both in zip(ids, spans, own) if both[1] != both[2]
                 and not same(text, both[0], both[2], both[1])]
        if got == ids and len(own) == len(spans) and not wrong:
            continue
        failures += 1
        if failures <= SHOWN_MAX:
            print(f"  {label}: {text!r}\n    (id, wanted, got) {wrong[:SHOWN_MAX]}")
    return failures


def stream(ids):
    return "".join(" ".join(map(str, line)) + "\n" for line in ids).encode()


def compare(label, texts, wanted, got, whole=True):
    wrong = [i for i, text in enumerate(texts) if wanted[i] != got[i]]
    for i in wrong[:SHOWN_MAX]:
        print(f"  {label}: {texts[i]!r}")
        if whole:
            print(f"    wanted {wanted[i]!r}\n    got    {got[i]!r}")
    return len(wrong)


def lossy(text):
    """Decodes bytes as the references do: U+FFFD for those that are not a character."""
    return text.decode("utf-8", "replace").encode()


def compare_decoded(options, texts, ids, wanted):
    """WANTED holds the bytes that each list of IDS decodes to."""
    got = lossy(run("aoti-decode", [*options, "-z"], stream(ids)))
    if got == b"".join(text + b"\0" for text in wanted):
        return 0
    count = min(len(ids), ONE_BY_ONE_MAX)
    got = [lossy(run("aoti-decode", options, stream([line]))) for line in ids[:count]]
    return max(1, compare("decode", texts[:count], wanted, got))
