"""The station's watch: which guarantee it runs under, why it does not hold, and cautions that come and go."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from inspector.alarms import Cautions
from inspector.conditions import broken_by_pictures, by_station_view
from inspector.events import (
    CautionCleared,
    CautionCode,
    CautionRaised,
    Event,
    GuaranteeChanged,
    ModelChanged,
    PartDecided,
    StationState,
    StationStateChanged,
)
from inspector.headless import run_headless
from inspector.imaging import encode_png
from inspector.inference.base import Model
from inspector.inference.package import Package, revise_package
from inspector.line.health import health_reference
from inspector.log import open_log
from inspector.models import Change, ModelFollower
from inspector.recipe import Recipe, load_recipe
from inspector.slots import LatestSlot
from inspector.station import Station
from inspector.types import Frame, Image, Prediction, RecordKind, Verdict
from inspector.watch import Watch
from inspector.worker import StationThread
from tests.line.linepictures import SIZE_PX, washers
from tests.performance import drift_faults as faults
from tests.support import AlwaysGoodModel, a_record, drained, recipe_text, tiny_package

GOOD_SCORES = np.linspace(0.001, 0.2, 60)


def calibration(view: str = "front", pictures: Sequence[Image] | None = None, **changes: Any) -> dict[str, Any]:
    """Return `calibration.json` as a document."""
    shown = washers(120) if pictures is None else pictures
    parts = [
        {"part": f"g{n}", "label": "good", "defective": False, "score": float(score), "anomaly": None}
        for n, score in enumerate(GOOD_SCORES)
    ] + [{"part": "b", "label": "crack", "defective": True, "score": 0.9, "anomaly": None}]
    return {
        "schema": "inspector.calibration/1",
        "parts": parts,
        "health": health_reference((view, pixels) for pixels in shown),
        "frame_sizes": {view: [[SIZE_PX, SIZE_PX]]},
        **changes,
    }


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return calibration()


Calibrate = Callable[..., Package]


@pytest.fixture
def calibrated(tmp_path: Path, document: dict[str, Any]) -> Calibrate:
    """Make a calibrated package: PASS below 0.3, FAIL from 0.7; escapes and overkill are bounded."""

    def make(content: bytes | None = None, recipe_hash: str = "", **changes: Any) -> Package:
        package = tiny_package(tmp_path / f"package{len(list(tmp_path.iterdir()))}")
        promise = {"limit": 0.01, "confidence": 0.95, "method": "learn-then-test", "n": 300, "events": 0, "bound": 0.01}
        card = {
            "guarantees": [{"risk": risk, **promise} for risk in ("escape", "overkill")],
            "good_parts": 60, "defective_parts": 1, "dataset": {}, "recipe_hash": recipe_hash, "created": "2026-11-25",
        }  # fmt: skip
        data = json.dumps({**document, **changes}).encode() if content is None else content
        return revise_package(package, {"calibration": card}, {"calibration.json": data})

    return make


def recipe_of(folder: Path, package: Package, extra: str = "", camera: str = 'kind = "simulated"') -> Recipe:
    path = folder / "watched.toml"
    path.write_text(recipe_text(package.folder, camera=camera, extra=extra), encoding="utf-8")
    return load_recipe(path)


class Told:
    """A watch and what it told."""

    def __init__(self, folder: Path, package: Package, extra: str = "", camera: str = 'kind = "simulated"') -> None:
        self.events: list[Event] = []
        self.watch = Watch(
            recipe_of(folder, package, extra, camera), package, Cautions(self.events.append), self.events.append
        )

    @property
    def guarantee(self) -> GuaranteeChanged:
        return next(event for event in reversed(self.events) if isinstance(event, GuaranteeChanged))

    def raised(self) -> list[CautionCode]:
        return [event.caution.code for event in self.events if isinstance(event, CautionRaised)]

    def standing(self) -> set[tuple[CautionCode, str]]:
        found: set[tuple[CautionCode, str]] = set()
        for event in self.events:
            if isinstance(event, CautionRaised):
                found.add((event.caution.code, event.caution.source))
            elif isinstance(event, CautionCleared):
                found.discard((event.code, event.source))
        return found

    def show(self, pixels: Image, score: float = 0.05, view: str = "front", **changes: Any) -> None:
        verdict = changes.pop("verdict", Verdict.PASS if score < 0.3 else Verdict.FAIL)
        prediction = Prediction("good", {"good": 1 - score, "crack": score}, score)
        record = a_record(verdict=verdict, **{"predictions": {view: prediction}, **changes})
        frame = Frame(pixels, "camera", view, 1, 0, 0)
        self.watch.part_decided(PartDecided(record, (frame,)))


def _spoilt(spoil: faults.Spoil, count: int = 40) -> list[Image]:
    rng = np.random.default_rng(0)
    return [spoil(pixels, rng) for pixels in washers(60, seed=2)[:count]]


def test_that_a_calibrated_package_tells_its_guarantees_at_once(tmp_path: Path, calibrated: Calibrate) -> None:
    package = calibrated()
    told = Told(tmp_path, package)
    assert told.events == [GuaranteeChanged(package.card.guarantees, holds=True)]
    assert [guarantee.n for guarantee in told.guarantee.guarantees] == [300, 300]


def test_that_a_package_without_calibration_tells_an_empty_guarantee_and_watches_nothing(tmp_path: Path) -> None:
    told = Told(tmp_path, tiny_package(tmp_path / "package"))
    for pixels in _spoilt(faults.exposure(0.4)):
        told.show(pixels)
    assert told.events == [GuaranteeChanged((), holds=True)]


@pytest.mark.parametrize(
    ("limits", "reasons"),
    [
        ((0.3, 0.7), []),
        ((0.2, 0.8), []),
        ((0.31, 0.7), ["bound on escapes was proven for 0.3"]),
        ((0.3, 0.69), ["bound on overkill was proven for 0.7"]),
        ((0.5, 0.6), ["bound on escapes", "bound on overkill"]),
    ],
)
def test_that_limits_of_the_recipe_break_only_the_guarantee_that_they_loosen(
    tmp_path: Path, calibrated: Calibrate, limits: tuple[float, float], reasons: list[str]
) -> None:
    told = Told(tmp_path, calibrated(), f"[policy]\npass_below = {limits[0]}\nfail_from = {limits[1]}")
    assert told.guarantee.holds is not bool(reasons)
    assert len(told.guarantee.reasons) == len(reasons)
    assert all(wanted in said for wanted, said in zip(reasons, told.guarantee.reasons, strict=True))
    assert told.raised() == ([CautionCode.GUARANTEE] if reasons else [])


def test_that_a_guarantee_for_other_cameras_does_not_hold(tmp_path: Path, calibrated: Calibrate) -> None:
    own = recipe_of(tmp_path, calibrated()).inspection_hash
    assert Told(tmp_path, calibrated(recipe_hash=own)).guarantee.holds
    told = Told(tmp_path, calibrated(recipe_hash="0" * 64))
    assert not told.guarantee.holds
    assert "Cameras or regions" in told.guarantee.reasons[0]


def test_that_pictures_of_another_size_break_the_guarantee_once(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated())
    told.show(washers(2)[0])
    assert told.guarantee.holds
    for _ in range(3):
        told.show(np.ascontiguousarray(washers(2)[0][:, :100]))
    assert told.guarantee.reasons == ("Pictures of the view 'front' are 100x128 px; calibrated were 128x128 px.",)
    told.show(washers(2)[1])
    assert len([event for event in told.events if isinstance(event, GuaranteeChanged)]) == 2


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((10, 20), ""),
        ((12, 25), ""),
        ((13, 21), "are 13x21 px; calibrated were 10x20 to 12x25 px"),
        ((11, 19), "are 11x19 px"),
    ],
)
def test_that_cut_out_parts_may_vary_within_the_calibrated_sizes(size: tuple[int, int], said: str) -> None:
    calibrated = {"front": frozenset({(10, 20), (12, 22), (11, 25), (12, 21)})}
    assert said in "".join(broken_by_pictures({"front": size}, calibrated))
    assert bool(said) == bool(broken_by_pictures({"front": size}, calibrated))
    assert "none" in broken_by_pictures({"front": size}, {"front": frozenset()})[0]


def test_that_the_judged_region_is_held_against_the_calibration_not_the_frame(
    tmp_path: Path, calibrated: Calibrate
) -> None:
    region = f"region = {{ x = 10, y = 20, width = {SIZE_PX}, height = {SIZE_PX} }}"
    told = Told(tmp_path, calibrated(), camera=f'kind = "simulated"\n{region}')
    frame = np.zeros((200, 200, 3), np.uint8)
    for pixels in washers(60, seed=2)[:40]:
        frame = frame.copy()
        frame[20 : 20 + SIZE_PX, 10 : 10 + SIZE_PX] = pixels
        told.show(frame)
    assert told.guarantee.holds
    assert told.raised() == []
    told.show(frame[:100])  # the region reaches outside: the part is ERROR, the watch has nothing to say
    assert told.raised() == []


def test_that_an_unknown_view_breaks_the_guarantee(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated())
    told.show(washers(2)[0], view="back")
    assert told.guarantee.reasons == ("The view 'back' is not in the calibration set, which has: 'front'.",)


def test_that_one_view_without_a_name_is_that_of_the_only_camera(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated(**calibration(view="")))
    for pixels in _spoilt(faults.exposure(0.5)):
        told.show(pixels)
    assert told.standing() == {(CautionCode.CAMERA_SICK, "front")}
    recipe = recipe_of(tmp_path, calibrated())
    assert by_station_view({"": 1, "top": 2}, recipe) == {"": 1, "top": 2}
    assert broken_by_pictures({"": (4, 4)}, {"": frozenset({(4, 4)})}) == ()


def test_that_a_sick_camera_is_told_breaks_the_guarantee_and_clears_by_itself(
    tmp_path: Path, calibrated: Calibrate
) -> None:
    told = Told(tmp_path, calibrated())
    for pixels in _spoilt(faults.defocus(2.0)):
        told.show(pixels)
    assert told.standing() == {(CautionCode.CAMERA_SICK, "front")}
    assert told.guarantee.reasons == ("The camera of the view 'front' is sick: blurred.",)
    assert told.raised() == [CautionCode.CAMERA_SICK]
    for pixels in washers(120, seed=1)[:100]:
        told.show(pixels)
    assert told.standing() == set()
    assert told.guarantee.holds


def test_that_worse_parts_are_told_and_break_the_guarantee(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated())
    for number in range(60):
        told.show(washers(120, seed=1)[number], score=0.17 + 0.0003 * number)
    assert told.standing() == {(CautionCode.PARTS_WORSE, "parts")}
    assert told.guarantee.reasons == ("The parts are not like those of the calibration set any more.",)


def test_that_a_class_that_may_not_pass_counts_as_the_highest_score(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated())
    record = a_record(predictions={"a": Prediction("good", {}, 0.2), "b": Prediction("crack", {}, 0.1)})
    assert told.watch._score(record) == 1.0
    assert told.watch._score(a_record(verdict=Verdict.ERROR)) is None


@pytest.mark.parametrize("change", [{"kind": RecordKind.CHALLENGE}, {"kind": RecordKind.SHADOW}])
def test_that_only_inspections_are_watched(tmp_path: Path, calibrated: Calibrate, change: dict[str, Any]) -> None:
    told = Told(tmp_path, calibrated())
    for pixels in _spoilt(faults.exposure(0.5)):
        told.show(pixels, score=0.95, view="back", **change)
    assert len(told.events) == 1


def test_that_a_watch_that_is_switched_off_still_checks_the_conditions(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated(), "[watch]\nenabled = false")
    for pixels in _spoilt(faults.exposure(0.5)):
        told.show(pixels)
    assert told.raised() == []
    told.show(washers(2)[0][:50])
    assert not told.guarantee.holds


def test_that_closing_clears_what_stands(tmp_path: Path, calibrated: Calibrate) -> None:
    told = Told(tmp_path, calibrated())
    for pixels in [*_spoilt(faults.exposure(0.5)), washers(2)[0][:50]]:
        told.show(pixels)
    assert {code for code, _ in told.standing()} == {CautionCode.CAMERA_SICK, CautionCode.GUARANTEE}
    told.watch.close()
    assert told.standing() == set()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"health": {"front": {"n": 5}}}, "health of view 'front'"),
        ({"frame_sizes": {"front": [["wide", 3]]}}, "'frame_sizes' cannot be read"),
        ({"parts": [{"part": "x"}]}, "cannot be read"),
        ({"schema": "inspector.calibration/9"}, "format"),
    ],
)
def test_that_a_damaged_calibration_is_told_and_stops_nothing(
    tmp_path: Path, calibrated: Calibrate, change: dict[str, Any], what: str
) -> None:
    told = Told(tmp_path, calibrated(**change))
    assert not told.guarantee.holds
    assert what in told.guarantee.reasons[0]
    assert "calibration.json" in told.guarantee.reasons[0]
    assert told.raised() == [CautionCode.GUARANTEE]
    told.show(washers(2)[0])


def test_that_a_watch_that_fails_ends_and_says_so(
    tmp_path: Path, calibrated: Calibrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(tmp_path, calibrated())

    def fail(_pixels: Image) -> None:
        raise MemoryError("no memory for a statistic")

    monkeypatch.setattr("inspector.watch.measure", fail)
    for _ in range(3):
        told.show(washers(2)[0])
    assert told.guarantee.reasons == ("Watching has failed and ended: MemoryError: no memory for a statistic.",)
    assert told.raised() == [CautionCode.GUARANTEE]


def _folder_camera(folder: Path, pictures: Sequence[Image]) -> str:
    folder.mkdir()
    for number, pixels in enumerate(pictures):
        (folder / f"part{number:04d}.png").write_bytes(encode_png(pixels))
    return f'kind = "folder"\npath = "{folder.as_posix()}"'


def test_that_a_station_whose_camera_loses_focus_says_so_after_its_decisions(
    tmp_path: Path, calibrated: Calibrate
) -> None:
    pictures = [*washers(120, seed=1)[:30], *_spoilt(faults.defocus(2.0))]
    camera = _folder_camera(tmp_path / "parts", pictures)
    recipe = recipe_of(tmp_path, calibrated(), camera=camera)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        station = StationThread(recipe, log, events, LatestSlot())
        station.run()
    seen = drained(events)
    assert seen[-1] == StationStateChanged(StationState.STOPPED)
    told = [event for event in seen if isinstance(event, GuaranteeChanged)]
    assert [event.holds for event in told] == [True, False]
    sick = next(n for n, event in enumerate(seen) if isinstance(event, CautionRaised))
    raised = seen[sick]
    assert isinstance(raised, CautionRaised)
    assert (raised.caution.code, raised.caution.source) == (CautionCode.CAMERA_SICK, "front")
    assert "out of focus" in raised.caution.what
    decided = [event.record.part_id for event in seen[:sick] if isinstance(event, PartDecided)]
    assert 30 < len(decided) < 60
    records = [event.record for event in seen if isinstance(event, PartDecided)]
    assert len(records) == len(pictures)
    later = [record.details.get("alarms") for record in records]
    assert later[: len(decided)] == [None] * len(decided)
    assert set(map(tuple, filter(None, later))) == {("The camera of the view 'front' is sick: blurred.",)}
    assert None not in later[len(decided) :]


def test_that_another_package_brings_another_watch(tmp_path: Path, calibrated: Calibrate) -> None:
    package, events = calibrated(), queue.SimpleQueue[Event]()
    recipe = recipe_of(tmp_path, package, "[policy]\npass_below = 0.5\nfail_from = 0.7")
    with open_log(tmp_path / "log") as log:
        thread = StationThread(recipe, log, events, LatestSlot())
        thread._watch = Watch(recipe, package, thread._cautions, events.put)
        thread._follower = cast("ModelFollower", _OneChange(AlwaysGoodModel(tiny_package(tmp_path / "other"))))
        thread._follow(cast("Station", _TakesAnyModel()))
    kinds = [type(event) for event in drained(events)]
    before = [CautionRaised, GuaranteeChanged]
    assert kinds == [*before, ModelChanged, CautionCleared, GuaranteeChanged]


class _OneChange:
    def __init__(self, model: AlwaysGoodModel) -> None:
        self._model = model

    def poll(self) -> Change:
        return Change(self._model, "0" * 64, "promote")


class _TakesAnyModel:
    def use(self, model: Model) -> None:
        """Judge with it from now on."""


def test_that_a_run_without_a_window_lists_its_cautions(tmp_path: Path, calibrated: Calibrate) -> None:
    camera = _folder_camera(tmp_path / "parts", _spoilt(faults.exposure(0.5), 30))
    summary = run_headless(recipe_of(tmp_path, calibrated(), camera=camera), tmp_path / "log", quiet=True)
    assert len(summary.cautions) == 1
    assert "darker" in summary.document()["cautions"][0]
    assert summary.failure is None
    guarantee = summary.document()["guarantee"]
    assert guarantee["holds"] is False
    assert guarantee["guarantees"][0]["n"] == 300
