#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a package of the cached form as a user of PyTorch alone would: ids in, ids out.

    python_runner.py -n N --stats FILE PACKAGE

torch's own loader opens the graphs, the weights are passed without a copy, and the largest logit is
picked. One sequence a line, as with aoti-forward; only what the benchmark needs.
"""

import argparse
import json
import mmap
import sys
import time
import warnings
import zipfile
from pathlib import Path

import torch
from torch._inductor.package import load_package

TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16, "I8": torch.int8,
         "I64": torch.int64, "U8": torch.uint8}
LOCAL_HEADER = 30  # bytes of a ZIP member's header before its name


def map_weights(package, archive, member):
    """Return the tensors of a safetensors member in the mapped package."""
    info = archive.getinfo(member)
    with open(package, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    header = data[info.header_offset:info.header_offset + LOCAL_HEADER]
    lengths = (int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little"))
    begin = info.header_offset + LOCAL_HEADER + sum(lengths)
    length = int.from_bytes(data[begin:begin + 8], "little")
    entries = json.loads(data[begin + 8:begin + 8 + length])
    base = begin + 8 + length
    tensors = {}
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        count = 1
        for size in entry["shape"]:
            count *= size
        offset = base + entry["data_offsets"][0]
        flat = torch.frombuffer(data, dtype=TYPES[entry["dtype"]], count=count, offset=offset)
        tensors[name] = flat.view(entry["shape"])
    return tensors


class Model:
    """The graphs of a package and its weights."""

    def __init__(self, package):
        with zipfile.ZipFile(package) as archive:
            prefix = archive.namelist()[0].split("/")[0]
            self.meta = json.loads(archive.read(f"{prefix}/extra/aoti-utils/meta.json"))
            member = f"{prefix}/{self.meta['weights']['member']}"
            self.weights = map_weights(package, archive, member)
        self.device = self.meta["device"]["type"]
        if self.device != "cpu":
            self.weights = {name: weight.to(self.device) for name, weight in self.weights.items()}
        self.graphs = {}
        for description in self.meta["graphs"]:
            graph = load_package(str(package), description["member"].split("/")[2])
            wanted = {name: self.weights[name] for name in graph.get_constant_fqns()}
            graph.load_constants(wanted, check_full_update=True, user_managed=True)
            self.graphs[description["name"]] = graph
        cache = self.meta["cache"]
        shape = (1, cache["kv_heads"], cache["length"], cache["head_dim"])
        dtype = getattr(torch, cache["dtype"])
        self.caches = [torch.zeros(shape, dtype=dtype, device=self.device)
                       for _ in range(2 * cache["layers"])]
        self.spans = {graph["name"]: graph["inputs"][2] for graph in self.meta["graphs"]}

    def step(self, ids, start):
        """Return the id that follows these; the first one is at position `start`."""
        name = "decode" if len(ids) == 1 else "prefill"
        positions = torch.arange(start, start + len(ids), device=self.device)
        tokens = torch.tensor([ids], device=self.device)
        logits = self.graphs[name](tokens, positions, self.span(name, start + len(ids)),
                                   *self.caches)
        return int(logits[0].argmax())

    def span(self, name, live):
        """Return the input that tells the positions in use: its length, or the mask of scores."""
        (length,), dtype = self.spans[name]["shape"], getattr(torch, self.spans[name]["dtype"])
        if not isinstance(length, int):
            return torch.zeros(live, dtype=dtype, device=self.device)
        span = torch.full((length,), -torch.inf, dtype=dtype, device=self.device)
        span[:live] = 0
        return span

    def prefill(self, ids):
        """Return the id that follows, in as many calls as necessary."""
        piece = self.meta["sequence"]["max"]
        for start in range(0, len(ids), piece):
            answer = self.step(ids[start:start + piece], start)
        return answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, required=True)
    parser.add_argument("--stats", type=Path, required=True)
    parser.add_argument("package", type=Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="The given buffer is not writable")
    model = Model(arguments.package)
    for line in iter(sys.stdin.readline, ""):
        ids = [int(word) for word in line.split()]
        begin = time.monotonic()
        answer = [model.prefill(ids)]
        first = time.monotonic()
        print(answer[0], end=" ", flush=True)
        while len(answer) < arguments.n:
            answer.append(model.step(answer[-1:], len(ids) + len(answer) - 1))
            print(answer[-1], end=" ", flush=True)
        end = time.monotonic()
        print(flush=True)
        event = {"event": "request", "prompt_tokens": len(ids), "prefill_seconds": first - begin,
                 "decode_seconds": end - first}
        arguments.stats.write_text(json.dumps(event) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
