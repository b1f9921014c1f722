# SPDX-License-Identifier: BSD-2-Clause
"""Tokenizers of each family, trained on generated text, with the components that family has."""

import json
import random

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
QWEN35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
          r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK = (r"\p{N}{1,3}", r"[一-龥\u3040-ゟ゠-ヿ]+",
            (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
             r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
             r"|\s*[\r\n]+|\s+(?!\S)|\s+"))
CAPITALS, SMALL = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
LEAD, CONTRACTION = r"[^\r\n\p{L}\p{N}]?", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
BLANKS = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = (LEAD + CAPITALS + "*" + SMALL + "+" + CONTRACTION + "|" + LEAD + CAPITALS + "+" + SMALL
         + "*" + CONTRACTION + r"|\p{N}{1,3}" + BLANKS)
TEKKEN = (LEAD + CAPITALS + "*" + SMALL + "+|" + LEAD + CAPITALS + "+" + SMALL + r"*|\p{N}"
          + BLANKS)

WORDS = """the of and to in a is that it was for on are with as his they at be this from have or by
one had not but what all were when we there can an your which their said if do will each about how
up out them then she many some so these would other into has more her two like him see time could
no make than first been its who now people my made over did down only way find use may water long
little very after words called just where most know don't it's I'm they've we'll he'd Grüße naïve
été Straße señor niño привет мир характер культура даже Việt Nam việc nghiệp 日本語 東京 中文 编程
한국어 नमस्ते हिन्दी ไทย العربية ελληνικά return int void printf include self def class import 😀 👍🏽 🇩🇪
HTTPServer camelCase snake_case x86_64 3.14159 1,000,000 2026-01-01 €100 ½ ⅷ""".split()
GLUE = [" ", " ", " ", " ", " ", "  ", "\n", "\n\n", ", ", ". ", "! ", "? ", ": ", "; ", "(", ") ",
        "\t", "    ", " - ", "/", "'", "\"", "…", "\r\n"]


def corpus(lines=3000, seed=1):
    rng = random.Random(seed)
    for _ in range(lines):
        parts = []
        for _ in range(rng.randrange(3, 40)):
            word = rng.choice(WORDS)
            style = rng.random()
            if style < 0.1:
                word = word.upper()
            elif style < 0.2:
                word = word.capitalize()
            elif style < 0.25:
                word = str(rng.randrange(10 ** rng.randrange(1, 8)))
            elif style < 0.3:
                word = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(5))
            parts += [word, rng.choice(GLUE)]
        yield "".join(parts)


SPECIALS = ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|start_header_id|>",
            "<|end_header_id|>"]


def split(regex):
    return pre_tokenizers.Split(Regex(regex), "isolated")


def byte_level(use_regex=False, add_prefix_space=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space, use_regex=use_regex)


def train_bytes(pre_tokenizer, size=3000, normalizer=None, specials=SPECIALS, bos=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(specials),
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    if bos is not None:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))])
    return tokenizer


def changed(tokenizer, change):
    data = json.loads(tokenizer.to_str())
    change(data)
    return Tokenizer.from_str(json.dumps(data))


def gpt2():
    return train_bytes(byte_level(use_regex=True), specials=["<|endoftext|>"])


def gpt2_prefix():
    return train_bytes(byte_level(use_regex=True, add_prefix_space=True),
                       specials=["<|endoftext|>"])


def demo():
    return train_bytes(byte_level(use_regex=True), size=2000,
                       specials=["<|begin_of_text|>", "<|end_of_text|>"], bos="<|begin_of_text|>")


def unreachable(data):
    """Adds tokens that no merge produces, but ignore_merges finds."""
    vocab = data["model"]["vocab"]
    used = set(vocab.values()) | {token["id"] for token in data["added_tokens"]}
    for word in ("Ġnghiá»ĩp", "xyzzyq", "ĠзаÐ¼", "qqqqqqqq", "Ġ12"):
        if word not in vocab:
            vocab[word] = max(used) + 1
            used.add(vocab[word])
    data["model"]["ignore_merges"] = True


def llama3():
    pre = pre_tokenizers.Sequence([split(LLAMA3), byte_level()])
    tokenizer = train_bytes(pre, bos="<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), tokenizer.post_processor])
    return changed(tokenizer, unreachable)


def added(tokenizer, tokens):
    tokenizer.add_tokens(tokens)
    return tokenizer


def qwen2():
    pre = pre_tokenizers.Sequence([split(QWEN2), byte_level()])
    tokenizer = train_bytes(pre, normalizer=normalizers.NFC(),
                            specials=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return added(tokenizer, [AddedToken(name, normalized=False, special=False) for name in
                             ("<tool_call>", "</tool_call>", "<think>", "</think>")])


def smollm2():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                   byte_level(use_regex=True)])
    return train_bytes(pre, specials=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])


def o200k():
    return train_bytes(pre_tokenizers.Sequence([split(O200K), byte_level()]))


def tekken():
    return train_bytes(pre_tokenizers.Sequence([split(TEKKEN), byte_level()]),
                       specials=["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], bos="<s>")


def qwen35():
    return train_bytes(pre_tokenizers.Sequence([split(QWEN35), byte_level()]),
                       normalizer=normalizers.NFC())


def deepseek():
    return train_bytes(pre_tokenizers.Sequence([*map(split, DEEPSEEK), byte_level()]))


def falcon():
    """Digits that are looked for in the spelling of bytes."""
    return train_bytes(pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), byte_level(use_regex=True),
        pre_tokenizers.Digits(individual_digits=False), split("[0-9][0-9][0-9]")]))


def bloom():
    return train_bytes(pre_tokenizers.Sequence(
        [split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), byte_level()]))


def whitespace():
    """White space is left out."""
    return train_bytes(pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), byte_level()]))


def oddities():
    """Added tokens of every kind; some are prefixes of others."""
    tokenizer = train_bytes(byte_level(use_regex=True), specials=["<|endoftext|>"])
    return added(tokenizer, [
        AddedToken("<a>", normalized=False), AddedToken("<a><b>", normalized=False),
        AddedToken("<a><", normalized=False), AddedToken("<l>", lstrip=True, normalized=False),
        AddedToken("<r>", rstrip=True, normalized=False),
        AddedToken("<lr>", lstrip=True, rstrip=True, normalized=False),
        AddedToken("word", single_word=True, normalized=False),
        AddedToken("<n>", normalized=True), AddedToken("<n><m>", normalized=True),
        AddedToken("solo", single_word=True, normalized=True),
        AddedToken("<nl>", lstrip=True, normalized=True),
        AddedToken("<nr>", rstrip=True, normalized=True)])


def train_characters(normalizer, pre_tokenizer, decoder, size=2500, byte_fallback=True,
                     specials=("<unk>", "<s>", "</s>"), bos="<s>"):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True,
                                     byte_fallback=byte_fallback))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    # Trained on words, as sentencepiece does; used on whole texts.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else []
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(specials) + byte_tokens,
                                  limit_alphabet=180, show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)

    def finish(data):
        data["added_tokens"] = [t for t in data["added_tokens"] if not t["content"].startswith("<0x")]
        data["pre_tokenizer"] = None
    tokenizer = changed(tokenizer, finish)
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))])
    return tokenizer


def replaced():
    return normalizers.Replace(" ", "▁")


def spaced(*more):
    return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(),
                              decoders.Fuse(), *more])


def llama2(size=2500):
    return train_characters(normalizers.Sequence([normalizers.Prepend("▁"), replaced()]), None,
                            spaced(decoders.Strip(" ", 1, 0)), size=size)


def mistral():
    return train_characters(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False),
                            spaced(decoders.Strip(" ", 1, 0)))


def metaspace():
    return train_characters(None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True),
                            decoders.Metaspace(prepend_scheme="always", split=True),
                            byte_fallback=False)


def phi3():
    return added(llama2(), [
        AddedToken(name, rstrip=True, normalized=False, special=True)
        for name in ("<|endoftext|>", "<|assistant|>", "<|user|>", "<|end|>")])


def gemma():
    tokenizer = train_characters(replaced(), pre_tokenizers.Split(" ", "merged_with_previous"),
                                 spaced(), specials=("<pad>", "<eos>", "<bos>", "<unk>"),
                                 bos="<bos>")
    return added(tokenizer, [
        AddedToken(name, normalized=False, special=False)
        for name in ("\n\n", "\n\n\n", "▁▁", "▁▁▁", "\t\t", "<table>")])


def unknown():
    """No byte fallback: consecutive unknown characters become one token."""
    return train_characters(normalizers.Sequence([normalizers.Prepend("▁"), replaced()]), None,
                            spaced(decoders.Strip(" ", 1, 0)), byte_fallback=False)


FAMILIES = {function.__name__: function for function in (
    gpt2, gpt2_prefix, demo, llama3, qwen2, qwen35, deepseek, falcon, bloom, whitespace, smollm2,
    o200k, tekken, oddities, llama2, mistral, metaspace, phi3, gemma, unknown)}
