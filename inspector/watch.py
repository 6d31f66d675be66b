"""Watches the station's pictures and scores against the calibration set, and whether the guarantee still holds."""

from __future__ import annotations

import logging
from collections.abc import Callable

from inspector.alarms import Cautions
from inspector.conditions import Sizes, broken_by_pictures, broken_by_recipe, by_station_view, read_sizes
from inspector.errors import PackageError
from inspector.events import Caution, CautionCode, Event, GuaranteeChanged, PartDecided
from inspector.inference.calibration import read_calibration, read_calibration_document
from inspector.inference.package import CALIBRATION_FILE, Package
from inspector.line.health import read_health
from inspector.line.monitor import Alarm, LineMonitor
from inspector.line.picture import measure
from inspector.recipe import Recipe
from inspector.types import Frame, Image, Record, RecordKind, Verdict

_LOG = logging.getLogger(__name__)
_GUARANTEE_CURE = "Calibrate for this recipe with `inspector calibrate`, or go back to what was calibrated."


class Watch:
    """Told of every decided part after its release; never touches a decision. Used from one thread.

    One Watch belongs to one model: with another package make another, and `close` this one. It never raises: where a
    calibration is damaged, or watching itself fails, inspection goes on, and the guarantee is said not to hold.

    Args:
        recipe: The product.
        package: In force. Without a calibration there is nothing to compare with, and nothing is watched.
        cautions: Raised and cleared here.
        emit: Gets GuaranteeChanged, at once and whenever it changes.
    """

    def __init__(self, recipe: Recipe, package: Package, cautions: Cautions, emit: Callable[[Event], None]) -> None:
        self._package = package
        self._cautions = cautions
        self._emit = emit
        self._regions = {c.name: c.region.to_region() if c.region else None for c in recipe.content.cameras}
        self._sizes: Sizes | None = None
        self._monitor: LineMonitor | None = None
        self._broken = dict.fromkeys(broken_by_recipe(package.card, recipe))  # keeps the order, each sentence once
        self._alarms: dict[tuple[CautionCode, str], Alarm] = {}
        self._told: GuaranteeChanged | None = None
        try:
            if package.card.calibration is not None:
                self._read_calibration(recipe)
        except PackageError as error:
            self._broken[f"Nothing can be watched: {error.message}"] = None
        self._tell()

    def _read_calibration(self, recipe: Recipe) -> None:
        document, scores = read_calibration_document(self._package), read_calibration(self._package)
        source, config = str(self._package.folder / CALIBRATION_FILE), recipe.content.watch
        self._sizes = by_station_view(read_sizes(document.get("frame_sizes", {}), source), recipe)
        health = by_station_view(read_health(document.get("health", {}), source), recipe)
        if config.enabled:
            self._monitor = LineMonitor(
                health,
                scores.scores[~scores.defective],
                false_alarms_per_day=config.false_alarms_per_day,
                parts_per_day=config.parts_per_day,
            )

    @property
    def alarms(self) -> tuple[str, ...]:
        """What holds against the line right now, a sentence each: a sick camera, or parts that have become worse."""
        return tuple(_reason(alarm) for alarm in self._alarms.values())

    def part_decided(self, event: PartDecided) -> None:
        """Take a part that was decided and, where it passed, released.

        Challenge parts are known to be bad, and a part without frames shows nothing: both are passed over.
        """
        if self._sizes is None or event.record.kind is not RecordKind.INSPECTION or not event.frames:
            return
        try:
            self._take(event, self._sizes)
        except Exception as error:  # noqa: BLE001 - a statistic must not stop the line; the guarantee pays for it
            _LOG.exception("watching failed")
            self._sizes = None
            self._follow(())
            self._broken[f"Watching has failed and ended: {type(error).__name__}: {error}."] = None
        self._tell()

    def _take(self, event: PartDecided, calibrated: Sizes) -> None:
        regions = {frame.view: self._region(frame) for frame in event.frames}
        if any(pixels.size == 0 for pixels in regions.values()):
            return
        sizes = {view: (pixels.shape[1], pixels.shape[0]) for view, pixels in regions.items()}
        self._broken |= dict.fromkeys(broken_by_pictures(sizes, calibrated))
        if self._monitor is not None:
            pictures = {view: measure(pixels) for view, pixels in regions.items()}
            rejected = event.record.decision.verdict in (Verdict.FAIL, Verdict.REVIEW)
            self._follow(self._monitor.add(pictures, self._score(event.record), rejected=rejected))

    def close(self) -> None:
        """Clear what stands: another package judges from now on."""
        self._follow(())
        self._cautions.clear(CautionCode.GUARANTEE, str(self._package.folder))

    def _region(self, frame: Frame) -> Image:
        """Return the judged region; an empty picture where it reaches outside the frame: that part is ERROR."""
        region = self._regions[frame.camera]
        try:
            return frame.pixels if region is None else region.crop(frame.pixels)
        except ValueError:
            return frame.pixels[:0]

    def _score(self, record: Record) -> float | None:
        """Return the part's score as the calibration counts it; None where it was not judged."""
        if record.decision.verdict is Verdict.ERROR or not record.predictions:
            return None
        good = self._package.card.good
        return max(each.score if each.predicted_class in good else 1.0 for each in record.predictions.values())

    def _follow(self, alarms: tuple[Alarm, ...]) -> None:
        """Bring the cautions up to the alarms in force."""
        now = {_key(alarm): alarm for alarm in alarms}
        for key in self._alarms.keys() - now.keys():
            self._cautions.clear(*key)
        for (code, source), alarm in now.items():
            self._cautions.tell(Caution(code, source, alarm.what, alarm.cure))
        self._alarms = now

    def _tell(self) -> None:
        """Say under which guarantee the station decides, where that has changed."""
        guarantees, broken = self._package.card.guarantees, tuple(self._broken)
        reasons = (*broken, *self.alarms) if guarantees else ()
        now = GuaranteeChanged(guarantees, holds=not reasons, reasons=reasons)
        if broken:
            caution = Caution(CautionCode.GUARANTEE, str(self._package.folder), " ".join(broken), _GUARANTEE_CURE)
            self._cautions.tell(caution)
        if now != self._told:
            self._told = now
            self._emit(now)


def _key(alarm: Alarm) -> tuple[CautionCode, str]:
    return (CautionCode.CAMERA_SICK, alarm.view) if alarm.ailments else (CautionCode.PARTS_WORSE, "parts")


def _reason(alarm: Alarm) -> str:
    if alarm.ailments:
        return f"The camera of the view '{alarm.view}' is sick: {', '.join(alarm.ailments)}."
    return "The parts are not like those of the calibration set any more."
