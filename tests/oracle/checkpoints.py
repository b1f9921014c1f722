#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""aoti-build reads from a checkpoint what transformers reads: weights, kind, rotary settings."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from reference import SOURCE, fail, need

need("torch", "transformers")

import torch
from aoti_artifacts import decoder, libraries, pretrained
from aoti_artifacts.checkpoint import open_checkpoint

IDS = torch.arange(5, 45)[None]
LLAMA3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip


def make(directory: Path, *options: str, **changes: Any) -> Path:
    """Write a random checkpoint with these changes to config.json; None removes a key."""
    command = [sys.executable, SOURCE / "artifacts/random-llama", "--dtype", "float32", *options]
    subprocess.run([*command, directory], check=True, capture_output=True)
    path = directory / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return directory


def logits(directory: Path) -> torch.Tensor:
    """Return the logits of the model of transformers."""
    with torch.no_grad():
        return pretrained.load_model(directory, torch.float32).eval()(IDS).logits


def tables(directory: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rotary tables of the cached form."""
    config = pretrained.read_config(directory)
    return decoder.rotary_tables(open_checkpoint(str(directory)), config, 64, config.head_dim)


def check_both_weights(scratch: Path) -> None:
    """If a single file and an index exist, both forms use the single file."""
    single = make(scratch / "single")
    wanted = logits(single)
    make(single, "--shards", "2", "--seed", "2")
    files = {tensor.file.name for tensor in open_checkpoint(str(single)).tensors.values()}
    if files != {"model.safetensors"}:
        fail(f"the cached form takes {files}")
    if not torch.equal(logits(single), wanted):
        fail("transformers takes the shards")


def check_rope_parameters(scratch: Path) -> None:
    """Rotary settings written by transformers 5 count like those written by transformers 4."""
    for name, scaling in (("default", {"rope_type": "default"}), ("llama3", LLAMA3)):
        old = make(scratch / f"old-{name}", rope_theta=5e5, rope_scaling=scaling)
        both = {"rope_theta": 5e5, **scaling}
        new = make(scratch / f"new-{name}", rope_theta=None, rope_parameters=both)
        other = make(scratch / f"other-{name}", rope_theta=1e4)
        if not all(map(torch.equal, tables(new), tables(old))):
            fail(f"rope_parameters, {name}: other tables than of rope_theta")
        if not torch.equal(logits(new), logits(old)) or torch.equal(logits(new), logits(other)):
            fail(f"rope_parameters, {name}: other logits than of rope_theta")


def check_kind(scratch: Path) -> None:
    """The kind of model is given by model_type, not by architectures."""
    directory = make(scratch / "kind", "--architecture", "mistral", architectures=["LlamaModel"])
    config = pretrained.read_config(directory)
    if decoder._windows(config, 64) != (24, 24, 24):
        fail(f"windows are {decoder._windows(config, 64)}")
    if type(pretrained.load_model(directory, torch.float32)).__name__ != "MistralForCausalLM":
        fail("transformers loads another model")


def check_token_ids(scratch: Path) -> None:
    """A padding id outside the vocabulary means none; generation_config.json takes precedence."""
    for value, wanted in ((-1, None), (512, None), (7, 7), (None, None)):
        directory = make(scratch / f"pad{value}", pad_token_id=value)
        found = open_checkpoint(str(directory)).token_id("pad")
        if found != wanted:
            fail(f"pad_token_id {value} is read as {found}")
    directory = make(scratch / "end", eos_token_id=3)
    (directory / "generation_config.json").write_text('{"eos_token_id": [4, 5]}')
    if open_checkpoint(str(directory)).end_ids() != [4, 5]:
        fail("the ids of generation_config.json do not come first")


def main() -> None:
    """Run all checks."""
    libraries.quiet()
    torch.set_num_threads(1)
    for check in (check_both_weights, check_rope_parameters, check_kind, check_token_ids):
        with tempfile.TemporaryDirectory(prefix="aoti-oracle.") as scratch:
            check(Path(scratch))
        print(f"ok {check.__name__}: {check.__doc__}", flush=True)


if __name__ == "__main__":
    main()
