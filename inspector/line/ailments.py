"""Watches one camera: which of its ailments the pictures of one view show, and where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.decisions.risk import upper_bound
from inspector.line.drift import SAFETY, TILT, Cusum, RankDetector, ShareDetector, suspicion
from inspector.line.health import HealthReference
from inspector.line.picture import CELLS, Map, Picture, Statistic, change_of


class Ailment(StrEnum):
    """What a camera suffers from, in the order in which causes come before their consequences."""

    FROZEN = "frozen"
    DARKER = "darker"
    BRIGHTER = "brighter"
    BLURRED = "blurred"
    MOVED = "moved"
    NOISY = "noisy"
    VEILED = "veiled"
    DIRTY = "dirty"


SIGNS: Mapping[Ailment, tuple[tuple[Statistic, int], ...]] = {
    Ailment.DARKER: ((Statistic.BRIGHTNESS, -1), (Statistic.DARK, 1)),
    Ailment.BRIGHTER: ((Statistic.BRIGHTNESS, 1), (Statistic.BRIGHT, 1)),
    Ailment.BLURRED: ((Statistic.FOCUS, -1),),
    Ailment.MOVED: (
        (Statistic.SHIFT_X, -1), (Statistic.SHIFT_X, 1), (Statistic.SHIFT_Y, -1), (Statistic.SHIFT_Y, 1),
    ),
    Ailment.NOISY: ((Statistic.NOISE, 1),),
    Ailment.VEILED: ((Statistic.CONTRAST, -1),),
}  # fmt: skip
"""Which statistic shows an ailment by falling (-1) or rising (1)."""

CURES: Mapping[Ailment, tuple[str, str]] = {
    Ailment.FROZEN: (
        "The camera gives the same picture again and again",
        "Restart the camera; check its cable. If the same part lay there all the time, take it away.",
    ),
    Ailment.DARKER: ("The pictures have become darker", "Check the light, the exposure setting and the aperture."),
    Ailment.BRIGHTER: (
        "The pictures have become brighter",
        "Check the light, the exposure setting, and daylight from outside.",
    ),
    Ailment.BLURRED: (
        "The pictures are out of focus",
        "Focus the lens, wipe it, and check that the camera is firm and the part at its usual distance.",
    ),
    Ailment.MOVED: (
        "The picture has shifted",
        "Bring the camera or the part's holder back into place, or set up region and calibration anew.",
    ),
    Ailment.NOISY: (
        "The pictures have become noisier",
        "Check gain and light: too little light with much gain, or a disturbed cable.",
    ),
    Ailment.VEILED: ("The pictures have lost contrast", "Clean lens and window; look for stray light, steam or oil."),
    Ailment.DIRTY: ("There is dirt in the picture", "Clean the lens, the protecting window and the place of the part."),
}
"""What an ailment means, and what to do about it."""

DETECTORS_PER_VIEW = 2 + sum(len(signs) for signs in SIGNS.values())
"""With those for frozen pictures and for dirt; the accepted false alarms are divided among all."""

SUSPECT = 0.4
"""A detector with this share of the evidence that an alarm needs keeps later causes from being named."""

_UNITS = {
    Statistic.BRIGHTNESS: " grey values",
    Statistic.NOISE: " grey values",
    Statistic.SHIFT_X: " px",
    Statistic.SHIFT_Y: " px",
}
_FROZEN_SHARE = 0.5
_MOST_DIRTY_CELLS = 0.1
_MOST_PLACES = 8


class DirtDetector:
    """A CUSUM of every cell in either direction: a spot that stays in its place over the parts.

    Args:
        reference: Of the calibration pictures.
        parts: Mean number of parts to a false alarm of all cells together, at least.
    """

    def __init__(self, reference: HealthReference, parts: float) -> None:
        self._reference = reference
        self._limit = math.log(parts * 2 * CELLS * CELLS)
        self._value = np.zeros((2, CELLS, CELLS), np.float32)
        self._alarmed = np.zeros((2, CELLS, CELLS), np.bool_)

    def add(self, small: Map) -> None:
        """Take the small picture of one part."""
        deviations = TILT * self._reference.deviations(small)
        self._value += np.stack((deviations, -deviations)) - np.float32(self._reference.map_offset)
        np.clip(self._value, 0.0, self._limit, out=self._value)
        self._alarmed |= self._value >= self._limit
        self._alarmed &= self._value > 0.0

    def spot(self) -> tuple[float, float] | None:
        """Return the middle of the largest spot (x, y) as shares of the picture; None without one."""
        cells = np.any(self._alarmed, axis=0)
        if not cells.any() or not _is_spot(cells):
            return None
        _, _, found, middles = cv2.connectedComponentsWithStats(cells.astype(np.uint8))
        x, y = middles[1 + int(np.argmax(found[1:, cv2.CC_STAT_AREA]))]
        return (float(x) + 0.5) / CELLS, (float(y) + 0.5) / CELLS

    @property
    def suspicion(self) -> float:
        """Evidence of the most suspect cell as a share of the limit, 0..1; 0 where most suspect cells are no spot."""
        shares = self._value.max(0) / self._limit
        return float(shares.max()) if _is_spot(shares >= SUSPECT) else 0.0


def _is_spot(cells: NDArray[np.bool_]) -> bool:
    """Tell whether changed cells are a few places: what has changed everywhere is the scene, or the parts."""
    if float(cells.mean()) > _MOST_DIRTY_CELLS:
        return False
    return cv2.connectedComponents(cells.astype(np.uint8))[0] - 1 <= _MOST_PLACES


class ViewMonitor:
    """Follows the pictures of one view.

    Args:
        reference: Of the calibration pictures.
        parts: Mean number of parts to a false alarm of each detector, at least.
    """

    def __init__(self, reference: HealthReference, parts: float) -> None:
        self.reference = reference
        self._signs = {
            (ailment, statistic, side): RankDetector(reference.samples[statistic], parts, side)
            for ailment, signs in SIGNS.items()
            for statistic, side in signs
        }
        usual = upper_bound(reference.frozen, reference.n - 1, SAFETY)
        usual = min(usual, _FROZEN_SHARE)
        self._frozen = ShareDetector(usual, _FROZEN_SHARE / usual, parts)
        self._dirt = DirtDetector(reference, parts)
        self._dirty = False
        self._before: Picture | None = None
        self._figures: Mapping[Statistic, float] = {}
        self._size = (0, 0)

    def add(self, picture: Picture) -> None:
        """Take the picture of one part."""
        self._figures, self._size = self.reference.figures(picture), (picture.width, picture.height)
        for (_, statistic, _), detector in self._signs.items():
            detector.add(self._figures[statistic])
        if self._before is not None:
            self._frozen.add(change_of(picture, self._before).frozen(self.reference.least_change))
        self._before = picture
        self._dirt.add(picture.small)
        self._dirty = self._dirt.spot() is not None and (self._dirty or self._general_suspicion() < SUSPECT)

    def ailments(self) -> tuple[Ailment, ...]:
        """Return what the camera suffers from now, causes first; empty without an alarm.

        With an alarm, what is only suspected is named, too: a consequence may be noticed before its cause. Dirt begins
        to be named only while nothing else is suspected: a moved, blurred or darker picture changes cells as well.
        """
        evidence = self._evidence()
        if not any(cusum.alarm for cusums in evidence.values() for cusum in cusums):
            return (Ailment.DIRTY,) if self._dirty else ()
        return tuple(
            ailment
            for ailment, cusums in evidence.items()
            if suspicion(cusums) >= SUSPECT or any(cusum.alarm for cusum in cusums)
        )

    def _evidence(self) -> dict[Ailment, list[Cusum]]:
        """Return the detectors of each ailment but dirt, causes first."""
        found: dict[Ailment, list[Cusum]] = {ailment: [] for ailment in Ailment if ailment is not Ailment.DIRTY}
        found[Ailment.FROZEN].append(self._frozen.cusum)
        for (ailment, _, _), detector in self._signs.items():
            found[ailment].append(detector.cusum)
        return found

    def _general_suspicion(self) -> float:
        return max(suspicion(cusums) for cusums in self._evidence().values())

    @property
    def suspicion(self) -> float:
        """The strongest evidence of any ailment as a share of its limit, 0..1."""
        return max(self._general_suspicion(), self._dirt.suspicion)

    def finding(self, ailment: Ailment) -> str:
        """Return what shows the ailment, with figures of the last picture beside the calibration's."""
        if ailment is Ailment.FROZEN:
            return "successive pictures differ far less than two parts do"
        if ailment is Ailment.DIRTY:
            x, y = self._dirt.spot() or (0.0, 0.0)
            return f"a spot stays at about ({x * self._size[0]:.0f}, {y * self._size[1]:.0f}) px from part to part"
        signs = [key for key in self._signs if key[0] is ailment]
        _, statistic, side = max(signs, key=lambda key: self._signs[key].cusum.value)
        sample = self.reference.samples[statistic]
        low, high = np.quantile(sample, [0.05, 0.95])
        word = "lower" if side < 0 else "higher"
        unit = _UNITS.get(statistic, "")
        return f"{statistic.value} is {self._figures[statistic]:.3g}{unit}, {word} than usual ({low:.3g} to {high:.3g})"
