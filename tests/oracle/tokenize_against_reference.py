#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares aoti-tokenize and aoti-decode with Hugging Face tokenizers, id by id and byte by byte.

usage: tokenize_against_reference.py [--count N] [--seed N] [FAMILY]...

AOTI_BUILD_DIR names the folder of the programs. The exit status is 77 if the reference is missing.
--count (AOTI_STRINGS) is the number of strings for each family and mode.
"""

import argparse
import os
import sys
import tempfile

try:
    import families
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import nasty
from programs import compare, compare_decoded, compare_offsets, tokenize

BATCH = 50000
LONG_WORD = 200000  # more than an encoder waits for
OFFSETS_MAX = 20000  # strings of a family whose offsets are compared


def check_texts(tokenizer, path, texts):
    failures = 0
    for parse_special in (False, True):
        tokenizer.encode_special_tokens = not parse_special
        wanted = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        options = ["-t", path] + ["--parse-special"] * parse_special
        failures += compare("encode", texts, wanted, tokenize(options, texts))
        decoded = [text.encode() for text in
                   tokenizer.decode_batch(wanted, skip_special_tokens=not parse_special)]
        options = ["-t", path] + ["--keep-special"] * parse_special
        failures += compare_decoded(options, texts, wanted, decoded)
    return failures


def check_offsets(tokenizer, path, texts):
    """The reference has other offsets on purpose: a lone prefix, which is in no text, has the first
    character; an added token has the white space that it swallowed; what form C changed is theirs
    character by character, which is not compared."""
    if tokenizer.normalizer is not None:
        texts = [text for text in texts if tokenizer.normalizer.normalize_str(text).replace("▁", " ")
                 .lstrip() == text.replace("▁", " ").lstrip()]
    tokenizer.encode_special_tokens = True
    added = tokenizer.get_added_tokens_decoder()

    def same(text, token, got, wanted):
        if got[0] == got[1]:
            return wanted == (got[0], got[0] + 1)
        swallows = token in added and (added[token].lstrip or added[token].rstrip)
        return swallows and got == (wanted[0] + text[slice(*wanted)].index(added[token].content),
                                    got[0] + len(added[token].content))

    wanted = [(encoding.ids, encoding.offsets) for encoding in tokenizer.encode_batch(texts)]
    return compare_offsets("offsets", ["-t", path], texts, wanted, same)


def check_long_words(tokenizer, path, seed):
    """Words that nothing cuts, encoded before their end is known."""
    texts = [text for i, text in enumerate(nasty.long_pieces(22, LONG_WORD, seed)) if i % 5 == 0]
    wanted = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
    return compare("long", [text[:40] for text in texts], wanted, tokenize(["-t", path], texts),
                   whole=False)


def check_family(name, texts, path):
    tokenizer = families.FAMILIES[name]()
    tokenizer.save(path)
    failures = sum(check_texts(tokenizer, path, texts[at:at + BATCH])
                   for at in range(0, len(texts), BATCH))
    failures += check_offsets(tokenizer, path, texts[:OFFSETS_MAX])
    if name in ("llama2", "mistral", "metaspace", "oddities"):
        failures += check_long_words(tokenizer, path, len(texts))
    print(f"{name}: {2 * len(texts)} strings, {failures} differ", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=int(os.environ.get("AOTI_STRINGS", "3000")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all-characters", action="store_true",
                        help="also every code point, alone and between letters and spaces")
    parser.add_argument("family", nargs="*")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(arguments.family or families.FAMILIES):
            texts = nasty.nasty_strings(arguments.count, arguments.seed * 1000 + number) + [""]
            if arguments.all_characters:
                texts += nasty.all_characters()
            failures += check_family(name, texts, os.path.join(folder, name + ".json"))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
