"""The shadow judges the same frames after the decision, is recorded beside it, and neither delays nor confuses."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector import shadow as shadow_module
from inspector.alarms import Cautions
from inspector.cli import main
from inspector.errors import ModelError, StoreError
from inspector.events import CautionCleared, CautionCode, CautionRaised, Event, PartDecided
from inspector.headless import run_headless
from inspector.inference.package import Package
from inspector.log import Log, confirm, correction, open_log, override, read_log
from inspector.recipe import Recipe, load_recipe, parse_recipe
from inspector.release_change import enter, keep
from inspector.shadow import WAITING, Shadow, ShadowCounts
from inspector.shadow_report import as_text, document_of, pairings
from inspector.slots import LatestSlot
from inspector.types import Frame, HeatMap, Image, Person, Prediction, Record, RecordKind, Verdict
from inspector.worker import StationThread
from tests.support import CLASSES, a_record, drained, noise_picture, recipe_text, tiny_package


class SlowModel:
    """Judges when it is let; calls everything a crack."""

    device = "double"

    def __init__(self, package: Package) -> None:
        self.package = package
        self.let_go = threading.Event()
        self.let_go.set()
        self.failure: Exception | None = None
        self.seen: list[Image] = []

    def warm_up(self) -> None:
        """Nothing to warm."""

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Wait, then judge."""
        assert self.let_go.wait(20)
        if self.failure is not None:
            raise self.failure
        self.seen += list(regions)
        others = dict.fromkeys(CLASSES, 0.0)
        return [Prediction("crack", {**others, "crack": 1.0}, 1.0) for _ in regions]

    def explain(self, region: Image) -> HeatMap:
        """Nothing to explain."""
        return np.zeros(region.shape[:2], np.float32)


class Scene:
    """A shadow with a model that waits for the test."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, camera: str = "") -> None:
        self.champion = tiny_package(folder / "champion", seed=0)
        self.model = SlowModel(tiny_package(folder / "challenger", seed=1))
        monkeypatch.setattr(shadow_module, "load_challenger", lambda _folder, _device: self.model)
        text = recipe_text(
            self.champion.folder,
            camera='kind = "simulated"\nsize_px = 96' + camera,
            extra=f'[shadow]\npackage = "{self.model.package.folder.as_posix()}"',
        )
        self.recipe: Recipe = parse_recipe(text, folder / "r.toml")
        self.log: Log = open_log(folder / "log")
        self.events: list[Event] = []
        config = self.recipe.content.shadow
        assert config is not None
        self.shadow = Shadow(self.recipe, config, self.log, Cautions(self.events.append))
        self.shadow.start()
        wait_until(lambda: self.shadow._loaded)

    def part(self, number: int, verdict: Verdict = Verdict.PASS, **changes: Any) -> Record:
        record = self.log.append(a_record(f"P{number}", verdict, package_hash=self.champion.hash, **changes))
        self.shadow.submit(record, (self.frame(number),))
        return record

    def frame(self, number: int) -> Frame:
        return Frame(noise_picture(number, 96, 96), "camera", "front", number, 0, 0)

    def said(self) -> list[Record]:
        return self.log.find(kind=RecordKind.SHADOW, limit=None, newest_first=False)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(tmp_path, monkeypatch, camera="\nregion = { x = 8, y = 16, width = 40, height = 32 }")
    yield made
    made.model.let_go.set()
    made.shadow.stop()
    made.log.close()
    assert "shadow" not in {thread.name for thread in threading.enumerate()}


def wait_until(done: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_that_the_challengers_word_stands_beside_the_inspection(scene: Scene) -> None:
    record = scene.part(1, truth="crack")
    wait_until(lambda: scene.shadow.counts.judged == 1)
    (said,) = scene.said()
    assert (said.refers_to, said.part_id, said.truth) == (record.record_id, "P1", "crack")
    assert said.package_hash == scene.model.package.hash
    assert said.decision.verdict is Verdict.FAIL
    assert said.decision.thresholds == scene.model.package.card.thresholds.to_thresholds()
    assert said.predictions["front"].predicted_class == "crack"
    assert said.details["champion"]["package_hash"] == scene.champion.hash
    np.testing.assert_array_equal(scene.model.seen[0], noise_picture(1, 96, 96)[16:48, 8:48])


def test_that_what_the_challenger_says_is_no_amendment_no_part_and_no_reject(scene: Scene) -> None:
    record = scene.part(1)
    wait_until(lambda: scene.shadow.counts.judged == 1)
    scene.log.append(confirm(record, who="Ada"))
    scene.log.append(correction(record, reason="x"))
    kinds = [later.kind for later in scene.log.amendments(record.record_id)]
    assert kinds == [RecordKind.CONFIRM, RecordKind.CORRECTION]
    assert sum(scene.log.counts().values()) == 1
    assert scene.log.counts()[Verdict.FAIL] == 0
    assert scene.log.find(verdict=Verdict.FAIL, kind=RecordKind.INSPECTION) == []


def test_that_a_full_queue_drops_the_oldest_counts_it_and_never_waits(scene: Scene) -> None:
    scene.model.let_go.clear()
    records = [scene.log.append(a_record(f"P{n}", package_hash=scene.champion.hash)) for n in range(40)]
    begun_s = time.monotonic()
    for number, record in enumerate(records):
        scene.shadow.submit(record, (scene.frame(number),))
    assert time.monotonic() - begun_s < 1.0
    cautions = [event.caution for event in scene.events if isinstance(event, CautionRaised)]
    assert [(caution.code, caution.source) for caution in cautions] == [(CautionCode.RELEASE, "shadow")]
    scene.model.let_go.set()
    counts = scene.shadow.counts
    assert counts.dropped in (40 - WAITING - 1, 40 - WAITING)  # one may have been taken out before the queue was full
    wait_until(lambda: scene.shadow.counts.judged + scene.shadow.counts.dropped == 40)
    newest = [record.part_id for record in scene.said()][-WAITING:]
    assert newest == [f"P{n}" for n in range(40 - WAITING, 40)]
    assert sum(record.details["dropped_before"] for record in scene.said()) == scene.shadow.counts.dropped
    for number in range(40, 40 + 400):  # slow enough now: the caution goes
        scene.part(number)
        wait_until(lambda n=number: scene.shadow.counts.judged + scene.shadow.counts.dropped > n)  # type: ignore[misc]
        if any(isinstance(event, CautionCleared) for event in scene.events):
            break
    assert any(isinstance(event, CautionCleared) for event in scene.events)


def test_that_stopping_judges_what_waits(scene: Scene) -> None:
    for number in range(5):
        scene.part(number)
    scene.shadow.stop()
    assert scene.shadow.counts == ShadowCounts(judged=5)


def test_that_stopping_a_stuck_challenger_takes_bounded_time_and_counts_what_is_left(scene: Scene) -> None:
    scene.model.let_go.clear()
    for number in range(5):
        scene.part(number)
    begun_s = time.monotonic()
    scene.shadow.stop(timeout_s=0.2)
    assert time.monotonic() - begun_s < 3.0
    assert scene.shadow.counts.dropped >= 4


def test_that_a_failing_challenger_is_recorded_as_its_error_and_a_failing_log_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.model.failure = ModelError("out of memory")
    scene.part(1)
    wait_until(lambda: scene.shadow.counts.judged == 1)
    assert scene.said()[0].decision.verdict is Verdict.ERROR
    scene.model.failure = None
    append = scene.log.records.append

    def fail(record: Record) -> Record:
        if record.kind is RecordKind.SHADOW:
            raise StoreError("disk I/O error")
        return append(record)

    monkeypatch.setattr(scene.log.records, "append", fail)
    scene.part(2)
    wait_until(lambda: scene.shadow.counts.failed == 1)
    assert "disk I/O error" in [e.caution for e in scene.events if isinstance(e, CautionRaised)][-1].what


def test_that_challenges_parts_without_frames_and_the_champion_itself_are_not_judged(scene: Scene) -> None:
    scene.part(1, kind=RecordKind.CHALLENGE)
    scene.shadow.submit(a_record("P2"), ())
    own = scene.log.append(a_record("P3", package_hash=scene.model.package.hash))
    scene.shadow.submit(own, (scene.frame(3),))
    scene.part(4)
    wait_until(lambda: scene.shadow.counts.judged == 1)
    assert [record.part_id for record in scene.said()] == ["P4"]
    assert scene.shadow.counts == ShadowCounts(judged=1)


def test_that_the_report_counts_agreement_and_lists_where_they_differ(scene: Scene) -> None:
    passed = scene.part(1, Verdict.PASS)
    scene.part(2, Verdict.FAIL)
    scene.part(3, Verdict.REVIEW)
    wait_until(lambda: scene.shadow.counts.judged == 3)
    assert scene.shadow.counts.agreed == 1
    scene.log.append(override(passed, verdict=Verdict.FAIL, reason="scratch", note="", who="Ada"))
    (pair,) = pairings(scene.said())
    assert pair.agreement == pytest.approx(1 / 3)
    assert pair.table[Verdict.PASS][Verdict.FAIL] == pair.table[Verdict.FAIL][Verdict.FAIL] == 1
    assert sum(sum(row.values()) for row in pair.table.values()) == 3
    assert [record.part_id for record in pair.discordant] == ["P1", "P3"]
    document = document_of([pair], {passed.record_id: Verdict.FAIL})
    assert [part["person"] for part in document["pairs"][0]["discordant"]] == ["FAIL", None]
    assert "person: FAIL" in as_text(document)
    assert as_text(document_of([], {})) == "No part was judged in shadow."


# The running line


def write_recipe(tmp_path: Path, champion: Path, challenger: Path, *, trigger: str = 'kind = "source"') -> Recipe:
    path = tmp_path / "recipe.toml"
    extra = f'[shadow]\npackage = "{challenger.as_posix()}"'
    path.write_text(recipe_text(champion, trigger=trigger, extra=extra), encoding="utf-8")
    return load_recipe(path)


def test_that_a_run_with_a_shadow_inspects_as_one_without_and_reports_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    champion, other = tiny_package(tmp_path / "a", seed=0), tiny_package(tmp_path / "b", seed=1)
    recipe = write_recipe(tmp_path, champion.folder, other.folder, trigger='kind = "source"\nperiod_ms = 40')
    summary = run_headless(recipe, tmp_path / "log", max_parts=12, quiet=True)
    assert (summary.parts, summary.records) == (12, 12)
    assert summary.shadow.judged + summary.shadow.dropped == 12
    assert summary.document()["shadow"]["judged"] == summary.shadow.judged > 0
    with read_log(tmp_path / "log") as log:
        inspected = {record.record_id for record in log.find(kind=RecordKind.INSPECTION, limit=None)}
        shadows = log.find(kind=RecordKind.SHADOW, limit=None)
        assert json.loads(log.records.package(other.hash)["card"])["backbone"] == "resnet10"
    assert {record.refers_to for record in shadows} <= inspected
    assert len(shadows) == summary.shadow.judged
    assert main(["log", "shadow", "--log", str(tmp_path / "log"), "--json", str(tmp_path / "s.json")]) == 0
    found = json.loads((tmp_path / "s.json").read_text())
    assert found["schema"] == "inspector.log-shadow/1"
    assert found["pairs"][0]["parts"] == len(shadows)
    assert champion.hash[:12] in capsys.readouterr().out
    assert main(["log", "replay", "--log", str(tmp_path / "log")]) == 0


def test_that_a_challenger_that_cannot_be_used_is_told_and_does_not_stop_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    champion = tiny_package(tmp_path / "a")
    recipe = write_recipe(tmp_path, champion.folder, tmp_path / "nowhere", trigger='kind = "source"\nperiod_ms = 40')
    assert main(["recipe", "check", str(recipe.path)]) == 2
    assert "shadow.package" in capsys.readouterr().out
    summary = run_headless(recipe, tmp_path / "log", max_parts=6, quiet=True)
    assert (summary.parts, summary.failure) == (6, None)
    assert summary.shadow.judged == 0
    assert any("challenger cannot be used" in sentence for sentence in summary.cautions)


def test_that_the_shadow_follows_the_challenger_of_a_release(tmp_path: Path) -> None:
    folder = tmp_path / "release"
    first, second, third = (tiny_package(tmp_path / str(seed), seed=seed) for seed in range(3))
    for package in (first, second, third):
        keep(folder, package)
    enter(folder, first.hash, "init", who=Person("Ada"), why="x", expected=None)
    recipe = write_recipe(tmp_path, folder, folder, trigger='kind = "source"\nperiod_ms = 20')
    assert main(["recipe", "check", str(recipe.path)]) == 0
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        thread = StationThread(recipe, log, events, LatestSlot())
        thread.start()
        wait_until(lambda: thread.parts > 3)
        assert thread.shadow_counts == ShadowCounts()  # no challenger, nothing to judge and nothing to complain of
        for package in (second, third):
            enter(folder, package.hash, "shadow", who=Person("Ada"), why="x", expected=first.hash)
            wait_until(lambda h=package.hash: any(  # type: ignore[misc]
                record.package_hash == h for record in log.find(kind=RecordKind.SHADOW, limit=5)
            ))  # fmt: skip
        enter(folder, third.hash, "promote", who=Person("Ada"), why="x", expected=first.hash)
        wait_until(lambda: log.find(kind=RecordKind.INSPECTION, limit=1)[0].package_hash == third.hash)
        thread.stop()
        thread.join(20)
        pairs = pairings(log.find(kind=RecordKind.SHADOW, limit=None, newest_first=False))
    assert {(pair.champion, pair.challenger) for pair in pairs} <= {
        (first.hash, second.hash), (first.hash, third.hash), (third.hash, second.hash),
    }  # fmt: skip
    assert not any(
        isinstance(event, CautionRaised) and "cannot be used" in event.caution.what for event in drained(events)
    )


def test_that_a_station_ends_in_time_with_a_shadow_at_work(tmp_path: Path) -> None:
    champion, other = tiny_package(tmp_path / "a", seed=0), tiny_package(tmp_path / "b", seed=1)
    recipe = write_recipe(tmp_path, champion.folder, other.folder)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with open_log(tmp_path / "log") as log:
        thread = StationThread(recipe, log, events, LatestSlot())
        thread.start()
        while not any(isinstance(event, PartDecided) for event in drained(events)):
            time.sleep(0.01)
        thread.stop()
        thread.join(10)
        assert not thread.is_alive()
    assert not {thread.name for thread in threading.enumerate()} & {"shadow", "station", "model-loader"}
