#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares aoti-tokenize and aoti-decode on sentencepiece models with the sentencepiece wheel.

usage: pieces_against_sentencepiece.py [--count N] [--seed N]

Unigram models give the ids of sentencepiece 0.2.3. Older wheels add scores in double precision and
break ties differently; with them, another answer with the same score is accepted.
"""

import argparse
import os
import subprocess
import sys
import tempfile

try:
    import families
    import sentencepiece
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import nasty
from programs import BUILD, compare, compare_decoded, compare_offsets, tokenize

BATCH = 50000
SAME_SCORE = 1e-3
IS_NEW = hasattr(sentencepiece.SentencePieceProcessor, "from_proto")  # 0.2.3 or later
PLAIN = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
USER = ["<a>", "<a><b>", "word", "1", "ﬁ", "\u2460\u2461", "▁x"]
MODELS = {
    "bpe": {"model_type": "bpe", "byte_fallback": True, **PLAIN},
    "bpe_unknown": {"model_type": "bpe", **PLAIN},
    "bpe_no_prefix": {"model_type": "bpe", "byte_fallback": True, "add_dummy_prefix": False,
                      **PLAIN},
    "bpe_user": {"model_type": "bpe", "byte_fallback": True, **PLAIN,
                 "user_defined_symbols": ["<a>", "<a><b>", "word", "1", " 12", "\t\t"]},
    "bpe_nfkc": {"model_type": "bpe"},
    "bpe_nfkc_user": {"model_type": "bpe", "byte_fallback": True, "user_defined_symbols": USER},
    "bpe_fold_spaces": {"model_type": "bpe", "normalization_rule_name": "nfkc_cf",
                        "remove_extra_whitespaces": False},
    "bpe_few_spaces": {"model_type": "bpe", "normalization_rule_name": "identity",
                       "add_dummy_prefix": False},
    "unigram": {"model_type": "unigram"},
    "unigram_user": {"model_type": "unigram", "byte_fallback": True, "user_defined_symbols": USER},
    "unigram_across": {"model_type": "unigram", "split_by_whitespace": False, **PLAIN},
    "bpe_suffix": {"model_type": "bpe", "treat_whitespace_as_suffix": True,
                   "remove_extra_whitespaces": False},
    "unigram_suffix": {"model_type": "unigram", "treat_whitespace_as_suffix": True},
    "word": {"model_type": "word"},
    "char": {"model_type": "char"},
    "unigram_bytes": {"model_type": "unigram", "byte_fallback": True, **PLAIN},
}


def train(name, folder):
    path = os.path.join(folder, name)
    lines = (line for text in families.corpus() for line in text.split("\n"))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_prefix=path, vocab_size=2000, character_coverage=0.98,
        minloglevel=2, **MODELS[name])
    return path + ".model"


def needs_library(path):
    result = subprocess.run([os.path.join(BUILD, "aoti-tokenize"), "-t", path], input=b"",
                            capture_output=True, check=False)
    return result.returncode == 3 and b"built without" in result.stderr


def without_ties(model, wanted, got):
    """Returns GOT, except WANTED where both have the same score."""
    def score(ids):
        return sum(model.get_score(i) for i in ids)
    return [w if abs(score(w) - score(g)) < SAME_SCORE else g for w, g in zip(wanted, got)]


def check_offsets(model, path, texts):
    """The reference gives all bytes of an unknown character to the last of its byte tokens.
    aoti-tokenize gives each token its byte, or the whole source if the character was replaced."""
    if not IS_NEW:
        print("offsets are left out: this sentencepiece has no offset_mapping")
        return 0

    def same(_, token, got, wanted):
        return model.is_byte(token) and got[0] == wanted[0] and got[1] >= wanted[1]

    wanted = []
    for text in texts:
        mapped = model.encode(text, return_type="offset_mapping")
        wanted.append((mapped["ids"], mapped["offsets"]))
    return compare_offsets("offsets", ["-t", path], texts, wanted, same)


def check(name, path, texts):
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    failures = ties = 0
    for at in range(0, len(texts), BATCH):
        batch = texts[at:at + BATCH]
        wanted = model.encode(batch)
        got = tokenize(["-t", path], batch)
        if name.startswith("unigram") and not IS_NEW:
            settled = without_ties(model, wanted, got)
            ties += sum(s != g for s, g in zip(settled, got))
            got = settled
        failures += compare("encode", batch, wanted, got)
        decoded = [model.decode(ids).encode() for ids in wanted]
        failures += compare_decoded(["-t", path], batch, wanted, decoded)
    failures += check_offsets(model, path, texts[:BATCH])
    print(f"{name}: {len(texts)} strings, {failures} differ, {ties} ties", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=int(os.environ.get("AOTI_STRINGS", "3000")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all-characters", action="store_true")
    parser.add_argument("model", nargs="*")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(arguments.model or MODELS):
            path = train(name, folder)
            if needs_library(path):
                print(f"{name}: left out, the programs were built without sentencepiece")
                continue
            texts = nasty.nasty_strings(arguments.count, arguments.seed * 1000 + number) + [""]
            if arguments.all_characters:
                texts += nasty.all_characters()
            failures += check(name, path, texts)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
