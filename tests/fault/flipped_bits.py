# SPDX-License-Identifier: BSD-2-Clause
"""Packages with one bit flipped, or truncated, anywhere: aoti-forward refuses them before any of
their code runs, unless the bit belongs to no member."""

import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BUILD = Path(os.environ["AOTI_BUILD_DIR"])
FLIPS = 20000 if os.environ.get("AOTI_LONG") == "1" else 1000
CUTS = FLIPS // 5
REFUSED = 4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import packages


def member_ranges(path):
    """Returns the ranges of the members' bytes."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            header = path.read_bytes()[info.header_offset : info.header_offset + 30]
            start = info.header_offset + 30
            start += int.from_bytes(header[26:28], "little")
            start += int.from_bytes(header[28:30], "little")
            yield range(start, start + info.file_size)


def run(path):
    """Returns the status of aoti-forward for the package, checking that it prints one line."""
    result = subprocess.run(
        [BUILD / "aoti-forward", "--inspect", path], capture_output=True, check=False
    )
    if result.returncode not in (0, REFUSED):
        sys.exit(f"status {result.returncode}: {result.stderr.decode()}")
    if result.returncode != 0 and len(result.stderr.splitlines()) != 1:
        sys.exit(f"not one line: {result.stderr.decode()}")
    return result.returncode


def main():
    chance = random.Random(1)
    shared_object = (BUILD / "tests/stub/cached.so").read_bytes()
    with tempfile.TemporaryDirectory(prefix="aoti-test.") as folder:
        path, spoilt = Path(folder) / "good.pt2", Path(folder) / "spoilt.pt2"
        packages.good("cached", shared_object, path)
        good = path.read_bytes()
        ranges = list(member_ranges(path))
        if run(path) != 0:
            sys.exit("the package that was not touched is refused")
        accepted = 0
        for _ in range(FLIPS):
            place = chance.randrange(len(good))
            data = bytearray(good)
            data[place] ^= 1 << chance.randrange(8)
            spoilt.write_bytes(data)
            if run(spoilt) == REFUSED:
                continue
            accepted += 1
            if any(place in covered for covered in ranges):
                sys.exit(f"a flipped bit of byte {place}, which is a member's, was not noticed")
        for _ in range(CUTS):
            spoilt.write_bytes(good[: chance.randrange(len(good))])
            if run(spoilt) != REFUSED:
                sys.exit("a package that was cut off was not refused")
    print(f"{FLIPS} bits flipped, {accepted} of no member; {CUTS} packages cut off")


if __name__ == "__main__":
    main()
