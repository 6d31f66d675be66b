"""How many records still go in when other programs have filled the disk.

    python -m tests.performance.reserve_campaign

Mounts a small disk of its own in memory (root only), opens a log on it, lets it take its reserve, fills every free
byte, and appends records of the usual size until one is refused.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.errors import DiskFullError
from inspector.log import Log, open_log
from inspector.log.query import Query
from inspector.log.reserve import RESERVE_BYTES, Reserve
from inspector.types import StoredImage
from tests.support import a_record, noise_picture

WANTED = 10_000


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """Mount a disk in memory. Raises CalledProcessError where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every free byte, as another program would; return the file."""
    path = folder / "others.bin"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return path


def append_until_refused(log: Log, image: StoredImage) -> int:
    """Append records of the usual size; return how many went in."""
    details = {"frames": [{"camera": "camera", "view": "front", "sequence": 1, "after_trigger_ms": 12.5, "source": ""}]}
    count = 0
    try:
        while True:
            log.append(a_record(f"part-{count:07d}", images=(image,), details=details))
            count += 1
    except DiskFullError:
        return count


def records_on_a_full_disk(disk: Path, reserve_bytes: int) -> int:
    """Return how many records went in after the disk was full. All of them are found again."""
    with open_log(disk / "log", reserve_bytes=0) as log:
        log._reserve = Reserve(disk / "log", reserve_bytes)
        image = log.images.put(noise_picture(1), "front")
        if not log.hold_reserve():
            raise SystemExit("the reserve could not be taken")
        fill(disk)
        count = append_until_refused(log, image)
        if log.records.count(Query()) != count:
            raise SystemExit("records that were acknowledged are missing")
    return count


def main() -> int:
    """Command line: see the module."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder) / "disk", 400) as disk:
        count = records_on_a_full_disk(disk, RESERVE_BYTES)
    print(f"reserve {RESERVE_BYTES >> 20} MiB: {count} records went in on the full disk ({WANTED} wanted)")
    return int(count < WANTED)


if __name__ == "__main__":
    sys.exit(main())
