"""A sick camera is noticed, named and told from worse parts; a well line is left in peace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest

from inspector.line.ailments import CURES, DETECTORS_PER_VIEW, SIGNS, Ailment
from inspector.line.health import HealthReference, health_reference, read_health
from inspector.line.monitor import Alarm, LineMonitor
from inspector.line.picture import Picture, measure
from inspector.line.scores import FEWEST, LEARNED_PARTS, ScoreMonitor
from tests.line.linepictures import washers
from tests.performance import drift_faults as faults

GOOD_SCORES = np.random.default_rng(5).beta(1.0, 30.0, 400)


@pytest.fixture(scope="module")
def reference() -> HealthReference:
    return read_health(health_reference(("", pixels) for pixels in washers(120)), "test")[""]


@pytest.fixture(scope="module")
def well() -> list[Picture]:
    return [measure(pixels) for pixels in washers(120, seed=1)]


@pytest.fixture
def monitor(reference: HealthReference) -> LineMonitor:
    return _monitor(reference)


def _monitor(reference: HealthReference) -> LineMonitor:
    return LineMonitor({"front": reference}, GOOD_SCORES, false_alarms_per_day=0.1, parts_per_day=20_000)


def _spoilt(spoil: faults.Spoil) -> list[Picture]:
    rng = np.random.default_rng(0)
    return [measure(spoil(pixels, rng)) for pixels in washers(60, seed=2)]


def _drawn(pictures: list[Picture], parts: int, seed: int = 0) -> Iterator[Picture]:
    order = np.random.default_rng(seed).integers(len(pictures), size=parts)
    return (pictures[k] for k in order)


def _run(
    monitor: LineMonitor, pictures: Iterable[Picture], seed: int = 0, bad_share: float = 0.02
) -> tuple[Alarm, ...]:
    """Run until the first alarm or the end; return the alarms in force."""
    rng = np.random.default_rng(seed)
    for picture in pictures:
        bad = rng.random() < bad_share
        score = 0.9 if bad else float(rng.choice(GOOD_SCORES))
        if alarms := monitor.add({"front": picture}, score, rejected=bad):
            return alarms
    return ()


def test_that_a_well_line_is_left_in_peace_for_3000_parts(monitor: LineMonitor, well: list[Picture]) -> None:
    assert _run(monitor, _drawn(well, 3000)) == ()


@pytest.mark.parametrize(
    ("ailment", "spoil"),
    [
        (Ailment.BLURRED, faults.defocus(1.5)),
        (Ailment.DARKER, faults.exposure(0.7)),
        (Ailment.BRIGHTER, faults.exposure(1.4)),
        (Ailment.MOVED, faults.shift(8)),
        (Ailment.MOVED, faults.shift(0, -8)),
        (Ailment.NOISY, faults.noise(6.0)),
        (Ailment.VEILED, faults.veil(0.3)),
        (Ailment.DIRTY, faults.dirt(0.04, (0.3, 0.4))),
    ],
)
def test_that_a_sick_camera_is_noticed_and_named(
    reference: HealthReference, well: list[Picture], ailment: Ailment, spoil: faults.Spoil
) -> None:
    monitor, sick = _monitor(reference), _spoilt(spoil)
    assert _run(monitor, _drawn(well, 100)) == ()
    (alarm,) = _run(monitor, _drawn(sick, 60))
    assert alarm.view == "front"
    assert alarm.ailments[0] is ailment
    assert alarm.what.startswith(CURES[ailment][0])
    assert alarm.cure


def test_that_a_frozen_picture_is_noticed_and_named(monitor: LineMonitor, well: list[Picture]) -> None:
    rng = np.random.default_rng(0)
    frozen = [measure(faults.recompressed(washers(120, seed=1)[0], rng)) for _ in range(10)]
    assert _run(monitor, _drawn(well, 100)) == ()
    (alarm,) = _run(monitor, _drawn(frozen, 15))
    assert alarm.ailments[0] is Ailment.FROZEN


def test_that_dirt_is_told_with_its_place(monitor: LineMonitor) -> None:
    (alarm,) = _run(monitor, _drawn(_spoilt(faults.dirt(0.04, (0.25, 0.75))), 60))
    x, y = (float(text) for text in alarm.what.split("(")[1].split(")")[0].split(","))
    assert (x, y) == pytest.approx((0.25 * 128, 0.75 * 128), abs=6)


def test_that_more_rejects_with_well_pictures_are_worse_parts(monitor: LineMonitor, well: list[Picture]) -> None:
    assert _run(monitor, _drawn(well, LEARNED_PARTS)) == ()
    (alarm,) = _run(monitor, _drawn(well, 150, seed=1), bad_share=0.4)
    assert (alarm.view, alarm.ailments) == ("", ())
    assert "rejected were" in alarm.what


def test_that_higher_scores_of_good_looking_parts_are_worse_parts(monitor: LineMonitor, well: list[Picture]) -> None:
    rng = np.random.default_rng(1)
    assert _run(monitor, _drawn(well, LEARNED_PARTS), bad_share=0.0) == ()
    found: tuple[Alarm, ...] = ()
    for picture in _drawn(well, 120):
        raised = float(GOOD_SCORES.min() + 2.5 * rng.choice(GOOD_SCORES))
        found = found or monitor.add({"front": picture}, raised, rejected=False)
    assert [alarm.ailments for alarm in found] == [()]
    assert "score" in found[0].what
    assert "rejected" not in found[0].what


def test_that_scores_that_were_higher_from_the_start_are_noticed_without_learning() -> None:
    scores, rng = ScoreMonitor(GOOD_SCORES, 3e6), np.random.default_rng(3)
    for _ in range(200):
        scores.add(float(rng.uniform(*np.quantile(GOOD_SCORES, [0.6, 0.94]))), False)
    assert [text.split(" score")[0] for text in scores.findings()] == ["good-looking parts"]


def test_that_a_share_of_defective_parts_does_not_move_the_scores_of_good_ones() -> None:
    scores, rng = ScoreMonitor(GOOD_SCORES, 3e6), np.random.default_rng(3)
    for _ in range(3000):
        bad = rng.random() < 0.5
        scores.add(0.95 if bad else float(rng.choice(GOOD_SCORES)), bad)
    assert scores.findings() == ()


def test_that_drifting_scores_are_put_down_to_a_sick_camera(monitor: LineMonitor, well: list[Picture]) -> None:
    assert _run(monitor, _drawn(well, LEARNED_PARTS)) == ()
    sick = _spoilt(faults.defocus(2.0))
    seen = [monitor.add({"front": picture}, 0.9, rejected=True) for picture in _drawn(sick, 200)]
    kinds = {bool(alarm.ailments) for alarms in seen for alarm in alarms}
    assert kinds == {True}
    recovered = [monitor.add({"front": picture}, 0.01, rejected=False) for picture in _drawn(well, 200)]
    assert recovered[0]
    assert recovered[-1] == ()
    assert all(alarm.ailments for alarms in recovered for alarm in alarms)


def test_that_parts_that_look_otherwise_everywhere_are_no_dirt_and_may_be_called_worse(
    monitor: LineMonitor, well: list[Picture]
) -> None:
    wave = np.sin(np.arange(128) * (2 * np.pi / 12))
    grain = 10.0 * (wave[:, None] * wave[None, :])[:, :, None]
    grained = [measure(np.clip(pixels + grain, 0, 255).astype(np.uint8)) for pixels in washers(60, seed=2)]
    assert _run(monitor, _drawn(well, LEARNED_PARTS)) == ()
    seen = [monitor.add({"front": picture}, 0.9, rejected=True) for picture in _drawn(grained, 100)]
    assert [alarm.ailments for alarm in seen[-1]] == [()]


def test_that_an_alarm_goes_by_itself_when_the_camera_is_well_again(monitor: LineMonitor, well: list[Picture]) -> None:
    assert _run(monitor, _drawn(_spoilt(faults.exposure(0.6)), 60))
    lasted = 0
    for picture in _drawn(well, 300):
        lasted += 1
        if not monitor.add({"front": picture}, 0.01, rejected=False):
            break
    assert 10 <= lasted < 100


def test_that_the_words_of_an_alarm_stay_while_it_stands(monitor: LineMonitor) -> None:
    sick = list(_drawn(_spoilt(faults.exposure(0.6)), 120))
    (first,) = _run(monitor, sick[:60])
    texts = {alarm.what for picture in sick for alarm in monitor.add({"front": picture}, 0.01, rejected=False)}
    assert texts == {first.what}


def test_that_a_camera_with_several_ailments_is_told_once(monitor: LineMonitor) -> None:
    rng, darker, blurred = np.random.default_rng(0), faults.exposure(0.8), faults.defocus(1.5)
    both = [measure(darker(blurred(pixels, rng), rng)) for pixels in washers(60, seed=2)]
    told = {alarm for picture in _drawn(both, 200) for alarm in monitor.add({"front": picture}, 0.01, rejected=False)}
    (alarm,) = told
    assert {Ailment.DARKER, Ailment.BLURRED} <= set(alarm.ailments)
    assert "Also: " in alarm.what


def test_that_what_is_usual_is_not_learned_from_a_sick_camera() -> None:
    scores = ScoreMonitor(GOOD_SCORES, 3e6)
    for _ in range(LEARNED_PARTS):
        scores.add(0.9, True, learn=False)
    for _ in range(LEARNED_PARTS):
        scores.add(0.01, False)
    for _ in range(60):
        scores.add(0.9, True)
    assert scores.findings()


def test_that_too_few_good_scores_are_not_watched() -> None:
    scores = ScoreMonitor(GOOD_SCORES[: FEWEST - 1], 3e6)
    for _ in range(200):
        scores.add(0.5, False)
    assert scores.findings() == ()


def test_that_pictures_of_other_views_and_unjudged_parts_are_passed_over(
    monitor: LineMonitor, well: list[Picture]
) -> None:
    for _ in range(50):
        assert monitor.add({"back": well[0]}, None, rejected=False) == ()


def test_that_every_ailment_has_words_and_a_detector() -> None:
    assert set(CURES) == set(Ailment)
    assert set(SIGNS) | {Ailment.FROZEN, Ailment.DIRTY} == set(Ailment)
    assert sum(len(signs) for signs in SIGNS.values()) + 2 == DETECTORS_PER_VIEW
