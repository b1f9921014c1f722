#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares aoti-tokenize and aoti-decode with Hugging Face tokenizers, id by id and byte by byte.

usage: tokenize_against_reference.py [--count N] [--seed N] [FAMILY]...

AOTI_BUILD_DIR names the folder of the programs; the exit status is 77 where the reference is
missing. --count is the number of strings for each family and mode.
"""

import argparse
import os
import subprocess
import sys
import tempfile

try:
    import families
    import nasty
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

BUILD = os.environ.get("AOTI_BUILD_DIR", "build")
SHOWN_MAX = 10  # differences printed for each family


def run(program, arguments, data):
    result = subprocess.run([os.path.join(BUILD, program), *arguments], input=data,
                            capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)}: {result.returncode} {result.stderr.decode()}")
    return result.stdout


def tokenize(path, texts, options):
    """The ids of each text, by whatever record separator the text allows."""
    found = [None] * len(texts)
    for option, separator, fits in (
            ("-z", "\0", lambda text: "\0" not in text),
            ("-l", "\n", lambda text: "\0" in text and "\n" not in text)):
        chosen = [i for i, text in enumerate(texts) if fits(text)]
        data = "".join(texts[i] + separator for i in chosen).encode()
        lines = run("aoti-tokenize", ["-t", path, option, *options], data).decode().split("\n")
        assert len(lines) == len(chosen) + 1
        for i, line in zip(chosen, lines):
            found[i] = [int(word) for word in line.split()]
    for i, text in enumerate(texts):
        if found[i] is None:
            line = run("aoti-tokenize", ["-t", path, *options], text.encode()).decode()
            found[i] = [int(word) for word in line.split()]
    return found


def show(label, text, wanted, got):
    print(f"  {label}: {text!r}\n    wanted {wanted!r}\n    got    {got!r}")


def compare(label, texts, wanted, got):
    wrong = [i for i in range(len(texts)) if wanted[i] != got[i]]
    for i in wrong[:SHOWN_MAX]:
        show(label, texts[i], wanted[i], got[i])
    return len(wrong)


def check_decode(path, tokenizer, texts, ids, keep_special):
    wanted = [text.encode() for text in
              tokenizer.decode_batch(ids, skip_special_tokens=not keep_special)]
    lines = "".join(" ".join(map(str, line)) + "\n" for line in ids).encode()
    options = ["-t", path, "-z"] + ["--keep-special"] * keep_special
    got = run("aoti-decode", options, lines)
    if got == b"".join(text + b"\0" for text in wanted):
        return 0
    one_by_one = [run("aoti-decode", ["-t", path] + options[3:],
                      (" ".join(map(str, line)) + "\n").encode())
                  for line in ids[:2000]]
    return max(1, compare("decode", texts, wanted[:2000] + one_by_one[2000:], one_by_one
                          + wanted[2000:]))


def check_family(name, make, texts, path):
    tokenizer = make()
    tokenizer.save(path)
    failures = 0
    for parse_special in (False, True):
        tokenizer.encode_special_tokens = not parse_special
        options = ["--parse-special"] * parse_special
        wanted = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        failures += compare("encode " + " ".join(options), texts, wanted,
                            tokenize(path, texts, options))
        failures += check_decode(path, tokenizer, texts, wanted, parse_special)
    print(f"{name}: {2 * len(texts)} strings, {failures} differ")
    sys.stdout.flush()
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=int(os.environ.get("AOTI_STRINGS", "3000")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("family", nargs="*")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(arguments.family or families.FAMILIES):
            texts = nasty.nasty_strings(arguments.count, arguments.seed * 1000 + number)
            failures += check_family(name, families.FAMILIES[name], texts + [""],
                                     os.path.join(folder, name + ".json"))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
