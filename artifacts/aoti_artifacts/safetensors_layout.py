# SPDX-License-Identifier: BSD-2-Clause
"""Plans a safetensors file with aligned tensors, so that it can be streamed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import torch

TENSOR_ALIGNMENT = 64
HEADER_ALIGNMENT = 4096
_DTYPE_NAMES = {
    torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16", torch.int8: "I8",
    torch.uint8: "U8", torch.int64: "I64",
}  # fmt: skip


@dataclass(frozen=True)
class PlannedTensor:
    """A tensor of the file: its name, type and offset after the header."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    offset: int

    @property
    def size(self) -> int:
        """Return its number of bytes."""
        return prod(self.shape) * self.dtype.itemsize

    @property
    def gap(self) -> int:
        """Return the number of bytes between its end and the next aligned place."""
        return -self.size % TENSOR_ALIGNMENT


class Layout:
    """The header of a file and the offsets of its tensors, from names, types and shapes."""

    def __init__(self, tensors: Iterable[tuple[str, torch.dtype, tuple[int, ...]]]) -> None:
        self.tensors: list[PlannedTensor] = []
        offset = 0
        for name, dtype, shape in tensors:
            planned = PlannedTensor(name, dtype, tuple(shape), offset)
            self.tensors.append(planned)
            offset += planned.size + planned.gap
        self.header = self._make_header()
        self.size = len(self.header) + offset

    def _make_header(self) -> bytes:
        """Return the header; padding is an entry, too, as the format allows no gaps."""
        entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        for index, tensor in enumerate(self.tensors):
            end = tensor.offset + tensor.size
            entries[tensor.name] = {
                "dtype": _DTYPE_NAMES[tensor.dtype],
                "shape": list(tensor.shape),
                "data_offsets": [tensor.offset, end],
            }
            if tensor.gap:
                entries[f"padding.{index}"] = {
                    "dtype": "U8",
                    "shape": [tensor.gap],
                    "data_offsets": [end, end + tensor.gap],
                }
        text = json.dumps(entries, separators=(",", ":")).encode()
        text += b" " * (-(8 + len(text)) % HEADER_ALIGNMENT)
        return len(text).to_bytes(8, "little") + text


def bytes_of(tensor: torch.Tensor) -> memoryview:
    """Return a tensor's elements as bytes."""
    return memoryview(tensor.contiguous().view(-1).view(torch.uint8).numpy())


def gap_bytes(tensor: PlannedTensor) -> Iterator[bytes]:
    """Yield the padding between a tensor and the next one, if any."""
    if tensor.gap:
        yield bytes(tensor.gap)
