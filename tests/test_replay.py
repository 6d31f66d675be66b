"""Recorded parts judged again: by the package of their time, and by another one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from inspector.errors import PackageError, StoreError
from inspector.inference.package import Package
from inspector.log import read_log
from inspector.replay import Judge, replay
from inspector.types import Person, Role, Verdict
from tests.recorded import REGION, Recorded, let_in, recorded_log
from tests.support import tiny_package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package of the time."""
    return tiny_package(tmp_path_factory.mktemp("package") / "old", pass_below=0.2, fail_from=0.7)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Another package: other weights, and limits that leave everything to a person."""
    return tiny_package(tmp_path_factory.mktemp("package") / "new", pass_below=0.0, fail_from=1.0, seed=7)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, package: Package) -> Recorded:
    """A dozen parts of the old package."""
    return recorded_log(tmp_path_factory.mktemp("recorded"), package)


def test_that_the_same_package_gives_the_same_verdicts_and_probabilities(recorded: Recorded, package: Package) -> None:
    with read_log(recorded.folder) as log:
        found = list(replay(log, log.find(limit=None)))
    assert len(found) == len(recorded.records), "what people said is not judged"
    for item in found:
        assert item.same
        assert item.largest_difference == 0.0
        assert item.package_hash == package.hash
        assert item.decision is not None
        assert item.decision.score == item.record.decision.score


def test_that_another_package_judges_at_its_own_limits(recorded: Recorded, lenient: Package) -> None:
    with read_log(recorded.folder) as log:
        found = list(replay(log, recorded.records, lenient.folder))
    assert {item.verdict for item in found} == {Verdict.REVIEW}
    assert {item.package_hash for item in found} == {lenient.hash}
    assert all(item.decision.thresholds == lenient.card.thresholds.to_thresholds() for item in found if item.decision)
    assert all(item.same == (item.record.decision.verdict is Verdict.REVIEW) for item in found)
    assert max(item.largest_difference for item in found) > 0.01


def test_that_a_heat_map_is_made_again_over_the_judged_rectangle(recorded: Recorded) -> None:
    record = recorded.records[0]
    x, y, width, height = REGION
    with read_log(recorded.folder) as log:
        judge = Judge(log)
        heat = judge.heat_map(record, record.images[0].view)
        with pytest.raises(StoreError, match="no picture"):
            judge.heat_map(record, "nowhere")
    assert heat.shape == (record.images[0].height, record.images[0].width)
    outside = np.ones(heat.shape, bool)
    outside[y : y + height, x : x + width] = False
    assert not heat[outside].any()
    assert heat[~outside].any()


def test_that_a_package_that_cannot_be_used_is_told_once(recorded: Recorded, tmp_path: Path) -> None:
    with read_log(recorded.folder) as log, pytest.raises(PackageError):
        list(replay(log, recorded.records, tmp_path))


def test_that_the_command_names_the_parts_that_another_package_judges_differently(
    recorded: Recorded, lenient: Package, tmp_path: Path
) -> None:
    document = tmp_path / "replay.json"
    command = ["log", "replay", "--log", str(recorded.folder), "--json", str(document)]
    assert main(command) == 0
    assert json.loads(document.read_bytes())["different"] == 0
    different = sum(record.decision.verdict is not Verdict.REVIEW for record in recorded.records)
    assert main([*command, "--package", str(lenient.folder)]) == (1 if different else 0)
    found = json.loads(document.read_bytes())
    assert found["replayed"] == len(recorded.records)
    assert found["different"] == len(found["differing"]) == different > 0
    assert all(entry["now"] == "REVIEW" != entry["recorded"] for entry in found["differing"])


def test_that_a_picture_that_is_gone_is_the_problem_of_its_record_alone(recorded: Recorded, tmp_path: Path) -> None:
    shutil.copytree(recorded.folder, tmp_path / "log")
    (tmp_path / "log" / recorded.records[3].images[0].path).unlink()
    with read_log(tmp_path / "log") as log:
        found = list(replay(log, recorded.records))
    assert [number for number, item in enumerate(found) if item.problem] == [3]


@pytest.mark.parametrize(
    ("role", "action", "code"),
    [
        (Role.OPERATOR, "replay", 2),
        (Role.OPERATOR, "export", 2),
        (Role.OPERATOR, "list", 0),
        (Role.AUDITOR, "replay", 0),
        (Role.AUDITOR, "export", 0),
    ],
)
def test_that_the_commands_ask_for_the_right(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: Role, action: str, code: int
) -> None:
    let_in("Eve", role)
    monkeypatch.setattr("inspector.people.console.person_of_console", lambda **_: Person("Eve", role))
    file = [str(tmp_path / "records.csv")] if action == "export" else []
    assert main(["log", action, *file, "--log", str(recorded.folder), "--part", "part00001"]) == code
