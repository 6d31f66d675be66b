"""The release folder, the rollback command, and a running station that follows both between two parts."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from inspector import release_change
from inspector.cli import main
from inspector.errors import PackageError, UsageError
from inspector.events import (
    CautionCleared,
    CautionRaised,
    Event,
    HeatMapReady,
    ModelChanged,
    PartDecided,
    StationState,
    StationStateChanged,
)
from inspector.inference.package import Package, open_package
from inspector.log import Log, open_log, read_log
from inspector.recipe import Recipe, load_recipe
from inspector.release import POLL_S, RELEASE_FILE, Action, Entry, Release, read_release
from inspector.release_change import LOCK_FILE, enter, keep
from inspector.replay import replay
from inspector.slots import LatestSlot
from inspector.types import Person, RecordKind, Thresholds, Verdict
from inspector.worker import StationThread
from tests.support import recipe_text, tiny_package

WHO = ["--who", "Ada", "--why", "because"]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Package]:
    folder = tmp_path_factory.mktemp("packages")
    return [tiny_package(folder / str(seed), seed=seed) for seed in range(3)]


def release_of(folder: Path, packages: list[Package]) -> Path:
    """Make a release in which each package came into force after the other."""
    before: str | None = None
    for package in packages:
        before = bring_in(folder, package, "promote" if before else "init", before)
    return folder


def bring_in(folder: Path, package: Package, action: Action, before: str | None) -> str:
    keep(folder, package)
    return enter(folder, package.hash, action, who=Person("Ada"), why="because", expected=before).champion


def test_that_a_release_stands_for_its_champion_wherever_a_package_is_asked_for(
    tmp_path: Path, packages: list[Package], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = release_of(tmp_path / "release", packages[:2])
    assert open_package(folder).hash == packages[1].hash
    assert open_package(folder, packages[0].hash).hash == packages[0].hash
    with pytest.raises(PackageError, match="is no model package"):
        open_package(folder, packages[2].hash)
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(folder, extra=f'package_hash = "{packages[1].hash}"'), encoding="utf-8")
    assert main(["recipe", "check", str(path)]) == 0
    path.write_text(recipe_text(folder, extra=f'package_hash = "{packages[0].hash}"'), encoding="utf-8")
    assert main(["recipe", "check", str(path)]) == 2
    assert packages[1].hash in capsys.readouterr().out


def test_that_a_plain_package_that_is_not_the_one_asked_for_is_refused(packages: list[Package]) -> None:
    assert open_package(packages[0].folder, packages[0].hash).hash == packages[0].hash
    with pytest.raises(PackageError, match="holds the package"):
        open_package(packages[0].folder, packages[1].hash)


def test_that_the_packages_of_a_release_are_never_written_to(tmp_path: Path, packages: list[Package]) -> None:
    folder = release_of(tmp_path / "release", packages[:1])
    for target in (folder, folder / "packages" / packages[0].hash):
        with pytest.raises(PackageError, match="never changed"):
            tiny_package(target, seed=5)
    assert open_package(folder).hash == packages[0].hash


def test_that_a_damaged_copy_is_made_whole_by_keeping_it_again(tmp_path: Path, packages: list[Package]) -> None:
    folder = release_of(tmp_path / "release", packages[:1])
    (folder / "packages" / packages[0].hash / "weights.safetensors").write_bytes(b"rot")
    with pytest.raises(PackageError, match="SHA-256"):
        open_package(folder)
    keep(folder, packages[0])
    assert open_package(folder).hash == packages[0].hash


def test_that_the_history_says_who_when_and_why_and_is_only_appended_to(
    tmp_path: Path, packages: list[Package]
) -> None:
    folder = release_of(tmp_path / "release", packages[:2])
    first = read_release(folder).history
    assert [(entry.action, entry.who, entry.why) for entry in first] == [
        ("init", "Ada", "because"),
        ("promote", "Ada", "because"),
    ]
    assert main(["rollback", str(folder), *WHO]) == 0
    assert read_release(folder).history[:2] == first
    for who, why in (("", "x"), ("x", " ")):
        with pytest.raises(UsageError, match="name"):
            enter(folder, packages[1].hash, "promote", who=Person(who), why=why, expected=packages[0].hash)


def test_that_a_decision_made_against_another_champion_is_refused(tmp_path: Path, packages: list[Package]) -> None:
    folder = release_of(tmp_path / "release", packages[:2])
    with pytest.raises(UsageError, match="meanwhile"):
        enter(folder, packages[0].hash, "rollback", who=Person("Ada"), why="late", expected=packages[0].hash)
    assert read_release(folder).champion == packages[1].hash


def test_that_a_release_is_changed_by_one_at_a_time(
    tmp_path: Path, packages: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = release_of(tmp_path / "release", packages[:2])
    monkeypatch.setattr(release_change, "LOCK_TIMEOUT_S", 0.05)
    with FileLock(folder / LOCK_FILE), pytest.raises(UsageError, match="somebody else"):
        enter(folder, packages[0].hash, "rollback", who=Person("Ada"), why="x", expected=packages[1].hash)
    assert read_release(folder).champion == packages[1].hash


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-40],
        lambda text: text.replace("inspector.release/1", "inspector.release/9"),
        lambda text: json.dumps({**json.loads(text), "champion": "0" * 64}),
        lambda text: json.dumps({**json.loads(text), "history": []}),
        lambda _text: "[]",
    ],
    ids=["cut", "newer format", "champion without history", "no history", "no object"],
)
def test_that_a_damaged_release_file_is_refused_with_its_name(
    tmp_path: Path, packages: list[Package], damage: Callable[[str], str]
) -> None:
    folder = release_of(tmp_path / "release", packages[:1])
    path = folder / RELEASE_FILE
    path.write_text(damage(path.read_text()))
    with pytest.raises(PackageError, match=r"release\.json"):
        open_package(folder)


def test_that_rollback_goes_back_step_by_step_and_ends_at_the_first(
    tmp_path: Path, packages: list[Package], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = release_of(tmp_path / "release", packages)
    for expected in (packages[1].hash, packages[0].hash):
        assert main(["rollback", str(folder), *WHO, "--json", str(tmp_path / "found.json")]) == 0
        assert open_package(folder).hash == expected
        assert json.loads((tmp_path / "found.json").read_text())["champion"] == expected
    assert main(["rollback", str(folder), *WHO]) == 2
    assert main(["rollback", str(folder), "--to", packages[0].hash[:10], *WHO]) == 2  # in force already
    assert main(["rollback", str(folder), "--to", "f00d", *WHO]) == 2
    assert main(["rollback", str(folder), "--to", packages[2].hash[:10], *WHO]) == 0
    assert open_package(folder).hash == packages[2].hash
    said = capsys.readouterr().err
    assert "in force already" in said
    assert "no package" in said


def test_that_rollback_to_a_damaged_package_is_refused(tmp_path: Path, packages: list[Package]) -> None:
    folder = release_of(tmp_path / "release", packages[:2])
    (folder / "packages" / packages[0].hash / "weights.safetensors").write_bytes(b"rot")
    assert main(["rollback", str(folder), *WHO]) == 2
    assert read_release(folder).champion == packages[1].hash


def test_that_rollback_loads_no_network_library(tmp_path: Path, packages: list[Package]) -> None:
    import subprocess
    import sys

    folder = release_of(tmp_path / "release", packages[:2])
    script = (
        "import sys\nfrom inspector.cli import main\n"
        f"assert main({['rollback', str(folder), *WHO]!r}) == 0\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@given(
    st.lists(st.tuples(st.sampled_from(["promote", "rollback", "shadow", "refused"]), st.integers(0, 4)), max_size=20)
)
def test_that_rolling_back_never_brings_in_what_was_just_rolled_back(steps: list[tuple[Action, int]]) -> None:
    def entry(action: Action, hash_: str) -> Entry:
        return Entry(hash=hash_, action=action, who="Ada", why="x", when="now")

    history = [entry("init", "0" * 64)]
    champion = "0" * 64
    for action, number in steps:
        release = Release(champion=champion, history=tuple(history))
        hash_ = str(number) * 64
        if action == "rollback":
            if not release.earlier:
                continue
            hash_ = champion = release.earlier[-1]
        elif action == "promote":
            if hash_ == champion:
                continue
            champion = hash_
        history.append(entry(action, hash_))
        after = Release(champion=champion, history=tuple(history))
        if action == "rollback":
            assert after.earlier == release.earlier[:-1]
        elif action == "promote":
            assert after.earlier[-1] == release.champion


# A running station


class Line:
    """A running station whose events can be waited for."""

    def __init__(self, recipe: Recipe, log: Log) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.seen: list[Event] = []
        self.thread = StationThread(recipe, log, self.events, LatestSlot())
        self.thread.start()

    def until(self, wanted: Callable[[Event], bool], timeout_s: float = 30) -> Event:
        deadline = time.monotonic() + timeout_s
        while True:
            event = self.events.get(timeout=max(0.01, deadline - time.monotonic()))
            self.seen.append(event)
            if wanted(event):
                return event

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.seen if isinstance(event, kind)]

    def stop(self) -> None:
        self.thread.stop()
        self.until(lambda event: isinstance(event, StationStateChanged) and event.state is StationState.STOPPED)
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def start(tmp_path: Path, packages: list[Package]) -> Iterator[Callable[..., tuple[Line, Path, Log]]]:
    """Start a line on a release; everything is stopped after the test."""
    folder = tmp_path / "release"
    log = open_log(tmp_path / "log")
    lines: list[Line] = []

    def begin(champions: list[Package], *, extra: str = "", **parts: str) -> tuple[Line, Path, Log]:
        release_of(folder, champions)
        path = tmp_path / "recipe.toml"
        trigger = parts.pop("trigger", 'kind = "source"\nperiod_ms = 15')
        path.write_text(recipe_text(folder, trigger=trigger, extra=extra, **parts), encoding="utf-8")
        lines.append(Line(load_recipe(path), log))
        return lines[-1], folder, log

    yield begin
    for line in lines:
        if line.thread.is_alive():
            line.stop()
    log.close()
    assert "model-loader" not in {thread.name for thread in threading.enumerate()}


def judged_by(hash_: str) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, PartDecided) and event.record.package_hash == hash_


def test_that_a_running_line_follows_promotion_and_rollback_without_losing_a_part(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], tmp_path: Path
) -> None:
    first, second, _ = packages
    limits = "[policy]\ndeadline_ms = 3000"
    line, folder, log = start([first], extra=limits)
    line.until(judged_by(first.hash))
    bring_in(folder, second, "promote", first.hash)
    line.until(judged_by(second.hash))
    begun_s = time.monotonic()
    assert main(["rollback", str(folder), *WHO]) == 0
    line.until(judged_by(first.hash))
    assert time.monotonic() - begun_s < 5.0
    line.stop()
    records = log.find(limit=None, newest_first=False)
    assert [record.details["trigger"]["number"] for record in records] == list(range(1, len(records) + 1))
    assert Verdict.ERROR not in {record.decision.verdict for record in records}
    changes = [(event.package_hash, event.previous_hash, event.reason) for event in line.of(ModelChanged)]
    assert changes == [
        (first.hash, "", "start"),
        (second.hash, first.hash, "promote"),
        (first.hash, second.hash, "rollback"),
    ]
    assert all(item.same and item.largest_difference == 0.0 for item in replay(log, records))


def test_that_an_idle_line_follows_too_and_the_next_part_is_judged_at_the_new_limits(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], tmp_path: Path
) -> None:
    easy = tiny_package(tmp_path / "easy", seed=0, pass_below=1.0, fail_from=1.0)
    line, folder, _ = start([packages[0]], trigger='kind = "manual"')
    line.until(lambda event: isinstance(event, ModelChanged))
    bring_in(folder, easy, "promote", packages[0].hash)
    line.until(lambda event: isinstance(event, ModelChanged) and event.reason == "promote")
    line.thread.trigger()
    event = line.until(lambda event: isinstance(event, PartDecided))
    assert isinstance(event, PartDecided)
    assert event.record.decision.thresholds is not None
    assert event.record.decision.thresholds.pass_below == 1.0


def test_that_limits_of_the_recipe_stay_in_force_for_every_package(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], tmp_path: Path
) -> None:
    easy = tiny_package(tmp_path / "easy", seed=0, pass_below=1.0, fail_from=1.0)
    line, folder, log = start([packages[0]], extra="[policy]\npass_below = 0.2\nfail_from = 0.6")
    bring_in(folder, easy, "promote", packages[0].hash)
    line.until(judged_by(easy.hash))
    line.stop()
    assert {record.decision.thresholds for record in log.find(limit=None)} == {Thresholds(0.2, 0.6)}


@pytest.mark.parametrize("damage", ["weights", "release file", "pinned"])
def test_that_a_released_package_that_cannot_be_used_leaves_the_old_one_judging_loudly(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], damage: str
) -> None:
    first, second, _ = packages
    pin = f'package_hash = "{first.hash}"' if damage == "pinned" else ""
    line, folder, log = start([first], extra=pin)
    line.until(judged_by(first.hash))
    keep(folder, second)
    if damage == "weights":
        (folder / "packages" / second.hash / "weights.safetensors").write_bytes(b"rot")
    if damage == "release file":
        whole = (folder / RELEASE_FILE).read_bytes()
        (folder / RELEASE_FILE).write_text("{")
    else:
        enter(folder, second.hash, "promote", who=Person("Ada"), why="x", expected=first.hash)
    caution = line.until(lambda event: isinstance(event, CautionRaised))
    assert isinstance(caution, CautionRaised)
    assert first.hash[:12] in caution.caution.what
    assert "rollback" in caution.caution.cure
    seen = len(line.of(PartDecided))
    while len(line.of(PartDecided)) < seen + 5:  # the line goes on
        line.until(judged_by(first.hash))
    if damage == "release file":
        (folder / RELEASE_FILE).write_bytes(whole)
    else:
        assert main(["rollback", str(folder), *WHO]) == 0
    line.until(lambda event: isinstance(event, CautionCleared))
    line.stop()
    assert {record.package_hash for record in log.find(limit=None)} == {first.hash}


def test_that_the_last_of_several_changes_during_a_load_is_the_one_that_counts(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector import models

    first, second, third = packages
    line, folder, _ = start([first])
    line.until(judged_by(first.hash))
    load, loading, go_on = models.load_model, threading.Event(), threading.Event()

    def slow(recipe: Recipe, hash_: str | None = None) -> Any:
        if hash_ == second.hash:
            loading.set()
            assert go_on.wait(20)
        return load(recipe, hash_)

    monkeypatch.setattr(models, "load_model", slow)
    bring_in(folder, second, "promote", first.hash)
    assert loading.wait(20)
    bring_in(folder, third, "promote", second.hash)
    time.sleep(POLL_S * 1.5)  # the station has seen the second change while it loads the first
    go_on.set()
    line.until(judged_by(third.hash))
    line.stop()
    assert second.hash not in {event.package_hash for event in line.of(ModelChanged)}


def test_that_the_package_of_a_rollback_is_in_memory_before_anybody_asks_for_it(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector import models

    first, second, third = packages
    loaded: list[str] = []
    load = models.load_model

    def spy(recipe: Recipe, hash_: str | None = None) -> Any:
        model = load(recipe, hash_)
        loaded.append(model.package.hash)
        return model

    monkeypatch.setattr(models, "load_model", spy)
    line, folder, _ = start([first, second, third])  # as after a restart: only the release knows what was before

    def wait_for(hashes: list[str]) -> None:
        while loaded != hashes:
            line.until(lambda event: isinstance(event, PartDecided))

    wait_for([third.hash, second.hash])
    assert main(["rollback", str(folder), *WHO]) == 0
    line.until(judged_by(second.hash))
    wait_for([third.hash, second.hash, first.hash])  # and the next step back is made ready
    assert main(["rollback", str(folder), *WHO]) == 0
    line.until(judged_by(first.hash))
    line.stop()
    assert loaded == [third.hash, second.hash, first.hash]


def test_that_a_rollback_that_would_fail_is_told_before_it_is_needed(
    start: Callable[..., tuple[Line, Path, Log]],
    packages: list[Package],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from inspector import models

    monkeypatch.setattr(models, "_RETRY_S", 0.2)
    first, second, _ = packages
    release_of(tmp_path / "release", [first])
    weights = tmp_path / "release" / "packages" / first.hash / "weights.safetensors"
    line, _, log = start([])
    line.until(judged_by(first.hash))
    line.stop()
    bring_in(tmp_path / "release", second, "promote", first.hash)
    weights.write_bytes(b"rot")
    again = Line(load_recipe(tmp_path / "recipe.toml"), log)
    caution = again.until(lambda event: isinstance(event, CautionRaised))
    assert isinstance(caution, CautionRaised)
    assert "A rollback would fail" in caution.caution.what
    again.until(judged_by(second.hash))
    keep(tmp_path / "release", first)
    again.until(lambda event: isinstance(event, CautionCleared))
    again.stop()


def test_that_a_part_is_explained_by_the_package_that_judged_it(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector import models, worker

    first, second, _ = packages
    loaded: list[str | None] = []
    load = models.load_model

    def spy(recipe: Recipe, hash_: str | None = None) -> Any:
        loaded.append(hash_)
        return load(recipe, hash_)

    monkeypatch.setattr(worker, "load_model", spy)  # the explainer's; the station's own is loaded by the follower
    reject_all = "[policy]\npass_below = 0.0\nfail_from = 0.0"
    line, folder, _ = start([first], extra=reject_all, trigger='kind = "manual"')
    line.thread.trigger()
    line.until(lambda event: isinstance(event, HeatMapReady))
    bring_in(folder, second, "promote", first.hash)
    line.until(lambda event: isinstance(event, ModelChanged) and event.reason == "promote")
    line.thread.trigger()
    line.until(lambda event: isinstance(event, HeatMapReady))
    assert loaded == [first.hash, second.hash]


def test_that_replay_finds_every_package_of_a_release(
    start: Callable[..., tuple[Line, Path, Log]], packages: list[Package], tmp_path: Path
) -> None:
    first, second, _ = packages
    line, folder, log = start([first])
    line.until(judged_by(first.hash))
    bring_in(folder, second, "promote", first.hash)
    line.until(judged_by(second.hash))
    line.stop()
    log.close()
    moved = folder.rename(tmp_path / "elsewhere")
    with read_log(tmp_path / "log") as reader:
        assert not any(item.same for item in replay(reader, reader.find(kind=RecordKind.INSPECTION)))
    moved.rename(folder)
    with read_log(tmp_path / "log") as reader:
        found = list(replay(reader, reader.find(limit=None)))
    assert {item.record.package_hash for item in found} == {first.hash, second.hash}
    assert all(item.same for item in found)
