"""Regression cases: never in train, never gone, withdrawn only by somebody who answers for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets.cut_paste import CutPaste
from datasets.derived import Synthesis, add_derived
from datasets.frozen import split_content
from datasets.importer import resplit
from datasets.manifest import Dataset, open_dataset
from datasets.regression import add_cases, list_cases, standing_cases, withdraw_case
from datasets.split_rule import SplitRule
from datasets.synthesis import gather_sources, make_pictures
from inspector.cli import main
from inspector.errors import DatasetError
from inspector.sqlite import driver
from tests.datasets.parts import write_parts


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("plain"), {"good": 8, "dent": 12})


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "data"))


@pytest.fixture
def dataset(folder: Path) -> Iterator[Dataset]:
    with open_dataset(folder) as found:
        yield found


def a_dent(dataset: Dataset) -> int:
    return next(item.item_id for item in dataset.items("train") if item.label == "dent")


def test_that_a_case_moves_into_test_with_its_whole_part_and_cannot_leave(dataset: Dataset) -> None:
    number = a_dent(dataset)
    assert add_cases(dataset, [number], reason="seen at the customer", who="Ada") == [number]
    case = list_cases(dataset)[0]
    part = [item for item in dataset.items() if item.part == case.item.part]
    assert len(part) == 2
    assert all(item.split == "test" and item.regression and not item.judges for item in part)
    assert not any(item.regression for item in dataset.items() if item.part != case.item.part)
    with pytest.raises(driver().IntegrityError, match="stays in the test split"):
        dataset.connection.execute("UPDATE item SET split = 'train' WHERE item_id = ?", (number,))
    with pytest.raises(driver().IntegrityError, match="stays one"):
        dataset.connection.execute("DELETE FROM regression_case")
    with pytest.raises(driver().IntegrityError, match="stays one"):
        dataset.connection.execute("UPDATE regression_case SET reason = ''")
    other = a_dent(dataset)
    with pytest.raises(driver().IntegrityError, match="stands in the test split"):
        dataset.connection.execute("INSERT INTO regression_case VALUES (?, 'x', 'x', 'x')", (other,))


@pytest.mark.parametrize("anew", [True, False])
def test_that_no_new_split_brings_a_case_into_train(dataset: Dataset, anew: bool) -> None:
    for _ in range(3):
        add_cases(dataset, [a_dent(dataset)], reason="missed", who="Ada")
    for seed in range(4):
        resplit(dataset, SplitRule(seed=seed, anew=anew))
        cases = list_cases(dataset)
        assert len(cases) == 3
        assert all(case.item.split == "test" for case in cases)


def test_that_adding_a_case_twice_changes_nothing(dataset: Dataset) -> None:
    number = a_dent(dataset)
    add_cases(dataset, [number], reason="missed", who="Ada")
    assert add_cases(dataset, [number], reason="missed again", who="Ben") == []
    assert [(case.reason, case.who) for case in list_cases(dataset)] == [("missed", "Ada")]


def test_that_a_withdrawn_case_stays_listed_and_out_of_train(dataset: Dataset) -> None:
    number = a_dent(dataset)
    add_cases(dataset, [number], reason="missed", who="Ada")
    with pytest.raises(DatasetError, match="reason"):
        withdraw_case(dataset, number, reason=" ", who="Ben")
    withdraw_case(dataset, number, reason="the drawing allows it", who="Ben")
    assert standing_cases(dataset) == []
    case = list_cases(dataset)[0]
    assert case.withdrawn is not None
    assert (case.withdrawn.who, case.withdrawn.reason) == ("Ben", "the drawing allows it")
    assert case.item.split == "test"
    assert case.item.regression
    with pytest.raises(DatasetError, match="withdrawn before"):
        withdraw_case(dataset, number, reason="again", who="Ben")
    with pytest.raises(driver().IntegrityError, match="stays one"):
        dataset.connection.execute("DELETE FROM regression_withdrawn")


def test_that_what_synthetic_defects_were_made_from_cannot_become_a_case(dataset: Dataset) -> None:
    run = Synthesis("cut-paste", "", 0, "Ada")
    maker = CutPaste(gather_sources(dataset))
    add_derived(dataset, run, make_pictures(maker, run, 4, lambda _done, _total: None))
    bound = dataset.connection.execute("SELECT from_item_id FROM derived_from LIMIT 1").fetchone()[0]
    free = next(item.item_id for item in dataset.items("validation") if item.label == "dent")
    with pytest.raises(DatasetError, match="synthetic defects"):
        add_cases(dataset, [free, bound], reason="missed", who="Ada")
    assert list_cases(dataset) == []
    assert next(item for item in dataset.items() if item.item_id == free).split == "validation"


def test_that_the_command_adds_lists_and_withdraws(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_dataset(folder) as dataset:
        path = next(item.path for item in dataset.items("train") if item.label == "dent")
    by = ["--path", str(path), "--who", "Ada", "--why", "seen at the customer"]
    found = tmp_path / "cases.json"
    assert main(["dataset", "regression", "add", str(folder), *by]) == 0
    assert main(["dataset", "regression", "list", str(folder), "--json", str(found)]) == 0
    document = json.loads(found.read_text())
    assert document["schema"] == "inspector.dataset.regression/1"
    case = document["cases"][0]
    assert (case["path"], case["label"], case["who"], case["withdrawn"]) == (str(path), "dent", "Ada", None)
    assert main(["dataset", "relabel", str(folder), "--path", str(path), "--label", "good", "--who", "Ben"]) == 0
    assert main(["dataset", "regression", "list", str(folder)]) == 0
    assert "is labelled good now" in capsys.readouterr().out
    assert main(["dataset", "regression", "withdraw", str(folder), *by]) == 0
    assert "0 regression cases to be met, 1 withdrawn" in capsys.readouterr().out
    assert main(["dataset", "regression", "add", str(folder), "--path", "no/such.png", *by[2:]]) == 2


def test_that_a_case_out_of_the_test_split_goes_on_to_count_and_the_frozen_content_stays(dataset: Dataset) -> None:
    """Else the figures on test would get better by every miss that is made a case."""
    before = split_content(dataset, "test")
    tested = next(item for item in dataset.items("test") if item.label == "dent")
    add_cases(dataset, [tested.item_id, a_dent(dataset)], reason="missed", who="Ada")
    items = {item.item_id: item for item in dataset.items("test")}
    assert [items[case.item.item_id].judges for case in list_cases(dataset)].count(True) == 1
    assert items[tested.item_id].judges
    assert split_content(dataset, "test") == before
    dataset.relabel(tested.item_id, "good", "Ben")
    assert split_content(dataset, "test") != before
