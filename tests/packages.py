# SPDX-License-Identifier: BSD-2-Clause
"""Writes small packages around a shared object: good ones, and one for each kind of damage.

    packages.py KIND SHARED_OBJECT PACKAGE

KIND is "static", "dynamic", "cached" or "foreign", or the name of a function below that spoils one
of these. Needs only Python's standard library.
"""

import hashlib
import json
import struct
import sys
import zipfile

LENGTH = 16
VOCABULARY = 64
META = "extra/aoti-utils/meta.json"
WEIGHTS = "data/weights/weights.safetensors"


def safetensors(name="weight", dtype="F32", count=16):
    """Returns one tensor of zeros whose bytes begin at a multiple of 64."""
    size = count * {"F32": 4, "BF16": 2}[dtype]
    entry = {name: {"dtype": dtype, "shape": [count], "data_offsets": [0, size]}}
    header = json.dumps(entry).encode()
    header += b" " * (-(len(header) + 8) % 64)
    return struct.pack("<Q", len(header)) + header + bytes(size)


def members_of(kind, shared_object):
    """Returns the members of a good package, except for its metadata."""
    members = {"archive_format": b"pt2", "byteorder": b"little"}
    for graph in graphs_of(kind):
        members[f"data/aotinductor/{graph}/graph.so"] = shared_object
    if kind == "cached":
        members[WEIGHTS] = safetensors()
    return members


def graphs_of(kind):
    return ["prefill", "decode"] if kind == "cached" else ["model"]


def machine_of(shared_object):
    """Return the name that uname(2) gives the machine of an ELF file; it may not be this one."""
    order = "little" if shared_object[5] == 1 else "big"
    number = int.from_bytes(shared_object[18:20], order)
    return {
        (21, "big"): "ppc64",
        (21, "little"): "ppc64le",
        (22, "big"): "s390x",
        (62, "little"): "x86_64",
        (183, "little"): "aarch64",
        (243, "little"): "riscv64",
        (258, "little"): "loongarch64",
    }[number, order]


def describe(kind, members):
    """Returns the metadata of a good package."""
    static = kind == "static"
    graph = members[f"data/aotinductor/{graphs_of(kind)[0]}/graph.so"]
    meta = {
        "format": "aoti-utils",
        "format_version": 1,
        "model": {"id": "stub", "revision": None, "architecture": "Stub", "config_sha256": "0"},
        "form": "cached" if kind == "cached" else "logits",
        "vocab_size": VOCABULARY,
        "bos_token_id": None,
        "eos_token_ids": [0],
        "pad_token_id": None,
        "sequence": {"dynamic": not static, "min": LENGTH if static else 1, "max": LENGTH},
        "dtype": "float32",
        "quantization": {"scheme": "none"},
        "device": {"type": "cpu", "machine": machine_of(graph), "isa": "default"},
        "versions": {"torch": "2.9.1"},
        "graphs": [
            {"name": graph, "member": f"data/aotinductor/{graph}/graph.so"}
            for graph in graphs_of(kind)
        ],
    }
    if kind == "cached":
        meta["sequence"] = {"dynamic": True, "min": 2, "max": 5}
        meta["cache"] = {
            "length": LENGTH + 1, "layers": 1, "kv_heads": 1, "head_dim": 4, "dtype": "float32",
        }
        for graph in meta["graphs"]:
            graph["inputs"] = [
                {"name": name, "dtype": "int64", "shape": [1]}
                for name in ("input_ids", "positions", "span")
            ] + [
                {"name": name, "dtype": "float32", "shape": [1, 1, LENGTH + 1, 4]}
                for name in ("k_0", "v_0")
            ]
            graph["constants"] = [{"name": "weight", "dtype": "float32", "shape": [16]}]
        meta["weights"] = {"member": WEIGHTS}
    meta["members"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in members.items()
    }
    return meta


def write(path, members, top="stub", method=zipfile.ZIP_STORED):
    """Writes the archive with every member's data at a multiple of 64."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(f"{top}/{name}" if top else name)
            info.compress_type = method
            start = archive.fp.tell() + 30 + len(info.filename) + 4
            info.extra = struct.pack("<HH", 0x4246, -start % 64) + bytes(-start % 64)
            archive.writestr(info, data)


def with_meta(members, meta):
    return {**members, META: json.dumps(meta).encode()}


def good(kind, shared_object, path):
    members = members_of(kind, shared_object)
    write(path, members if kind == "foreign" else with_meta(members, describe(kind, members)))


def change_meta(kind, shared_object, path, change):
    """Returns a package whose metadata CHANGE has edited in place."""
    members = members_of(kind, shared_object)
    meta = describe(kind, members)
    change(meta)
    write(path, with_meta(members, meta))


def swap_member(kind, shared_object, path, name, data):
    """Returns a package in which one member differs from what its metadata describes."""
    members = members_of(kind, shared_object)
    meta = describe(kind, members)
    members[name] = data
    if data is None:
        del members[name]
    write(path, with_meta(members, meta))


def with_executable_stack(shared_object):
    """Returns the shared object with a request for an executable stack (PT_GNU_STACK with PF_X)."""
    code = bytearray(shared_object)
    (start,) = struct.unpack_from("=Q", code, 32)
    size, count = struct.unpack_from("=HH", code, 54)
    for segment in range(start, start + size * count, size):
        kind, flags = struct.unpack_from("=II", code, segment)
        if kind == 0x6474E551:
            struct.pack_into("=I", code, segment + 4, flags | 1)
            return bytes(code)
    raise ValueError("no PT_GNU_STACK")


EM_X86_64, EM_AARCH64 = 62, 183


def code_of_other_machine(data):
    """Likewise, marked as code for another kind of processor."""
    other = EM_X86_64 if machine_of(data) == "aarch64" else EM_AARCH64
    return data[:18] + bytes([other, 0]) + data[20:]


def code_of_other_size(data):
    """Likewise, marked as code for pointers of another size."""
    return data[:4] + bytes([3 - data[4]]) + data[5:]


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


BAD = {
    "compressed": lambda so, path: write(
        path, members_of("dynamic", so), method=zipfile.ZIP_DEFLATED
    ),
    "no-top-folder": lambda so, path: write(path, {"archive_format": b"pt2"}, top=""),
    "two-tops": lambda so, path: write(path, {"a/x": b"1", "../b": b"2"}, top=""),
    "dot-dot": lambda so, path: write(path, {"x/../../../tmp/slip": b"1"}),
    "absolute": lambda so, path: write(path, {"/etc/passwd": b"1"}, top=""),
    "backslash": lambda so, path: write(path, {"a\\..\\b": b"1"}),
    "control-byte": lambda so, path: write(path, {"a\x1b[31m": b"1"}),
    "no-graph": lambda so, path: write(path, {"archive_format": b"pt2"}),
    "two-foreign-graphs": lambda so, path: write(
        path, {"data/aotinductor/a/a.so": so, "data/aotinductor/b/b.so": so}
    ),
    "not-elf": lambda so, path: good("foreign", b"not a shared object", path),
    "truncated-elf": lambda so, path: good("foreign", so[: len(so) // 2], path),
    "meta-not-json": lambda so, path: write(
        path, {**members_of("dynamic", so), META: b'{"format": '}
    ),
    "meta-other-format": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m.update(format="zip")
    ),
    "meta-newer": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m.update(format_version=2)
    ),
    "meta-no-form": lambda so, path: change_meta("dynamic", so, path, lambda m: m.pop("form")),
    "meta-unknown-form": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m.update(form="embedding")
    ),
    "meta-wrong-type": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m.update(vocab_size="many")
    ),
    "meta-missing-member": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m["graphs"][0].update(member="data/none.so")
    ),
    "other-vocabulary": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m.update(vocab_size=65)
    ),
    "other-machine": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m["device"].update(machine="pdp11")
    ),
    "other-code": lambda so, path: change_meta(
        "dynamic", code_of_other_machine(so), path,
        lambda m: m["device"].update(machine=machine_of(so)),
    ),
    "other-foreign-code": lambda so, path: good("foreign", code_of_other_machine(so), path),
    "other-pointers": lambda so, path: good("cached", code_of_other_size(so), path),
    "other-isa": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m["device"].update(isa="avx9", features=["avx9"])
    ),
    "executable-stack": lambda so, path: good("dynamic", with_executable_stack(so), path),
    "int4": lambda so, path: change_meta(
        "cached", so, path,
        lambda m: m["quantization"].update(scheme="int4", group_size=128, block=64, head_bits=4),
    ),
    "cuda": lambda so, path: change_meta(
        "cached", so, path,
        lambda m: m["device"].update(
            type="cuda", compute_capability="9.0", dependent_launch=True
        ),
    ),
    "other-device": lambda so, path: change_meta(
        "dynamic", so, path, lambda m: m["device"].update(type="tpu")
    ),
    "flipped-graph": lambda so, path: swap_member(
        "dynamic", so, path, "data/aotinductor/model/graph.so", flipped(so)
    ),
    "flipped-weights": lambda so, path: swap_member(
        "cached", so, path, WEIGHTS, flipped(safetensors())
    ),
    "no-weights": lambda so, path: swap_member("cached", so, path, WEIGHTS, None),
    "other-weight": lambda so, path: swap_meta_too(so, path, safetensors("other")),
    "other-dtype": lambda so, path: swap_meta_too(so, path, safetensors(dtype="BF16")),
    "other-size": lambda so, path: swap_meta_too(so, path, safetensors(count=8)),
    "no-decode": lambda so, path: change_meta(
        "cached", so, path, lambda m: m["graphs"].pop()
    ),
    "other-layers": lambda so, path: change_meta(
        "cached", so, path, lambda m: m["cache"].update(layers=2)
    ),
    "other-cache": lambda so, path: change_meta(
        "cached", so, path, lambda m: m["cache"].update(head_dim=8)
    ),
    "cache-of-other-dtype": lambda so, path: change_meta(
        "cached", so, path, lambda m: m["cache"].update(dtype="bfloat16")
    ),
    "huge-cache": lambda so, path: change_meta(
        "cached", so, path, lambda m: m["cache"].update(length=2**40)
    ),
}


def swap_meta_too(shared_object, path, weights):
    """A valid cached package whose weights are not those that its graphs need."""
    members = members_of("cached", shared_object)
    members[WEIGHTS] = weights
    write(path, with_meta(members, describe("cached", members)))


def main():
    kind, shared_object, path = sys.argv[1:]
    with open(shared_object, "rb") as file:
        code = file.read()
    if kind in BAD:
        BAD[kind](code, path)
    else:
        good(kind, code, path)


if __name__ == "__main__":
    main()
