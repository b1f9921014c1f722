#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares aoti-tokenize and aoti-decode on rank files with tiktoken.

usage: ranks_against_tiktoken.py [--count N] [--seed N] [--llama3 FILE]

AOTI_LLAMA3_RANKS may name Llama 3's own rank file, which is not part of this project.
"""

import argparse
import base64
import itertools
import os
import sys
import tempfile

try:
    import families
    import tiktoken
    import tiktoken_ext.openai_public as public
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import nasty
from programs import compare, compare_decoded, tokenize, tokenize_with_offsets

BATCH = 50000
LONG_PIECE = 300000  # more than twice what an encoder waits for
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
          r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s")
PATTERNS = {"gpt2": public.r50k_pat_str, "llama3": families.LLAMA3, "cl100k_base": CL100K,
            "o200k_base": families.O200K, "tekken": families.TEKKEN, "qwen2": families.QWEN2}


def trained_ranks():
    """Tokens of a trained byte-level vocabulary; its ids are their ranks."""
    alphabet = families.pre_tokenizers.ByteLevel.alphabet()
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in own]
    byte_of = {chr(byte): byte for byte in own}
    byte_of.update({chr(0x100 + i): byte for i, byte in enumerate(others)})
    assert set(byte_of) == set(alphabet)
    vocabulary = families.gpt2().get_vocab()
    vocabulary.pop("<|endoftext|>")
    tokens = sorted(vocabulary, key=vocabulary.get)
    return {bytes(byte_of[c] for c in token): rank for rank, token in enumerate(tokens)}


def write_ranks(ranks, path):
    with open(path, "wb") as out:
        out.writelines(
            base64.b64encode(token) + b" " + str(rank).encode() + b"\n"
            for token, rank in ranks.items()
        )


def read_ranks(path):
    with open(path, "rb") as lines:
        return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}


def check(label, encoding, options, texts):
    failures = 0
    for at in range(0, len(texts), BATCH):
        batch = texts[at:at + BATCH]
        wanted = [encoding.encode(text, disallowed_special=()) for text in batch]
        failures += compare("encode", batch, wanted, tokenize(options + ["--no-bos"], batch))
        failures += compare_decoded(options[:2], batch, wanted, [text.encode() for text in batch])
        wanted = [encoding.encode(text, allowed_special="all") for text in batch]
        failures += compare("encode", batch, wanted,
                            tokenize(options + ["--no-bos", "--parse-special"], batch))
    print(f"{label}: {2 * len(texts)} strings, {failures} differ", flush=True)
    return failures + check_offsets(encoding, options, texts)


def check_long_pieces(encoding, options, count, seed):
    """Words that are encoded before their end is known; the output must not depend on that."""
    texts = list(nasty.long_pieces(count, LONG_PIECE, seed))
    wanted = [encoding.encode(text, disallowed_special=()) for text in texts]
    failures = compare("long", [text[:40] for text in texts], wanted,
                       tokenize(options + ["--no-bos"], texts), whole=False)
    print(f"long pieces: {count} strings, {failures} differ", flush=True)
    return failures


def check_offsets(encoding, options, texts):
    """The tokens of a rank file cover their own bytes, one after the other."""
    texts = [text for text in texts[:BATCH] if "\0" not in text]
    failures = 0
    for text, (ids, spans) in zip(texts, tokenize_with_offsets([*options, "--no-bos"], texts)):
        ends = [0, *itertools.accumulate(len(token) for token in
                                         encoding.decode_tokens_bytes(ids))]
        failures += spans != list(zip(ends, ends[1:])) or ends[-1] != len(text.encode())
    print(f"offsets: {len(texts)} strings, {failures} differ", flush=True)
    return failures


def llama3_encoding(path):
    names = {128000: "<|begin_of_text|>", 128001: "<|end_of_text|>",
             128004: "<|finetune_right_pad_id|>", 128006: "<|start_header_id|>",
             128007: "<|end_header_id|>", 128008: "<|eom_id|>", 128009: "<|eot_id|>",
             128010: "<|python_tag|>"}
    reserved = iter(range(256))
    specials = {names.get(i) or f"<|reserved_special_token_{next(reserved)}|>": i
                for i in range(128000, 128256)}
    return tiktoken.Encoding("llama3", pat_str=families.LLAMA3, mergeable_ranks=read_ranks(path),
                             special_tokens=specials)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=int(os.environ.get("AOTI_STRINGS", "3000")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--llama3", default=os.environ.get("AOTI_LLAMA3_RANKS"))
    parser.add_argument("--all-characters", action="store_true")
    arguments = parser.parse_args()
    ranks = trained_ranks()
    more = nasty.all_characters() if arguments.all_characters else []
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ranks")
        write_ranks(ranks, path)
        for number, (name, pattern) in enumerate(PATTERNS.items()):
            texts = nasty.nasty_strings(arguments.count, arguments.seed * 1000 + number) + more
            encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks,
                                         special_tokens={})
            options = ["-t", path, "--pattern", name]
            failures += check(name, encoding, options, texts)
            failures += check_long_pieces(encoding, options, arguments.count // 140, number)
    if arguments.llama3:
        texts = nasty.nasty_strings(arguments.count, arguments.seed * 1000 + 99) + more
        failures += check("Llama 3", llama3_encoding(arguments.llama3), ["-t", arguments.llama3],
                          texts)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
