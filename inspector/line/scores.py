"""Watches the parts: whether good-looking ones score higher than they used to, and whether more look bad."""

from __future__ import annotations

from collections import deque

import numpy as np

from inspector.decisions.risk import upper_bound
from inspector.line.drift import SAFETY, Floats, RankDetector, ShareDetector

LEARNED_PARTS = 300
"""The usual share of rejects is learned from so many parts after the start."""
BULK = 0.95
"""Parts that score below this quantile of the good calibration parts look good."""
FEWEST = 20
"""With fewer good calibration parts their scores are not watched, only the share of rejects."""
_FACTORS = (2.0, 4.0, 10.0)
_RECENT = 100

DETECTORS = 1 + 2 * len(_FACTORS)
"""Among which, and those of the pictures, the accepted false alarms are divided."""


class LearnedShare:
    """Watches how often something happens against how often it did in the first parts after the start.

    What is usual at this line no calibration set can say. A learned share is uncertain, so its upper bound is held to
    be usual: the fewer parts it was learned from, the later the alarm, not the more false ones.

    Args:
        parts: Mean number of parts to a false alarm of each detector, at least.
    """

    def __init__(self, parts: float) -> None:
        self._parts = parts
        self._learned: list[bool] = []
        self._detectors: tuple[ShareDetector, ...] = ()
        self._recent: deque[bool] = deque(maxlen=_RECENT)

    def add(self, happened: bool, *, learn: bool) -> None:
        """Take one part; `learn` tells whether it may say what is usual."""
        self._recent.append(happened)
        for detector in self._detectors:
            detector.add(happened)
        if learn and len(self._learned) < LEARNED_PARTS:
            self._learned.append(happened)
            if len(self._learned) == LEARNED_PARTS:
                self.forget_evidence()

    def forget_evidence(self) -> None:
        """Drop the evidence for a change, but keep what is usual."""
        self._recent.clear()
        if len(self._learned) == LEARNED_PARTS:
            usual = upper_bound(sum(self._learned), LEARNED_PARTS, SAFETY)
            factors = _FACTORS if usual < 1.0 else ()
            self._detectors = tuple(ShareDetector(usual, factor, self._parts) for factor in factors)

    @property
    def alarm(self) -> bool:
        """Whether it happens more often than usual."""
        return any(detector.cusum.alarm for detector in self._detectors)

    def figures(self) -> str:
        """Return '18 of the last 100 parts; usual is 4.0%'."""
        usual = sum(self._learned) / LEARNED_PARTS
        return f"{sum(self._recent)} of the last {len(self._recent)} parts; usual is {usual:.1%}"


class ScoreMonitor:
    """Follows the parts' scores and the share of rejects.

    Good and defective parts come mixed, in a ratio that no one knows. So the scores are watched among good-looking
    parts alone: given that a good part scores below a quantile of the calibration scores, its rank among those below
    is as likely to be any as before, however many defective parts come between. Beside it the shares of parts above
    that quantile, and of rejects, are watched against what they were after the start.

    Args:
        good_scores: Scores of the good calibration parts.
        parts: Mean number of parts to a false alarm of each detector, at least.
    """

    def __init__(self, good_scores: Floats, parts: float) -> None:
        self._parts = parts
        self._good = np.sort(np.asarray(good_scores, np.float64))
        self._bulk_size = int(BULK * len(self._good)) if len(self._good) >= FEWEST else 0
        self._edge = float(self._good[self._bulk_size - 1]) if self._bulk_size else np.inf
        self._high, self._rejects = LearnedShare(parts), LearnedShare(parts)
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self.forget_evidence()

    def forget_evidence(self) -> None:
        """Drop the evidence for a change, but keep what is usual: a sick camera has spoiled it."""
        self._bulk = RankDetector(self._good[: self._bulk_size - 1], self._parts) if self._bulk_size else None
        self._recent.clear()
        self._high.forget_evidence()
        self._rejects.forget_evidence()

    def add(self, score: float, rejected: bool, *, learn: bool = True) -> None:
        """Take one part.

        Args:
            score: As the calibration counts it, 0..1.
            rejected: Whether it was FAIL or REVIEW.
            learn: Whether the part may tell what is usual: not while a camera is sick.
        """
        self._rejects.add(rejected, learn=learn)
        if self._bulk is None:
            return
        self._high.add(score >= self._edge, learn=learn)
        if score < self._edge:
            self._bulk.add(score)
            self._recent.append(score)

    def findings(self) -> tuple[str, ...]:
        """Return what has become worse, a phrase each; empty while all is as usual."""
        found = []
        if self._bulk is not None and self._bulk.cusum.alarm:
            rank = float(np.mean(np.searchsorted(self._good, self._recent))) / len(self._good)
            found.append(
                f"good-looking parts score higher than {rank:.0%} of the good calibration parts on average; "
                f"usual is {BULK / 2:.0%}"
            )
        if self._high.alarm:
            found.append(f"higher than {BULK:.0%} of the good calibration parts score {self._high.figures()}")
        if self._rejects.alarm:
            found.append(f"rejected were {self._rejects.figures()}")
        return tuple(found)
