"""The health of good calibration pictures: made by `inspector calibrate`, kept in `calibration.json`, read back."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import PackageError
from inspector.line.drift import SAFETY, TILT, Floats, dirichlet_weights
from inspector.line.picture import (
    CELLS,
    Change,
    Map,
    Picture,
    Statistic,
    change_of,
    local_map,
    measure,
    rounded,
    shift_of,
)
from inspector.types import Image

KEPT = 500
"""At most so many pictures of a view are kept for the reference, drawn evenly from all."""
FEWEST = 8
"""Fewer pictures of a view give no reference."""
MAP_CLIP = 3.0
"""A cell's deviation counts no more than this many standard deviations."""
_MAP_DRAWS = 60
_LEAST_DEVIATION = 0.5
_LEAST_QUANTILE = 0.02
_NO_CHANGE = Change(math.inf, 0.0)
_SEED = 20


@dataclass(frozen=True, slots=True, eq=False)
class HealthReference:
    """What pictures of one view are like while the camera is well.

    Attributes:
        n: Pictures that it rests on.
        samples: By statistic, the values of `n` pictures, sorted.
        least_change: By how much two successive pictures differ at least, grey values.
        frozen: Successive pairs among `n - 1` that still looked like one exposure.
        mean: Mean small picture (CELLS, CELLS), grey values.
        map_mean: Mean of `local_map`.
        map_deviation: Its standard deviation, cell by cell.
        map_offset: What a detector of every cell subtracts per part; see `inspector.line.drift`.
    """

    n: int
    samples: Mapping[Statistic, Floats]
    least_change: float
    frozen: int
    mean: Map
    map_mean: Map
    map_deviation: Map
    map_offset: float

    def deviations(self, small: Map) -> Map:
        """Return how far each cell of a new picture is from usual, in standard deviations, clipped."""
        found = (local_map(small) - self.map_mean) / self.map_deviation
        return np.asarray(np.clip(found, -MAP_CLIP, MAP_CLIP), np.float32)

    def figures(self, picture: Picture) -> dict[Statistic, float]:
        """Return every statistic of a picture; shifts in pixels."""
        return {**picture.figures, **_shift_figures(picture, self.mean)}

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "n": self.n,
            "least_change": self.least_change,
            "frozen": self.frozen,
            "statistics": {
                name.value: {
                    "middle": float(np.median(values)),
                    "spread": float(1.4826 * np.median(np.abs(values - np.median(values)))),
                    "sample": values.tolist(),
                }
                for name, values in self.samples.items()
            },
            "mean": _packed(self.mean),
            "map_mean": _packed(self.map_mean),
            "map_deviation": _packed(self.map_deviation),
            "map_offset": self.map_offset,
        }


@dataclass(slots=True)
class _Kept:
    """An even draw of at most KEPT pictures of one view (reservoir sampling, Vitter 1985), without their pixels."""

    rng: np.random.Generator
    seen: int = 0
    last: Picture | None = None
    figures: list[Mapping[Statistic, float]] = field(default_factory=list)
    smalls: list[Map] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def add(self, picture: Picture) -> None:
        before, self.last = self.last, picture
        self.seen += 1
        place = len(self.figures) if self.seen <= KEPT else int(self.rng.integers(self.seen))
        if place < KEPT:
            self.figures[place : place + 1] = [picture.figures]
            self.smalls[place : place + 1] = [picture.small]
            self.sizes[place : place + 1] = [(picture.width, picture.height)]
            self.changes[place : place + 1] = [change_of(picture, before) if before else _NO_CHANGE]


def health_reference(pictures: Iterable[tuple[str, Image]]) -> dict[str, Any]:
    """Return what good calibration pictures are like, by view, for `calibration.json` under "health".

    Streams: of each picture only a few figures and a small copy are kept, of at most KEPT pictures per view.

    Args:
        pictures: View and pixels (H, W, 3) RGB of every good calibration picture, as the model sees them at the
            station (the judged region), in the order of the set. The view is "" where the data set names none.

    Returns:
        JSON form by view. A view with fewer than FEWEST pictures is left out: nothing could be said of it.
    """
    kept: dict[str, _Kept] = {}
    for view, pixels in pictures:
        if view not in kept:
            kept[view] = _Kept(np.random.default_rng(_SEED))
        kept[view].add(measure(pixels))
    return {view: _reference(own).document() for view, own in sorted(kept.items()) if own.seen >= FEWEST}


def _reference(kept: _Kept) -> HealthReference:
    smalls = np.stack(kept.smalls)
    n, total = len(smalls), smalls.sum(0, dtype=np.float64)
    shifts = [
        # against the mean of the other pictures: its own share in the mean would pull every picture to 0
        _shift_of_size(small, np.asarray((total - small) / (n - 1), np.float32), *size)
        for small, size in zip(smalls, kept.sizes, strict=True)
    ]
    samples = {name: np.sort([figures[name] for figures in kept.figures]) for name in kept.figures[0]}
    samples |= {name: np.sort([shift[name] for shift in shifts]) for name in shifts[0]}
    maps = np.stack([local_map(small) for small in smalls]).astype(np.float64)
    deviation = np.maximum(maps.std(0, ddof=1), _LEAST_DEVIATION)
    offset = _map_offset(_left_out_deviations(maps))
    changes = [change for change in kept.changes if np.isfinite(change.grey)]
    least = float(np.quantile([change.grey for change in changes], _LEAST_QUANTILE)) if changes else 0.0
    frozen = min(sum(change.frozen(least) for change in changes), n - 1)
    return HealthReference(
        n, samples, rounded(least), frozen, (total / n).astype(np.float32),
        maps.mean(0).astype(np.float32), deviation.astype(np.float32), offset,
    )  # fmt: skip


def _left_out_deviations(maps: Floats) -> Floats:
    """Return the deviation of every picture from the mean of the others, in their standard deviations, (n, cells)."""
    n = len(maps)
    from_mean = maps - maps.mean(0)
    squares = (from_mean**2).sum(0) - from_mean**2 * (n / (n - 1))
    deviation = np.maximum(np.sqrt(np.maximum(squares, 0.0) / (n - 2)), _LEAST_DEVIATION)
    return np.asarray(np.clip(from_mean * (n / (n - 1)) / deviation, -MAP_CLIP, MAP_CLIP).reshape(n, -1))


def _map_offset(deviations: Floats) -> float:
    """Return ln of the mean of exp(TILT * deviation) in the worst cell, upper bound over the draw of the pictures."""
    weights = dirichlet_weights(len(deviations) + 1, _MAP_DRAWS)
    worst = np.zeros(_MAP_DRAWS)
    for side in (1.0, -1.0):
        means = weights[:, :-1] @ np.exp(TILT * side * deviations) + weights[:, -1:] * np.exp(TILT * MAP_CLIP)
        worst = np.maximum(worst, means.max(1))
    return float(np.log(np.quantile(worst, SAFETY)))


def _shift_figures(picture: Picture, reference: Map) -> dict[Statistic, float]:
    return _shift_of_size(picture.small, reference, picture.width, picture.height)


def _shift_of_size(small: Map, reference: Map, width: int, height: int) -> dict[Statistic, float]:
    x, y = shift_of(small, reference)
    return {Statistic.SHIFT_X: rounded(x * width / CELLS), Statistic.SHIFT_Y: rounded(y * height / CELLS)}


def read_health(document: Any, source: str) -> dict[str, HealthReference]:
    """Read what `health_reference` wrote.

    Args:
        document: The value under "health".
        source: The file, for messages.

    Raises:
        PackageError: Not what `health_reference` writes.
    """
    if not isinstance(document, Mapping):
        raise _damaged(source, "'health' is no table of views")
    return {str(view): _read_view(entry, f"{source}, health of view {view!r}") for view, entry in document.items()}


def _read_view(entry: Any, source: str) -> HealthReference:
    try:
        samples = {name: _sample(entry["statistics"][name.value]["sample"]) for name in Statistic}
        n, frozen, offset = int(entry["n"]), int(entry["frozen"]), float(entry["map_offset"])
        least = float(entry["least_change"])
        mean, map_mean, deviation = (_unpacked(entry[key]) for key in ("mean", "map_mean", "map_deviation"))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise _damaged(source, f"{type(error).__name__}: {error}") from error
    if any(len(values) != n for values in samples.values()) or n < FEWEST or not 0 <= frozen < n:
        raise _damaged(source, f"the samples do not hold {n} pictures each")
    if not np.isfinite((offset, least)).all() or float(deviation.min()) <= 0.0:
        raise _damaged(source, "a figure is no number, or a deviation not above 0")
    return HealthReference(n, samples, least, frozen, mean, map_mean, deviation, offset)


def _sample(values: Any) -> NDArray[np.float64]:
    found = np.sort(np.asarray(values, np.float64))
    if found.ndim != 1 or not np.isfinite(found).all():
        raise ValueError("a sample is no list of numbers")
    return found


def _packed(values: Map) -> str:
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def _unpacked(text: Any) -> Map:
    found = np.frombuffer(base64.b64decode(text, validate=True), "<f4")
    if found.size != CELLS * CELLS or not np.isfinite(found).all():
        raise ValueError(f"a picture of {CELLS} x {CELLS} cells was expected")
    return np.asarray(found.reshape(CELLS, CELLS), np.float32)


def _damaged(source: str, what: str) -> PackageError:
    return PackageError(f"{source}: cannot be read ({what}).", cure="Calibrate the package again.")
