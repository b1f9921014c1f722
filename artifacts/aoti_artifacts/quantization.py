# SPDX-License-Identifier: BSD-2-Clause
"""Weight-only quantization: layers that replace a linear layer, and how they are filled.

A layer with integer weights has a method `pack`, which turns the checkpoint's float weight into
the tensors of the layer, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from . import compiler
from .diagnostics import usage

ROWS_AT_ONCE = 4096  # of a weight, converted to float32 at a time
GROUP_SIZE = 64  # default number of inputs that share a scale
INT4_OUTPUTS = 64  # the largest block of any processor


class Int8Linear(nn.Module):
    """A linear layer with 8-bit weights and a scale for each output: w is about q * scale."""

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


class Int4Linear(nn.Module):
    """A linear layer with 4-bit weights: w is about (q - 8) * scale + zero.

    The inputs of a group share a scale and a zero for each output. The layout is libtorch's for the
    processor, which depends on its instructions: see `int4_block`. Zero outputs fill the last
    block.
    """

    def __init__(self, size: int, inputs: int, outputs: int, bias: bool) -> None:
        super().__init__()
        self.size = size
        self.outputs = outputs
        outputs += _missing_outputs(outputs)
        self.register_buffer("weight", torch.empty(outputs, inputs // 2, dtype=torch.uint8))
        # A tensor of two dimensions; with fewer, Inductor would compile the value into the code.
        self.register_buffer("group_size", torch.empty(1, 1, dtype=torch.int64))
        self.register_buffer("scales_and_zeros", torch.empty(inputs // size, outputs, 2))
        self.bias = nn.Parameter(torch.empty(self.outputs)) if bias else None

    def forward(self, states: Tensor) -> Tensor:
        """Return the product with states [S, inputs]."""
        product = torch.ops.quantized.int4mm_packed_weight_cpu(
            states, self.weight, self.group_size, self.scales_and_zeros
        )[:, : self.outputs]
        return product if self.bias is None else product + self.bias

    def pack(self, weight: Tensor) -> dict[str, Tensor]:
        """Return the tensors for a weight [outputs, inputs]."""
        block = int4_block()
        parts = [
            _int4_rows(rows, self.size, block, self.scales_and_zeros.dtype)
            for rows in weight.split(ROWS_AT_ONCE)
        ]
        integers, groups = zip(*parts, strict=True)
        return {
            "weight": torch.cat(integers),
            "group_size": torch.tensor([[self.size]]),
            "scales_and_zeros": torch.cat(groups, dim=1),
        }


def _missing_outputs(outputs: int) -> int:
    """Return how many outputs the last block lacks."""
    return -outputs % INT4_OUTPUTS


def int4_block() -> int:
    """Return how many outputs libtorch's operator expects interleaved."""
    try:
        return {"avx512": 64, "avx2": 32}[compiler.instruction_set()]
    except KeyError as error:
        raise usage("--quantize int4: requires a processor with AVX2 or AVX-512") from error


def _int4_rows(rows: Tensor, size: int, block: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return bytes [outputs, inputs / 2] and scales and zeros [groups, outputs, 2] for some rows.

    In a block of outputs, each byte has one input of two outputs half a block apart, the first in
    its low bits; the next input is half a block of bytes further.
    """
    rows = nn.functional.pad(rows, (0, 0, 0, _missing_outputs(len(rows))))
    outputs, inputs = rows.shape
    wide = rows.float().view(outputs, -1, size)
    low, high = wide.aminmax(dim=2)
    scale = ((high - low) / 15).to(dtype)
    zero = (low + 8 * scale.float()).to(dtype)
    divisor = torch.where(scale == 0, 1, scale.float())[:, :, None]
    integers = ((wide - zero.float()[:, :, None]) / divisor).round().add(8).clamp(0, 15)
    halves = integers.to(torch.uint8).view(-1, 2, block // 2, inputs)
    packed = halves[:, 0] | halves[:, 1] << 4
    packed = packed.transpose(1, 2).reshape(outputs, inputs // 2)
    return packed, torch.stack([scale, zero], dim=2).transpose(0, 1)


def _int4_or_int8(size: int, inputs: int, outputs: int, bias: bool) -> nn.Module:
    """Return a layer of 4 bits, or of 8 if the inputs are not a multiple of the group size."""
    if inputs % size == 0:
        return Int4Linear(size, inputs, outputs, bias)
    return Int8Linear(inputs, outputs, bias)


def _int4_head(size: int, inputs: int, outputs: int, bias: bool) -> nn.Module:
    """Return a head of 4 bits, as requested."""
    if inputs % size != 0:
        raise usage(f"--quantize-head int4: {inputs} inputs do not divide into groups of {size}")
    return Int4Linear(size, inputs, outputs, bias)


def register_lowering() -> None:
    """Make Inductor call libtorch's 4-bit operator by its name in the C ABI.

    Inductor does so itself for aten._weight_int4pack_mm_for_cpu, but compiles the group size into
    the code as a constant, and these packages keep all constants outside.
    """
    from torch._inductor import ir, lowering
    from torch._inductor.mkldnn_ir import WeightInt4PackMatmul

    @lowering.register_lowering(
        torch.ops.quantized.int4mm_packed_weight_cpu, type_promotion_kind=None
    )
    def int4_product(states: Any, weight: Any, group_size: Any, groups: Any) -> Any:
        states = ir.ExternKernel.require_contiguous(ir.ExternKernel.realize_input(states))
        product = WeightInt4PackMatmul.create(states, weight, group_size, groups)
        return ir.TensorBox.create(product)


def _int8_rows(rows: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return integers from -127 to 127 and a scale for each row, so that nothing saturates."""
    wide = rows.float()
    scale = (wide.abs().amax(dim=1) / 127).to(dtype)
    divisor = torch.where(scale == 0, 1, scale.float())
    return (wide / divisor[:, None]).round().clamp(-127, 127).to(torch.int8), scale


@dataclass(frozen=True)
class Scheme:
    """A way to store the weights of linear layers, and its description in the metadata."""

    name: str
    layer: Callable[..., nn.Module]  # makes the linear layers of the model
    head: Callable[..., nn.Module]
    details: Callable[[], dict[str, Any]] = dict
    devices: tuple[str, ...] = ("cpu", "cuda")

    def prepare(self, device: str) -> None:
        """Refuse unsupported devices; teach Inductor the operators it lacks."""
        kind = device.split(":")[0]
        if kind not in self.devices:
            raise usage(f"--quantize {self.name}: not supported on {kind}")
        if self.name == "int4":
            int4_block()
            register_lowering()

    @property
    def has_own_head(self) -> bool:
        """Return true if the head cannot share the embedding's weights, which stay in float."""
        return self.head is not nn.Linear

    def describe(self) -> dict[str, Any]:
        """Return the entry for the metadata."""
        return {"scheme": self.name, **self.details()}


def _int8_details() -> dict[str, Any]:
    return {"bits": 8, "symmetric": True, "granularity": "output", "head_bits": 8}


def _int4_details(size: int, head_bits: int) -> dict[str, Any]:
    return {
        "bits": 4,
        "symmetric": False,
        "granularity": "group",
        "group_size": size,
        "block": int4_block(),
        "head_bits": head_bits,
    }


SCHEMES = {
    "none": Scheme("none", nn.Linear, nn.Linear),
    "int8": Scheme("int8", Int8Linear, Int8Linear, _int8_details),
}


def choose(name: str, group_size: int | None, head: str | None) -> Scheme:
    """Return the scheme of that name; for int4, with the given group size and head."""
    if name == "int4":
        size = group_size or GROUP_SIZE
        layer = partial(_int4_or_int8, size)
        if head == "int4":
            details = partial(_int4_details, size, 4)
            return Scheme("int4", layer, partial(_int4_head, size), details, ("cpu",))
        return Scheme("int4", layer, Int8Linear, partial(_int4_details, size, 8), ("cpu",))
    return SCHEMES[name]
