# SPDX-License-Identifier: BSD-2-Clause
"""The only place where transformers opens a checkpoint: its content is data, never a program.

Python files of a checkpoint never run, pickled weights are not read, and the hub is not contacted.
"trust_remote_code=False" alone does not guarantee that: transformers 4.57 still runs
custom_generate/generate.py of a local checkpoint. So transformers gets a folder of links to only
the data files of the checkpoint.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .diagnostics import bad_input, failed, first_line

if TYPE_CHECKING:
    import torch


_DATA = (".json", ".safetensors", ".model", ".txt", ".jinja")


@contextmanager
def _data_files(directory: Path) -> Iterator[Path]:
    """Yield a folder with links to the data files of a checkpoint."""
    with tempfile.TemporaryDirectory(prefix="aoti-checkpoint-") as name:
        for file in directory.resolve().iterdir():
            if file.suffix in _DATA:
                Path(name, file.name).symlink_to(file)
        yield Path(name)


def _reason(error: Exception) -> str:
    """Return why transformers could not open a checkpoint."""
    if "trust_remote_code" in str(error):
        return "requires its own Python code, which is never run"
    if isinstance(error, KeyError):
        return f"transformers does not know {first_line(error)}"
    return first_line(error)


def _open(kind: Any, directory: Path, **options: Any) -> Any:
    """Call the `from_pretrained` of one of the classes of transformers."""
    import torch

    with _data_files(directory) as files:
        try:
            return kind.from_pretrained(
                files, trust_remote_code=False, local_files_only=True, **options
            )
        except torch.OutOfMemoryError:
            raise
        except ImportError as error:  # a library for this kind of checkpoint is missing
            raise failed(str(directory), first_line(error)) from error
        except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, OSError) as error:
            why = _reason(error).replace(str(files), str(directory))
            raise bad_input(str(directory), why) from error


def _adopt_rope_parameters(config: Any, where: str) -> None:
    """Copy what transformers 5 writes about rotary embeddings to where transformers 4 reads it."""
    import transformers

    parameters = getattr(config, "rope_parameters", None)
    if parameters is None or int(transformers.__version__.split(".")[0]) >= 5:
        return
    if not isinstance(parameters, dict) or any(isinstance(v, dict) for v in parameters.values()):
        raise bad_input(where, "rope_parameters: settings by kind of layer need transformers 5")
    scaling = dict(parameters)
    for name in ("rope_theta", "partial_rotary_factor"):
        if name in scaling:
            setattr(config, name, scaling.pop(name))
    config.rope_scaling = scaling if scaling.get("rope_type", "default") != "default" else None


def read_config(directory: Path) -> Any:
    """Return the configuration, completed by the defaults of transformers."""
    from transformers import AutoConfig

    config = _open(AutoConfig, directory)
    _adopt_rope_parameters(config, str(directory / "config.json"))
    return config


def load_model(directory: Path, dtype: torch.dtype, **options: Any) -> torch.nn.Module:
    """Return the causal language model of a checkpoint, on the processor.

    Missing weights, which transformers would fill with random numbers, are an error.
    """
    from transformers import AutoModelForCausalLM

    options |= {"config": read_config(directory), "dtype": dtype, "use_safetensors": True}
    model, report = _open(AutoModelForCausalLM, directory, output_loading_info=True, **options)
    if report["missing_keys"]:
        raise bad_input(str(directory), f"tensor {min(report['missing_keys'])} is missing")
    return model


def load_tokenizer(directory: Path) -> Any:
    """Return the tokenizer of a checkpoint."""
    from transformers import AutoTokenizer

    return _open(AutoTokenizer, directory)
