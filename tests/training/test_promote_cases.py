"""Regression cases at `inspector promote` and `inspector accept`: a known miss that would be passed stops a package."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets.manifest import open_dataset
from datasets.regression import add_cases, list_cases, withdraw_case
from inspector.cli import main
from inspector.errors import DatasetError
from inspector.inference.load import load_model
from inspector.inference.package import Package, write_package
from inspector.release import read_release
from training.cases import judge_cases

WHO = ["--who", "Ada", "--why", "better light"]


def with_limits(package: Package, folder: Path, pass_below: float) -> Package:
    """Return the same network, which passes nothing (0)."""
    card = package.card.model_dump(exclude={"files", "schema_"})
    card["thresholds"] = {"pass_below": pass_below, "fail_from": 1.0}
    return write_package(folder, card, {"weights.safetensors": package.read_file("weights.safetensors")})


def blind(package: Package, folder: Path) -> Package:
    """Return a network that calls everything good, and so passes it."""
    import safetensors.torch

    tensors = safetensors.torch.load(package.read_file("weights.safetensors"))
    tensors["fc.bias"][package.card.classes.index("good")] += 100.0
    card = package.card.model_dump(exclude={"files", "schema_"})
    return write_package(folder, card, {"weights.safetensors": safetensors.torch.save(tensors)})


@pytest.fixture(scope="module")
def plain(plates_factory: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plates_factory(tmp_path_factory.mktemp("acceptance"), {"good": 12, "spot": 12}, seed=78)


@pytest.fixture
def acceptance(plain: Path, tmp_path: Path) -> Path:
    """A set that nothing was trained on, with one regression case; images lie where they lay."""
    folder = Path(shutil.copytree(plain, tmp_path / "data"))
    with open_dataset(folder) as dataset:
        dataset.connection.execute("UPDATE root SET path = ? WHERE path NOT LIKE '/%'", (str(plain),))
        add_cases(dataset, [a_spot(folder)], reason="seen at the customer", who="Ada")
    return folder


def a_spot(folder: Path) -> int:
    with open_dataset(folder) as dataset:
        return next(item.item_id for item in dataset.items("train") if item.label == "spot")


@pytest.fixture
def promote(tmp_path: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    def run(package: Package, *words: str) -> tuple[int, dict[str, Any]]:
        found = tmp_path / "found.json"
        found.unlink(missing_ok=True)
        asked = ["promote", str(tmp_path / "release"), str(package.folder), *WHO, "--device", "cpu"]
        code = main([*asked, "--json", str(found), "--split", "all", "--margin", "60%", *words])
        return code, json.loads(found.read_text()) if found.exists() else {}

    return run


def test_that_a_package_that_passes_a_case_is_refused_though_it_is_no_worse(
    tmp_path: Path,
    promote: Callable[..., tuple[int, dict[str, Any]]],
    trained: Package,
    acceptance: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lax = blind(trained, tmp_path / "lax")
    on_set = ["--acceptance", str(acceptance)]
    assert promote(lax, *on_set)[0] == 2  # not even as the first
    assert "PASSED AGAIN" in capsys.readouterr().err
    strict = with_limits(trained, tmp_path / "strict", 0.0)
    assert promote(strict, *on_set)[0] == 0
    code, found = promote(lax, *on_set, "--margin", "99%")
    assert (code, found["promoted"]) == (1, False)
    assert found["reject"]["passed"]
    assert found["regression"]["n"] == 1
    assert found["regression"]["met"] == 0
    assert "PASSED AGAIN" in capsys.readouterr().out
    history = read_release(tmp_path / "release").history
    assert [entry.action for entry in history] == ["init", "refused"]
    assert history[-1].evidence["regression"]["passed"][0]["part"] == found["regression"]["passed"][0]["part"]


def test_that_a_case_that_was_asked_for_once_is_asked_for_always_until_somebody_withdraws_it(
    tmp_path: Path,
    promote: Callable[..., tuple[int, dict[str, Any]]],
    trained: Package,
    acceptance: Path,
    plain: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert promote(with_limits(trained, tmp_path / "strict", 0.0), "--acceptance", str(acceptance))[0] == 0
    other = with_limits(trained, tmp_path / "other", 0.001)
    elsewhere = ["--acceptance", str(plain), "--new-acceptance-set", "new parts", "--margin", "99%"]
    assert promote(other, *elsewhere)[0] == 2
    assert "lacks 1 of 1 regression cases" in capsys.readouterr().err
    assert promote(other, *elsewhere, "--cases", str(acceptance))[1]["regression"]["n"] == 1
    with open_dataset(acceptance) as dataset:
        number = dataset.connection.execute("SELECT item_id FROM regression_case").fetchone()[0]
        withdraw_case(dataset, number, reason="the drawing allows it", who="Ben")
    third = with_limits(trained, tmp_path / "third", 0.002)
    _code, found = promote(third, "--acceptance", str(plain), "--margin", "99%", "--cases", str(acceptance))
    assert found["regression"]["n"] == 0
    assert found["regression"]["withdrawn"][0]["withdrawn"]["who"] == "Ben"


def test_that_the_frozen_set_stays_frozen_while_train_and_cases_grow_and_its_questions_are_counted(
    tmp_path: Path, promote: Callable[..., tuple[int, dict[str, Any]]], trained: Package, acceptance: Path
) -> None:
    on_test = ["--acceptance", str(acceptance), "--split", "test"]
    assert promote(with_limits(trained, tmp_path / "strict", 0.0), *on_test)[0] == 0
    other = with_limits(trained, tmp_path / "other", 0.001)
    assert promote(other, *on_test)[0] in (0, 1)
    with open_dataset(acceptance) as dataset:
        before = dataset.fingerprint
        add_cases(dataset, [a_spot(acceptance)], reason="seen at the customer", who="Ada")
        trained_on = next(item for item in dataset.items("train") if item.label == "good")
        dataset.relabel(trained_on.item_id, "spot", "Rita")
        assert dataset.fingerprint != before
    code, found = promote(with_limits(trained, tmp_path / "third", 0.002), *on_test)
    assert code in (0, 1)
    assert found["comparisons_before"] == 1
    with open_dataset(acceptance) as dataset:
        tested = next(item for item in dataset.items("test") if item.judges)
        dataset.relabel(tested.item_id, "spot" if tested.label == "good" else "good", "Rita")
    assert promote(with_limits(trained, tmp_path / "fourth", 0.003), *on_test)[0] == 2


def test_that_a_case_without_a_label_is_judged_and_one_whose_picture_is_gone_stops_everything(
    trained: Package, acceptance: Path, tmp_path: Path
) -> None:
    lax = load_model(blind(trained, tmp_path / "lax"), "cpu")
    limits = lax.package.card.thresholds.to_thresholds()
    with open_dataset(acceptance) as dataset:
        number = dataset.connection.execute("SELECT item_id FROM regression_case").fetchone()[0]
        dataset.connection.execute(
            "INSERT INTO label (item_id, from_label, to_label, who, when_utc) VALUES (?, 'spot', '', 'x', 'x')",
            (number,),
        )
        case = list_cases(dataset)[0]
        assert case.item.label == ""
        assert [part.part for part in judge_cases(dataset, lax, limits).passed] == [case.item.part]
        dataset.connection.execute("UPDATE item SET path = path || '.gone' WHERE item_id = ?", (number,))
        with pytest.raises(DatasetError, match="gone"):
            judge_cases(dataset, lax, limits)


def test_that_acceptance_asks_for_the_cases_as_well(trained: Package, acceptance: Path, tmp_path: Path) -> None:
    rows = {}
    packages = {"lax": blind(trained, tmp_path / "lax"), "strict": with_limits(trained, tmp_path / "strict", 0.0)}
    for name, package in packages.items():
        found = tmp_path / f"{name}.json"
        words = ["accept", str(package.folder), str(acceptance), "--split", "test", "--device", "cpu"]
        assert main([*words, "--out", str(tmp_path / name / "report"), "--json", str(found)]) in (0, 1)
        document = json.loads(found.read_text())
        rows[name] = next(row for row in document["requirements"] if row["name"] == "regression")
        assert document["regression"]["n"] == 1
    assert not rows["lax"]["shown"]
    assert rows["strict"]["shown"]
