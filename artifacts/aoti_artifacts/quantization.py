# SPDX-License-Identifier: BSD-2-Clause
"""Weight-only quantization: what stands in a decoder for a linear layer, and how it is filled.

A layer that holds integers has a method `pack`, from the float weight that the checkpoint has to
the tensors that stand in the layer, by their names in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

ROWS_AT_ONCE = 4096  # of a weight that are made float32


class Int8Linear(nn.Module):
    """A linear layer with weights of 8 bits and a scale for each output: w is about q * scale."""

    def __init__(self, inputs: int, outputs: int, bias: bool) -> None:
        super().__init__()
        self.register_buffer("weight", torch.empty(outputs, inputs, dtype=torch.int8))
        self.register_buffer("scale", torch.empty(outputs))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None

    def forward(self, states: Tensor) -> Tensor:
        """Return the product with states [S, inputs]; the scales are applied to its sums."""
        product = torch.ops.aten._weight_int8pack_mm(states, self.weight, self.scale)
        return product if self.bias is None else product + self.bias

    def pack(self, weight: Tensor) -> dict[str, Tensor]:
        """Return the tensors for a weight [outputs, inputs]."""
        parts = [_int8_rows(rows, self.scale.dtype) for rows in weight.split(ROWS_AT_ONCE)]
        integers, scales = zip(*parts, strict=True)
        return {"weight": torch.cat(integers), "scale": torch.cat(scales)}


def _int8_rows(rows: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return integers from -127 to 127 and a scale for each row, so that none is cut off."""
    wide = rows.float()
    scale = (wide.abs().amax(dim=1) / 127).to(dtype)
    divisor = torch.where(scale == 0, 1, scale.float())
    return (wide / divisor[:, None]).round().clamp(-127, 127).to(torch.int8), scale


@dataclass(frozen=True)
class Scheme:
    """A way to store the weights of linear layers, and how the metadata tells it."""

    name: str
    layer: type[nn.Module]  # all in the layers of the model
    head: type[nn.Module]
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def has_own_head(self) -> bool:
        """Return whether the head cannot be the embedding itself, which stays in float."""
        return self.head is not nn.Linear

    def describe(self) -> dict[str, Any]:
        """Return what the metadata says about it."""
        return {"scheme": self.name, **self.details}


_INT8 = {"bits": 8, "symmetric": True, "granularity": "output", "head_bits": 8}
SCHEMES = {
    "none": Scheme("none", nn.Linear, nn.Linear),
    "int8": Scheme("int8", Int8Linear, Int8Linear, _INT8),
}
