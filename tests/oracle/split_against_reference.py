#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares the words of pre-tokenizers with Hugging Face tokenizers.

usage: split_against_reference.py [--count N] [--seed N]

Patterns of published models, every behavior, and random regular expressions; texts become known a
few bytes at a time. What is refused is counted, and must be what regex.h says. --count
(AOTI_PATTERNS) is the number of random expressions. With AOTI_LONG=1 each class of characters is
compared for all code points, which takes the reference some minutes.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import tokenizers
    from tokenizers import Regex, pre_tokenizers
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
import families

BUILD = Path(os.environ.get("AOTI_BUILD_DIR", "build"))
WHOLE = 1 << 30  # a chunk that holds any text
BEHAVIORS = ("isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next")
REASONS = (
    "may match nothing", "may be empty", "in any case", "takes too long", "not supported",
)  # fmt: skip


def byte_spellings():
    """Return the character that spells each byte in byte-level files."""
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in own]
    return {**{byte: chr(byte) for byte in own},
            **{byte: chr(0x100 + i) for i, byte in enumerate(others)}}  # fmt: skip


SPELLINGS = byte_spellings()


def description_of(pre_tokenizer):
    """Return a pre-tokenizer as tokenizer.json has it."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    return json.loads(tokenizer.to_str())["pre_tokenizer"]


def is_byte_level(description):
    parts = description.get("pretokenizers", [])
    return description["type"] == "ByteLevel" or any(map(is_byte_level, parts))


def our_words(description, texts, chunk):
    """Return the words of each text, or the message that refuses the pre-tokenizer."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(description, file)
        file.flush()
        lines = "".join(text.encode().hex() + "\n" for text in texts)
        done = subprocess.run([BUILD / "cut-words", file.name, str(chunk)], input=lines, text=True,
                              capture_output=True, check=False)  # fmt: skip
    if done.returncode == 3:
        return done.stderr
    if done.returncode != 0:
        sys.exit(f"cut-words: status {done.returncode}: {done.stderr}: {description}")
    spell = (lambda word: "".join(SPELLINGS[byte] for byte in word)) if is_byte_level(
        description) else bytes.decode  # fmt: skip
    return [[spell(bytes.fromhex(word)) for word in line.split()]
            for line in done.stdout.splitlines()]  # fmt: skip


def compare(name, pre_tokenizer, texts, chunks):
    """Return whether a pre-tokenizer is accepted; die where a text is cut otherwise."""
    description = description_of(pre_tokenizer)
    wanted = None
    for chunk in chunks:
        found = our_words(description, texts, chunk)
        if isinstance(found, str):
            if not any(reason in found for reason in REASONS):
                sys.exit(f"{name}: refused for no known reason: {found}")
            return False
        if wanted is None:
            wanted = [[word for word, _ in pre_tokenizer.pre_tokenize_str(text)] for text in texts]
        for text, ours, theirs in zip(texts, found, wanted, strict=True):
            if ours != theirs:
                sys.exit(f"{name}, {chunk} bytes at a time: {text!r}\n  {ours}\n  not {theirs}")
    return True


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def published():
    """Yield pre-tokenizers of models, and what else there is."""
    for name in ("gpt2", "llama3", "qwen2", "qwen35", "deepseek", "falcon", "bloom", "whitespace",
                 "smollm2", "o200k", "tekken"):  # fmt: skip
        yield name, families.FAMILIES[name]().pre_tokenizer
    byte_level = families.byte_level()
    yield "gpt-4", pre_tokenizers.Sequence([split(
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"), byte_level])  # fmt: skip
    yield "deepseek-coder", pre_tokenizers.Sequence([
        split(r"[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(r"[一-龥ࠀ-一가-퟿]+"),
        pre_tokenizers.Digits(individual_digits=True), byte_level])  # fmt: skip
    yield "bert", pre_tokenizers.BertPreTokenizer()
    yield "white space", pre_tokenizers.WhitespaceSplit()
    yield "delimiter", pre_tokenizers.CharDelimiterSplit("a")
    for behavior in BEHAVIORS:
        yield f"punctuation {behavior}", pre_tokenizers.Punctuation(behavior)
        for invert in (False, True):
            name = f"{behavior} {invert}"
            yield f"digit {name}", split(r"\d", behavior, invert)
            yield f"two or space {name}", split(r"[a-c]{2}|\s", behavior, invert)
            yield f"string {name}", pre_tokenizers.Split("a", behavior, invert)
            yield f"three steps {name}", pre_tokenizers.Sequence([
                split(r"\p{N}{1,3}", behavior, invert),
                split("[a-z]+", "merged_with_next", invert), split("1")])  # fmt: skip


class Patterns:
    """Random regular expressions."""

    CODES = ("a", "b", "A", "1", " ", ",", "'", "é", "日", r"\.", r"\n", "s", "k", "-")
    SETS = (".", r"\s", r"\d", r"\w", r"\S", r"\p{L}", r"\p{N}", r"\p{Ll}", r"\D", r"\W", r"\h")
    IN_CLASSES = (
        "a", "b", "s", "1", " ", ",", "é", r"\-", r"\]", "a-c", "0-5", "A-Z", "à-ÿ", "一-龥", r"\s",
        r"\d", r"\w", r"\p{L}", r"\p{Lu}", r"\P{N}", r"\S", r"\W", r"\p{P}", "[:punct:]",
        "[:^space:]", r"\p{Han}", r"\p{^M}",
    )  # fmt: skip
    QUANTIFIERS = ("?", "*", "+", "+", "{2}", "{1,3}", "{,2}", "{2,}")

    def __init__(self, seed):
        self.draw = random.Random(seed)

    def a_class(self, depth=0):
        items = [self.a_class(depth + 1) if depth < 2 and self.draw.random() < 0.1
                 else self.draw.choice(self.IN_CLASSES) for _ in range(self.draw.randrange(1, 4))]
        if self.draw.random() < 0.15:
            items.append("&&" + self.draw.choice(["[^a]", r"\w", r"\p{L}", "[a-m1]"]))
        return "[" + "^" * (self.draw.random() < 0.25) + "".join(items) + "]"

    def atom(self, depth):
        chance = self.draw.random()
        if depth > 2 or chance < 0.35:
            return self.draw.choice(self.CODES)
        if chance < 0.5:
            return self.draw.choice(self.SETS)
        if chance < 0.7:
            return self.a_class()
        if chance > 0.98:
            return self.draw.choice(["$", r"\z", r"\Z"])
        group = self.draw.choice(["(?:", "(", "(?>", "(?:", "(?i:", "(?-i:", "(?=", "(?!"])
        return group + self.choice(depth + 1) + ")"

    def quantifier(self):
        if self.draw.random() < 0.5:
            return ""
        return self.draw.choice(self.QUANTIFIERS) + self.draw.choice(["", "", "?", "+"])

    def choice(self, depth=0):
        return "|".join(
            "".join(self.atom(depth) + self.quantifier() for _ in range(self.draw.randrange(1, 4)))
            for _ in range(self.draw.randrange(1, 4 - (depth > 0)))
        )

    def text(self, characters, longest):
        return "".join(self.draw.choice(characters)
                       for _ in range(self.draw.randrange(1, longest)))  # fmt: skip


def check_random(count, seed):
    patterns = Patterns(seed)
    accepted = refused = 0
    while accepted < count:
        pattern = patterns.choice()
        try:
            pre_tokenizer = split(pattern, patterns.draw.choice(BEHAVIORS),
                                  patterns.draw.random() < 0.3)  # fmt: skip
        except Exception:  # noqa: S112 - the reference has no type of its own
            continue
        texts = [patterns.text("aAbBsSkK1 2\n\t.,'-!é日ſßΩ_", 40) for _ in range(30)]
        chunks = (WHOLE, patterns.draw.choice([1, 2, 5, 13]))
        if compare(pattern, pre_tokenizer, texts, chunks):
            accepted += 1
        else:
            refused += 1
    print(f"random expressions: {accepted} alike, {refused} refused, 0 differ")


def check_classes():
    """Compare what each class has of all code points."""
    everything = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000)
    names = ("Cc Cf Cn Co Ll Lm Lo Lt Lu Mc Me Mn Nd Nl No Pc Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs"
             " L M N P S Z C LC Letter Decimal_Number Greek Han Hiragana Cyrillic Latin Thai Arabic"
             " Common Inherited Word Digit Space Blank Cntrl XDigit Punct ASCII Any Assigned"
             " White_Space").split()  # fmt: skip
    brackets = "ascii blank cntrl digit punct space word xdigit".split()
    patterns = [rf"\p{{{name}}}" for name in names] + [r"\w", r"\d", r"\s", r"\h", "."]
    for pattern in patterns + [f"[[:{name}:]]" for name in brackets]:
        assert compare(pattern, split(pattern, "removed"), [everything], (WHOLE,))
    assert compare("Punctuation", pre_tokenizers.Punctuation("removed"), [everything], (WHOLE,))
    print(f"{len(patterns) + len(brackets) + 1} classes of all code points: 0 differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=int(os.environ.get("AOTI_PATTERNS", "150")))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    patterns = Patterns(arguments.seed)
    texts = [patterns.text("aabcdsSmtTvrleLD''''   \n\n\r\t..,!?-_/0123456789$+äßſKÉЖж日本語かナ中한é́"
                           "👍٣½²Ⅷ\u00a0\u2028ǅ\u0301ʼ", 60) for _ in range(300)]  # fmt: skip
    count = 0
    for name, pre_tokenizer in published():
        assert compare(name, pre_tokenizer, texts, (WHOLE, 1, 3, 17)), f"{name}: refused"
        count += 1
    print(f"{count} pre-tokenizers of {len(texts)} texts: 0 differ")
    check_random(arguments.count, arguments.seed)
    if os.environ.get("AOTI_LONG"):
        check_classes()


if __name__ == "__main__":
    main()
