"""Writing a data set as a folder of another program: whole or not at all, every image compared with its SHA-256."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.interchange.outlines import Piece, pieces
from datasets.manifest import Dataset, Item
from inspector.errors import DatasetError
from inspector.imaging import encode_png, read_bytes, sha256_of
from inspector.types import Image


@dataclass(frozen=True, slots=True)
class Exported:
    """One image as it is written.

    Attributes:
        item: The image.
        lot: Its lot; "" where unknown.
        name: File name, with which no other image shares the part before the ending, without regard to case.
    """

    item: Item
    lot: str
    name: str

    @property
    def stem(self) -> str:
        """The name without ending."""
        return Path(self.name).stem

    def read_pieces(self, *, defective: bool) -> tuple[Image | None, list[Piece]]:
        """Return the mask (H, W) and its pieces; of a defective image without mask one piece over the whole image.

        The image is then marked by its class alone: readers that know only marks find the class, and this program
        takes a mark over the whole image for no mask.
        """
        if not defective:
            return None, []
        mask = self.item.read_mask()
        found = [] if mask is None else list(pieces(mask))
        return (mask, found) if found else (None, list(pieces(np.ones((self.item.height, self.item.width), np.uint8))))


@dataclass(frozen=True, slots=True)
class Export:
    """What an exporter writes from.

    Attributes:
        folder: Where to write; put in place at the end.
        name: Of the data set.
        images: In the data set's order.
        classes: The good ones first.
        good: The good classes.
        advance: To be called after every image.
    """

    folder: Path
    name: str
    images: tuple[Exported, ...]
    classes: tuple[str, ...]
    good: tuple[str, ...]
    advance: Callable[[], None]

    @property
    def defects(self) -> tuple[str, ...]:
        """The classes that may not pass."""
        return tuple(name for name in self.classes if name not in self.good)

    def copy(self, image: Exported, path: str) -> None:
        """Write the image's own bytes under a path below the folder.

        Raises:
            DatasetError: It has gone, or is not what was imported.
        """
        data = read_bytes(image.item.path)
        if sha256_of(data) != image.item.sha256:
            raise DatasetError(
                f"{image.item.path}: was altered since its import.", cure="See `inspector dataset check DATASET`."
            )
        self.write(path, data)

    def write(self, path: str, data: bytes | str) -> None:
        """Write a file below the folder, text as UTF-8."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)

    def write_mask(self, path: str, mask: Image) -> None:
        """Write a mask as PNG, 255 marked."""
        self.write(path, encode_png(mask, compression=6))


@contextmanager
def open_export(
    dataset: Dataset, target: Path, split: str | None, progress: Callable[[int, int], None]
) -> Iterator[Export]:
    """Yield what to write; at the end the folder appears at `target`, after an error nothing does.

    Pictures with synthetic defects and regression cases are left out: no format can hold them where they must stay.

    Raises:
        DatasetError: There is something at `target` already, or it cannot be written.
    """
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise DatasetError(f"{target}: is there already.", cure="Name a folder that does not exist yet.")
    items = [item for item in dataset.items(split) if item.judges]
    lots = dict(dataset.connection.execute("SELECT item_id, lot FROM item").fetchall())
    names = unique_names(dataset, items)
    images = tuple(Exported(item, lots[item.item_id], names[item.item_id]) for item in items)
    done = iter(range(1, len(images) + 1))
    temporary = target.parent / f".{target.name}.{os.getpid()}.tmp"
    try:
        temporary.mkdir(parents=True)
        yield Export(
            temporary, dataset.name, images, dataset.classes, dataset.good, lambda: progress(next(done), len(images))
        )
        if target.is_dir():
            target.rmdir()
        temporary.replace(target)
    except OSError as error:
        raise DatasetError(
            f"{target}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def unique_names(dataset: Dataset, items: list[Item]) -> dict[int, str]:
    """Return a file name per image: its path below its root, '/' as '_', with the hash's first digits where two agree.

    Letters, digits, '.', '-' and '_' stay; anything else becomes '_', since some formats' lists are read by blanks.
    """
    roots = sorted(dataset.roots().values(), key=lambda path: -len(path.parts))
    taken: set[str] = set()
    names = {}
    for item in items:
        root = next((root for root in roots if item.path.is_relative_to(root)), item.path.parent)
        flat = "_".join(item.path.relative_to(root).parts)
        stem, ending = re.sub(r"[^\w.-]+", "_", Path(flat).stem), item.path.suffix.lower()
        if stem.lower() in taken or stem.startswith("."):
            stem = f"{stem.lstrip('.')}_{item.sha256[:16]}"
        taken.add(stem.lower())
        names[item.item_id] = stem + ending
    return names


def safe_class(name: str) -> str:
    """Return a class name as the name of a folder.

    Raises:
        DatasetError: It cannot be one; nothing is renamed silently.
    """
    if not name or name in (".", "..") or re.search(r'[/\\:*?"<>|\x00-\x1f]', name) or name != name.strip(" ."):
        raise DatasetError(
            f"The class {name!r} cannot be the name of a folder.",
            cure="Give it another name: `inspector dataset relabel`.",
        )
    return name
