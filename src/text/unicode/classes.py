#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes classes.c, the character classes that pre-tokenizers ask for.

usage: classes.py > classes.c

The reference implementations (tokenizers 0.22, tiktoken 0.14) use Unicode 16.0, so this needs
the Python package unicodedata2 of exactly that version.
"""

import sys

import unicodedata2 as unicode_data

WANTED_VERSION = "16.0.0"
BLOCK = 128
# The bits are declared in classes.h, in this order.
LETTER, NUMBER, SPACE, MARK, NEWLINE, UPPER, LOWER, WORD, DIGIT = (1 << bit for bit in range(9))

SPACES = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029,
          0x202F, 0x205F, 0x3000}
# Alphabetic although not letters, marks or numbers: circled and squared letters.
ALPHABETIC_SYMBOLS = {*range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A), *range(0x1F150, 0x1F16A),
                      *range(0x1F170, 0x1F18A)}
JOINERS = {0x200C, 0x200D}
# Numbers of a later Unicode version that the reference's Digits pre-tokenizer already knows.
LATER_DIGITS = {*range(0x11DE0, 0x11DEA), *range(0x16FF4, 0x16FF7)}


def classes_of(code):
    category = unicode_data.category(chr(code))
    bits = 0
    if category[0] == "L":
        bits |= LETTER
    if category[0] == "N":
        bits |= NUMBER
    if code in SPACES:
        bits |= SPACE
    if category[0] == "M":
        bits |= MARK
    if code in (0x0A, 0x0D):
        bits |= NEWLINE
    if category in ("Lu", "Lt", "Lm", "Lo") or category[0] == "M":
        bits |= UPPER
    if category in ("Ll", "Lm", "Lo") or category[0] == "M":
        bits |= LOWER
    if (category[0] in "LM" or category in ("Nd", "Nl", "Pc") or code in ALPHABETIC_SYMBOLS
            or code in JOINERS):
        bits |= WORD
    if category[0] == "N" or code in LATER_DIGITS:
        bits |= DIGIT
    return bits


def rows(values):
    line = "   "
    for value in values:
        item = f" {value},"
        if len(line) + len(item) > 100:
            yield line
            line = "   "
        line += item
    yield line


def main():
    if unicode_data.unidata_version != WANTED_VERSION:
        sys.exit(f"classes.py: needs Unicode {WANTED_VERSION}, "
                 f"not {unicode_data.unidata_version}")
    blocks, index = {}, []
    for start in range(0, 0x110000, BLOCK):
        block = tuple(classes_of(code) for code in range(start, start + BLOCK))
        index.append(blocks.setdefault(block, len(blocks)))
    print("// SPDX-License-Identifier: BSD-2-Clause AND Unicode-3.0")
    print(
        "// Written by classes.py from the Unicode Character Database, version "
        f"{WANTED_VERSION} (COPYING). Do not edit.\n"
    )
    print('#include "config.h"\n\n#include "text/unicode/classes.h"\n')
    print(f"const uint16_t unicode_class_index[{len(index)}] = {{")
    print("\n".join(rows(index)))
    print(f"}};\n\nconst uint16_t unicode_class_blocks[{len(blocks)}][{BLOCK}] = {{")
    for block in blocks:
        print("    {")
        print("\n".join(rows(block)))
        print("    },")
    print("};")


if __name__ == "__main__":
    main()
