# SPDX-License-Identifier: BSD-2-Clause
"""The cached form: prefill and decode graphs over a static cache, with one copy of the weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from . import decoder as decoders
from . import gpu, inductor, pretrained
from .archive import PAGE_ALIGNMENT, WEIGHTS_MEMBER, PackageWriter
from .checkpoint import Checkpoint
from .diagnostics import failed, say
from .metadata import Cache, Graph, PackageDescription, Sequence, SymbolicSize, Tensor
from .quantization import Scheme
from .weights import WeightsMember, check_sources

DEFAULT_MODEL = "model"  # the name that aoti_load_package() opens by default
LONGEST_CHUNK = 512
# Longer chunks keep all multiprocessors of a GPU busy: a prompt of 1,900 ids took 28.6 ms instead
# of 34.1 on an H200 (3B shape). Chunks longer than 512 have masks of at most so many elements.
LONGEST_CHUNK_ON_GPU, MASK_ELEMENTS = 2048, 1 << 27
SHORTEST_CHUNK = 2
# Loop iterations of a decode step that are worth a thread. Inductor's default, 512, finish before
# another thread wakes up.
STEP_CHUNK = 16384
_CONSTANT = re.compile(r'constants_info_\[\d+\]\.original_fqn = "([^"]*)"')


@dataclass(frozen=True)
class CachedOptions:
    """The command line's options for this form."""

    device: str
    dtype: str
    longest: int
    max_autotune: bool
    scheme: Scheme

    @property
    def on_gpu(self) -> bool:
        """Return true for a GPU."""
        return self.device.startswith("cuda")

    @property
    def dependent_launch(self) -> bool:
        """Return true if kernels may be launched while their predecessors end."""
        return not self.max_autotune and gpu.has_dependent_launch(self.device)


@dataclass(frozen=True)
class GraphPlan:
    """How one of the two graphs is exported.

    `live` is fixed for a step on a GPU, whose span is added to the scores.
    """

    name: str
    torch_name: str
    positions_name: str
    example_length: int
    new: int | SymbolicSize
    live: int | SymbolicSize


def _plans(shape: decoders.Shape) -> tuple[GraphPlan, GraphPlan]:
    """Return the plans of both graphs: many new positions at once, or one."""
    chunk = longest_chunk(shape)
    live = longest_sequence(shape)
    return (
        GraphPlan(
            name="prefill",
            torch_name=DEFAULT_MODEL,
            positions_name="positions",
            example_length=min(16, chunk),
            new=SymbolicSize("sequence", SHORTEST_CHUNK, chunk),
            live=SymbolicSize("live", SHORTEST_CHUNK, live),
        ),
        GraphPlan(
            name="decode",
            torch_name="decode",
            positions_name="position",
            example_length=1,
            new=1,
            live=shape.cache_length if shape.on_gpu else SymbolicSize("live", 1, live),
        ),
    )


def longest_sequence(shape: decoders.Shape) -> int:
    """Return how many positions may be in use: one less than the length of the cache.

    A slice of the whole cache would be contiguous, and export would specialize on that.
    """
    return shape.cache_length - 1


def longest_chunk(shape: decoders.Shape) -> int:
    """Return the largest number of positions in a prefill call."""
    longest = LONGEST_CHUNK
    if shape.on_gpu:
        row = shape.group * shape.cache_length
        longest = min(LONGEST_CHUNK_ON_GPU, max(longest, MASK_ELEMENTS // row))
    return min(longest, longest_sequence(shape))


def span_dtype(plan: GraphPlan, dtype: torch.dtype) -> torch.dtype:
    """Return the dtype of the span, whose length alone counts except for a step on a GPU."""
    return torch.int64 if isinstance(plan.live, SymbolicSize) else dtype


def _export(
    decoder: decoders.Decoder, plan: GraphPlan, device: str
) -> torch.export.ExportedProgram:
    """Return the graph of the plan; only shapes matter, so all values are zeros."""
    shape = decoder.shape
    weight = decoder.embedding.weight
    size = (1, shape.kv_heads, shape.cache_length, shape.head_dim)
    caches = [weight.new_zeros(size) for _ in range(2 * shape.layers)]
    new = plan.example_length
    live, live_dim = plan.live, None
    if isinstance(live, SymbolicSize):
        live_dim = torch.export.Dim(live.symbol, min=live.min, max=live.max)
        live = min(new + 5, longest_sequence(shape) - 1)
    integers = {"dtype": torch.int64, "device": device}
    arguments = (
        torch.zeros(1, new, **integers),
        torch.zeros(new, **integers),
        torch.zeros(live, device=device, dtype=span_dtype(plan, weight.dtype)),
        *caches,
    )
    new_dim = None
    if isinstance(plan.new, SymbolicSize):
        new_dim = torch.export.Dim(plan.new.symbol, min=plan.new.min, max=plan.new.max)
    by_input = ({1: new_dim}, {0: new_dim}) if new_dim is not None else (None, None)
    by_span = {0: live_dim} if live_dim is not None else None
    shapes = (*by_input, by_span, (None,) * len(caches))
    return inductor.export_program(
        f"exporting graph {plan.name}", decoder, arguments, dynamic_shapes=shapes
    )


def _constants(name: str, files: list[Path], member: WeightsMember) -> list[Tensor]:
    """Return the constants that the graph needs; all must be known weights."""
    known = member.tensors
    wanted = {
        constant
        for file in files
        if file.suffix == ".cpp"
        for constant in _CONSTANT.findall(file.read_text(encoding="utf-8"))
    }
    if not wanted <= known.keys():
        unforeseen = ", ".join(sorted(wanted - known.keys()))
        raise failed(f"compiling graph {name}", f"unexpected constants: {unforeseen}")
    return [
        Tensor(tensor.name, _dtype_name(tensor.dtype), list(tensor.shape))
        for tensor in known.values()
        if tensor.name in wanted
    ]


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _signature(
    decoder: decoders.Decoder,
    plan: GraphPlan,
    options: CachedOptions,
    member: str,
    constants: list[Tensor],
) -> Graph:
    shape = decoder.shape
    size = [1, shape.kv_heads, shape.cache_length, shape.head_dim]
    caches = [
        Tensor(f"{kind}_{layer}", options.dtype, list(size))
        for layer in range(shape.layers)
        for kind in ("k", "v")
    ]
    return Graph(
        plan.name,
        member,
        inputs=[
            Tensor("input_ids", "int64", [1, plan.new]),
            Tensor(plan.positions_name, "int64", [plan.new]),
            Tensor(
                "span", _dtype_name(span_dtype(plan, getattr(torch, options.dtype))), [plan.live]
            ),
            *caches,
        ],
        outputs=[Tensor("logits", "float32", [1, shape.vocabulary])],
        constants=constants,
    )


def _settings(options: CachedOptions, plan: GraphPlan) -> dict[str, Any]:
    """Return Inductor's settings for the graph of the plan."""
    settings: dict[str, Any] = {"aot_inductor.package_constants_in_so": False}
    if plan.new == 1:
        settings["cpp.min_chunk_size"] = STEP_CHUNK
    if options.on_gpu:
        settings |= gpu.inductor_settings(dependent_launch=options.dependent_launch)
    if options.max_autotune:
        settings |= inductor.tuning(options.device)
    return settings


def build(
    checkpoint: Checkpoint, options: CachedOptions, writer: PackageWriter
) -> PackageDescription:
    """Export and compile the checkpoint into the archive; return its description."""
    options.scheme.prepare(options.device)
    config = pretrained.read_config(checkpoint.directory)
    shape = decoders.shape_of(
        checkpoint, config, options.longest, options.scheme, on_gpu=options.on_gpu
    )
    check_sources(checkpoint, shape)
    cosines, sines = decoders.rotary_tables(checkpoint, config, shape.cache_length, shape.head_dim)
    dtype = getattr(torch, options.dtype)
    decoder = decoders.empty_decoder(shape, dtype, options.device)
    member = WeightsMember(checkpoint, decoder, {"rope_cos": cosines, "rope_sin": sines})
    graphs = []
    for plan in _plans(shape):
        say(f"{plan.name}: exporting, for a cache of {shape.cache_length} positions")
        program = _export(decoder, plan, options.device)
        say(f"{plan.name}: compiling")
        files = inductor.compile_program(program, plan.name, _settings(options, plan))
        constants = _constants(plan.name, files, member)
        shared_object = inductor.add_graph(writer, plan.torch_name, files)
        graphs.append(_signature(decoder, plan, options, shared_object, constants))
    say(f"weights: {member.size / 1e6:.1f} MB")
    writer.add_stream(WEIGHTS_MEMBER, member.size, member.chunks(), PAGE_ALIGNMENT)
    return PackageDescription(
        form="cached",
        architecture=decoders.ARCHITECTURES[config.model_type],
        dtype=options.dtype,
        sequence=Sequence(True, SHORTEST_CHUNK, longest_chunk(shape)),
        graphs=graphs,
        cache=Cache(
            shape.cache_length, shape.layers, shape.kv_heads, shape.head_dim, options.dtype
        ),
        weights=WEIGHTS_MEMBER,
        quantization=options.scheme.describe(),
        dependent_launch=options.dependent_launch,
    )
