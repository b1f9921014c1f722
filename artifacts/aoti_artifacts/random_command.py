# SPDX-License-Identifier: BSD-2-Clause
"""random-llama: write a checkpoint of a known shape with random weights, for measuring."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from . import __version__, libraries
from .diagnostics import OptionParser, failed, say
from .output import PendingFiles

ARCHITECTURES = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
}
_PIECE = 1 << 22  # elements drawn at a time


@dataclass(frozen=True)
class Dimensions:
    """The sizes of a model, named as in a configuration."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    vocab_size: int
    max_position_embeddings: int
    tie_word_embeddings: bool
    sliding_window: int
    long_context: bool = True


SHAPES = {
    "tiny": Dimensions(64, 160, 3, 4, 2, 16, 512, 512, True, 24, False),
    "100m": Dimensions(768, 2048, 12, 12, 4, 64, 32000, 4096, True, 1024, False),
    "1b": Dimensions(2048, 8192, 16, 32, 8, 64, 128256, 131072, True, 4096),
    "3b": Dimensions(3072, 8192, 28, 24, 8, 128, 128256, 131072, True, 4096),
    "8b": Dimensions(4096, 14336, 32, 32, 8, 128, 128256, 131072, False, 4096),
}
_LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def _parser() -> argparse.ArgumentParser:
    parser = OptionParser(
        prog="random-llama",
        description="Write a checkpoint of a known shape with random weights.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    # fmt: off
    add("directory", type=Path, metavar="DIR", help="directory to write to, created if missing")
    add("--shape", choices=tuple(SHAPES), default="tiny", help="(default: %(default)s)")
    add("--architecture", choices=tuple(ARCHITECTURES), default="llama",
        help="(default: %(default)s)")
    add("--seed", type=int, default=1, metavar="N", help="random seed (default: %(default)s)")
    add("--dtype", choices=libraries.DTYPES, default="bfloat16", help="(default: %(default)s)")
    add("--shards", type=int, choices=range(1, 100), default=1, metavar="N",
        help="files to spread the weights over (default: %(default)s)")
    add("--version", action="version", version=f"random-llama (aoti-utils) {__version__}")
    # fmt: on
    return parser


def _config(arguments: argparse.Namespace, size: Dimensions) -> dict[str, Any]:
    """Return the contents of config.json."""
    architecture = arguments.architecture
    config: dict[str, Any] = {
        "architectures": [ARCHITECTURES[architecture]],
        "model_type": architecture,
        "bos_token_id": size.vocab_size - 256,
        "eos_token_id": size.vocab_size - 255,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0 if size.long_context else 10000.0,
        "torch_dtype": arguments.dtype,
        "use_cache": True,
    }
    for name in (
        "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "vocab_size", "max_position_embeddings",
        "tie_word_embeddings",
    ):  # fmt: skip
        config[name] = getattr(size, name)
    if architecture == "llama" and size.long_context:
        config["rope_scaling"] = _LLAMA3_SCALING
    if architecture == "mistral":
        config["sliding_window"] = size.sliding_window
    return config


def _layer_tensors(
    prefix: str, architecture: str, size: Dimensions
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield names and shapes of the tensors of one layer."""
    hidden, width = size.hidden_size, size.num_attention_heads * size.head_dim
    kv_width = size.num_key_value_heads * size.head_dim
    yield f"{prefix}.input_layernorm.weight", (hidden,)
    for part, rows in (("q", width), ("k", kv_width), ("v", kv_width)):
        yield f"{prefix}.self_attn.{part}_proj.weight", (rows, hidden)
        if architecture == "qwen2":
            yield f"{prefix}.self_attn.{part}_proj.bias", (rows,)
    if architecture == "qwen3":
        yield f"{prefix}.self_attn.q_norm.weight", (size.head_dim,)
        yield f"{prefix}.self_attn.k_norm.weight", (size.head_dim,)
    yield f"{prefix}.self_attn.o_proj.weight", (hidden, width)
    yield f"{prefix}.post_attention_layernorm.weight", (hidden,)
    yield f"{prefix}.mlp.gate_proj.weight", (size.intermediate_size, hidden)
    yield f"{prefix}.mlp.up_proj.weight", (size.intermediate_size, hidden)
    yield f"{prefix}.mlp.down_proj.weight", (hidden, size.intermediate_size)


def _tensors(architecture: str, size: Dimensions) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield names and shapes of all tensors."""
    yield "model.embed_tokens.weight", (size.vocab_size, size.hidden_size)
    for layer in range(size.num_hidden_layers):
        yield from _layer_tensors(f"model.layers.{layer}", architecture, size)
    yield "model.norm.weight", (size.hidden_size,)
    if not size.tie_word_embeddings:
        yield "lm_head.weight", (size.vocab_size, size.hidden_size)


def _draw(name: str, shape: tuple[int, ...], seed: int, dtype: str) -> Iterator[memoryview]:
    """Yield a tensor's random elements in blocks: norms around 1, everything else around 0.

    Matrices preserve the magnitude of what passes through them, so that answers differ.
    """
    import torch

    from .safetensors_layout import bytes_of

    generator = torch.Generator().manual_seed(seed)
    mean = 1.0 if name.endswith("norm.weight") else 0.0
    deviation = shape[-1] ** -0.5 if len(shape) > 1 else 0.1
    count = prod(shape)
    for start in range(0, count, _PIECE):
        piece = torch.empty(min(_PIECE, count - start))
        piece.normal_(mean, deviation, generator=generator)
        yield bytes_of(piece.to(getattr(torch, dtype)))


def _shards(
    tensors: list[tuple[str, tuple[int, ...]]], count: int
) -> list[list[tuple[str, tuple[int, ...]]]]:
    """Return the tensors in so many runs of about the same number of elements."""
    total = sum(prod(shape) for _, shape in tensors)
    shards: list[list[tuple[str, tuple[int, ...]]]] = [[] for _ in range(count)]
    before = 0
    for name, shape in tensors:
        shards[min(count - 1, before * count // total)].append((name, shape))
        before += prod(shape)
    return [shard for shard in shards if shard]


def _write_weights(arguments: argparse.Namespace, size: Dimensions, files: PendingFiles) -> None:
    """Write the weights, block by block, and the index if there are several files."""
    import torch

    from .safetensors_layout import Layout, gap_bytes

    dtype = getattr(torch, arguments.dtype)
    tensors = list(_tensors(arguments.architecture, size))
    seeds = {name: arguments.seed * 1_000_003 + index for index, (name, _) in enumerate(tensors)}
    shards = _shards(tensors, arguments.shards)
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        file = "model.safetensors"
        if len(shards) > 1:
            file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        layout = Layout((name, dtype, shape) for name, shape in shard)
        say(f"{arguments.directory / file}: {layout.size / 1e6:.1f} MB")
        with files.create(arguments.directory / file).open("wb") as output:
            output.write(layout.header)
            for tensor in layout.tensors:
                weight_map[tensor.name] = file
                seed = seeds[tensor.name]
                output.writelines(_draw(tensor.name, tensor.shape, seed, arguments.dtype))
                output.writelines(gap_bytes(tensor))
    if len(shards) > 1:
        total = sum(prod(shape) for _, shape in tensors) * dtype.itemsize
        index = {"metadata": {"total_size": total}, "weight_map": weight_map}
        _write_json(files, arguments.directory / "model.safetensors.index.json", index)


def _write_json(files: PendingFiles, path: Path, value: dict[str, Any]) -> None:
    files.create(path).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def main(argv: list[str]) -> None:
    """Run the program."""
    arguments = _parser().parse_args(argv)
    size = SHAPES[arguments.shape]
    directory: Path = arguments.directory
    libraries.require("torch")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise failed(str(directory), error.strerror or str(error)) from error
    config = _config(arguments, size)
    with PendingFiles() as files:
        _write_weights(arguments, size, files)
        _write_json(files, directory / "config.json", config)
        ids = {name: config[name] for name in ("bos_token_id", "eos_token_id")}
        _write_json(files, directory / "generation_config.json", ids)
        files.commit()
