from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from datasets.manifest import Dataset, open_dataset
from datasets.packing import pack_dataset, unpack_dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.history import events
from datasets.review.session import ReviewSession
from datasets.schema import MANIFEST_FILE, MIGRATIONS, connect
from datasets.verify import verify
from inspector.sqlite import driver
from tests.datasets.parts import write_parts


@pytest.fixture
def reviewed(parts: Dataset) -> Dataset:
    session = ReviewSession(parts, read_catalogue(parts), "Ada")
    session.label([0], "stain")
    session.set_mask(0, np.ones((32, 32), np.uint8))
    session.set_mask(0, None)
    run = parts.connection.execute
    tested = run("SELECT min(item_id) FROM item WHERE split = 'test'").fetchone()
    run("INSERT INTO provenance VALUES (?, 'log', 'record', 'top', 'review', 'one', '7', '2026-03-02')", tested)
    run("INSERT INTO regression_case VALUES (?, 'missed', 'Ada', '2026-03-02T08:00:00')", tested)
    return parts


@pytest.mark.parametrize("table", ["review", "mask_version", "provenance", "regression_case"])
def test_that_the_database_itself_keeps_what_people_said(reviewed: Dataset, table: str) -> None:
    rows = f"SELECT * FROM {table}"  # noqa: S608 - the names above
    before = reviewed.connection.execute(rows).fetchall()
    assert before
    first = before[0]
    for statement in (
        f"DELETE FROM {table}",  # noqa: S608
        f"UPDATE {table} SET when_utc = 'never'",  # noqa: S608
        f"UPDATE {table} SET item_id = 3",  # noqa: S608
        f"REPLACE INTO {table} VALUES ({', '.join('?' * len(first))})",  # noqa: S608
    ):
        with pytest.raises(driver().IntegrityError), reviewed.transaction():
            reviewed.connection.execute(statement, first if "?" in statement else ())
    assert reviewed.connection.execute(rows).fetchall() == before


def test_that_an_image_comes_out_of_a_log_once(reviewed: Dataset) -> None:
    again = "INSERT INTO provenance VALUES (3, 'log', 'record', 'top', 'drifted', 'one', '7', 'now')"
    with pytest.raises(driver().IntegrityError):
        reviewed.connection.execute(again)


@pytest.mark.parametrize(
    "values",
    [(1, "praise", "Ada", None), (1, "flag", "", None), (1, "flag", "Ada", 3), (1, "undo", "Ada", None),
     (99, "flag", "Ada", None)],
)  # fmt: skip
def test_that_an_event_that_says_nothing_is_refused(parts: Dataset, values: tuple[object, ...]) -> None:
    with pytest.raises(driver().IntegrityError):
        parts.connection.execute(
            "INSERT INTO review (action_id, session, queue, detail, when_utc, item_id, kind, who, target_id)"
            " VALUES (1, '', '', '{}', 'now', ?, ?, ?, ?)",
            values,
        )


def test_that_a_commit_is_durable_when_it_returns(parts: Dataset) -> None:
    """With the rollback journal only EXTRA is: a commit is the deletion of the journal (docs/reliability.md)."""
    assert parts.connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert parts.connection.execute("PRAGMA synchronous").fetchone()[0] == 3


def test_that_an_older_manifest_keeps_its_version_and_its_relabels_become_reviews(tmp_path: Path) -> None:
    folder = write_parts(tmp_path, {"good": 2, "dent": 2}, size=32)
    with open_dataset(folder) as dataset:
        fingerprint, ids = dataset.fingerprint, [item.item_id for item in dataset.items()]
    old = tmp_path / "old"
    old.mkdir()
    connection = driver().connect(str(old / MANIFEST_FILE), isolation_level=None)
    for script in MIGRATIONS[:2]:
        connection.executescript(script)
    connection.execute("PRAGMA user_version = 2")
    connection.execute("ATTACH ? AS new", (str(folder / MANIFEST_FILE),))
    for table in ("meta", "import", "root", "item", "label", "good_class"):
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM new.{table}")  # noqa: S608
    connection.execute(
        "INSERT INTO label (item_id, from_label, to_label, who, when_utc)"
        " SELECT item_id, to_label, 'crack', 'Ada', when_utc FROM label WHERE item_id = ?",
        (ids[0],),
    )
    connection.close()
    with open_dataset(old) as dataset:
        catalogue = read_catalogue(dataset)
        assert np.flatnonzero(catalogue.reviewed).tolist() == [0]
        assert [(event.kind, event.to_label) for event in events(dataset, ids[0])][1:] == [("label", "crack")]
        ReviewSession(dataset, catalogue, "Ada").undo()
        assert dataset.fingerprint == fingerprint


def test_that_two_programs_may_bring_an_old_manifest_up_to_date_at_once(tmp_path: Path) -> None:
    for turn in range(5):
        path = tmp_path / f"{turn}.sqlite"
        connection = driver().connect(str(path), isolation_level=None)
        connection.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version = 1;")
        connection.close()
        with ThreadPoolExecutor(4) as pool:
            opened = list(pool.map(lambda _: connect_and_close(path), range(4)))  # noqa: B023 - used up in this turn
        assert opened == [len(MIGRATIONS)] * 4


def connect_and_close(path: Path) -> int:
    connection = connect(path)
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.close()
    return version


def test_that_check_reads_drawn_masks_and_finds_one_that_was_altered(reviewed: Dataset) -> None:
    assert verify(reviewed, lambda _done, _all: None) == []
    (drawn,) = (reviewed.folder / "masks" / "reviewed").iterdir()
    drawn.write_bytes(b"no mask")
    assert [(finding.path, finding.problem) for finding in verify(reviewed, lambda _d, _a: None)] == [
        (drawn, "altered")
    ]


def test_that_masks_and_their_history_travel_in_an_archive(tmp_path: Path) -> None:
    source = write_parts(tmp_path / "made", {"good": 2, "dent": 2}, size=32)
    with open_dataset(source) as dataset:
        folder = dataset.folder
        for item in dataset.items():  # as `import --copy` leaves it: everything below the data set's folder
            for path in (item.path, item.mask):
                assert path is not None
                target = folder / path.relative_to(source.parent)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
        dataset.connection.execute("UPDATE root SET path = '.'")
        session = ReviewSession(dataset, read_catalogue(dataset), "Ada")
        for rows in (5, 9):
            mask = np.zeros((32, 32), np.uint8)
            mask[:rows] = 1
            session.set_mask(0, mask)
        fingerprint = dataset.fingerprint
    archive = tmp_path / "data.zip"
    assert pack_dataset(source, archive, lambda _done, _all: None) == fingerprint
    assert unpack_dataset(archive, tmp_path / "there", lambda _done, _all: None) == fingerprint
    with open_dataset(tmp_path / "there") as dataset:
        session = ReviewSession(dataset, read_catalogue(dataset), "Ada")
        session.undo()
        drawn = session.catalogue.item(0).read_mask()
        assert drawn is not None
        assert int((drawn > 0).sum()) == 5 * 32


def test_that_a_moved_folder_of_masks_is_moved_as_a_whole(reviewed: Dataset, tmp_path: Path) -> None:
    drawn = reviewed.folder / "masks" / "reviewed"
    new = tmp_path / "elsewhere"
    shutil.copytree(drawn, new)
    reviewed.move_root(drawn, new)
    session = ReviewSession(reviewed, read_catalogue(reviewed), "Ada")
    session.undo()
    mask = session.catalogue.mask_path(0)
    assert mask is not None
    assert mask.parent == new
