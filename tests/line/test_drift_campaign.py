"""The drift campaign in small: its figures come from the product's monitor, and it can fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.line.ailments import Ailment
from tests.performance.drift_campaign import confusion, false_alarm_table, table
from tests.performance.drift_faults import CameraFault, defocus, exposure
from tests.performance.drift_line import Bench, Pool, calibrate, measure_line, measured, no_judge, washers
from tests.performance.drift_trials import Trial, of_fault, repeat


@pytest.fixture(scope="module")
def bench() -> Bench:
    good, _ = washers(160, 0, 96, 0.2, (), seed=1)
    return calibrate(measure_line(good, [], no_judge, 0.0), 80, 20_000, seed=0)


def test_that_a_trial_tells_delay_and_cause(bench: Bench) -> None:
    fault = CameraFault("defocus", (Ailment.BLURRED,), defocus(1.5))
    (found,) = repeat(bench, [of_fault(bench, fault)], 1, fault.ailments)
    assert found.delay is not None
    assert 4 <= found.delay <= 30
    assert (found.first, found.settled, found.named) == ("camera", "camera", True)


def test_that_a_line_unlike_its_calibration_fails_the_campaign(bench: Bench) -> None:
    _, kept = false_alarm_table([bench], 600, 20_000)
    assert kept
    brighter = [exposure(1.3)(pixels, np.random.default_rng(0)) for pixels in bench.good[:40]]
    other = replace(bench, pool=Pool(measured(brighter, no_judge), ()))
    lines, kept = false_alarm_table([other] * 5, 1000, 20_000)
    assert not kept
    assert "brighter" in lines[2]


def test_that_what_was_not_noticed_counts_as_late_and_false_alarms_are_left_out() -> None:
    trials = [Trial(5, "camera", "camera", named=True), Trial(None, "none", "none", named=False)]
    trials.append(Trial(0, "false alarm", "false alarm", named=False))
    assert table({"x": trials}, "camera")[2] == "| x | 1/2 | 5 | > 600 | 1/1 | 1/1 | 1/1 |"
    assert confusion({"camera sick": {"x": trials}})[2] == "| camera sick | 2 | 1 | 0 | 1 | 1 | 0 | 1 |"
