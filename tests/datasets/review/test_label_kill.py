from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.datasets.parts import write_parts
from tests.performance.label_kill_campaign import LabelKillReport, campaign, examine, one_kill


def test_that_no_acknowledged_label_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    report = campaign(tmp_path, kills=3, seed=1)
    assert report.clean, report
    assert report.deeds >= report.acknowledged > 3


@pytest.mark.parametrize(("spoil", "field"), [("deed", "lost"), ("items", "torn"), ("label", "lost"), ("kind", "")])
def test_that_the_campaign_notices_what_is_missing(tmp_path: Path, spoil: str, field: str) -> None:
    folder = write_parts(tmp_path, {"good": 3, "dent": 3}, size=32)
    said = one_kill(folder, random.Random(2))
    labelled = next(each for each in said if each["kind"] == "label")
    labelled[spoil] = {"deed": 10**6, "items": [*labelled["items"], 10**6], "label": "none", "kind": "label"}[spoil]
    report = LabelKillReport()
    examine(folder, said, report)
    found = (report.lost, report.torn, report.doubled, report.gaps, report.wrong_labels)
    assert found == (field == "lost", field == "torn", 0, 0, 0)
