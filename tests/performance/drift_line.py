"""The line of the drift campaign: good and defective parts with their scores, and the monitor that follows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from inspector.imaging import decode_image, read_bytes
from inspector.line.health import HealthReference, health_reference, read_health
from inspector.line.monitor import LineMonitor
from inspector.line.picture import Map, Picture, Statistic, measure
from inspector.types import Image

VIEW = "front"
Judge = Callable[[Sequence[Image]], list[tuple[float, bool]]]
"""From pictures to the score of each part and whether it is rejected."""
BAD_SHARE = 0.03
"""Share of defective parts on the line while nothing is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One part as the monitor sees it."""

    picture: Picture
    score: float
    rejected: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Parts to draw from, again and again."""

    good: Sequence[Sample]
    bad: Sequence[Sample]

    def stream(self, rng: np.random.Generator, bad_share: float) -> Iterator[Sample]:
        """Draw parts without end; never the same picture twice running, which would look frozen."""
        last: Sample | None = None
        while True:
            kind = self.bad if self.bad and rng.random() < bad_share else self.good
            sample = kind[int(rng.integers(len(kind)))]
            if sample is not last:
                last = sample
                yield sample


Stream = Callable[[np.random.Generator], Iterator[Sample]]
"""Parts without end."""


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """A calibration set, and what is accepted."""

    reference: HealthReference
    good_scores: Sequence[float]
    parts_per_day: int
    false_alarms_per_day: float = 0.1

    def accepting(self, false_alarms_per_day: float) -> Setup:
        """Return the same with another accepted number."""
        return replace(self, false_alarms_per_day=false_alarms_per_day)

    def monitor(self) -> LineMonitor:
        """Return a new monitor."""
        return LineMonitor(
            {VIEW: Remembering(self.reference)},
            np.asarray(self.good_scores, np.float64),
            false_alarms_per_day=self.false_alarms_per_day,
            parts_per_day=self.parts_per_day,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A calibrated line: what trials need.

    Attributes:
        setup: What the monitor is held against.
        pool: Measured parts that the calibration has not seen.
        good: Their pictures, of good parts.
        bad: The same of defective parts.
        judge: Gives the scores of other pictures.
        bad_share: Share of defective parts while nothing is wrong.
    """

    setup: Setup
    pool: Pool
    good: Sequence[Image]
    bad: Sequence[Image]
    judge: Judge
    bad_share: float

    def well(self, rng: np.random.Generator) -> Iterator[Sample]:
        """Draw parts of the line while nothing is wrong."""
        return self.pool.stream(rng, self.bad_share)


@dataclass(frozen=True, slots=True, eq=False)
class UncalibratedLine:
    """Pictures and what was measured on each."""

    good: Sequence[Image]
    bad: Sequence[Image]
    measured_good: Sequence[Sample]
    measured_bad: Sequence[Sample]
    judge: Judge
    bad_share: float


def measure_line(good: Sequence[Image], bad: Sequence[Image], judge: Judge, bad_share: float) -> UncalibratedLine:
    """Measure and judge every picture once."""
    return UncalibratedLine(good, bad, measured(good, judge), measured(bad, judge), judge, bad_share)


def calibrate(line: UncalibratedLine, n: int, parts_per_day: int, seed: int) -> Bench:
    """Calibrate on `n` random good pictures; the others are the line's."""
    order = np.random.default_rng(seed).permutation(len(line.good)).tolist()
    document = health_reference((VIEW, line.good[k]) for k in order[:n])
    reference = read_health(document, "the campaign")[VIEW]
    setup = Setup(reference, [line.measured_good[k].score for k in order[:n]], parts_per_day)
    pool = Pool([line.measured_good[k] for k in order[n:]], line.measured_bad)
    return Bench(setup, pool, [line.good[k] for k in order[n:]], line.bad, line.judge, line.bad_share)


class Remembering(HealthReference):
    """A reference that compares each picture of a pool once, however often it is drawn."""

    def __init__(self, of: HealthReference) -> None:
        super().__init__(*(getattr(of, each.name) for each in fields(HealthReference)))
        self._known: dict[int, dict[Statistic, float]]
        self._maps: dict[int, Map]
        object.__setattr__(self, "_known", {})
        object.__setattr__(self, "_maps", {})

    def figures(self, picture: Picture) -> dict[Statistic, float]:
        """See HealthReference."""
        if id(picture) not in self._known:
            self._known[id(picture)] = HealthReference.figures(self, picture)
        return self._known[id(picture)]

    def deviations(self, small: Map) -> Map:
        """See HealthReference."""
        if id(small) not in self._maps:
            self._maps[id(small)] = HealthReference.deviations(self, small)
        return self._maps[id(small)]


def measured(pictures: Sequence[Image], judge: Judge) -> list[Sample]:
    """Measure and judge pictures."""
    judged = judge(pictures)
    return [
        Sample(measure(pixels), score, rejected) for pixels, (score, rejected) in zip(pictures, judged, strict=True)
    ]


def washers(
    good: int, bad: int, size_px: int, difficulty: float, kinds: Sequence[str], seed: int
) -> tuple[list[Image], list[Image]]:
    """Draw good washers of the simulated line, and defective ones of the `kinds`."""
    from inspector.cameras.washer import GOOD, WasherRenderer, WasherSpec

    renderer, rng = WasherRenderer(WasherSpec(size_px, difficulty)), np.random.default_rng(seed)
    drawn = [GOOD] * good + [str(rng.choice(kinds)) for _ in range(bad)]
    pictures = [renderer.render_part(rng, kind).pixels for kind in drawn]
    return pictures[:good], pictures[good:]


def real_pictures(folder: Path) -> tuple[list[Image], list[Image]]:
    """Read a folder in the layout of MVTec AD: train/good, test/good, test/<defect>; good pictures shuffled."""
    files = sorted(folder.glob("*/*/*.png")) + sorted(folder.glob("*/*/*.jpg"))
    files = [path for path in files if path.parts[-3] in ("train", "test")]
    found: Mapping[bool, list[Image]] = {True: [], False: []}
    for path in files:
        found[path.parent.name == "good"].append(decode_image(read_bytes(path), str(path)))
    order = np.random.default_rng(0).permutation(len(found[True]))
    return [found[True][k] for k in order], found[False]


def no_judge(pictures: Sequence[Image]) -> list[tuple[float, bool]]:
    """Give every part the same score: without a package nothing can be said of the parts."""
    return [(0.0, False)] * len(pictures)


def package_judge(folder: Path) -> Judge:
    """Judge as a station does that runs this package at its own limits."""
    import torch

    from inspector.decisions.policy import decide
    from inspector.inference.load import load_model
    from inspector.inference.package import open_package
    from inspector.types import Verdict

    torch.set_num_threads(1)
    model = load_model(open_package(folder), "cpu")
    card = model.package.card
    thresholds = card.thresholds.to_thresholds()

    def judge(pictures: Sequence[Image]) -> list[tuple[float, bool]]:
        found = []
        for start in range(0, len(pictures), 16):
            for each in model.predict(pictures[start : start + 16]):
                score = each.score if each.predicted_class in card.good else 1.0
                rejected = decide({VIEW: each}, thresholds, card.good).verdict is not Verdict.PASS
                found.append((score, rejected))
        return found

    return judge
