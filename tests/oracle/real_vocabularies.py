#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares aoti-tokenize and aoti-decode with Hugging Face tokenizers on vocabularies of models.

usage: real_vocabularies.py --folder FOLDER [--count N] [NAME]...

AOTI_VOCABULARIES may name the folder: models/ of the sources of llama.cpp, which come with the
source distribution of llama-cpp-python, with a ggml-vocab-NAME.gguf for each. Nothing of it is
part of this project. The exit status is 77 where it is missing.
"""

import argparse
import json
import os
import struct
import sys
import tempfile

try:
    import families
    from tokenizers import Tokenizer
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import nasty
from programs import run
from tokenize_against_reference import check_texts

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
DIGITS = {"type": "Digits", "individual_digits": True}
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, _, BYTE = range(1, 7)


def by_regex(regex):
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False},
        {**BYTE_LEVEL, "use_regex": False}]}


def gpt2(*before):
    own = {**BYTE_LEVEL, "use_regex": True}
    return {"type": "Sequence", "pretokenizers": [*before, own]} if before else own


# name: normalizer, pre-tokenizer, ignore_merges
BYTE_MODELS = {
    "gpt-2": (None, gpt2(), False), "mpt": (None, gpt2(), False),
    "gpt-neox": ({"type": "NFC"}, gpt2(), False), "starcoder": (None, gpt2(DIGITS), False),
    "refact": (None, gpt2(DIGITS), False), "command-r": ({"type": "NFC"}, gpt2(DIGITS), False),
    "llama-bpe": (None, by_regex(families.LLAMA3), True),
    "qwen2": ({"type": "NFC"}, by_regex(families.QWEN2), False),
}
PIECE_MODELS = ("llama-spm", "phi-3", "baichuan")


class Reader:
    """The metadata of a GGUF file."""

    FORMATS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
               12: "d"}

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.at = 0
        magic, version, _, count = self.take("4sIQQ")
        assert magic == b"GGUF" and version >= 2
        self.members = {}
        for _ in range(count):
            key = self.string()
            self.members[key] = self.value(self.take("I")[0])

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def string(self):
        size = self.take("Q")[0]
        self.at += size
        return self.data[self.at - size:self.at].decode("utf-8", "surrogateescape")

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            item, count = self.take("IQ")
            if item in (8, 9):
                return [self.value(item) for _ in range(count)]
            return list(self.take(f"{count}{self.FORMATS[item]}"))
        return self.take(self.FORMATS[kind])[0]


def added(tokens, types):
    return [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": kind == CONTROL}
            for i, (token, kind) in enumerate(zip(tokens, types)) if kind in (CONTROL, USER_DEFINED)
            and token]


def byte_model(name, members):
    normalizer, pre_tokenizer, ignore_merges = BYTE_MODELS[name]
    tokens = members["tokenizer.ggml.tokens"]
    types = members["tokenizer.ggml.token_type"]
    vocab = {token: i for i, token in enumerate(tokens)}
    merges = [merge.split(" ") for merge in members["tokenizer.ggml.merges"]]
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": added(tokens, types), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": None,
            "decoder": {**BYTE_LEVEL, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "fuse_unk": False,
                      "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "byte_fallback": False, "ignore_merges": ignore_merges, "vocab": vocab,
                      "merges": merges}}


def piece_model(members):
    """Converts a sentencepiece model as transformers does: all splits of pieces are merges."""
    tokens, types = members["tokenizer.ggml.tokens"], members["tokenizer.ggml.token_type"]
    scores = members["tokenizer.ggml.scores"]
    vocab = {token: i for i, token in enumerate(tokens)}
    merges = []
    for token, i in vocab.items():
        splits = [(token[:cut], token[cut:]) for cut in range(1, len(token))
                  if token[:cut] in vocab and token[cut:] in vocab and types[i] == NORMAL]
        merges += [(scores[i], vocab[a], vocab[b], a, b) for a, b in splits]
    merges = [merge[3:] for merge in sorted(merges, key=lambda merge: -merge[0])]
    steps = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
             {"type": "ByteFallback"}, {"type": "Fuse"},
             {"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": added(tokens, types),
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
            "pre_tokenizer": None, "post_processor": None,
            "decoder": {"type": "Sequence", "decoders": steps},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "fuse_unk": True,
                      "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "byte_fallback": True, "ignore_merges": False, "vocab": vocab,
                      "merges": merges}}


def check(name, folder, path, count, seed):
    members = Reader(os.path.join(folder, f"ggml-vocab-{name}.gguf")).members
    data = piece_model(members) if name in PIECE_MODELS else byte_model(name, members)
    with open(path, "w", encoding="utf-8") as out:
        json.dump(data, out, ensure_ascii=False)
    texts = nasty.nasty_strings(count, seed) + list(families.corpus(count // 10, seed))
    texts += [piece.replace("▁", " ") for piece in members["tokenizer.ggml.tokens"][:count]]
    texts = [text for text in texts if not any(0xd800 <= ord(c) <= 0xdfff for c in text)]
    compiled = path + ".aoti"
    run("aoti-tokenize", ["-t", path, "--compile", compiled], b"")
    failures = check_texts(Tokenizer.from_file(path), compiled, texts)
    print(f"{name}: {2 * len(texts)} strings, {failures} differ", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", default=os.environ.get("AOTI_VOCABULARIES"))
    parser.add_argument("--count", type=int, default=int(os.environ.get("AOTI_STRINGS", "3000")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("name", nargs="*")
    arguments = parser.parse_args()
    if not arguments.folder:
        print("skipped: AOTI_VOCABULARIES names no folder of vocabularies")
        sys.exit(77)
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        for number, name in enumerate(arguments.name or [*BYTE_MODELS, *PIECE_MODELS]):
            failures += check(name, arguments.folder, os.path.join(work, "tokenizer.json"),
                              arguments.count, arguments.seed * 1000 + number)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
