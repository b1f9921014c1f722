#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares aoti-tokenize --chat with the models' own templates, rendered by transformers.

usage: chat_against_templates.py --templates FOLDER [--count N] [--seed N] [FORMAT]...

AOTI_TEMPLATES may name the folder: models/templates in the sources of llama.cpp, which are part of
the source distribution of llama-cpp-python. Nothing of it is part of this project. The exit status
is 77 if it or transformers is missing.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

try:
    import families
    from tokenizers import AddedToken
    from transformers import PreTrainedTokenizerFast
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
from nasty import PIECES
from programs import BUILD, compare

TEMPLATES = {
    "llama3": "meta-llama-Llama-3.1-8B-Instruct.jinja",
    "llama3-3.2": "meta-llama-Llama-3.2-3B-Instruct.jinja",
    "llama3-3.3": "meta-llama-Llama-3.3-70B-Instruct.jinja",
    "qwen2.5": "Qwen-Qwen2.5-7B-Instruct.jinja",
    "qwen3": "Qwen-Qwen3-0.6B.jinja",
    "mistral": "mistralai-Mistral-Nemo-Instruct-2407.jinja",
    "gemma": "google-gemma-2-2b-it.jinja",
    "phi3": "microsoft-Phi-3.5-mini-instruct.jinja",
}
CONTROLS = {
    "llama3": families.SPECIALS,
    "qwen2.5": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    "qwen3": ["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
    "mistral": ["[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
                "[/TOOL_RESULTS]", "[TOOL_CALLS]"],
    "gemma": ["<start_of_turn>", "<end_of_turn>"],
    "phi3": ["<|system|>"],
}
BOS = {"llama3": "<|begin_of_text|>", "gemma": "<bos>"}
MARKS = ("<|", "<s>", "</s>", "<bos>", "[INST]", "<unk>")
DATE = "17 May 2025"


def base(name):
    return name.split("-")[0]


def make_tokenizer(name):
    maker = {"llama3": families.llama3, "mistral": families.tekken, "gemma": families.gemma,
             "phi3": families.phi3}.get(name, families.qwen2)
    tokenizer = maker()
    tokenizer.add_special_tokens([AddedToken(control, normalized=False, special=True,
                                             rstrip=name == "phi3")
                                  for control in CONTROLS[name]])
    return tokenizer


def say(rng, formats_content=True):
    pieces = [piece for piece in PIECES if not any(mark in piece for mark in MARKS)]
    text = "".join(rng.choice(pieces) for _ in range(rng.randrange(0, 8)))
    if formats_content and rng.random() < 0.1:
        text = rng.choice(["<think>\n", "<think>", ""]) + text + "\n</think>\n\n" + text
    return text


def value(rng, depth=0):
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return say(rng)
    if kind == 1:
        return rng.choice([0, -1, 17, 2 ** 53, -2 ** 62, 2 ** 63 + 5])
    if kind == 2:
        return rng.choice([0.0, -0.0, 1.5, 1e22, 1e16, 1e15, 123456789.125, 1e-4, 1.25e-5, 0.1,
                           rng.random(), rng.random() * 10 ** rng.randrange(-30, 30)])
    if kind == 3:
        return rng.choice([True, False, None])
    if kind in (4, 5):
        return rng.choice(["", "\"\\\n\r\t\b\f\x01\x7f", "ü日😀", "</tag>&'"])
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {say(rng).replace("\0", "") or "key": value(rng, depth + 1)
            for _ in range(rng.randrange(4))}


def tool(rng, i):
    return {"type": "function", "function": {
        "name": f"tool_{i}", "description": rng.choice(["Does it.", "Tut's 日本語"]),
        "parameters": {"type": "object", "properties": {"x": {"type": "number"}, "y": value(rng)},
                       "required": []}}}


def call(rng, name):
    arguments = {"x": value(rng), "größe": value(rng)}
    if name == "qwen3" and rng.random() < 0.2:
        arguments = json.dumps(arguments)
    return {"id": f"call{rng.randrange(10000, 99999)}", "type": "function",
            "function": {"name": f"tool_{rng.randrange(3)}", "arguments": arguments}}


def conversation(rng, name):
    messages = []
    if name != "gemma" and rng.random() < 0.5:
        messages.append({"role": "system", "content": say(rng)})
    tools = None
    if name in ("llama3", "qwen2.5", "qwen3", "mistral") and rng.random() < 0.4:
        tools = [tool(rng, i) for i in range(rng.randrange(1, 3))]
    for _ in range(rng.randrange(1, 4)):
        messages.append({"role": "user", "content": say(rng)})
        if name in ("llama3", "qwen2.5", "qwen3", "mistral") and rng.random() < 0.3:
            calls = [call(rng, name) for _ in range(1 if name == "llama3" else rng.randrange(1, 3))]
            messages.append({"role": "assistant", "content": say(rng, False), "tool_calls": calls})
            for made in calls:
                messages.append({"role": "tool", "content": say(rng), "tool_call_id": made["id"]})
        messages.append({"role": "assistant", "content": say(rng)})
    if rng.random() < 0.7:
        messages.pop()
    return {"messages": messages, **({"tools": tools} if tools else {})}


def reference(wrapped, template, item, replies, **extra):
    try:
        text = wrapped.apply_chat_template(item["messages"], tools=item.get("tools"),
                                           chat_template=template, tokenize=False,
                                           add_generation_prompt=replies, **extra)
    except Exception as error:  # jinja2's own exceptions, when a template refuses
        return str(error)
    return wrapped.backend_tokenizer.encode(text, add_special_tokens=False).ids


def ours(options, item):
    result = subprocess.run([os.path.join(BUILD, "aoti-tokenize"), *options, "--messages"],
                            input=json.dumps(item, ensure_ascii=False).encode(),
                            capture_output=True, check=False)
    if result.returncode != 0:
        return result.stderr.decode()
    return [int(word) for word in result.stdout.split()]


def check(name, template, path, count, seed):
    family = base(name) if not name.startswith("qwen") else name
    tokenizer = make_tokenizer(family)
    tokenizer.save(path)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS.get(family, "<s>"),
                                      eos_token={"phi3": "<|endoftext|>"}.get(family, "</s>"))
    rng = random.Random(seed)
    items = [conversation(rng, family) for _ in range(count)]
    failures = refused = 0
    for replies in (True, False):
        options = ["-t", path, "--chat", family, "--date", DATE] + ["--no-reply"] * (not replies)
        wanted = [reference(wrapped, template, item, replies, date_string=DATE) for item in items]
        got = [ours(options, item) for item in items]
        for i, answer in enumerate(wanted):
            if isinstance(answer, str) and isinstance(got[i], str):
                wanted[i] = got[i]
                refused += 1
        failures += compare(name, [json.dumps(item, ensure_ascii=False) for item in items], wanted,
                            got)
    print(f"{name}: {2 * count} conversations, {refused} refused by both, {failures} differ",
          flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--templates", default=os.environ.get("AOTI_TEMPLATES"))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("format", nargs="*")
    arguments = parser.parse_args()
    if not arguments.templates:
        print("skipped: AOTI_TEMPLATES names no folder of templates")
        sys.exit(77)
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.format or TEMPLATES:
            with open(os.path.join(arguments.templates, TEMPLATES[name]), encoding="utf-8") as file:
                template = file.read()
            failures += check(name, template, os.path.join(folder, "tokenizer.json"),
                              arguments.count, arguments.seed)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
