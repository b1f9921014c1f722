# SPDX-License-Identifier: BSD-2-Clause
"""Finds a Hugging Face checkpoint and checks it before anything large is loaded."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .diagnostics import bad_input, failed, first_line

WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_config.json"
_HUB_FILES = ["*.json", "*.safetensors", "*.model"]
_LARGEST_HEADER = 100_000_000
_DTYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1,
    "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
FLOAT_DTYPES = ("F64", "F32", "F16", "BF16")
# Names of the number of positions in configurations.
_POSITIONS = ("max_position_embeddings", "n_positions", "max_seq_len")


@dataclass(frozen=True)
class StoredTensor:
    """The place of one tensor of a checkpoint."""

    file: Path
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint directory whose configuration and tensor headers have been read and checked."""

    identity: str
    revision: str | None
    directory: Path
    config: dict[str, Any]
    config_sha256: str
    tensors: dict[str, StoredTensor]

    generation_config: dict[str, Any]

    @property
    def positions(self) -> int | None:
        """Return how many positions the model has, or None if it does not say."""
        values = (self.config.get(name) for name in _POSITIONS)
        return next((value for value in values if isinstance(value, int)), None)

    def _stated_ids(self, name: str) -> list[Any]:
        """Return the ids that the checkpoint gives for `bos`, `eos` or `pad`."""
        key = f"{name}_token_id"
        value = self.generation_config.get(key)
        if value is None:
            value = self.config.get(key)
        return value if isinstance(value, list) else [] if value is None else [value]

    def end_ids(self) -> list[int]:
        """Return the ids that end an answer."""
        ids = self._stated_ids("eos")
        if not all(isinstance(token, int) and token >= 0 for token in ids):
            raise bad_input(str(self.directory), f"eos_token_id is not a token id: {ids}")
        return ids

    def token_id(self, name: str) -> int | None:
        """Return the id of `bos` or `pad`; -1 or any id outside the vocabulary means none."""
        ids = self._stated_ids(name)[:1]
        vocabulary = self.config["vocab_size"]
        return next((id for id in ids if isinstance(id, int) and 0 <= id < vocabulary), None)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise bad_input(str(path), "no such file") from error
    except OSError as error:
        raise failed(str(path), error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise bad_input(str(path), f"not JSON: {first_line(error)}") from error
    if not isinstance(value, dict):
        raise bad_input(str(path), "not a JSON object")
    return value


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file and the number of bytes after it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            prefix = file.read(8)
            if len(prefix) < 8:
                raise bad_input(str(path), "truncated: no safetensors header")
            (length,) = struct.unpack("<Q", prefix)
            if length > min(_LARGEST_HEADER, size - 8):
                raise bad_input(str(path), "not a safetensors file, or truncated in its header")
            header = json.loads(file.read(length))
    except FileNotFoundError as error:
        raise bad_input(str(path), "no such file") from error
    except OSError as error:
        raise failed(str(path), error.strerror or str(error)) from error
    except ValueError as error:
        raise bad_input(str(path), f"bad safetensors header: {first_line(error)}") from error
    if not isinstance(header, dict):
        raise bad_input(str(path), "bad safetensors header: not a JSON object")
    return header, size - 8 - length


def _stored_tensor(path: Path, name: str, entry: Any, available: int) -> StoredTensor:
    """Check one entry of a header against the file and return it."""
    try:
        dtype, shape = entry["dtype"], tuple(entry["shape"])
        begin, end = entry["data_offsets"]
        count = 1
        for dimension in shape:
            count *= dimension
        sound = 0 <= begin <= end and end - begin == count * _DTYPE_BYTES[dtype]
    except (KeyError, TypeError, ValueError) as error:
        raise bad_input(str(path), f"bad safetensors header: tensor {name}") from error
    if not sound:
        raise bad_input(str(path), f"bad safetensors header: size of tensor {name}")
    if end > available:
        raise bad_input(str(path), f"truncated: tensor {name} ends beyond the end of the file")
    return StoredTensor(path, dtype, shape)


def _check_gaps(path: Path, header: dict[str, Any], available: int) -> None:
    """Check that each byte after the header belongs to one tensor, as the format requires."""
    position = 0
    for begin, end, name in sorted((*entry["data_offsets"], key) for key, entry in header.items()):
        if begin != position:
            raise bad_input(
                str(path), f"bad safetensors header: tensor {name} starts at byte {begin} of the"
                f" data, the one before it ends at {position}"
            )  # fmt: skip
        position = end
    if position != available:
        raise bad_input(str(path), f"{available - position} bytes follow the last tensor")


def _tensors_of(path: Path) -> dict[str, StoredTensor]:
    header, available = _read_header(path)
    header.pop("__metadata__", None)
    tensors = {name: _stored_tensor(path, name, entry, available) for name, entry in header.items()}
    _check_gaps(path, header, available)
    return tensors


def _weight_files(directory: Path) -> list[Path]:
    """Return the files with the checkpoint's weights; a single file takes precedence."""
    if (directory / WEIGHTS).exists():
        return [directory / WEIGHTS]
    index = directory / WEIGHTS_INDEX
    if not index.exists():
        raise bad_input(str(directory), f"has neither {WEIGHTS} nor {WEIGHTS_INDEX}")
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise bad_input(str(index), "has no weight_map")
    names = sorted({str(name) for name in weight_map.values()})
    if any(Path(name).name != name for name in names):
        raise bad_input(str(index), "names a file outside its directory")
    return [directory / name for name in names]


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_config(path: Path, config: dict[str, Any]) -> None:
    """Check what every causal language model must declare."""
    if not isinstance(config.get("model_type"), str):
        raise bad_input(str(path), "model_type is missing or not a string")
    if not _is_size(config.get("vocab_size")):
        raise bad_input(str(path), "vocab_size is missing or not a positive integer")
    for key in ("hidden_size", "num_hidden_layers", "num_attention_heads"):
        if not _is_size(config.get(key, 1)):  # some families have other names for it
            raise bad_input(str(path), f"{key} is not a positive integer")
    if config.get("transformers_weights") is not None:
        raise bad_input(str(path), f"transformers_weights: only {WEIGHTS} and its index are read")


def _open_directory(directory: Path, identity: str, revision: str | None) -> Checkpoint:
    path = directory / "config.json"
    if not path.exists():
        raise bad_input(str(directory), "no config.json, so not a checkpoint")
    if (directory / ADAPTER).exists():
        raise bad_input(str(directory / ADAPTER), "adapters are not applied; merge it first")
    config = read_json(path)
    _check_config(path, config)
    tensors: dict[str, StoredTensor] = {}
    for file in _weight_files(directory):
        tensors.update(_tensors_of(file))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    generation = directory / "generation_config.json"
    generation_config = read_json(generation) if generation.exists() else {}
    checkpoint = Checkpoint(
        identity, revision, directory, config, digest, tensors, generation_config
    )
    checkpoint.end_ids()
    return checkpoint


def _download(model_id: str) -> Path:
    """Fetch a checkpoint from the Hugging Face hub, or find it in the hub's cache."""
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(model_id, allow_patterns=_HUB_FILES))
    except errors.GatedRepoError as error:
        raise bad_input(
            model_id, "access on the hub is restricted; see HF_TOKEN"
        ) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise bad_input(model_id, "neither a directory nor a model on the hub") from error
    except errors.LocalEntryNotFoundError as error:
        raise failed(model_id, "not in the local cache, and the hub cannot be reached") from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise failed(model_id, first_line(error)) from error


def open_checkpoint(model_id: str) -> Checkpoint:
    """Return the checkpoint in a local directory or else the model of that id on the hub."""
    directory = Path(model_id)
    if directory.is_dir():
        name = directory.resolve().name
        return _open_directory(directory, name, None)
    if directory.exists():
        raise bad_input(model_id, "not a directory")
    if os.path.isabs(model_id) or model_id.startswith(".") or model_id.count("/") != 1:
        raise bad_input(model_id, "no such directory")
    snapshot = _download(model_id)
    return _open_directory(snapshot, model_id, snapshot.name)
