"""Watches the line part by part, and tells a sick camera from worse parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector.line.ailments import CURES, DETECTORS_PER_VIEW, SUSPECT, Ailment, ViewMonitor
from inspector.line.drift import Floats, parts_per_detector
from inspector.line.health import HealthReference
from inspector.line.picture import Picture
from inspector.line.scores import DETECTORS, ScoreMonitor

_PARTS_CURE = (
    "Look at the parts and at the process before them. Where they are as good as ever and only look otherwise, "
    "collect some of them and calibrate again."
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something has changed against the calibration set.

    Attributes:
        view: Of the sick camera; "" where the parts are worse.
        ailments: What the camera suffers from, causes first; empty where the parts are worse.
        what: Sentences for people, with the figures of the moment at which it began.
        cure: What to do.
    """

    view: str
    ailments: tuple[Ailment, ...]
    what: str
    cure: str


class LineMonitor:
    """Cameras first: parts are called worse only while no camera is sick, nor nearly so.

    A sick camera changes the scores, worse parts hardly change focus, light or place. So what the scores say counts
    only while the pictures are well, and is forgotten when a camera has recovered.

    Args:
        health: The calibration pictures' by view; views without are not watched.
        good_scores: Scores of the good calibration parts.
        false_alarms_per_day: Accepted, of all detectors together.
        parts_per_day: That the line makes.
    """

    def __init__(
        self,
        health: Mapping[str, HealthReference],
        good_scores: Floats,
        *,
        false_alarms_per_day: float,
        parts_per_day: int,
    ) -> None:
        detectors = DETECTORS_PER_VIEW * len(health) + DETECTORS
        parts = parts_per_detector(false_alarms_per_day, parts_per_day, detectors)
        self._views = {view: ViewMonitor(reference, parts) for view, reference in health.items()}
        self._scores = ScoreMonitor(good_scores, parts)
        self._sick: dict[str, Alarm] = {}
        self._worse: Alarm | None = None

    def add(self, pictures: Mapping[str, Picture], score: float | None, *, rejected: bool) -> tuple[Alarm, ...]:
        """Take one part and return the alarms in force after it.

        Args:
            pictures: By view; those of views that are not watched are passed over.
            score: As the calibration counts it (`inspector.types.CalibrationScores`); None where it was not judged.
            rejected: Whether it was FAIL or REVIEW.
        """
        for view in pictures.keys() & self._views.keys():
            self._views[view].add(pictures[view])
        found = {view: monitor.ailments() for view, monitor in self._views.items()}
        sick = {view: self._camera_alarm(view, ailments) for view, ailments in found.items() if ailments}
        if self._sick and not sick:
            self._scores.forget_evidence()
        self._sick = sick
        if score is not None:
            self._scores.add(score, rejected, learn=not sick)
        self._worse = self._parts_alarm()
        return (*self._sick.values(), *([self._worse] if self._worse else []))

    def _camera_alarm(self, view: str, ailments: tuple[Ailment, ...]) -> Alarm:
        """Return the alarm of a sick camera; the one in force while what it names first is still there."""
        standing = self._sick.get(view)
        if standing is not None and standing.ailments[0] in ailments:
            return standing
        first, *others = ailments
        title, cure = CURES[first]
        what = f"{title}: {self._views[view].finding(first)}."
        if others:
            what += f" Also: {', '.join(others)}."
        if self._scores.findings():
            what += " The scores have drifted as well; that is put down to the camera."
        return Alarm(view, ailments, what, cure)

    def _parts_alarm(self) -> Alarm | None:
        """Return the alarm of worse parts: it begins while no camera is suspected, and goes when one is sick."""
        findings = self._scores.findings()
        suspected = self._worse is None and any(monitor.suspicion >= SUSPECT for monitor in self._views.values())
        if not findings or self._sick or suspected:
            return None
        what = f"The parts have become worse, the pictures have not: {'; '.join(findings)}."
        return self._worse or Alarm("", (), what, _PARTS_CURE)
