#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes nfc_tables.c, the data of normalization form C.

usage: nfc_tables.py > nfc_tables.c

The reference (tokenizers 0.22) normalizes by Unicode 9.0, an older version than the one it splits
by. Characters assigned earlier never change, so a newer version without the later characters gives
the same tables. This needs the Python package unicodedata2 of the version below.
"""

import sys

import unicodedata2 as unicode_data

WANTED_VERSION = "16.0.0"
BLOCK = 128
JOINS_BACK = 255  # combining class 0, but does not begin a segment
# Assigned after Unicode 9.0, with a combining class or a decomposition.
LATER = {
    0x7FD, *range(0x897, 0x8A0), *range(0x8CA, 0x8D4), 0x9FE, 0xC3C, 0xD3B, 0xD3C, 0xEBA, 0x1715,
    *range(0x1ABF, 0x1ACF), *range(0x1DF6, 0x1DFB), 0xA82C, 0x105C9, 0x105E4,
    *range(0x10D24, 0x10D28), *range(0x10D69, 0x10D6E), 0x10EAB, 0x10EAC,
    *range(0x10EFD, 0x10F00), *range(0x10F46, 0x10F51), *range(0x10F82, 0x10F86), 0x11070,
    0x1133B, 0x11383, 0x11385, 0x1138E, 0x11391, 0x113C5, 0x113C7, 0x113C8,
    *range(0x113CE, 0x113D1), 0x1145E, 0x11839, 0x1183A, 0x11938, 0x1193D, 0x1193E, 0x11943,
    0x119E0, 0x11A34, 0x11A47, 0x11A99, 0x11D42, 0x11D44, 0x11D45, 0x11D97, 0x11F41, 0x11F42,
    *range(0x16121, 0x16129), 0x1612F, *range(0x16D68, 0x16D6B), 0x16FF0, 0x16FF1, 0x1E08F,
    *range(0x1E130, 0x1E137), 0x1E2AE, *range(0x1E2EC, 0x1E2F0), *range(0x1E4EC, 0x1E4F0),
    0x1E5EE, 0x1E5EF,
}
HANGUL = range(0xAC00, 0xD7A4)


def decomposition(code):
    """Returns the full canonical decomposition, or None if there is none or it is computed."""
    if code in HANGUL or code in LATER:
        return None
    text = unicode_data.normalize("NFD", chr(code))
    return None if text == chr(code) else [ord(character) for character in text]


def composition(code):
    """Returns the pair that CODE is composed from, or None."""
    parts = unicode_data.decomposition(chr(code)).split()
    if code in HANGUL or code in LATER or len(parts) != 2 or parts[0].startswith("<"):
        return None
    first, second = (int(part, 16) for part in parts)
    composed = unicode_data.normalize("NFC", chr(first) + chr(second)) == chr(code)
    return (first, second) if composed else None


def segment_class(code, seconds):
    if code in LATER:
        return 0
    combining = unicode_data.combining(chr(code))
    changes = unicode_data.normalize("NFC", chr(code)) != chr(code)
    jamo = 0x1161 <= code <= 0x1175 or 0x11A8 <= code <= 0x11C2
    return combining or (JOINS_BACK if changes or jamo or code in seconds else 0)


def rows(items):
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > 100:
            yield line
            line = "   "
        line += f" {item},"
    yield line


def array(declaration, items):
    print(f"const {declaration} = {{")
    print("\n".join(rows(items)))
    print("};\n")


def main():
    if unicode_data.unidata_version != WANTED_VERSION:
        sys.exit(f"nfc_tables.py: needs Unicode {WANTED_VERSION}, "
                 f"not {unicode_data.unidata_version}")
    codes = [code for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    pairs = sorted((*pair, code) for code in codes if (pair := composition(code)))
    seconds = {second for _, second, _ in pairs}
    pool, entries = [], []
    for code in codes:
        if (parts := decomposition(code)) is not None:
            entries.append((code, len(pool), len(parts)))
            pool += parts
    blocks, index = {}, []
    for start in range(0, 0x110000, BLOCK):
        block = tuple(0 if 0xD800 <= code <= 0xDFFF else segment_class(code, seconds)
                      for code in range(start, start + BLOCK))
        index.append(blocks.setdefault(block, len(blocks)))
    print("// SPDX-License-Identifier: BSD-2-Clause AND Unicode-3.0")
    print(
        "// Written by nfc_tables.py from the Unicode Character Database, version 9.0 (COPYING). "
        "Do not edit.\n"
    )
    print('#include "config.h"\n\n#include "text/unicode/nfc.h"\n')
    array(f"uint8_t nfc_class_index[{len(index)}]", map(str, index))
    array(f"uint8_t nfc_class_blocks[{len(blocks) * BLOCK}]",
          (str(value) for block in blocks for value in block))
    array("struct nfc_decomposition nfc_decompositions[]",
          (f"{{{code:#x}, {at}, {size}}}" for code, at, size in entries))
    print(f"const size_t nfc_decomposition_count = {len(entries)};\n")
    array("uint32_t nfc_parts[]", (f"{code:#x}" for code in pool))
    array("struct nfc_composition nfc_compositions[]",
          (f"{{{first:#x}, {second:#x}, {code:#x}}}" for first, second, code in pairs))
    print(f"const size_t nfc_composition_count = {len(pairs)};")


if __name__ == "__main__":
    main()
