# SPDX-License-Identifier: BSD-2-Clause
"""The classic form: one graph, (input_ids, attention_mask) to logits, weights inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import gpu, inductor, pretrained
from .archive import PackageWriter
from .checkpoint import Checkpoint
from .diagnostics import failed, first_line, say
from .metadata import Graph, PackageDescription, Sequence, SymbolicSize, Tensor

if TYPE_CHECKING:
    import torch

GRAPH = "model"
_ATTENTION = "sdpa_without_vmap"


@dataclass(frozen=True)
class LogitsOptions:
    """What the command line asks of this form."""

    device: str
    dtype: str
    example_length: int
    sequence: Sequence
    max_autotune: bool


def _register_attention() -> None:
    """Offer transformers an attention whose mask can be exported with a dynamic length.

    The usual mask is made by vmap, in which torch.export loses track of the symbolic length.
    """
    from transformers.integrations.executorch import sdpa_mask_without_vmap
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    ALL_MASK_ATTENTION_FUNCTIONS.register(_ATTENTION, sdpa_mask_without_vmap)
    ALL_ATTENTION_FUNCTIONS.register(_ATTENTION, ALL_ATTENTION_FUNCTIONS["sdpa"])


def _load(checkpoint: Checkpoint, options: LogitsOptions) -> torch.nn.Module:
    """Return the checkpoint's model behind the signature of the form."""
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

    _register_attention()
    model = pretrained.load_model(
        checkpoint.directory, getattr(torch, options.dtype), attn_implementation=_ATTENTION
    )
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
    try:
        with torch.no_grad():
            return torch.export.export(
                model,
                (ids, torch.ones_like(ids)),
                dynamic_shapes=shapes,
                # On a GPU, attention pads the mask to whole eights. What export cannot prove of the
                # lengths of that, it would refuse, though it holds.
                prefer_deferred_runtime_asserts_over_guards=options.device != "cpu",
            )
    except Exception as error:
        hint = "; --no-dynamic-seq-len builds for one length" if sequence.dynamic else ""
        kind = "dynamic" if sequence.dynamic else "static"
        raise failed(f"{kind} export", first_line(error) + hint) from error


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
    """Export and compile the checkpoint into the archive; return what became of it."""
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
        dtype=options.dtype,
        sequence=options.sequence,
        graphs=[_signature(checkpoint, options, member)],
    )


def inductor_options(options: LogitsOptions) -> dict[str, bool]:
    """Return Inductor's settings for the command line's options."""
    settings = {} if options.device == "cpu" else dict(gpu.EMBEDDED_KERNELS)
    if options.max_autotune:
        settings |= {"max_autotune": True, "coordinate_descent_tuning": True}
    return settings
