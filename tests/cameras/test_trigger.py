"""Triggers: numbered, in order, none dropped."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from inspector.cameras.trigger import MOST_WAITING_FRAMES, PresenceSource, TimerSource, trigger_source
from inspector.recipe import ManualTrigger, PresenceTrigger, RegionConfig, SourceTrigger
from inspector.types import Frame


def frame(grey: int, at_ms: float, *, noise: int = 1) -> Frame:
    pixels = np.full((40, 60, 3), grey, np.uint8)
    pixels = pixels + np.random.default_rng(noise).integers(0, 3, pixels.shape, dtype=np.uint8)
    return Frame(pixels, "cam", "front", noise + 1, int(at_ms * 1e6), 0)


def test_that_every_press_of_the_key_is_one_trigger() -> None:
    trigger = trigger_source(ManualTrigger(kind="manual"))
    assert trigger.wait(0.0) is None
    for _ in range(5):
        trigger.fire()
    signals = [trigger.wait(0.0) for _ in range(6)]
    assert [signal.trigger.number for signal in signals if signal] == [1, 2, 3, 4, 5]
    assert signals[5] is None


def test_that_timer_ticks_missed_while_busy_still_come_with_their_own_time() -> None:
    trigger = TimerSource(period_ms=20)
    trigger.start()
    time.sleep(0.1)
    signals = [signal for signal in (trigger.wait(0.0) for _ in range(5)) if signal]
    times = [signal.trigger.monotonic_ns for signal in signals]
    assert len(signals) == 5
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [20_000_000] * 4
    assert time.monotonic_ns() - times[0] > 90_000_000


def test_that_a_source_is_asked_at_once_and_a_key_press_beside_it_counts() -> None:
    trigger = trigger_source(SourceTrigger(kind="source"))
    first = trigger.wait(0.0)
    assert first is not None
    assert first.trigger.source == "source"
    trigger.fire()
    second = trigger.wait(0.0)
    assert second is not None
    assert (second.trigger.number, second.trigger.source) == (2, "manual")


def run_belt(source: PresenceSource, greys: list[tuple[int, int]]) -> list[float]:
    """Show (grey, number of frames) at 10 ms per frame; return the times in ms at which triggers came."""
    source.start()
    number = 0
    for grey, count in greys:
        for _ in range(count):
            number += 1
            source.on_frame(frame(grey, number * 10.0, noise=number))
    found = []
    while (signal := source.wait(0.0)) is not None:
        assert signal.frame is not None
        found.append(signal.trigger.monotonic_ns / 1e6)
    return found


def test_that_each_part_that_comes_and_goes_is_one_trigger() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"), learn_s=0.2)
    times = run_belt(source, [(50, 30), (150, 20), (50, 20), (160, 20), (50, 10)])
    assert times == [310.0, 710.0]


def test_that_nothing_is_triggered_while_the_empty_picture_is_learned() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"), learn_s=10)
    assert run_belt(source, [(50, 20), (150, 20)]) == []
    assert source.learning


def test_that_a_part_must_rest_where_the_recipe_asks_for_it() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence", settle_ms=100), learn_s=0.2)
    still_moving = [(grey, 1) for grey in range(80, 200, 12)]
    times = run_belt(source, [(50, 30), *still_moving, (200, 30), (50, 10)])
    assert len(times) == 1
    assert times[0] >= (30 + len(still_moving)) * 10 + 100


def test_that_slow_changes_of_light_are_no_part() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"), learn_s=0.2)
    assert run_belt(source, [(50, 30), *[(50 + step // 10, 1) for step in range(400)]]) == []


def test_that_only_the_region_is_watched() -> None:
    config = PresenceTrigger(kind="presence", region=RegionConfig(x=0, y=0, width=8, height=8))
    source = PresenceSource(config)
    source.learn_empty(frame(50, 0))
    source.start()
    outside = frame(50, 10)
    pixels = outside.pixels.copy()
    pixels[20:, 20:] = 255
    source.on_frame(Frame(pixels, "cam", "front", 2, 20_000_000, 0))
    assert source.wait(0.0) is None
    pixels[:10, :10] = 255
    source.on_frame(Frame(pixels, "cam", "front", 3, 30_000_000, 0))
    assert source.wait(0.0) is not None


@pytest.mark.parametrize("frames_per_s", [10, 60, 240])
def test_that_the_empty_picture_is_learned_at_any_frame_rate(frames_per_s: int) -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"))
    for number in range(int(1.5 * frames_per_s)):
        source.on_frame(frame(50, number * 1000.0 / frames_per_s, noise=number))
    assert not source.learning


def test_that_a_part_found_after_the_camera_was_away_is_a_new_part() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"))
    source.learn_empty(frame(50, 0))
    source.start()
    source.on_frame(frame(150, 10, noise=1))
    source.on_frame(frame(150, 20, noise=2))
    source.on_frame(frame(150, 60_000, noise=3))
    assert [source.wait(0.0) is not None for _ in range(3)] == [True, True, False]


def test_that_waiting_frames_are_bounded_and_the_rest_is_marked_missed() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"))
    for number in range(MOST_WAITING_FRAMES + 3):
        source.fire("presence", frame(150, number * 10.0, noise=number))
    signals = [signal for signal in (source.wait(0.0) for _ in range(MOST_WAITING_FRAMES + 3)) if signal]
    assert [signal.missed for signal in signals] == [False] * MOST_WAITING_FRAMES + [True] * 3
    assert all((signal.frame is None) == signal.missed for signal in signals)


def test_that_parts_count_from_the_start_but_the_empty_picture_is_learned_before() -> None:
    source = PresenceSource(PresenceTrigger(kind="presence"), learn_s=0.2)
    for number in range(30):
        source.on_frame(frame(50, number * 10.0, noise=number))
    for number in range(30, 40):
        source.on_frame(frame(150, number * 10.0, noise=number))
    assert not source.learning
    assert source.wait(0.0) is None
    source.start()
    source.on_frame(frame(150, 410.0, noise=41))
    assert source.wait(0.0) is not None
