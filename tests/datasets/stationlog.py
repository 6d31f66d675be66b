"""A small real log whose records say what a test wants: pictures in its store, recipes kept, people's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.log import Log, confirm, label, override
from inspector.types import Decision, Prediction, Record, Thresholds, Verdict
from tests.support import a_record, noise_picture

RECIPE = """
name = "plates"
[[cameras]]
kind = "simulated"
name = "up"
view = "top"
region = { x = 4, y = 2, width = 40, height = 30 }
[[cameras]]
kind = "simulated"
name = "beside"
view = "side"
[trigger]
kind = "manual"
[model]
package = "nowhere"
"""
RECIPE_HASH = "c" * 64
CAMERAS = {"top": "up", "side": "beside"}


@dataclass(slots=True)
class StationLog:
    """Adds parts to an open log.

    Attributes:
        log: Open for writing.
        pictures: How many pictures were drawn so far: no two are alike.
    """

    log: Log
    pictures: int = 0

    def __post_init__(self) -> None:
        self.log.records.keep_recipe(RECIPE_HASH, "plates", "/nowhere/plates.toml", RECIPE)

    def part(
        self,
        part_id: str,
        verdict: Verdict,
        *,
        views: Sequence[str] = ("side",),
        alarms: Sequence[str] = (),
        predicted: str = "good",
        **changes: Any,
    ) -> Record:
        """Append an inspection with a picture of each view."""
        images = []
        for view in views:
            self.pictures += 1
            images.append(self.log.images.put(noise_picture(self.pictures), view))
        score = {"PASS": 0.1, "REVIEW": 0.5}.get(verdict.value, 0.9)
        prediction = Prediction(predicted, {"good": 1 - score, "dent": 0.7 * score, "scratch": 0.3 * score}, score)
        details: dict[str, Any] = {"frames": [{"camera": CAMERAS[view], "view": view} for view in views]}
        details |= {"alarms": list(alarms)} if alarms else {}
        values: dict[str, Any] = {
            "decision": Decision(verdict, "because", predicted, score, Thresholds(0.3, 0.7), views[0]),
            "predictions": {} if verdict is Verdict.ERROR else dict.fromkeys(views, prediction),
            "images": tuple(images),
            "details": details,
            "recipe_hash": RECIPE_HASH,
        }
        return self.log.append(a_record(part_id, verdict, **{**values, **changes}))

    def says(self, record: Record, verdict: Verdict, *, who: str = "Mei", reason: str = "seen by eye") -> Record:
        """Let a person override."""
        return self.log.append(override(record, verdict=verdict, reason=reason, note="", who=who))

    def names(self, record: Record, truth: str, *, who: str = "Mei") -> Record:
        """Let a person say the class."""
        return self.log.append(label(record, truth=truth, who=who))

    def agrees(self, record: Record, *, who: str = "Mei") -> Record:
        """Let a person confirm."""
        return self.log.append(confirm(record, who=who))


def all_kinds(folder: Path, log: Log) -> dict[str, Record]:
    """Fill a log with a part of each kind; return them by what they are."""
    del folder
    station = StationLog(log)
    found = {
        "plain": station.part("P1", Verdict.PASS),
        "review": station.part("P2", Verdict.REVIEW, predicted="dent"),
        "fail": station.part("P3", Verdict.FAIL, predicted="dent"),
        "drifted": station.part("P4", Verdict.PASS, alarms=("The camera is sick: blurred.",)),
        "error": station.part("P5", Verdict.ERROR),
        "blind": station.part("P6", Verdict.ERROR, images=()),
        "missed": station.part("P7", Verdict.PASS),
        "named": station.part("P8", Verdict.PASS),
        "spared": station.part("P9", Verdict.FAIL, predicted="dent"),
        "confirmed": station.part("P10", Verdict.REVIEW, predicted="dent"),
        "views": station.part("P11", Verdict.PASS, views=("top", "side")),
    }
    station.says(found["missed"], Verdict.FAIL, reason="Crack at the rim")
    station.names(found["named"], "scratch", who="Ada")
    station.says(found["spared"], Verdict.PASS, reason="Within tolerance")
    station.agrees(found["confirmed"])
    station.says(found["views"], Verdict.FAIL)
    return found
