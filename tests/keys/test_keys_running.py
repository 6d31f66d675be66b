"""A running station whose release names a package that nobody signed, or whose trusted keys are spoiled meanwhile."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.events import CautionCleared, CautionCode, CautionRaised, Event, PartDecided
from inspector.inference.package import Package
from inspector.log import open_log
from inspector.recipe import load_recipe
from inspector.release_change import enter, keep
from inspector.slots import LatestSlot
from inspector.worker import StationThread
from tests.keys.signing import ANNA, Signer, a_signer
from tests.support import recipe_text, tiny_package


@dataclass
class Line:
    """A station on a release whose first package is signed."""

    release: Path
    first: Package
    signer: Signer
    events: queue.SimpleQueue[Event]

    def until(self, wanted: Callable[[Event], bool]) -> Event:
        deadline_s = time.monotonic() + 60
        while True:
            event = self.events.get(timeout=max(0.01, deadline_s - time.monotonic()))
            if wanted(event):
                return event

    def promote(self, package: Package) -> None:
        keep(self.release, package)
        enter(self.release, package.hash, "promote", who=ANNA, why="next", expected=self.first.hash)


@pytest.fixture(name="line")
def _line(tmp_path: Path) -> Iterator[Line]:
    signer, first, release = a_signer(tmp_path), tiny_package(tmp_path / "first"), tmp_path / "release"
    signer.sign(first.folder)
    keep(release, first)
    enter(release, first.hash, "init", who=ANNA, why="first", expected=None)
    recipe = tmp_path / "washer.toml"
    recipe.write_text(recipe_text(release, trigger='kind = "source"\nperiod_ms = 20'), encoding="utf-8")
    signer.sign(recipe)
    line = Line(release, first, signer, queue.SimpleQueue())
    with open_log(tmp_path / "log") as log:
        thread = StationThread(load_recipe(recipe), log, line.events, LatestSlot())
        thread.start()
        yield line
        thread.stop()
        thread.join(30)
        assert not thread.is_alive()


def judged_by(package: Package) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, PartDecided) and event.record.package_hash == package.hash


def test_that_an_unsigned_promotion_changes_nothing_and_is_told(line: Line, tmp_path: Path) -> None:
    line.until(judged_by(line.first))
    line.promote(tiny_package(tmp_path / "unsigned", seed=1))
    said = line.until(lambda event: isinstance(event, CautionRaised) and event.caution.code is CautionCode.RELEASE)
    assert isinstance(said, CautionRaised)
    assert "is not signed" in said.caution.what
    assert "inspector keys sign" in said.caution.cure
    assert judged_by(line.first)(line.until(lambda event: isinstance(event, PartDecided)))


def test_that_trusted_keys_spoiled_meanwhile_stop_no_line(line: Line, tmp_path: Path, own_data_folder: Path) -> None:
    line.until(judged_by(line.first))
    (own_data_folder / "keys" / "trusted" / f"{'0' * 64}.json").write_text("{")
    second = tiny_package(tmp_path / "second", seed=1)
    line.promote(second)
    said = line.until(lambda event: isinstance(event, CautionRaised) and event.caution.code is CautionCode.RELEASE)
    assert isinstance(said, CautionRaised)
    assert "damaged" in said.caution.what
    assert judged_by(line.first)(line.until(lambda event: isinstance(event, PartDecided)))


def test_that_a_signed_promotion_comes_into_force_without_a_caution(line: Line, tmp_path: Path) -> None:
    line.until(judged_by(line.first))
    second = tiny_package(tmp_path / "second", seed=1)
    line.signer.sign(second.folder)
    line.promote(second)
    told: list[Event] = []

    def wanted(event: Event) -> bool:
        told.append(event)
        return judged_by(second)(event)

    line.until(wanted)
    raised = [event.caution for event in told if isinstance(event, CautionRaised)]
    assert [caution for caution in raised if caution.code in (CautionCode.SIGNATURE, CautionCode.RELEASE)] == []
    assert not any(isinstance(event, CautionCleared) for event in told)
