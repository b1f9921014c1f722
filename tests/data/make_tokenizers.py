#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the small tokenizers of this folder: make_tokenizers.py FOLDER."""

import io
import json
import os
import sys
import tempfile

import sentencepiece

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import families

FOLDER = os.path.abspath(sys.argv[1])


def save(tokenizer, name):
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as out:
        json.dump(json.loads(tokenizer.to_str()), out, ensure_ascii=False, indent=0,
                  separators=(",", ":"))
        out.write("\n")


# Code points and their replacements: changed, dropped, composed, decomposed, turned into spaces.
RULES = ("41\t61\n42\t62\n7F\t\n61 308\tE4\nFB01\t66 69\nB4\t20 301\nA0\t20\n3000\t20\n9\t20\n"
         "A\t20\nD A\t20\n")


def save_pieces(name, **options):
    lines = [line for text in families.corpus() for line in text.split("\n") if line.isascii()]
    os.chdir(tempfile.mkdtemp())  # so that the model names no folder
    with open("rules.tsv", "w", encoding="utf-8") as out:
        out.write(RULES)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines[:4000] + ["é ä fi 中文 ▁"] * 20), model_writer=model,
        normalization_rule_tsv="rules.tsv", user_defined_symbols=["<a>", "<a><b>"],
        character_coverage=1.0, hard_vocab_limit=False, minloglevel=2, **options)
    with open(os.path.join(FOLDER, name), "wb") as out:
        out.write(model.getvalue())


save(families.train_bytes(families.byte_level(use_regex=True), size=600,
                          specials=["<|begin_of_text|>", "<|end_of_text|>"],
                          bos="<|begin_of_text|>"), "bytes.json")
save(families.llama2(size=900), "characters.json")
save(families.train_bytes(families.byte_level(use_regex=True), size=300, specials=[
    "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>",
    "<|im_end|>", "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "<bos>", "<start_of_turn>",
    "<end_of_turn>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|endoftext|>"]),
     "chat.json")
save_pieces("unigram.model", model_type="unigram", vocab_size=400)
save_pieces("bpe.model", model_type="bpe", vocab_size=600, byte_fallback=True)
