#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes properties_data.c, the general categories and the scripts of all code points.

usage: properties_data.py > properties_data.c

The engine of the reference's regular expressions (Oniguruma, in tokenizers 0.22) uses Unicode 16.0,
so this needs the Python packages unicodedata2 and fonttools of exactly that version.
"""

import sys

import unicodedata2 as unicode_data
from fontTools.unicodedata import Scripts

WANTED_VERSION = "16.0.0"
COMMON, UNKNOWN = "Zyyy", "Zzzz"
# Unlike its regular expressions, the reference's Punctuation goes by an older version of Unicode.
NO_PUNCTUATION = [
    (0x61D, 0x61D), (0x9FD, 0x9FD), (0xA76, 0xA76), (0xC77, 0xC77), (0xC84, 0xC84),
    (0x1B4E, 0x1B4F), (0x1B7D, 0x1B7F), (0x2E43, 0x2E4F), (0x2E52, 0x2E5D), (0x10D6E, 0x10D6E),
    (0x10EAD, 0x10EAD), (0x10F55, 0x10F59), (0x10F86, 0x10F89), (0x113D4, 0x113D5),
    (0x113D7, 0x113D8), (0x1144B, 0x1144F), (0x1145A, 0x1145B), (0x1145D, 0x1145D),
    (0x11660, 0x1166C), (0x116B9, 0x116B9), (0x1183B, 0x1183B), (0x11944, 0x11946),
    (0x119E2, 0x119E2), (0x11A3F, 0x11A46), (0x11A9A, 0x11A9C), (0x11A9E, 0x11AA2),
    (0x11B00, 0x11B09), (0x11BE1, 0x11BE1), (0x11C41, 0x11C45), (0x11C70, 0x11C71),
    (0x11EF7, 0x11EF8), (0x11F43, 0x11F4F), (0x11FFF, 0x11FFF), (0x12FF1, 0x12FF2),
    (0x16D6D, 0x16D6F), (0x16E97, 0x16E9A), (0x16FE2, 0x16FE2), (0x1E5FF, 0x1E5FF),
    (0x1E95E, 0x1E95F),
]  # fmt: skip
FORMER_PUNCTUATION = [0x166D, 0x111C9]


def runs(value_of):
    """Yield where each run of code points of the same value begins, and the value."""
    before = None
    for code in range(0x110000):
        value = value_of(code)
        if value != before:
            yield code, value
        before = value


def script_of():
    """Return the script of each code point."""
    starts = dict(zip(Scripts.RANGES, Scripts.VALUES, strict=True))
    scripts, current = [], UNKNOWN
    for code in range(0x110000):
        current = starts.get(code, current)
        scripts.append(current)
    return scripts


def is_punctuation(code):
    """Return whether the reference's pre-tokenizer Punctuation takes CODE for it."""
    if code < 0x80:
        return chr(code) in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    if code in FORMER_PUNCTUATION:
        return True
    return unicode_data.category(chr(code))[0] == "P" and not any(
        first <= code <= last for first, last in NO_PUNCTUATION
    )


def table(declaration, values):
    """Print an array."""
    print(f"\n{declaration} = {{")
    line = "   "
    for value in values:
        if len(line) + len(value) + 2 > 100:
            print(line)
            line = "   "
        line += f" {value},"
    print(line)
    print("};")


def main():
    """Print the file."""
    if unicode_data.unidata_version != WANTED_VERSION:
        sys.exit(f"needs Unicode {WANTED_VERSION}, not {unicode_data.unidata_version}")
    print("// SPDX-License-Identifier: BSD-2-Clause AND Unicode-3.0")
    print(
        "// Written by properties_data.py from the Unicode Character Database, version "
        f"{WANTED_VERSION} (COPYING).\n// Do not edit."
    )
    print('\n#include "config.h"\n\n#include "text/unicode/properties.h"')
    scripts = script_of()
    names = sorted(set(scripts))
    table(
        "const struct script_name unicode_scripts[]",
        [f'{{"{name}", "{Scripts.NAMES[name]}"}}' for name in names] + ["{NULL, NULL}"],
    )
    table(
        "const struct property_run unicode_category_runs[]",
        [f"{{{code}, CATEGORY_{unicode_data.category(chr(code)).upper()}}}" for code, _ in
         runs(lambda code: unicode_data.category(chr(code)))] + ["{CODE_POINT_MAX + 1, 0}"],
    )  # fmt: skip
    table(
        "const struct property_run unicode_script_runs[]",
        [f"{{{code}, {names.index(name)}}}" for code, name in runs(scripts.__getitem__)]
        + ["{CODE_POINT_MAX + 1, 0}"],
    )
    table(
        "const struct property_run unicode_punctuation_runs[]",
        [f"{{{code}, {int(value)}}}" for code, value in runs(is_punctuation)]
        + ["{CODE_POINT_MAX + 1, 0}"],
    )


if __name__ == "__main__":
    main()
