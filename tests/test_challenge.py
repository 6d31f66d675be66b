"""Challenge parts: no release while known bad parts are due, whatever the verdicts, causes, clocks and restarts."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.alarms import Cautions
from inspector.cameras.feed import CameraFeed
from inspector.cameras.trigger import TriggerSource
from inspector.challenge import Challenge, Challenges, Proof, cause_due, shift_start_ns
from inspector.cli import main
from inspector.decisions.outputs import OutputError, SimulatedGate
from inspector.errors import ModelError, StoreError
from inspector.events import (
    CautionCleared,
    CautionCode,
    CautionRaised,
    ChallengeProgress,
    Event,
    PartDecided,
    StationState,
    StationStateChanged,
)
from inspector.headless import run_headless
from inspector.inference.package import Package
from inspector.log import Log, open_log, read_log
from inspector.recipe import ChallengeConfig, load_recipe, parse_recipe
from inspector.replay import replay
from inspector.slots import LatestSlot
from inspector.station import Station
from inspector.types import HeatMap, Image, Prediction, Record, RecordKind, Verdict
from inspector.worker import StationThread
from tests.support import (
    CLASSES,
    ScriptedCamera,
    a_record,
    drained,
    noise_picture,
    recipe_text,
    tiny_package,
)

BERLIN = ZoneInfo("Europe/Berlin")
SHIFTS = ("06:00", "14:00", "22:00")
RECIPE, PACKAGE = "a" * 64, "b" * 64
REJECTED = (Verdict.FAIL, Verdict.REVIEW)
verdicts = st.sampled_from(list(Verdict))


def at(text: str, fold: int = 0) -> int:
    """Return a Berlin time of day as Unix nanoseconds."""
    moment = datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)
    return int(moment.timestamp()) * 1_000_000_000


# The pure part


@given(st.lists(verdicts, max_size=40), st.integers(1, 5))
def test_that_a_challenge_is_passed_exactly_by_enough_rejects_in_a_row_with_errors_left_out(
    said: list[Verdict], wanted: int
) -> None:
    challenge = Challenge(wanted, "start")
    for number, verdict in enumerate(said, 1):
        challenge = challenge.after(verdict)
        evidence = [v for v in said[:number] if v is not Verdict.ERROR]
        in_a_row = len(evidence) - max((i + 1 for i, v in enumerate(evidence) if v is Verdict.PASS), default=0)
        assert challenge.passed == (in_a_row >= wanted)
        assert challenge.number == number


@pytest.mark.parametrize(
    ("now", "begun"),
    [
        ("2026-11-25 06:00", "2026-11-25 06:00"),
        ("2026-11-25 13:59", "2026-11-25 06:00"),
        ("2026-11-25 05:59", "2026-11-24 22:00"),
        ("2026-11-25 00:30", "2026-11-24 22:00"),
        ("2026-03-29 05:30", "2026-03-28 22:00"),  # the night in which the clock is put forward
        ("2026-10-25 05:30", "2026-10-24 22:00"),  # the night in which it is put back
        ("2026-10-25 06:00", "2026-10-25 06:00"),
    ],
)
def test_that_the_shift_is_the_one_that_began_last(now: str, begun: str) -> None:
    assert shift_start_ns(at(now), SHIFTS, BERLIN) == at(begun)


def test_that_a_shift_in_the_doubled_hour_begins_once() -> None:
    shifts = ("02:30",)
    first, second = at("2026-10-25 02:30"), at("2026-10-25 02:30", fold=1)
    assert second - first == 3_600_000_000_000
    for now in (first, first + 1, second - 1, second, second + 1, at("2026-10-25 12:00")):
        assert shift_start_ns(now, shifts, BERLIN) == first
    assert shift_start_ns(first - 1, shifts, BERLIN) == at("2026-10-24 02:30")


def test_that_a_shift_in_the_skipped_hour_begins_once() -> None:
    begun = {shift_start_ns(at("2026-03-29 01:59") + s * 60_000_000_000, ("02:30",), BERLIN) for s in range(300)}
    assert begun == {at("2026-03-28 02:30"), at("2026-03-29 03:30")}


@given(
    st.integers(at("2026-01-01 00:00"), at("2027-12-31 00:00")),
    st.lists(st.times().map(lambda t: t.strftime("%H:%M")), min_size=1, max_size=4),
)
def test_that_a_shift_began_within_the_last_day_and_lasts_until_the_next(now: int, shifts: list[str]) -> None:
    begun = shift_start_ns(now, shifts, BERLIN)
    assert begun <= now < begun + 25 * 3_600_000_000_000
    assert shift_start_ns(begun, shifts, BERLIN) == begun


def due(config: ChallengeConfig, proof: Proof | None, now: int, *, recipe: str = RECIPE, package: str = PACKAGE) -> str:
    return cause_due(config, proof, now_ns=now, recipe_hash=recipe, package_hash=package, zone=BERLIN)


def test_that_a_proof_holds_for_its_shift_recipe_and_package() -> None:
    both = ChallengeConfig(at=("shift", "changeover"), shifts=SHIFTS)
    proof = Proof(at("2026-11-25 06:10"), RECIPE, PACKAGE)
    assert due(both, proof, at("2026-11-25 13:59")) == ""
    assert due(both, proof, at("2026-11-25 14:00")) == "shift"
    assert due(both, proof, at("2026-11-25 13:59"), recipe="c" * 64) == "changeover"
    assert due(both, proof, at("2026-11-25 13:59"), package="c" * 64) == "changeover"
    assert due(both, None, at("2026-11-25 13:59")) == "changeover"
    assert due(ChallengeConfig(at=("shift",)), None, at("2026-11-25 13:59")) == "shift"
    assert due(ChallengeConfig(at=("start",)), None, at("2026-11-25 13:59")) == ""


def test_that_a_proof_from_the_future_proves_nothing() -> None:
    shift = ChallengeConfig(at=("shift",), shifts=SHIFTS)
    assert due(shift, Proof(at("2026-11-25 13:00"), RECIPE, PACKAGE), at("2026-11-25 06:30")) == "shift"
    step = Proof(at("2026-11-25 06:31"), RECIPE, PACKAGE)  # the clock was corrected by a minute
    assert due(shift, step, at("2026-11-25 06:30")) == ""


# The keeper, with a log and an injected clock


class Desk:
    """A keeper on a log, told of parts as the station tells it."""

    def __init__(self, log: Log, config: ChallengeConfig | None, now: int, *, recipe: str = RECIPE) -> None:
        self.log, self.now, self.recipe = log, now, recipe
        self.events: list[Event] = []
        self.keeper = Challenges(
            config, recipe, log, self.events.append, Cautions(self.events.append), now_ns=lambda: self.now, zone=BERLIN
        )

    def part(self, verdict: Verdict, package: str = PACKAGE) -> bool:
        """Judge a part; return whether it belonged to a challenge."""
        challenge = self.keeper.due(package)
        record = a_record(verdict=verdict, recipe_hash=self.recipe, package_hash=package, decided_time_ns=self.now)
        if challenge is not None:
            details = {"challenge": challenge.after(verdict).document()}
            record = replace(record, kind=RecordKind.CHALLENGE, details=details)
        self.keeper.judged(self.log.append(record))
        return challenge is not None


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with open_log(tmp_path / "log") as opened:
        yield opened


NOW = at("2026-11-25 07:00")


def test_that_progress_is_told_and_production_goes_on_after_the_last_reject(log: Log) -> None:
    desk = Desk(log, ChallengeConfig(parts=2, at=("start",)), NOW)
    verdicts_told = (Verdict.FAIL, Verdict.PASS, Verdict.ERROR, Verdict.REVIEW, Verdict.FAIL)
    assert [desk.part(verdict) for verdict in verdicts_told] == [True] * 5
    assert not desk.part(Verdict.PASS)
    progress = [e for e in desk.events if isinstance(e, ChallengeProgress)]
    assert [(e.rejected, bool(e.escaped)) for e in progress] == [
        (0, False), (1, False), (0, True), (0, False), (1, False), (2, False),
    ]  # fmt: skip
    states = [e.state for e in desk.events if isinstance(e, StationStateChanged)]
    assert states == [StationState.CHALLENGE, StationState.RUNNING]
    raised = [e.caution for e in desk.events if isinstance(e, CautionRaised)]
    assert [caution.code for caution in raised] == [CautionCode.GUARANTEE]
    assert "P1" in raised[0].what
    assert any(isinstance(e, CautionCleared) for e in desk.events)


def test_that_a_restart_in_the_same_shift_demands_nothing_twice_but_an_unfinished_challenge(log: Log) -> None:
    config = ChallengeConfig(parts=2, at=("shift",), shifts=SHIFTS)
    first = Desk(log, config, NOW)
    assert first.part(Verdict.FAIL)
    again = Desk(log, config, NOW + 1)  # restarted in the middle: all of it again
    assert [again.part(Verdict.FAIL), again.part(Verdict.FAIL), again.part(Verdict.PASS)] == [True, True, False]
    assert not Desk(log, config, NOW + 2).part(Verdict.PASS)
    assert Desk(log, config, at("2026-11-25 14:00")).part(Verdict.FAIL)


def test_that_a_restart_is_no_way_out_of_an_escape(log: Log) -> None:
    asked = Desk(log, None, NOW)
    assert not asked.part(Verdict.PASS)
    asked.keeper.ask()
    assert asked.part(Verdict.PASS)
    again = Desk(log, None, NOW)
    assert again.part(Verdict.FAIL)
    assert next(e.cause for e in again.events if isinstance(e, ChallengeProgress)) == "asked"
    other = Desk(log, ChallengeConfig(parts=1, at=("start",)), NOW, recipe="c" * 64)
    assert [other.part(Verdict.FAIL), other.part(Verdict.PASS)] == [True, False]  # another product is not concerned,
    assert Desk(log, None, NOW).part(Verdict.FAIL)  # and what it proves is no way out either


def test_that_start_demands_a_challenge_at_every_start(log: Log) -> None:
    config = ChallengeConfig(parts=1, at=("start",))
    for _ in range(2):
        desk = Desk(log, config, NOW)
        assert [desk.part(Verdict.FAIL), desk.part(Verdict.FAIL)] == [True, False]


def test_that_a_changeover_is_another_recipe_or_package_than_at_the_last_passed_challenge(log: Log) -> None:
    config = ChallengeConfig(parts=1, at=("changeover",))
    desk = Desk(log, config, NOW)
    assert [desk.part(Verdict.FAIL), desk.part(Verdict.PASS)] == [True, False]
    assert [desk.part(Verdict.FAIL, "c" * 64), desk.part(Verdict.PASS, "c" * 64)] == [True, False]
    assert desk.part(Verdict.FAIL)  # rolled back: proven once, but not since
    assert not Desk(log, config, NOW).part(Verdict.PASS)
    assert Desk(log, config, NOW, recipe="d" * 64).part(Verdict.FAIL)


def test_that_another_package_in_the_middle_begins_the_challenge_anew(log: Log) -> None:
    desk = Desk(log, ChallengeConfig(parts=2, at=("start",)), NOW)
    assert desk.part(Verdict.FAIL)
    assert [desk.part(Verdict.FAIL, "c" * 64) for _ in range(3)] == [True, True, False]


def test_that_a_shift_that_begins_while_the_line_runs_blocks_it(log: Log) -> None:
    desk = Desk(log, ChallengeConfig(parts=1, at=("shift",), shifts=SHIFTS), NOW)
    assert [desk.part(Verdict.FAIL), desk.part(Verdict.PASS)] == [True, False]
    desk.now = at("2026-11-25 14:00")
    assert [desk.part(Verdict.REVIEW), desk.part(Verdict.PASS)] == [True, False]


def test_that_a_challenge_whose_record_could_not_be_written_in_time_proves_nothing(log: Log) -> None:
    passed = Challenge(1, "shift").after(Verdict.FAIL).document()
    late = a_record(verdict=Verdict.ERROR, kind=RecordKind.CHALLENGE, details={"challenge": passed}, recipe_hash=RECIPE)
    log.append(late)
    assert log.records.last_passed_challenge() is None
    assert Desk(log, None, NOW).part(Verdict.FAIL)


def test_that_challenge_records_are_no_production(log: Log) -> None:
    desk = Desk(log, ChallengeConfig(parts=2, at=("start",)), NOW)
    for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.FAIL, Verdict.PASS):
        desk.part(verdict)
    assert log.counts() == {Verdict.PASS: 1, Verdict.FAIL: 0, Verdict.REVIEW: 0, Verdict.ERROR: 0}


# The station


class SayingModel:
    """Says what it is told to, in turn; ERROR by failing."""

    device = "double"

    def __init__(self, package: Package) -> None:
        self.package = package
        self.next = Verdict.PASS

    def warm_up(self) -> None:
        """Nothing to warm."""

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Give the score that the next verdict needs."""
        if self.next is Verdict.ERROR:
            raise ModelError("told to fail")
        score = {Verdict.PASS: 0.0, Verdict.REVIEW: 0.5, Verdict.FAIL: 1.0}[self.next]
        name = "good" if score < 0.5 else "crack"
        others = dict.fromkeys(CLASSES[1:], 0.0)
        return [Prediction(name, {"good": 1.0 - score, **others, "crack": score}, score) for _ in regions]

    def explain(self, region: Image) -> HeatMap:
        """Nothing speaks for a defect."""
        return np.zeros(region.shape[:2], np.float32)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[SimpleNamespace]:
    package = tiny_package(tmp_path / "package")
    camera = 'kind = "device"\ndevice = 0\ntimeout_ms = 2000\nskip_frames = 0'
    recipe = parse_recipe(recipe_text(package.folder, camera=camera), tmp_path / "r.toml")
    log, model, gate = open_log(tmp_path / "log"), SayingModel(package), SimulatedGate()
    events: list[Event] = []
    pictures = (noise_picture(number) for number in range(1_000_000))
    feed = CameraFeed(recipe.content.cameras[0], lambda: ScriptedCamera(pictures, pace_s=0.001))
    station = Station(recipe, [feed], model, gate, log, name="bench", emit=events.append)
    feed.start()
    triggers = TriggerSource()

    def part(verdict: Verdict, challenge: Challenge | None) -> Record:
        model.next = verdict
        triggers.fire()
        signal = triggers.wait(1.0)
        assert signal is not None
        return station.inspect(signal, challenge)

    yield SimpleNamespace(part=part, gate=gate, log=log, events=events, station=station)
    feed.stop()
    log.close()


ACTIONS = st.one_of(verdicts, st.just("ask"), st.just("shift"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTIONS, min_size=1, max_size=14), st.integers(1, 3))
def test_that_no_part_is_ever_released_while_the_station_is_blocked(
    bench: SimpleNamespace, actions: list[Verdict | str], wanted: int
) -> None:
    clock = SimpleNamespace(now=at("2026-11-25 06:00"))
    config = ChallengeConfig(parts=wanted, at=("start", "shift"), shifts=SHIFTS)
    events: list[Event] = []
    keeper = Challenges(
        config, "e" * 64, bench.log, events.append, Cautions(events.append), now_ns=lambda: clock.now, zone=BERLIN
    )
    blocked, in_a_row = True, 0  # a second, simpler book of what may be released
    for action in actions:
        if action == "ask":
            keeper.ask()
            in_a_row = in_a_row if blocked else 0
            blocked = True
        elif action == "shift":
            clock.now += 8 * 3_600_000_000_000
            in_a_row = in_a_row if blocked else 0
            blocked = True
        else:
            released = len(bench.gate.released)
            challenge = keeper.due(PACKAGE)
            record = bench.part(action, challenge)
            keeper.judged(replace(record, decided_time_ns=clock.now))
            assert (record.kind is RecordKind.CHALLENGE) == blocked
            may_pass = not blocked and record.decision.verdict is Verdict.PASS
            assert len(bench.gate.released) - released == may_pass
            assert bench.events[-1].released == may_pass
            if blocked and action is not Verdict.ERROR:
                in_a_row = 0 if action is Verdict.PASS else in_a_row + 1
                blocked = in_a_row < wanted


def test_that_a_known_bad_part_that_is_called_good_stays_in_and_is_not_corrected(bench: SimpleNamespace) -> None:
    record = bench.part(Verdict.PASS, Challenge(3, "start"))
    assert (record.kind, record.decision.verdict) == (RecordKind.CHALLENGE, Verdict.PASS)
    assert bench.gate.released == []
    assert bench.gate.resting
    assert bench.log.amendments(record.record_id) == []
    assert bench.log.get(record.record_id).details["challenge"] == {
        "cause": "start", "number": 1, "rejected": 0, "wanted": 3, "passed": False,
    }  # fmt: skip


def test_that_the_gate_itself_refuses_a_challenge_record() -> None:
    passed = replace(a_record(), sequence=1)
    SimulatedGate().release(passed)
    for kind in (RecordKind.CHALLENGE, RecordKind.SHADOW):
        with pytest.raises(OutputError, match="not released"):
            SimulatedGate().release(replace(passed, kind=kind))


# The running line


def run(tmp_path: Path, extra: str, parts: int, package: Package) -> list[Record]:
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(package.folder, extra=extra), encoding="utf-8")
    run_headless(load_recipe(path), tmp_path / "log", max_parts=parts, quiet=True)
    with read_log(tmp_path / "log") as log:
        return log.find(limit=None, newest_first=False)


def test_that_a_run_blocks_until_the_known_bad_parts_were_rejected_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tiny_package(tmp_path / "package")
    reject_all = '[policy]\npass_below = 0.0\nfail_from = 0.0\n[challenge]\nparts = 2\nat = ["start"]'
    records = run(tmp_path, reject_all, 5, package)
    assert [record.kind for record in records] == [RecordKind.CHALLENGE] * 2 + [RecordKind.INSPECTION] * 3
    said = capsys.readouterr().err
    assert "challenge (start): 0 of 2" in said
    assert "2 of 2 known bad parts rejected, passed" in said
    with read_log(tmp_path / "log") as log:
        assert all(item.same and item.verdict is Verdict.FAIL for item in replay(log, log.find()))
    assert main(["log", "list", "--kind", "challenge", "--log", str(tmp_path / "log")]) == 0
    assert capsys.readouterr().out.count("challenge:FAIL") == 2


def test_that_a_model_that_sees_nothing_never_gets_the_line_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import safetensors.torch
    import torch

    from inspector.inference.package import write_package

    package = tiny_package(tmp_path / "package")
    weights = safetensors.torch.load(package.read_file("weights.safetensors"))
    for name in weights:
        if name.startswith("fc."):
            weights[name] = torch.zeros_like(weights[name])
    bias = next(name for name in weights if name.startswith("fc.") and name.endswith("bias"))
    weights[bias][0] = 20.0  # good, whatever it sees
    card = package.card.model_dump(exclude={"files", "schema_"})
    blind = write_package(tmp_path / "blind", card, {"weights.safetensors": safetensors.torch.save(weights)})
    gate = tmp_path / "gate"
    extra = f'[output]\nkind = "file"\npath = "{gate.as_posix()}"\n[challenge]\nparts = 1'
    records = run(tmp_path, extra, 6, blind)
    assert {record.kind for record in records} == {RecordKind.CHALLENGE}
    assert {record.decision.verdict for record in records} == {Verdict.PASS}
    assert gate.read_text() == "REJECT\n"
    said = capsys.readouterr().err
    assert "ESCAPED" in said
    assert "caution:" in said


def test_that_a_challenge_asked_for_by_hand_blocks_from_the_next_part_on_also_after_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tiny_package(tmp_path / "package")
    reject_all = "[policy]\npass_below = 0.0\nfail_from = 0.0"
    path = tmp_path / "recipe.toml"
    path.write_text(recipe_text(package.folder, trigger='kind = "manual"', extra=reject_all), encoding="utf-8")
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    seen: list[Event] = []

    def until(wanted: Callable[[Event], bool]) -> Event:
        while True:
            seen.append(events.get(timeout=30))
            if wanted(seen[-1]):
                return seen[-1]

    def state(wanted: StationState) -> Callable[[Event], bool]:
        return lambda event: isinstance(event, StationStateChanged) and event.state is wanted

    with open_log(tmp_path / "log") as log:
        thread = StationThread(load_recipe(path), log, events, LatestSlot())
        thread.start()
        until(state(StationState.RUNNING))
        thread.trigger()
        until(lambda event: isinstance(event, PartDecided))
        thread.challenge()
        until(state(StationState.CHALLENGE))  # told at once, without a part
        append, broken = log.records.append, [True]

        def once(record: Record) -> Record:
            if broken.pop() if broken else False:
                raise StoreError("disk I/O error")
            return append(record)

        monkeypatch.setattr(log.records, "append", once)
        thread.trigger()
        until(state(StationState.FAULT))
        thread.acknowledge()
        until(state(StationState.CHALLENGE))  # the fault is over, the challenge is not
        for _ in range(3):
            thread.trigger()
            until(lambda event: isinstance(event, PartDecided) and event.record.decision.verdict is Verdict.FAIL)
        until(state(StationState.RUNNING))
        thread.stop()
        thread.join(20)
        kinds = [(record.kind, record.decision.verdict) for record in log.find(newest_first=False)]
    assert kinds == [
        (RecordKind.INSPECTION, Verdict.FAIL),
        (RecordKind.CHALLENGE, Verdict.ERROR),
        *[(RecordKind.CHALLENGE, Verdict.FAIL)] * 3,
    ]
    assert not any(event.released for event in [*seen, *drained(events)] if isinstance(event, PartDecided))


def test_that_due_costs_little_enough_for_every_part(log: Log) -> None:
    desk = Desk(log, ChallengeConfig(parts=1, at=("shift", "changeover"), shifts=SHIFTS), NOW)
    desk.part(Verdict.FAIL)
    begun_s = time.perf_counter()
    for _ in range(200):
        assert desk.keeper.due(PACKAGE) is None
    assert (time.perf_counter() - begun_s) / 200 < 0.005
