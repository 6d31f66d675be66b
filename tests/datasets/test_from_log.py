"""Parts of a station's log in a data set: exactly once, with where they came from, whatever stops the run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from datasets.from_log import Taken, log_identity, take_from_log
from datasets.importer import resplit
from datasets.log_choice import Wanted
from datasets.log_queue import from_log_queue
from datasets.log_rows import LogRows
from datasets.manifest import Dataset, open_dataset
from datasets.regression import list_cases, withdraw_case
from datasets.split_rule import SplitRule
from datasets.summary import describe, summarise
from inspector.cli import main
from inspector.errors import NotAllowedError
from inspector.imaging import sha256_of
from inspector.jsonfile import replace_file
from inspector.log import Log, open_log, read_log
from inspector.log.deletions import DELETED
from inspector.people.users import User, Users, write_users
from inspector.types import AuditEntry, Person, Record, Role, Verdict
from tests.datasets.parts import write_parts
from tests.datasets.stationlog import StationLog, all_kinds
from tests.recorded import REGION, recorded_log
from tests.support import noise_picture, tiny_package

ADA = Person("Ada")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_parts(tmp_path_factory.mktemp("plain"), {"good": 6, "dent": 4, "scratch": 4})


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Record]]:
    """A log with a part of each kind; no test writes to it."""
    folder = tmp_path_factory.mktemp("station") / "log"
    with open_log(folder, station="test") as log:
        return folder, all_kinds(folder, log)


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "data"))


@pytest.fixture
def dataset(folder: Path) -> Iterator[Dataset]:
    with open_dataset(folder) as found:
        yield found


def take(dataset: Dataset, folder: Path, wanted: Wanted | None = None, **more: Any) -> Taken:
    with read_log(folder) as log:
        return take_from_log(dataset, log, ADA, wanted or Wanted(), **more)


def contents(dataset: Dataset) -> list[tuple[Any, ...]]:
    """Return everything that the manifest holds of the log, but times and numbers."""
    rows = dataset.connection.execute(
        "SELECT sha256, part, view, split, label, record_id, reason, serial, verdict, suggested,"
        " item_id IN (SELECT item_id FROM regression_case),"
        " (SELECT count(*) FROM label WHERE label.item_id = p.item_id)"
        " FROM provenance AS p JOIN log_judgement USING (item_id)"
        " JOIN (SELECT item_id, sha256, part, split, label FROM current_item) USING (item_id) ORDER BY sha256"
    )
    return [tuple(row) for row in rows]


def test_that_parts_come_in_with_their_provenance_and_wait_for_a_label(
    dataset: Dataset, station: tuple[Path, dict[str, Record]]
) -> None:
    log_folder, kinds = station
    before = dataset.fingerprint
    taken = take(dataset, log_folder)
    assert taken.parts == {"missed": 3, "overridden": 1, "review": 2, "drifted": 1, "error": 1}
    assert taken.images == 9
    assert taken.known == 0
    rows = {row[5]: row for row in contents(dataset)}
    review = rows[kinds["review"].record_id]
    assert review[1:5] == ("test/P2", "side", "train", "")
    assert review[6:10] == ("review", "P2", "REVIEW", "good")
    waiting = [item for item in dataset.items(unlabelled=True) if item.label == ""]
    assert len(waiting) == 7
    assert not {item.item_id for item in waiting} & {item.item_id for item in dataset.items()}
    named = rows[kinds["named"].record_id]
    assert named[3:5] == ("test", "scratch")
    assert "" not in dataset.classes
    assert dataset.fingerprint != before


def test_that_a_picture_comes_in_as_it_was_judged(dataset: Dataset, station: tuple[Path, dict[str, Record]]) -> None:
    log_folder, kinds = station
    take(dataset, log_folder)
    paths = {
        (row[0], row[1]): row[2]
        for row in dataset.connection.execute("SELECT record_id, view, item_id FROM provenance")
    }
    items = {item.item_id: item for item in dataset.items(unlabelled=True)}
    record = kinds["views"]
    with read_log(log_folder) as log:
        whole = {image.view: log.read_image(image) for image in record.images}
    top, side = (items[paths[record.record_id, view]] for view in ("top", "side"))
    assert (top.read_pixels() == whole["top"][2:32, 4:44]).all()  # the recipe's region
    assert (side.read_pixels() == whole["side"]).all()
    assert side.sha256 == next(image.sha256 for image in record.images if image.view == "side")
    assert top.part == side.part == "test/P11"


def test_that_a_missed_part_is_a_regression_case_in_test_with_who_said_so(
    dataset: Dataset, station: tuple[Path, dict[str, Record]]
) -> None:
    log_folder, kinds = station
    assert take(dataset, log_folder).cases == 4
    cases = list_cases(dataset)
    assert {case.item.part for case in cases} == {"test/P7", "test/P8", "test/P11"}
    crack = next(case for case in cases if case.item.part == "test/P7")
    assert crack.who == "Mei"
    assert "Crack at the rim" in crack.reason
    assert kinds["missed"].package_hash[:12] in crack.reason
    assert all(case.item.split == "test" and case.item.regression and not case.item.judges for case in cases)
    resplit(dataset, SplitRule(seed=5, anew=True))
    assert {item.split for item in dataset.items(unlabelled=True) if item.regression} == {"test"}


def test_that_a_second_run_adds_nothing(dataset: Dataset, station: tuple[Path, dict[str, Record]]) -> None:
    take(dataset, station[0], Wanted(passes=1.0))
    before, files = contents(dataset), sorted((dataset.folder / "from-log").rglob("*"))
    again = take(dataset, station[0], Wanted(passes=1.0))
    assert (again.parts.total(), again.images, again.labelled, again.cases, again.known) == (0, 0, 0, 0, 9)
    assert contents(dataset) == before
    assert sorted((dataset.folder / "from-log").rglob("*")) == files
    assert again.gone == []


def test_that_the_weightiest_parts_come_first_where_the_number_is_limited(
    dataset: Dataset, station: tuple[Path, dict[str, Record]]
) -> None:
    assert take(dataset, station[0], limit=2).parts == {"missed": 2}
    assert take(dataset, station[0], limit=3).parts == {"missed": 1, "overridden": 1, "review": 1}
    assert take(dataset, station[0]).parts.total() == 3


def growing(tmp_path: Path) -> tuple[Log, StationLog]:
    log = open_log(tmp_path / "growing", station="test")
    return log, StationLog(log)


def test_that_what_people_say_later_comes_in_later_and_no_reviewer_is_overruled(
    dataset: Dataset, tmp_path: Path
) -> None:
    log, line = growing(tmp_path)
    with log:
        early, reviewed = line.part("A", Verdict.REVIEW), line.part("B", Verdict.REVIEW)
        passed = line.part("C", Verdict.PASS)
        assert take(dataset, log.folder, Wanted(passes=1.0)).labelled == 0
        numbers = dict(dataset.connection.execute("SELECT record_id, item_id FROM provenance").fetchall())
        dataset.relabel(numbers[reviewed.record_id], "dent", "Rita")
        line.names(early, "scratch")
        line.names(reviewed, "scratch")
        line.says(passed, Verdict.FAIL)
        taken = take(dataset, log.folder, Wanted(passes=1.0))
    assert (taken.labelled, taken.cases, taken.images) == (1, 1, 0)
    labels = {item.item_id: item.label for item in dataset.items(unlabelled=True)}
    assert [labels[numbers[each.record_id]] for each in (early, reviewed, passed)] == ["scratch", "dent", ""]
    assert [case.item.item_id for case in list_cases(dataset)] == [numbers[passed.record_id]]
    assert dataset.history(numbers[early.record_id])[-1].who == "Mei"


def test_that_a_missed_part_whose_picture_is_there_already_is_a_case_none_the_less(
    dataset: Dataset, tmp_path: Path
) -> None:
    log, line = growing(tmp_path)
    with log:
        known = next(item for item in dataset.items("train") if item.label == "dent")
        record = line.part("A", Verdict.PASS, images=(log.images.put(known.read_pixels(), "side"),))
        line.says(record, Verdict.FAIL)
        shown = sha256_of(log.images.read_bytes(record.images[0]))
        dataset.connection.execute("UPDATE item SET sha256 = ? WHERE item_id = ?", (shown, known.item_id))
        for _ in range(2):
            taken = take(dataset, log.folder)
            assert (taken.images, taken.known) == (0, 1)
    assert [case.item.item_id for case in list_cases(dataset)] == [known.item_id]
    assert {item.split for item in dataset.items() if item.part == known.part} == {"test"}


def test_that_deleted_and_damaged_pictures_and_a_wrong_region_are_told_and_stop_nothing(
    dataset: Dataset, tmp_path: Path
) -> None:
    log, line = growing(tmp_path)
    with log:
        deleted, damaged = line.part("A", Verdict.REVIEW), line.part("B", Verdict.REVIEW)
        small = log.images.put(noise_picture(99, 20, 20), "top")
        line.part("C", Verdict.ERROR, views=("top",), images=(small,))
        line.part("D", Verdict.REVIEW, recipe_hash="d" * 64)
        whole = line.part("E", Verdict.REVIEW)
        image = deleted.images[0]
        log.append_audit(AuditEntry(DELETED, "plates", why="quota", details={"sha256": [image.sha256], "paths": []}))
        log.images.delete(image)
        (log.folder / damaged.images[0].path).write_bytes(b"no picture")
        taken = take(dataset, log.folder)
    assert [told.split(",")[0] for told in taken.gone] == ["part A", "part B", "part D"]
    assert "deleted" in taken.gone[0]
    assert "quota" in taken.gone[0]
    assert [told.split(",")[0] for told in taken.left] == ["part C"]
    assert [row[5] for row in contents(dataset)] == [whole.record_id]


@pytest.mark.parametrize("step", ["replace_file", "_insert"])
def test_that_a_run_that_is_stopped_at_any_step_is_made_whole_by_the_next(
    plain: Path, tmp_path: Path, station: tuple[Path, dict[str, Record]], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_dataset(Path(shutil.copytree(plain, tmp_path / "straight"))) as straight:
        take(straight, station[0])
        expected = contents(straight)
    for stop_at in range(1, 10, 2):
        with open_dataset(Path(shutil.copytree(plain, tmp_path / f"stopped{stop_at}"))) as dataset:
            with monkeypatch.context() as patch:
                patch.setattr(*_stopping(step, stop_at))
                with pytest.raises(KeyboardInterrupt):
                    take(dataset, station[0])
            parts = {row[5] for row in contents(dataset)}
            assert contents(dataset) == [row for row in expected if row[5] in parts]
            take(dataset, station[0])
            assert contents(dataset) == expected


def _stopping(step: str, stop_at: int) -> tuple[str, Callable[..., Any]]:
    """Return what to patch so that the program is interrupted before the given call of a step."""
    calls = iter(range(1, 1000))
    real = replace_file if step == "replace_file" else LogRows._insert

    def stopped(*arguments: Any) -> Any:
        if next(calls) == stop_at:
            raise KeyboardInterrupt
        return real(*arguments)

    return (
        "datasets.from_log.replace_file" if step == "replace_file" else "datasets.log_rows.LogRows._insert"
    ), stopped


def test_that_a_killed_command_leaves_whole_parts_and_the_next_one_doubles_nothing(
    plain: Path, tmp_path: Path, station: tuple[Path, dict[str, Record]]
) -> None:
    with open_dataset(Path(shutil.copytree(plain, tmp_path / "straight"))) as straight:
        take(straight, station[0])
        expected = contents(straight)
    target = Path(shutil.copytree(plain, tmp_path / "killed"))
    words = ["dataset", "from-log", str(target), "--log", str(station[0]), "--json-lines"]
    with subprocess.Popen(
        [sys.executable, "-m", "inspector.cli", *words], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        assert process.stdout is not None
        assert "taking parts" in process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert main([*words[:-1]]) == 0
    with open_dataset(target) as dataset:
        assert contents(dataset) == expected


def test_that_the_command_tells_what_it_did(
    folder: Path, station: tuple[Path, dict[str, Record]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = tmp_path / "found.json"
    words = ["dataset", "from-log", str(folder), "--log", str(station[0])]
    assert main([*words, "--passes", "100%", "--json", str(found)]) == 0
    document = json.loads(found.read_text())
    assert document["schema"] == "inspector.dataset.from-log/1"
    assert document["parts"] == {"missed": 0, "overridden": 0, "review": 0, "drifted": 0, "error": 0, "pass": 5}
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "known        " in said
    assert "became regression cases" in said
    with read_log(station[0]) as log:
        assert log_identity(log) == document_log_id(folder)


def document_log_id(folder: Path) -> str:
    with open_dataset(folder) as dataset:
        return str(dataset.connection.execute("SELECT DISTINCT log_id FROM provenance").fetchone()[0])


def test_that_only_who_may_export_records_may_take_them(
    dataset: Dataset, station: tuple[Path, dict[str, Record]]
) -> None:
    users = [
        {"name": name, "role": role, "password": "$argon2id$x"}
        for name, role in (("Olga", Role.OPERATOR), ("Root", Role.ADMINISTRATOR))
    ]
    write_users(Users(users=tuple(map(User.model_validate, users))))
    with read_log(station[0]) as log, pytest.raises(NotAllowedError, match="export"):
        take_from_log(dataset, log, Person("Olga", Role.OPERATOR), Wanted())
    assert contents(dataset) == []


def test_that_what_waits_is_a_queue_with_its_reasons_until_somebody_labels_it(
    dataset: Dataset, station: tuple[Path, dict[str, Record]]
) -> None:
    take(dataset, station[0])
    queue = from_log_queue(dataset)
    kinds = [item.kind.removeprefix("from_log_") for item in queue]
    assert kinds == ["missed", "missed", "missed", "review", "review", "drifted", "error"]
    assert [item.score for item in queue] == sorted((item.score for item in queue), reverse=True)
    assert all(item.given == "" and Path(item.path).is_file() for item in queue)
    assert "part P2 at test" in queue[4].reason or "part P2 at test" in queue[3].reason
    dataset.relabel(queue[0].item_id, "dent", "Rita")
    assert [item.item_id for item in from_log_queue(dataset)] == [item.item_id for item in queue[1:]]


def test_that_the_record_of_a_real_station_gives_the_regions_that_its_model_saw(
    dataset: Dataset, tmp_path: Path
) -> None:
    package = tiny_package(tmp_path / "package")
    recorded = recorded_log(tmp_path / "line", package, parts=6)
    taken = take(dataset, recorded.folder, Wanted(passes=1.0))
    x, y, width, height = REGION
    rows = dataset.connection.execute("SELECT record_id, item_id FROM provenance").fetchall()
    judged = {record.record_id: record for record in recorded.records}
    items = {item.item_id: item for item in dataset.items(unlabelled=True)}
    with read_log(recorded.folder) as log:
        for record_id, item_id in rows:
            whole = log.read_image(judged[record_id].images[0])
            assert (items[item_id].read_pixels() == whole[y : y + height, x : x + width]).all()
    assert taken.images == len(rows)
    assert taken.gone == taken.left == []
    chosen = [r for r in recorded.records if r.decision.verdict in (Verdict.PASS, Verdict.REVIEW)]
    assert {record.record_id for record in chosen} <= {row[0] for row in rows}
    assert recorded.records[1].record_id in {row[0] for row in rows}  # people overrode it


def test_that_show_tells_what_waits_and_which_cases_there_are(
    dataset: Dataset, station: tuple[Path, dict[str, Record]]
) -> None:
    take(dataset, station[0])
    summary = summarise(dataset)
    assert (summary["waiting"], summary["regression_cases"]) == (7, 4)
    assert "7 more images, out of a log" in describe(summary)
    assert "4 images that every later model must not pass" in describe(summary)


def test_that_a_case_stays_when_somebody_takes_the_word_back_and_that_is_told(dataset: Dataset, tmp_path: Path) -> None:
    log, line = growing(tmp_path)
    with log:
        record = line.part("A", Verdict.PASS)
        line.says(record, Verdict.FAIL)
        assert take(dataset, log.folder).cases == 1
        line.says(record, Verdict.PASS, who="Ada")
        taken = take(dataset, log.folder)
        assert len(taken.left) == 1
        assert "the last word of Ada says that it is good" in taken.left[0]
        case = list_cases(dataset)[0]
        assert case.withdrawn is None
        withdraw_case(dataset, case.item.item_id, reason="looked again", who="Ada")
        assert take(dataset, log.folder).left == []
