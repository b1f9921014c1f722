# SPDX-License-Identifier: BSD-2-Clause
"""The logits form: one graph, (input_ids, attention_mask) to logits, with its weights inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import gpu, inductor, pretrained
from .archive import PackageWriter
from .checkpoint import Checkpoint
from .diagnostics import say
from .metadata import Graph, PackageDescription, Sequence, SymbolicSize, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

GRAPH = "model"


@dataclass(frozen=True)
class LogitsOptions:
    """The command line's options for this form."""

    device: str
    dtype: str
    example_length: int
    sequence: Sequence
    max_autotune: bool


def _boolean_mask(
    *,
    batch_size: int,
    kv_length: int,
    kv_offset: int = 0,
    mask_function: Callable[..., torch.Tensor] | None = None,
    attention_mask: torch.Tensor | None = None,
    cache_position: torch.Tensor | None = None,
    q_length: int = 0,
    q_offset: int = 0,
    device: torch.device | None = None,
    **_options: Any,
) -> torch.Tensor:
    """Return which keys each query sees, bool [batch, 1, queries, keys], by `mask_function`.

    The function belongs to a kind of layer: full attention, a window, chunks. transformers calls it
    through vmap, in which torch.export loses the symbolic length; here it gets all indices at once,
    in shapes that broadcast. transformers 4 passes the positions of the queries, 5 their number and
    the first one.
    """
    import torch
    from transformers import masking_utils

    see = mask_function or masking_utils.causal_mask_function
    if cache_position is None:
        cache_position = torch.arange(q_length, device=device) + q_offset
    device = cache_position.device
    mask = see(
        torch.arange(batch_size, device=device).view(-1, 1, 1, 1),
        torch.zeros(1, dtype=torch.int64, device=device).view(1, 1, 1, 1),
        cache_position.view(1, 1, -1, 1),
        (torch.arange(kv_length, device=device) + kv_offset).view(1, 1, 1, -1),
    )
    if attention_mask is not None:
        mask = mask & attention_mask[:, None, None, kv_offset : kv_offset + kv_length].bool()
    return mask.expand(batch_size, -1, -1, -1)


def _additive_mask(*, dtype: torch.dtype, **options: Any) -> torch.Tensor:
    """Likewise, as values to add to the scores."""
    import torch

    mask = _boolean_mask(**options)
    return torch.zeros_like(mask, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)


def _register_masks() -> None:
    """Make transformers use these masks for both attentions that it chooses from."""
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    ALL_MASK_ATTENTION_FUNCTIONS.register("sdpa", _boolean_mask)
    ALL_MASK_ATTENTION_FUNCTIONS.register("eager", _additive_mask)


def _load(checkpoint: Checkpoint, options: LogitsOptions) -> torch.nn.Module:
    """Return the checkpoint's model with the signature of the form."""
    import torch

    class LogitsModel(torch.nn.Module):
        """A causal language model without its cache."""

        def __init__(self, model: torch.nn.Module) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            """Return the logits of every position."""
            return self.model(
                input_ids=input_ids, attention_mask=attention_mask, use_cache=False
            ).logits

    _register_masks()
    model = pretrained.load_model(checkpoint.directory, getattr(torch, options.dtype))
    return LogitsModel(model.to(options.device)).eval()


def _export(model: torch.nn.Module, options: LogitsOptions) -> torch.export.ExportedProgram:
    """Return the model as a graph, of one length or of a range of lengths."""
    import torch

    sequence = options.sequence
    ids = torch.zeros(1, options.example_length, dtype=torch.int64, device=options.device)
    shapes = None
    if sequence.dynamic:
        length = torch.export.Dim("sequence", min=sequence.min, max=sequence.max)
        shapes = ({1: length}, {1: length})
    return inductor.export_program(
        "dynamic export" if sequence.dynamic else "static export",
        model,
        (ids, torch.ones_like(ids)),
        hint="; --no-dynamic-seq-len builds for one length" if sequence.dynamic else "",
        dynamic_shapes=shapes,
        # On a GPU, attention pads the mask to multiples of eight. Export would refuse guards on the
        # lengths that it cannot prove, although they hold.
        prefer_deferred_runtime_asserts_over_guards=options.device != "cpu",
    )


def _signature(checkpoint: Checkpoint, options: LogitsOptions, member: str) -> Graph:
    sequence = options.sequence
    length: int | SymbolicSize = sequence.max
    if sequence.dynamic:
        length = SymbolicSize("sequence", sequence.min, sequence.max)
    vocabulary = checkpoint.config["vocab_size"]
    return Graph(
        GRAPH,
        member,
        inputs=[
            Tensor("input_ids", "int64", [1, length]),
            Tensor("attention_mask", "int64", [1, length]),
        ],
        outputs=[Tensor("logits", options.dtype, [1, length, vocabulary])],
    )


def build(
    checkpoint: Checkpoint, options: LogitsOptions, writer: PackageWriter
) -> PackageDescription:
    """Export and compile the checkpoint into the archive; return its description."""
    say(f"loading {checkpoint.directory}")
    model = _load(checkpoint, options)
    kind = "of any length" if options.sequence.dynamic else f"of {options.sequence.max} positions"
    say(f"exporting, for sequences {kind}")
    program = _export(model, options)
    say("compiling")
    files = inductor.compile_program(program, GRAPH, inductor_options(options))
    say("packaging")
    member = inductor.add_graph(writer, GRAPH, files)
    return PackageDescription(
        form="logits",
        architecture=type(model.model).__name__,
        dtype=options.dtype,
        sequence=options.sequence,
        graphs=[_signature(checkpoint, options, member)],
    )


def inductor_options(options: LogitsOptions) -> dict[str, Any]:
    """Return Inductor's settings for the command line's options."""
    settings: dict[str, Any] = {} if options.device == "cpu" else dict(gpu.EMBEDDED_KERNELS)
    if options.max_autotune:
        settings |= inductor.tuning(options.device)
    return settings
