# SPDX-License-Identifier: BSD-2-Clause
"""CUDA settings of aoti-build and of Inductor's code generation."""

from __future__ import annotations

import ctypes
from typing import Any

_OLDEST_WITH_DEPENDENT_LAUNCH = 9  # compute capability
_LONGEST_ROW_AT_ONCE = 8192  # elements

# Kernels are embedded in the graph: nothing has to be unpacked to files.
EMBEDDED_KERNELS = {"aot_inductor.embed_kernel_binary": True}


def driver_version() -> str:
    """Return the newest version of CUDA that the driver supports, such as 13.0."""
    number = ctypes.c_int()
    ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(number))
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


def has_dependent_launch(device: str) -> bool:
    """Return true if kernels can be launched while their predecessors end.

    Inductor's generated kernels must then wait by themselves before they read their predecessor's
    results. Those of its templates, found by max_autotune, do not.
    """
    import torch
    from torch._inductor import config

    if not device.startswith("cuda") or not hasattr(config.triton, "enable_pdl"):
        return False
    major, _ = torch.cuda.get_device_capability(torch.device(device))
    return major >= _OLDEST_WITH_DEPENDENT_LAUNCH


def _launch_dependents_early() -> None:
    """Make Inductor's kernels allow the next launch before they wait themselves.

    Inductor does so after a kernel's last load, which in a reduction is nearly its end. The next
    kernel is often a product, which can fetch weights meanwhile and waits before it uses this
    kernel's results or writes anything. This kernel cannot end before its own wait, so everything
    earlier is complete as well.
    """
    from torch._inductor.codegen.triton import TritonKernel

    if ";" not in TritonKernel.GDC_WAIT:
        TritonKernel.GDC_WAIT = f"{TritonKernel.GDC_LAUNCH}; {TritonKernel.GDC_WAIT}"
        TritonKernel.GDC_LAUNCH = "# Dependents were launched above."


def _reduce_rows_at_once() -> None:
    """Make Inductor's kernels hold a whole row in registers while they reduce it.

    Inductor does so for up to 1,024 elements, and reads longer rows twice, in dependent steps. A
    decode step waits for its norms, so the latency of one read matters.
    """
    from torch._inductor.choices import InductorChoices
    from torch._inductor.virtualized import V

    class Choices(InductorChoices):
        @staticmethod
        def should_use_persistent_reduction(features: Any, cooperative_reduction: bool) -> bool:
            return InductorChoices.should_use_persistent_reduction(
                features, cooperative_reduction
            ) or V.graph.sizevars.statically_known_leq(
                features.reduction_numel, _LONGEST_ROW_AT_ONCE
            )

    V.set_choices_handler(Choices())


def inductor_settings(*, dependent_launch: bool) -> dict[str, Any]:
    """Return Inductor's settings for the cached form on a GPU."""
    settings: dict[str, Any] = EMBEDDED_KERNELS | {
        # Fuses independent small kernels: a step has hundreds, which take longer to launch than to
        # run.
        "combo_kernels": True,
        # The operands have suitable shapes already.
        "shape_padding": False,
    }
    _reduce_rows_at_once()
    if dependent_launch:
        settings["triton.enable_pdl"] = True
        _launch_dependents_early()
    return settings
