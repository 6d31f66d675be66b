"""A window, a line of one's own making, and a check that nothing is left behind."""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.app import make_application
from gui.jobs import Jobs
from gui.look import Look
from gui.memory import Memory
from gui.operator.page import OperatorPage
from gui.session import StationSession, open_session
from gui.theme import LIGHT
from inspector.events import Event, FaultRaised, HeatMapReady, PartDecided, StationState, StationStateChanged
from inspector.inference.package import Package
from inspector.log import Log
from inspector.recipe import Recipe, load_recipe
from inspector.slots import LatestSlot
from inspector.types import Decision, Frame, Person, Prediction, Record, RecordKind, Thresholds, Verdict
from tests.support import a_record, noise_picture, recipe_text, tiny_package

WAIT_MS = 20_000


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The one application, made as the program makes it."""
    made = make_application()
    gc.collect()
    gc.freeze()
    return made


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication) -> Iterator[None]:
    """Every top-level widget and every thread that a test brings must be gone after it."""
    threads = _threads()
    gc.disable()  # as `gui.collector`: no worker may free a widget
    yield
    gc.collect()
    gc.enable()
    qapp.processEvents()
    shown = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    assert not shown, f"windows left open: {shown}"
    until = time.monotonic() + 5.0
    left = _threads() - threads
    for thread in left:
        thread.join(max(0.0, until - time.monotonic()))
    left = {thread for thread in left if thread.is_alive()}
    assert not left, f"threads left running: {left}"


def _threads() -> set[threading.Thread]:
    """Python's own threads; those of Qt's pools show up as dummies, and rest by themselves."""
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """A memory of its own."""
    return Memory(tmp_path / "window.ini")


@pytest.fixture
def look(qapp: QApplication, memory: Memory) -> Iterator[Look]:
    """English, light and small, whatever the screen is and the test changes."""
    made = Look(qapp, memory)
    made.scale = 1.0  # that of a small screen, whatever screen the tests run on
    made.set_theme(LIGHT)
    made.set_language("en")
    yield made
    made.set_language("en")
    made.set_theme(LIGHT)
    made.deleteLater()


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A real package with random weights that calls every part REVIEW or FAIL."""
    return tiny_package(tmp_path_factory.mktemp("package"), pass_below=0.2, fail_from=0.7)


@pytest.fixture
def recipe(tmp_path: Path, package: Package) -> Recipe:
    """The simulated line, as fast as it can, with the real package."""
    path = tmp_path / "product.toml"
    path.write_text(recipe_text(package.folder), encoding="utf-8")
    return load_recipe(path)


class HandLine:
    """A line that says what the test says."""

    def __init__(self, log: Log, events: queue.SimpleQueue[Event], preview: LatestSlot[Frame]) -> None:
        self.log, self.events, self.preview = log, events, preview
        self.triggers = self.acknowledged = self.number = self.challenges = 0
        self.alive = False
        self.started_by = Person("")

    def start(self) -> None:
        self.alive = True
        self.events.put(StationStateChanged(StationState.STARTING))
        self.events.put(StationStateChanged(StationState.RUNNING))

    def stop(self) -> None:
        if self.alive:
            self.alive = False
            self.events.put(StationStateChanged(StationState.STOPPED))

    def trigger(self) -> None:
        self.triggers += 1

    def acknowledge(self) -> None:
        self.acknowledged += 1

    def challenge(self) -> None:
        self.challenges += 1

    def is_alive(self) -> bool:
        return self.alive

    def join(self, timeout: float | None = None) -> None:
        assert not self.alive

    def frame(self, seed: int = 0, view: str = "front") -> Frame:
        return Frame(noise_picture(seed), "camera", view, seed, time.monotonic_ns(), time.time_ns())

    def decide(
        self,
        verdict: Verdict,
        *,
        score: float = 0.9,
        views: tuple[str, ...] = ("front",),
        reason: str = "because",
        kind: RecordKind = RecordKind.INSPECTION,
        anomaly: float | None = None,
    ) -> Record:
        """Judge a part: recorded in the log and told."""
        self.number += 1
        named = "good" if verdict is Verdict.PASS else "scratch"
        shown = None if verdict is Verdict.ERROR else score
        frames = (
            ()
            if verdict is Verdict.ERROR
            else tuple(self.frame(self.number + 1000 * place, view) for place, view in enumerate(views))
        )
        images = tuple(future.result() for future in self.log.images.submit(frames)) if frames else ()
        record = a_record(
            f"P{self.number}",
            verdict,
            record_id=f"{self.number:032x}",
            kind=kind,
            decision=Decision(verdict, reason, named, shown, Thresholds(0.3, 0.7), views[0]),
            predictions={views[0]: Prediction(named, {"good": 1 - score, "scratch": score}, score, anomaly)},
            images=images,
            stage_ms={"grab": 1.0, "predict": 12.0, "total": 18.0},
        )
        record = replace(self.log.append(record))
        self.events.put(PartDecided(record, frames))
        return record

    def explain(self, record: Record, view: str = "front") -> None:
        heat = np.zeros((48, 64), np.float32)
        heat[10:20, 30:40] = 1.0
        self.events.put(HeatMapReady(record.record_id, view, heat))

    def tell(self, *events: Event) -> None:
        for event in events:
            self.events.put(event)

    def fault(self, event: FaultRaised) -> None:
        self.events.put(event)


class Desk:
    """An operator's page with a hand-driven line, and what a test wants of it."""

    def __init__(self, page: OperatorPage, session: StationSession, line: HandLine, qtbot: QtBot) -> None:
        self.page, self.session, self.line, self._qtbot = page, session, line, qtbot

    def until(self, condition: Callable[[], bool]) -> None:
        """Let Qt work until the condition holds."""
        self._qtbot.waitUntil(condition, timeout=WAIT_MS)

    def decide(self, verdict: Verdict, **how: object) -> Record:
        """Judge a part and wait until it is on the screen."""
        record = self.line.decide(verdict, **how)  # type: ignore[arg-type]
        self.until(lambda: self.page.live is not None and self.page.live.record.record_id == record.record_id)
        self.page.live_since -= 10.0  # the operator has seen it for a while
        return record


@pytest.fixture
def desk(look: Look, memory: Memory, recipe: Recipe, tmp_path: Path, qtbot: QtBot) -> Iterator[Desk]:
    """The operator's page on a running, hand-driven line."""
    lines: list[HandLine] = []

    def make_line(
        _recipe: Recipe,
        log: Log,
        events: queue.SimpleQueue[Event],
        preview: LatestSlot[Frame],
        _parts: int | None,
    ) -> HandLine:
        lines.append(HandLine(log, events, preview))
        return lines[-1]

    failures: list[Exception] = []
    jobs = Jobs(failures.append)
    session = open_session(recipe, tmp_path / "log", jobs, make_line=make_line)
    page = OperatorPage(look, memory, session, jobs)
    page.resize(1280, 800)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow, timeout=WAIT_MS)  # keys go to the active window alone
    session.start()
    made = Desk(page, session, lines[0], qtbot)
    made.until(lambda: page.verdict.sign.word == "Ready")
    yield made
    page.close_page()
    session.close()
    page.close()
    page.deleteLater()
    assert not failures
