#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The logits form of many families against transformers: exported graphs, and a compiled one.

Tiny random models, most of them with layers of different attention: a graph exported with one
length must give the logits of transformers at others, with the mask of each layer. One of them is
compiled with --max-autotune and must give the ids of transformers with any number of threads.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reference import SOURCE, compare, fail, forward, greedy, need

need("torch", "transformers")

import torch
from aoti_artifacts import libraries, logits_form, pretrained
from aoti_artifacts.metadata import Sequence
from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask, sdpa_mask

LENGTHS = (1, 2, 7, 9, 23, 64)
LONGEST, EXAMPLE, WINDOW = 64, 16, 8
SIZES = {
    "vocab_size": 256, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
HEADS = {"head_dim": 16}
HYBRID = {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": WINDOW}
GEMMA = HEADS | {"query_pre_attn_scalar": 16, "hidden_activation": "gelu_pytorch_tanh"}
FAMILIES: dict[str, dict[str, Any]] = {
    "cohere2": HYBRID,
    "exaone4": HYBRID,
    "falcon": {"num_kv_heads": 2, "new_decoder_architecture": True},
    "gemma2": HYBRID | GEMMA,
    "gemma3_text": HYBRID | GEMMA,
    "llama": {},
    "llama4_text": HEADS | {
        "attention_chunk_size": WINDOW, "num_local_experts": 2, "intermediate_size_mlp": 64,
        "layer_types": ["chunked_attention", "full_attention"], "no_rope_layers": [1, 0],
        "interleave_moe_layer_step": 2,
    },
    "ministral": HYBRID | HEADS,
    "mistral": {"sliding_window": WINDOW},
    "nemotron": {"hidden_act": "relu2"},
    "olmo3": HYBRID,
    "qwen2": {"use_sliding_window": True, "sliding_window": WINDOW, "max_window_layers": 1},
    "stablelm": {},
}  # fmt: skip
COMPILED = "gemma3_text"


def make_checkpoint(family: str, directory: Path) -> None:
    """Write a random model whose logits differ from position to position."""
    torch.manual_seed(1)
    config = AutoConfig.for_model(family, **SIZES | FAMILIES[family])
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, parameter.shape[-1] ** -0.5)
    model.generation_config = GenerationConfig()
    model.save_pretrained(directory)


def exported(directory: Path) -> torch.nn.Module:
    """Return the module that aoti-build would compile."""
    options = logits_form.LogitsOptions("cpu", "float32", EXAMPLE, Sequence(True, 1, LONGEST), False)
    try:
        model = logits_form._load(SimpleNamespace(directory=directory), options)
        return logits_form._export(model, options).module()
    finally:  # the reference uses its own masks
        ALL_MASK_ATTENTION_FUNCTIONS.register("sdpa", sdpa_mask)
        ALL_MASK_ATTENTION_FUNCTIONS.register("eager", eager_mask)


def check_export(family: str) -> None:
    """Compare logits at lengths below and above the window."""
    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        make_checkpoint(family, Path(folder))
        graph = exported(Path(folder))
        model = pretrained.load_model(Path(folder), torch.float32).eval()
    for length in LENGTHS:
        ids = torch.randint(0, SIZES["vocab_size"], (1, length))
        with torch.no_grad():
            found, wanted = graph(ids, torch.ones_like(ids)), model(ids).logits
        error = ((found - wanted).norm() / wanted.norm()).item()
        if not error < 1e-5:
            fail(f"{family}: logits of {length} ids are off by {error:.2g} of their norm")
    print(f"ok {family}: logits of {', '.join(map(str, LENGTHS))} ids", flush=True)


def check_compiled() -> None:
    """Compare ids of a tuned package, run with fewer and with more threads than at the build."""
    chance = random.Random(1)
    prompts = [
        [chance.randrange(3, SIZES["vocab_size"]) for _ in range(chance.randint(1, 40))]
        for _ in range(20)
    ]
    with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as folder:
        checkpoint, package = Path(folder, "checkpoint"), Path(folder, "package.pt2")
        make_checkpoint(COMPILED, checkpoint)
        command = [sys.executable, SOURCE / "artifacts/aoti-build", "--device", "cpu",
                   "--model-id", checkpoint, "--package-path", package, "--form", "logits",
                   "--dynamic-seq-len", "--max-seq-len", str(LONGEST),
                   "--example-seq-len", str(EXAMPLE), "--max-autotune"]  # fmt: skip
        subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "2"})
        model = pretrained.load_model(checkpoint, torch.float32).eval()
        expected = [greedy(model, prompt, 12, {2}) for prompt in prompts]
        for threads in ("1", "2", "3"):
            answers = forward(package, prompts, "-n", "12", "--threads", threads)
            compare(f"{COMPILED}, threads: {threads}", prompts, answers, expected)


def main() -> None:
    """Check all families."""
    libraries.quiet()
    torch.set_num_threads(1)
    for family in FAMILIES:
        check_export(family)
    check_compiled()


if __name__ == "__main__":
    main()
