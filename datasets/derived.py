"""Adding pictures with synthetic defects to a data set: to its train split, marked, as a whole or not at all.

A synthetic defect is made from parts of the train split and may never judge a model. The manifest itself sees to that
(triggers in `datasets.schema`): what is derived, and the parts that it was derived from, cannot leave the train split.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets.manifest import Dataset, Item, utc_now
from inspector.errors import DatasetError
from inspector.imaging import encode_png, sha256_of
from inspector.sqlite import driver
from inspector.types import Image

FOLDER = "synthetic"
"""Folder below the data set with one folder per run."""

_COMPRESSION = 6


@dataclass(frozen=True, slots=True, eq=False)
class DerivedPicture:
    """A good picture that was given a synthetic defect.

    Attributes:
        pixels: (H, W, 3) uint8 RGB; outside of the mask they are the carrier's.
        mask: (H, W) uint8, 255 where pixels were changed, else 0.
        label: Class of the defect.
        carrier: The good picture.
        material: The pictures that the defect was made from; may be empty.
    """

    pixels: Image
    mask: Image
    label: str
    carrier: Item
    material: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """One run: the same method, class and seed happen once per data set.

    Attributes:
        method: How the defects are made.
        label: The class asked for; "" for the method's usual.
        seed: Every random choice follows from it.
        who: Who asked.
        settings: Told in the manifest.
    """

    method: str
    label: str
    seed: int
    who: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the run's folder, and the first part of its parts' ids."""
        label = re.sub(r"[^\w.-]+", "_", self.label)
        if label != self.label:  # two classes must never share a folder
            label += f"-{sha256_of(self.label.encode())[:8]}"
        return "-".join(piece for piece in (self.method, label, f"seed{self.seed}") if piece)


def list_runs(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the runs that added pictures: run, method, class, seed, pictures, who, made_utc; the oldest first."""
    rows = dataset.connection.execute(
        "SELECT method, class, seed, count(item_id), who, made_utc"
        " FROM synthesis LEFT JOIN derived USING (synthesis_id) GROUP BY synthesis_id ORDER BY synthesis_id"
    ).fetchall()
    names = ("method", "class", "seed", "pictures", "who", "made_utc")
    return [
        {"run": Synthesis(row[0], row[1], row[2], row[4]).name, **dict(zip(names, row, strict=True))} for row in rows
    ]


def refuse_repeated(dataset: Dataset, run: Synthesis) -> None:
    """Raise DatasetError where the data set has this run already: it would add the same pictures twice."""
    row = dataset.connection.execute(
        "SELECT (SELECT count(*) FROM derived WHERE derived.synthesis_id = synthesis.synthesis_id), made_utc"
        " FROM synthesis WHERE method = ? AND class = ? AND seed = ?",
        (run.method, run.label, run.seed),
    ).fetchone()
    if row is not None:
        raise DatasetError(
            f"{dataset.folder}: {row[0]} pictures were made by {run.name} already, at {row[1]}.",
            cure="Give another --seed for more.",
        )


def add_derived(dataset: Dataset, run: Synthesis, pictures: Iterable[DerivedPicture]) -> int:
    """Write the pictures and masks below `<data set>/synthetic/<run>`, add them to the train split, return how many.

    The files are written under another name first; they and the manifest's rows appear together at the end. Whatever
    stops it before, an interrupt included, leaves the data set as it was.

    Raises:
        DatasetError: The run was made before, a picture is in the data set already, or files cannot be written.
    """
    refuse_repeated(dataset, run)
    final = dataset.folder / FOLDER / run.name
    temporary = dataset.folder / f".{FOLDER}-{run.name}.{os.getpid()}.tmp"
    moved = committed = False
    _sweep(dataset.folder)
    try:
        rows = [_write_files(temporary, number, picture) for number, picture in enumerate(pictures)]
        with dataset.transaction():
            refuse_repeated(dataset, run)
            _insert(dataset, run, final, rows)
            moved = True
            _move(temporary, final)
        committed = True
        return len(rows)
    except driver().IntegrityError as error:
        raise DatasetError(
            f"{dataset.folder}: was changed meanwhile ({error}); nothing was added.", cure="Start the command again."
        ) from error
    except OSError as error:
        raise DatasetError(
            f"{dataset.folder}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if moved and not committed:
            shutil.rmtree(final, ignore_errors=True)
        with suppress(OSError):  # not empty, or not there
            final.parent.rmdir()


def _sweep(folder: Path) -> None:
    """Remove what programs that were killed have left unfinished."""
    for path in folder.glob(f".{FOLDER}-*.tmp"):
        try:
            os.kill(int(path.name.split(".")[-2]), 0)  # signal 0 only asks
        except ProcessLookupError:
            shutil.rmtree(path, ignore_errors=True)
        except (PermissionError, ValueError):  # alive and another user's, or none of ours
            continue


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """What the manifest keeps of one picture; pixels are on disk."""

    name: str
    sha256: str
    mask_sha256: str
    width: int
    height: int
    label: str
    carrier: Item
    material: tuple[Item, ...]


def _write_files(folder: Path, number: int, made: DerivedPicture) -> _Row:
    _check(made)
    name = f"{number:05d}.png"
    hashes = []
    for kind, pixels in (("images", made.pixels), ("masks", made.mask)):
        data = encode_png(pixels, compression=_COMPRESSION)
        (folder / kind).mkdir(parents=True, exist_ok=True)
        with (folder / kind / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        hashes.append(sha256_of(data))
    height, width = made.mask.shape
    return _Row(name, hashes[0], hashes[1], width, height, made.label, made.carrier, made.material)


def _check(made: DerivedPicture) -> None:
    """Refuse early what the manifest would refuse at the end."""
    for item in (made.carrier, *made.material):
        if item.split != "train" or item.derived:
            raise DatasetError(
                f"{item.path}: stands in the {item.split} split{' and is synthetic itself' if item.derived else ''};"
                " synthetic defects are made from real parts of the train split only.",
            )
    if not made.mask.any():
        raise DatasetError(f"{made.carrier.path}: was given a synthetic defect without a single pixel.")


def _insert(dataset: Dataset, run: Synthesis, final: Path, rows: list[_Row]) -> None:
    execute, now = dataset.connection.execute, utc_now()
    synthesis = execute(
        "INSERT INTO synthesis (method, class, seed, settings, who, made_utc) VALUES (?, ?, ?, ?, ?, ?)",
        (run.method, run.label, run.seed, json.dumps(run.settings, ensure_ascii=False), run.who, now),
    ).lastrowid
    root = _root(dataset, final)
    entry = execute(
        "INSERT INTO import (source, settings, ignored, imported_utc) VALUES (?, ?, 0, ?)",
        (str(final), json.dumps({"synthesis": run.name}), now),
    ).lastrowid
    for row in rows:
        _insert_one(dataset, run, row, (int(entry), root, int(synthesis)), now)


def _insert_one(dataset: Dataset, run: Synthesis, row: _Row, keys: tuple[int, int, int], now: str) -> None:
    execute, (entry, root, synthesis) = dataset.connection.execute, keys
    if execute("SELECT 1 FROM item WHERE sha256 = ?", (row.sha256,)).fetchone():
        raise DatasetError(
            f"{dataset.folder}: {run.name} made a picture that is there already ({row.name}).",
            cure="Give another --seed.",
        )
    item = execute(
        "INSERT INTO item (import_id, root_id, path, sha256, width, height, mask_root_id, mask_path, mask_sha256, part,"
        " lot, view, split, given_split, source, synthetic)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, 'train', 'train', ?, 1)",
        (
            entry, root, f"images/{row.name}", row.sha256, row.width, row.height, root, f"masks/{row.name}",
            row.mask_sha256, f"{FOLDER}/{run.name}/{Path(row.name).stem}", row.carrier.view, _told(run, row),
        ),
    ).lastrowid  # fmt: skip
    execute(
        "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, NULL, ?, ?, ?)",
        (item, row.label, run.who, now),
    )
    execute("INSERT INTO derived VALUES (?, ?)", (item, synthesis))
    sources = {(row.carrier.item_id, "carrier"), *((source.item_id, "material") for source in row.material)}
    for source, role in sorted(sources):
        execute("INSERT INTO derived_from VALUES (?, ?, ?)", (item, source, role))


_TOLD = 5  # sources named in words; all of them are in the table `derived_from`


def _told(run: Synthesis, row: _Row) -> str:
    names = [source.path.name for source in row.material[:_TOLD]]
    more = f" and {len(row.material) - _TOLD} more" if len(row.material) > _TOLD else ""
    material = f", from {', '.join(names)}{more}" if names else ""
    return f"made: {run.method}, seed {run.seed}, on {row.carrier.path.name}{material}"


def _root(dataset: Dataset, folder: Path) -> int:
    execute, text = dataset.connection.execute, folder.relative_to(dataset.folder).as_posix()
    execute("INSERT OR IGNORE INTO root (path) VALUES (?)", (text,))
    return int(execute("SELECT root_id FROM root WHERE path = ?", (text,)).fetchone()[0])


def _move(temporary: Path, final: Path) -> None:
    """Put the files in place; what lies there is of a run whose program was killed before its rows were committed."""
    shutil.rmtree(final, ignore_errors=True)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(final)
