# SPDX-License-Identifier: BSD-2-Clause
"""Strings that are hard to tokenize; the same seed gives the same strings."""

import random

PIECES = [
    " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", "\x0b", "\x0c", "\u0085", "\u00a0",
    "\u1680", "\u180e", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b",
    "\ufeff", "\x00", "\x1c", "\x1d", "\x1e", "\x1f", "\x7f", "\u200c", "\u200d",
    "'s", "'S", "'ſ", "'t", "'re", "'RE", "'rE", "'ve", "'m", "'ll", "'lL", "'d", "'", "''", "’s",
    "'\u212a", "a", "b", "A", "Z", "hello", "World", "the", " the", "Việt", " nghiệp", "naïve",
    "Straße", "ſ", "İ", "ı", "ǅ", "ﬁ", "ẞ", "Ⱥ", "ª", "º", "ʰ", "ͅ", "é", "e\u0301", "\u0301",
    "\u0345", "\u0f71\u0f72", "a\u0323\u0307", "a\u0307\u0323", "\u1112\u1161\u11ab", "한", "각",
    "\u2126", "\u212b", "\u0958", "नमस्ते", "กำลัง", "日本語", "中", "한국어", "العربية", "\u1c89",
    "\U0002ebf0", "\U00011f50", "\U0001e4d0", "\U00016d40", "1", "12", "123", "1234567", "½", "²",
    "ⅷ", "١٢٣", "१२३४", "𝟘𝟙", "①", "〇", "\U00011de0", "\U00016ff4", "!", "!!!", "?", ".", ",",
    ":", ";", "-", "_", "__", "/", "//", "\\", "(", ")", "{", "}", "<", ">", "|", "#", "$", "+",
    "=", "^", "`", "~", "€", "…", "“", "”", "«", "—", "😀", "👍🏽", "👨‍👩‍👧", "🇩🇪", "❤️", "▁", "▁▁",
    "Ġ", "Ċ", "<0x0A>", "<0x41>", "\ufffd", "\uffff", "\ue000", "\U0010ffff", "camelCase",
    "HTTPServer", "x86_64", "</s>", "<s>", "<unk>", "<a>", "<a><b>", "<a><", "<l>", "<r>", "<lr>",
    "word", "words", "solo", "<n>", "<n><m>", "<nl>", "<nr>", "<|endoftext|>", "<|eot_id|>",
    "<|eot_id", "<|begin_of_text|>", "<|im_start|>", "<think>", "<tool_call>", "<|user|>",
    "<|end|>", "<bos>", "<table>", "[INST]", "xyzzyq", "qqqqqqqq", " 12", "\t\t", "\n\n\n",
]
ALPHABETS = ["ab", "a ", "a\n", " \n", "'sS", "a1", "aA", "Aa'", "!\n", " !", "a\u0301", "▁ ",
             "<>a", "0", "e\u0301\u0323", "中a", "\r\n ", "/!\n"]


def code_point(rng):
    while True:
        limit = rng.choice((0x80, 0x250, 0x3000, 0x11000, 0x20000, 0x110000))
        code = rng.randrange(limit)
        if not 0xd800 <= code <= 0xdfff:
            return chr(code)


def nasty(rng):
    kind = rng.random()
    if kind < 0.6:
        return "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 10)))
    if kind < 0.75:
        return "".join(code_point(rng) for _ in range(rng.randrange(1, 12)))
    if kind < 0.9:
        alphabet = rng.choice(ALPHABETS)
        return "".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 14)))
    if kind < 0.98:
        return "".join(rng.choice(PIECES) * rng.choice((1, 1, 2, 7))
                       for _ in range(rng.randrange(1, 6)))
    return rng.choice(PIECES) * rng.randrange(20, 300)


def nasty_strings(count, seed):
    rng = random.Random(seed)
    return [nasty(rng) for _ in range(count)]


RUNS = ["ab", "abcdefghijklmnopqrstuvwxyzABC", "aA", "a", "é", "中文a", "0123456789", "½²", "!?.",
        "-", "'s", "!\n", " ", "\n", " \n", " \n\t", "\u3000 ", "<x>", "ÀÉa", "a\u0301", "😀!", "/\n"]
ENDS = ["", "x", "X", " x", "'s x", "'Sx", "1", "\n", " ", "\n x", "!", "!\n\n!", "\u0301x", "  \n  x", "中"]


def long_pieces(count, size, seed):
    """Texts of about SIZE characters with a run that no pre-tokenizer cuts."""
    rng = random.Random(seed)
    for i in range(count):
        alphabet = RUNS[i % len(RUNS)]
        style = rng.random()
        if style < 0.3:
            run = alphabet * (size // len(alphabet))
        elif style < 0.6:
            period = "".join(rng.choice(alphabet) for _ in range(rng.randrange(2, 40)))
            run = period * (size // len(period))
        else:
            run = "".join(rng.choices(alphabet, k=size))
        before = rng.choice(["", " ", "x ", "a", "\n", "!"])
        yield before + run + rng.choice(alphabet) * rng.randrange(2) + rng.choice(ENDS)


def all_characters():
    """Every code point, alone and between letters and spaces."""
    codes = [chr(code) for code in range(0x110000) if not 0xd800 <= code <= 0xdfff]
    return codes + [f"a{code} {code}b  {code} 1{code}'s" for code in codes]
