#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the small tokenizers of this folder: make_tokenizers.py FOLDER."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
import families


def save(tokenizer, name):
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        json.dump(json.loads(tokenizer.to_str()), out, ensure_ascii=False, indent=0,
                  separators=(",", ":"))
        out.write("\n")


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
