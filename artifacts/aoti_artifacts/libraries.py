# SPDX-License-Identifier: BSD-2-Clause
"""Settings of torch and transformers that all programs here need: silence, a device, a dtype."""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from importlib.util import find_spec

from .diagnostics import EXIT_DEVICE, Failure, failed, usage

DTYPES = ("float32", "bfloat16", "float16")


def require(*names: str) -> None:
    """Refuse to start without these packages of Python."""
    for name in names:
        if find_spec(name) is None:
            raise failed(name, f"not installed for {sys.executable}: pip install {name}")


def quiet() -> None:
    """Keep other messages off standard error."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.ERROR)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


@contextmanager
def silence() -> Iterator[None]:
    """Keep torch from printing graphs and tables of timings, unless requested."""
    if os.environ.get("AOTI_TRACEBACK"):
        yield
        return
    with redirect_stderr(io.StringIO()):
        yield


def choose_device(device: str | None) -> str:
    """Return the device to use: the requested one, else a GPU, else the processor."""
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        wanted = torch.device(device)
    except RuntimeError as error:
        raise usage(f"--device {device}: expected cpu, cuda or cuda:N") from error
    if wanted.type not in ("cpu", "cuda"):
        raise usage(f"--device {device}: expected cpu, cuda or cuda:N")
    if wanted.type == "cuda" and not torch.cuda.is_available():
        raise Failure(EXIT_DEVICE, f"--device {device}", "no usable GPU")
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        raise Failure(EXIT_DEVICE, f"--device {device}", "no such GPU")
    return device


def choose_dtype(dtype: str | None, device: str) -> str:
    """Return the dtype to use: the requested one, or the one that suits the device."""
    return dtype or ("bfloat16" if device.startswith("cuda") else "float32")
