# SPDX-License-Identifier: BSD-2-Clause
"""Streams a checkpoint's tensors, fused as the decoder needs them, into one safetensors member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import safe_open

from .checkpoint import FLOAT_DTYPES, Checkpoint
from .decoder import Decoder, Shape
from .diagnostics import bad_input
from .quantization import SCHEMES
from .safetensors_layout import Layout, PlannedTensor, bytes_of, gap_bytes

# The tensors of the checkpoint for each tensor of the decoder; those on one line are concatenated.
_MODEL_SOURCES = {
    "embedding": ("model.embed_tokens",),
    "norm": ("model.norm",),
    "head": ("lm_head",),
}
_LAYER_SOURCES = {
    "attention_norm": ("input_layernorm",),
    "attention.qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attention.query_norm": ("self_attn.q_norm",),
    "attention.key_norm": ("self_attn.k_norm",),
    "attention.out": ("self_attn.o_proj",),
    "mlp_norm": ("post_attention_layernorm",),
    "mlp.gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "mlp.down": ("mlp.down_proj",),
}


def source_names(name: str, tied_head: bool) -> list[str]:
    """Return the checkpoint's tensors that form the decoder's tensor of this name."""
    module, kind = name.rsplit(".", 1)
    if module == "head" and tied_head:
        module = "embedding"
    if module in _MODEL_SOURCES:
        return [f"{source}.{kind}" for source in _MODEL_SOURCES[module]]
    _, layer, part = module.split(".", 2)
    return [f"model.layers.{layer}.{source}.{kind}" for source in _LAYER_SOURCES[part]]


def check_sources(checkpoint: Checkpoint, shape: Shape) -> None:
    """Check that the checkpoint holds what a decoder needs, in the shapes given by its config."""
    with torch.device("meta"):
        decoder = Decoder(replace(shape, scheme=SCHEMES["none"]))
    for name, parameter in decoder.named_parameters():
        rows = 0
        sources = source_names(name, shape.tied_head)
        for source in sources:
            stored = checkpoint.tensors.get(source)
            if stored is None:
                raise bad_input(str(checkpoint.directory), f"tensor {source} is missing")
            if stored.dtype not in FLOAT_DTYPES:
                raise bad_input(str(stored.file), f"tensor {source}: dtype {stored.dtype}")
            if stored.shape[1:] != parameter.shape[1:] or len(stored.shape) != parameter.dim():
                raise _wrong_shape(checkpoint, source)
            rows += stored.shape[0]
        if rows != parameter.shape[0]:
            raise _wrong_shape(checkpoint, sources[0])


def _wrong_shape(checkpoint: Checkpoint, source: str) -> Exception:
    stored = checkpoint.tensors[source]
    shape = "x".join(map(str, stored.shape))
    return bad_input(
        str(stored.file), f"tensor {source}: shape {shape} does not match config.json"
    )


class _SourceReader:
    """Reads a checkpoint's tensors, opening each file once."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._files: dict[Path, Any] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, source: str) -> torch.Tensor:
        """Return the tensor of this name."""
        path = self._checkpoint.tensors[source].file
        if path not in self._files:
            self._files[path] = self._stack.enter_context(safe_open(path, framework="pt"))
        return self._files[path].get_tensor(source)


class WeightsMember:
    """The decoder's weights as a safetensors file, first planned, then streamed."""

    def __init__(
        self, checkpoint: Checkpoint, decoder: Decoder, tables: dict[str, torch.Tensor]
    ) -> None:
        self._checkpoint = checkpoint
        self._tied_head = decoder.shape.tied_head
        self._ready = dict(tables)  # tensors made before their turn
        self._packers = {
            name: module.pack for name, module in decoder.named_modules() if hasattr(module, "pack")
        }
        self._layout = Layout(
            (name, tensor.dtype, tuple(tensor.shape))
            for name, tensor in decoder.state_dict().items()
        )

    @property
    def size(self) -> int:
        """Return the size of the whole member in bytes."""
        return self._layout.size

    @property
    def tensors(self) -> dict[str, PlannedTensor]:
        """Return its tensors by name."""
        return {tensor.name: tensor for tensor in self._layout.tensors}

    def chunks(self) -> Iterator[bytes | memoryview]:
        """Yield the member's bytes; the tensors of at most one layer are in memory at a time."""
        yield self._layout.header
        with _SourceReader(self._checkpoint) as reader:
            for tensor in self._layout.tensors:
                self._pack(tensor.name, reader)
                if tensor.name in self._ready:
                    yield bytes_of(self._ready.pop(tensor.name))
                else:
                    for source in source_names(tensor.name, self._tied_head):
                        yield bytes_of(reader.read(source).to(tensor.dtype))
                yield from gap_bytes(tensor)

    def _pack(self, name: str, reader: _SourceReader) -> None:
        """Make the tensors of the layer that owns this weight, if the layer packs its weights."""
        module, kind = name.rsplit(".", 1) if "." in name else ("", name)
        if kind != "weight" or module not in self._packers:
            return
        parts = [reader.read(source) for source in source_names(name, self._tied_head)]
        packed = self._packers[module](torch.cat(parts))
        self._ready |= {f"{module}.{key}": tensor for key, tensor in packed.items()}
