"""What the window keeps of parts, and what it counts."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gui.parts import PartMemory, SeenPart, thumbnail
from gui.tally import MINUTE_NS, Tally
from inspector.events import HeatMapReady, PartDecided
from inspector.log import confirm, correction, override
from inspector.types import Frame, Record, Verdict
from tests.support import a_record, noise_picture

NOON_NS = int(time.mktime((2026, 3, 4, 12, 0, 0, 0, 0, -1))) * 1_000_000_000


def _decided(record: Record, seed: int = 0) -> PartDecided:
    return PartDecided(record, (Frame(noise_picture(seed), "camera", "front", 1, 0, 0),))


def test_that_an_override_leaves_the_verdict_of_the_station() -> None:
    memory = PartMemory()
    record = a_record(verdict=Verdict.FAIL)
    memory.add_decided(_decided(record))
    said = override(record, verdict=Verdict.PASS, reason="Within tolerance", note="", who="Mei")
    part = memory.add_amendment(said)
    assert part is not None
    assert part.verdict is Verdict.FAIL
    assert part.by_person == said
    assert part.record == record


def test_that_a_correction_told_before_its_part_makes_it_a_reject() -> None:
    memory = PartMemory()
    record = a_record(verdict=Verdict.PASS)
    assert memory.add_amendment(correction(record, reason="too late")) is None
    part = memory.add_decided(_decided(record))
    assert part.verdict is Verdict.ERROR
    assert part.rejected


def test_that_the_same_amendment_counts_once() -> None:
    memory = PartMemory()
    record = a_record()
    memory.add_decided(_decided(record))
    said = confirm(record, who="Mei")
    memory.add_amendment(said)
    part = memory.add_amendment(said)
    assert part is not None
    assert part.amendments == (said,)


def test_that_old_parts_lose_their_pixels_but_keep_their_thumbnails() -> None:
    memory = PartMemory(pixel_budget=3 * noise_picture(0).nbytes)
    records = [a_record(f"P{number}") for number in range(8)]
    for number, record in enumerate(records):
        memory.add_decided(_decided(record, number))
    kept = [bool(part.frames) for part in memory]
    assert kept == [False] * 5 + [True] * 3
    assert all(part.thumbnail is not None for part in memory)


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 10))
def test_that_never_more_than_the_allowed_parts_are_kept(earlier: list[bool], most: int) -> None:
    memory = PartMemory(max_parts=most)
    for number, old in enumerate(earlier):
        record = a_record(f"P{number}", record_id=f"{number:032x}")
        if old:
            memory.add_earlier(SeenPart(record))
        else:
            memory.add_decided(PartDecided(record, ()))
    assert len(memory) <= most


def test_that_evidence_for_a_forgotten_part_is_no_error() -> None:
    assert PartMemory().add_heat_map(HeatMapReady("gone", "front", np.zeros((4, 4), np.float32))) is None


@given(st.integers(1, 900), st.integers(1, 900))
def test_that_a_thumbnail_keeps_the_shape_and_never_grows(width: int, height: int) -> None:
    small = thumbnail(np.zeros((height, width, 3), np.uint8), 64)
    assert max(small.shape[:2]) <= max(64, 0)
    assert small.shape[0] <= height
    assert small.shape[1] <= width
    if min(width, height) > 64:
        assert abs(small.shape[1] / small.shape[0] - width / height) < 0.15 * max(1, width / height)


@given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.integers(0, 234)), max_size=60))
def test_that_a_tally_read_from_a_log_shows_what_counting_showed(parts: list[tuple[Verdict, int]]) -> None:
    times = [(verdict, NOON_NS - minutes * MINUTE_NS) for verdict, minutes in parts]
    counted, loaded = Tally(), Tally()
    for verdict, when in sorted(times, key=lambda item: item[1]):
        counted.add(verdict, when)

    def counts(since_ns: int) -> dict[Verdict, int]:
        found = dict.fromkeys(Verdict, 0)
        for verdict, when in times:
            found[verdict] += when >= since_ns
        return found

    loaded.load(counts, NOON_NS)
    assert loaded.bars(NOON_NS) == counted.bars(NOON_NS)
    assert loaded.today == counted.today
    assert sum(bar.parts for bar in loaded.bars(NOON_NS)) == len(parts)


def test_that_counts_begin_anew_at_midnight() -> None:
    tally = Tally()
    tally.add(Verdict.FAIL, NOON_NS)
    tally.add(Verdict.PASS, NOON_NS + 13 * 3600 * 1_000_000_000)
    assert tally.parts == 1
    assert tally.pass_share == 1.0


def test_that_a_burst_of_rejects_stands_out_of_the_trend() -> None:
    tally = Tally()
    for minute in range(14):
        for number in range(60):
            bad = number < (30 if minute == 10 else 2)
            tally.add(Verdict.FAIL if bad else Verdict.PASS, NOON_NS + minute * MINUTE_NS)
    beyond = [place for place, bar in enumerate(tally.bars(NOON_NS + 13 * MINUTE_NS)) if bar.beyond]
    assert beyond == [11]
