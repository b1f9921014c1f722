# SPDX-License-Identifier: BSD-2-Clause
"""Streams a checkpoint's tensors, fused as the decoder wants them, into one safetensors member."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from .checkpoint import FLOAT_DTYPES, Checkpoint
from .decoder import Decoder
from .diagnostics import bad_input
from .safetensors_layout import Layout, PlannedTensor, bytes_of, gap_bytes

# Where the parts of the decoder's tensors are in a checkpoint; those of a line are concatenated.
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


def source_names(name: str) -> list[str]:
    """Return the checkpoint's tensors that make the decoder's tensor of this name."""
    module, kind = name.rsplit(".", 1)
    if module in _MODEL_SOURCES:
        return [f"{source}.{kind}" for source in _MODEL_SOURCES[module]]
    _, layer, part = module.split(".", 2)
    return [f"model.layers.{layer}.{source}.{kind}" for source in _LAYER_SOURCES[part]]


def check_sources(checkpoint: Checkpoint, decoder: Decoder) -> None:
    """Check that the checkpoint holds what the decoder needs, in the shapes its config promises."""
    for name, parameter in decoder.named_parameters():
        rows = 0
        for source in source_names(name):
            stored = checkpoint.tensors.get(source)
            if stored is None:
                raise bad_input(str(checkpoint.directory), f"tensor {source} is missing")
            if stored.dtype not in FLOAT_DTYPES:
                raise bad_input(str(stored.file), f"tensor {source}: dtype {stored.dtype}")
            if stored.shape[1:] != parameter.shape[1:] or len(stored.shape) != parameter.dim():
                raise _wrong_shape(checkpoint, source)
            rows += stored.shape[0]
        if rows != parameter.shape[0]:
            raise _wrong_shape(checkpoint, source_names(name)[0])


def _wrong_shape(checkpoint: Checkpoint, source: str) -> Exception:
    stored = checkpoint.tensors[source]
    shape = "x".join(map(str, stored.shape))
    return bad_input(
        str(stored.file), f"tensor {source}: shape {shape} is not what config.json says"
    )


class WeightsMember:
    """The decoder's weights as a safetensors file, planned first and streamed then."""

    def __init__(
        self, checkpoint: Checkpoint, decoder: Decoder, tables: dict[str, torch.Tensor]
    ) -> None:
        self._checkpoint = checkpoint
        self._tables = tables
        self._layout = Layout(
            (name, tensor.dtype, tuple(tensor.shape))
            for name, tensor in decoder.state_dict().items()
        )

    @property
    def size(self) -> int:
        """Return the number of bytes of the whole member."""
        return self._layout.size

    @property
    def tensors(self) -> dict[str, PlannedTensor]:
        """Return its tensors by name."""
        return {tensor.name: tensor for tensor in self._layout.tensors}

    def chunks(self) -> Iterator[bytes | memoryview]:
        """Yield the member's bytes; at most one source tensor is in memory at a time."""
        yield self._layout.header
        with ExitStack() as stack:
            files: dict[Path, Any] = {}
            for tensor in self._layout.tensors:
                if tensor.name in self._tables:
                    yield bytes_of(self._tables[tensor.name])
                else:
                    for source in source_names(tensor.name):
                        yield self._read(source, tensor.dtype, files, stack)
                yield from gap_bytes(tensor)

    def _read(
        self, source: str, dtype: torch.dtype, files: dict[Path, Any], stack: ExitStack
    ) -> memoryview:
        path = self._checkpoint.tensors[source].file
        if path not in files:
            files[path] = stack.enter_context(safe_open(path, framework="pt"))
        return bytes_of(files[path].get_tensor(source).to(dtype))
