"""Watches the parts: whether good-looking ones score higher than they used to, and whether more are rejected."""

from __future__ import annotations

from collections import deque

import numpy as np

from inspector.decisions.risk import upper_bound
from inspector.line.drift import SAFETY, Floats, RankDetector, ShareDetector

LEARNED_PARTS = 300
"""The usual share of rejects is learned from so many parts after the start."""
BULK = 0.95
"""Parts that score below this quantile of the good calibration parts look good; the others count as rejects do."""
_FACTORS = (2.0, 4.0, 10.0)
_RECENT = 100
FEWEST = 20
"""With fewer good calibration parts the scores are not watched."""

DETECTORS = 1 + len(_FACTORS)


class ScoreMonitor:
    """Follows the parts' scores and the share of rejects.

    Good and defective parts come mixed, in a ratio that no one knows. So the scores are watched among good-looking
    parts alone: given that a good part scores below a quantile of the calibration scores, its rank among those below
    is as likely to be any as before, however many defective parts come between. The share of rejects is watched
    against what it was in the first parts after the start: what is usual at this line no calibration set can say.

    Args:
        good_scores: Scores of the good calibration parts.
        parts: Mean number of parts to a false alarm of each detector, at least.
    """

    def __init__(self, good_scores: Floats, parts: float) -> None:
        self._parts = parts
        self._good = np.sort(np.asarray(good_scores, np.float64))
        self.restart()

    def restart(self) -> None:
        """Forget what has been seen, the usual share of rejects included."""
        bulk = int(BULK * len(self._good))
        self._edge = float(self._good[bulk - 1]) if len(self._good) >= FEWEST else -np.inf
        self._bulk = RankDetector(self._good[: max(bulk - 1, 1)], self._parts) if len(self._good) >= FEWEST else None
        self._shares: tuple[ShareDetector, ...] = ()
        self._learned: list[bool] = []
        self._recent: deque[tuple[float, bool]] = deque(maxlen=_RECENT)

    def forget_evidence(self) -> None:
        """Drop the evidence for a change, but keep what is usual: a sick camera has spoiled it."""
        usual, learned = self._shares, self._learned
        self.restart()
        if usual:
            self._shares = self._share_detectors(usual[0].usual)
            self._learned = learned

    def add(self, score: float, rejected: bool, *, learn: bool = True) -> None:
        """Take one part.

        Args:
            score: As the calibration counts it, 0..1.
            rejected: Whether it was FAIL or REVIEW.
            learn: Whether the part may tell what is usual: not while a camera is sick.
        """
        self._recent.append((score, rejected))
        if self._bulk is not None and score < self._edge:
            self._bulk.add(score)
        if self._shares:
            for detector in self._shares:
                detector.add(rejected)
            return
        if learn:
            self._learned.append(rejected)
        if len(self._learned) == LEARNED_PARTS:
            self._shares = self._share_detectors(upper_bound(sum(self._learned), LEARNED_PARTS, SAFETY))

    def _share_detectors(self, usual: float) -> tuple[ShareDetector, ...]:
        return tuple(ShareDetector(usual, factor, self._parts) for factor in _FACTORS) if usual < 1.0 else ()

    def findings(self) -> tuple[str, ...]:
        """Return what has become worse, a phrase each; empty while all is as usual."""
        found = []
        if self._bulk is not None and self._bulk.cusum.alarm:
            below = [float((self._good < score).mean()) for score, _ in self._recent if score < self._edge]
            rank = float(np.mean(below)) if below else BULK
            found.append(
                f"good-looking parts score higher than {rank:.0%} of the good calibration parts on average; "
                f"usual is {BULK / 2:.0%}"
            )
        if any(detector.cusum.alarm for detector in self._shares):
            now = sum(rejected for _, rejected in self._recent)
            usual = sum(self._learned) / LEARNED_PARTS
            found.append(f"{now} of the last {len(self._recent)} parts were rejected; usual is {usual:.1%}")
        return tuple(found)
