# SPDX-License-Identifier: BSD-2-Clause
"""The metadata of a package, meta.json; this file is its schema."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from typing import Any

from . import __version__, compiler, gpu
from .checkpoint import Checkpoint

FORMAT = "aoti-utils"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class SymbolicSize:
    """A dimension whose size is only known at run time."""

    symbol: str
    min: int
    max: int


@dataclass(frozen=True)
class Tensor:
    """An input, an output or a weight of a graph."""

    name: str
    dtype: str
    shape: list[int | SymbolicSize]


@dataclass(frozen=True)
class Graph:
    """A compiled graph: its role, its member (in the folder that names it in torch), its signature.

    `constants` are the weights that it needs, unless they are in its shared object.
    """

    name: str
    member: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    constants: list[Tensor] = field(default_factory=list)


@dataclass(frozen=True)
class Sequence:
    """How many positions one call takes."""

    dynamic: bool
    min: int
    max: int


@dataclass(frozen=True)
class Cache:
    """The shape of the key and value caches: one pair a layer, [1, kv_heads, length, head_dim]."""

    length: int
    layers: int
    kv_heads: int
    head_dim: int
    dtype: str


@dataclass
class PackageDescription:
    """What a form reports about the package that it built."""

    form: str
    architecture: str  # the class of transformers whose results it reproduces
    dtype: str
    sequence: Sequence
    graphs: list[Graph]
    cache: Cache | None = None
    weights: str | None = None  # their member, unless the graphs hold them
    quantization: dict[str, Any] = field(default_factory=lambda: {"scheme": "none"})
    dependent_launch: bool = False  # every kernel may be launched while its predecessor ends


def _device(device: str, cxx: str, *, dependent_launch: bool) -> dict[str, Any]:
    import torch

    capability = name = driver = None
    if device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(torch.device(device))
        capability, name = f"{properties.major}.{properties.minor}", properties.name
        driver = gpu.driver_version()
    return {
        "type": device.split(":")[0],
        "machine": platform.machine(),
        "isa": compiler.instruction_set(),
        "features": compiler.features(cxx),
        "name": name,
        "compute_capability": capability,
        "driver": driver,
        "dependent_launch": dependent_launch,
    }


def _versions(cxx: str) -> dict[str, str | None]:
    import torch
    import transformers

    return {
        "aoti_utils": __version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "cuda": torch.version.cuda,
        "compiler": compiler.version(cxx),
        "python": platform.python_version(),
    }


def describe(
    checkpoint: Checkpoint,
    package: PackageDescription,
    device: str,
    cxx: str,
    members: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return the contents of meta.json; `members` are all other members of the archive."""
    meta: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model": {
            "id": checkpoint.identity,
            "revision": checkpoint.revision,
            "architecture": package.architecture,
            "config_sha256": checkpoint.config_sha256,
        },
        "form": package.form,
        "vocab_size": checkpoint.config["vocab_size"],
        "bos_token_id": checkpoint.token_id("bos"),
        "eos_token_ids": checkpoint.end_ids(),
        "pad_token_id": checkpoint.token_id("pad"),
        "sequence": asdict(package.sequence),
    }
    if package.cache is not None:
        meta["cache"] = asdict(package.cache)
    if package.weights is not None:
        meta["weights"] = {"member": package.weights}
    meta |= {
        "dtype": package.dtype,
        "quantization": package.quantization,
        "device": _device(device, cxx, dependent_launch=package.dependent_launch),
        "versions": _versions(cxx),
        "graphs": [asdict(graph) for graph in package.graphs],
        "members": members,
        "created_by": f"aoti-build {__version__}",
    }
    return meta
