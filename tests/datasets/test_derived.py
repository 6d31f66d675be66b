from __future__ import annotations

import csv
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.cut_paste import CutPaste
from datasets.derived import DerivedPicture, Synthesis, add_derived
from datasets.export import export_csv
from datasets.importer import import_images, read_members, resplit
from datasets.manifest import Dataset, open_dataset
from datasets.perlin import Perlin
from datasets.plan import ImportRequest
from datasets.schema import MANIFEST_FILE, MIGRATIONS
from datasets.split_rule import SplitRule
from datasets.splits import Member, Shares, join_groups
from datasets.summary import describe, summarise
from datasets.synthesis import Maker, Sources, gather_sources, make_pictures
from inspector.errors import DatasetError, UsageError
from inspector.sqlite import driver
from tests.datasets.parts import everything, write_parts


def add(dataset: Dataset, method: str = "cut-paste", seed: int = 0, count: int = 6) -> int:
    maker: Maker = CutPaste(gather_sources(dataset)) if method == "cut-paste" else _perlin(dataset)
    run = Synthesis(method, "", seed, "Ada")
    return add_derived(dataset, run, make_pictures(maker, run, count, lambda _done, _total: None))


def _perlin(dataset: Dataset) -> Perlin:
    return Perlin(gather_sources(dataset, defects=False), "synthetic")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set without synthetic defects; tests work on copies of its folder."""
    return write_parts(tmp_path_factory.mktemp("plain"), {"good": 12, "dent": 6, "scratch": 6})


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "data"))


@pytest.fixture(scope="module")
def mixed(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with pictures of two methods, as it was split first; no test changes it."""
    copy = Path(shutil.copytree(plain, tmp_path_factory.mktemp("mixed") / "data"))
    with open_dataset(copy) as dataset:
        add(dataset)
        add(dataset, "perlin")
    return copy


@pytest.fixture(scope="module")
def resplit_often(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it, split again by test after test."""
    return Path(shutil.copytree(mixed, tmp_path_factory.mktemp("resplit") / "data"))


rules = st.builds(
    SplitRule,
    shares=st.sampled_from([Shares(), Shares(0.1, 0.45, 0.45), Shares(0.5, 0.5, 0.0), Shares(0.34, 0.0, 0.66)]),
    seed=st.integers(0, 1000),
    hold_out=st.sampled_from([0.0, 0.3, 0.9]),
    anew=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(rule=rules)
def test_that_no_rule_brings_a_synthetic_defect_or_a_part_it_was_made_from_out_of_train(
    resplit_often: Path, rule: SplitRule
) -> None:
    with open_dataset(resplit_often) as dataset:
        resplit(dataset, rule)
        items = dataset.items()
        sources = {row[0] for row in dataset.connection.execute("SELECT from_item_id FROM derived_from")}
        parts = {item.part for item in items if item.item_id in sources}
        lots = dataset.connection.execute(
            "SELECT DISTINCT split FROM item WHERE lot IN"
            " (SELECT lot FROM item WHERE lot <> '' AND item_id IN (SELECT from_item_id FROM derived_from))"
        ).fetchall()
    assert len(sources) > 4
    assert lots == [("train",)]
    assert {item.split for item in items if item.derived} == {"train"}
    assert {item.split for item in items if item.part in parts} == {"train"}
    places = defaultdict(set)
    for item in items:
        places[item.part].add(item.split)
    assert all(len(found) == 1 for found in places.values())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ok", "dent"]), st.integers(0, 9), st.integers(0, 3),
            st.sampled_from(["", "train", "test"]), st.booleans(),
        ),
        min_size=1, max_size=40,
    ),
    rules,
)  # fmt: skip
def test_that_held_images_keep_their_whole_part_and_lot_in_train(
    drawn: list[tuple[str, int, int, str, bool]], rule: SplitRule
) -> None:
    given_by_part: dict[str, str] = {}
    members = []
    for number, (label, part, lot, fixed, held) in enumerate(drawn):
        fixed = given_by_part.setdefault(f"l{lot}", fixed) if lot else given_by_part.setdefault(f"p{part}.0", fixed)
        members.append(Member(f"{number:03}", label, f"p{part}.{lot}", f"l{lot}" if lot else "", fixed, held))
    splits = rule.assign(members, ("ok",))
    assert set(splits) == {member.key for member in members}
    for group in join_groups(members):
        found = {splits[member.key] for member in group}
        assert len(found) == 1
        assert found == {"train"} or not any(member.held for member in group)


def test_that_resplitting_deals_out_the_rest_as_if_the_held_were_part_of_train() -> None:
    members = [Member(f"{n:03}", "ok", str(n), held=n < 30) for n in range(100)]
    splits = list(SplitRule(Shares(0.7, 0.15, 0.15), anew=True).assign(members, ("ok",)).values())
    assert [splits.count(name) for name in ("train", "validation", "test")] == [70, 15, 15]


REFUSALS = "in the train split|of the train split|part of its own|what is derived stays so|UNIQUE.*synthesis"
NAMES = {
    "DERIVED": "(SELECT min(item_id) FROM derived)",
    "SOURCE": "(SELECT min(from_item_id) FROM derived_from)",
    "TESTED": "(SELECT min(item_id) FROM item WHERE split = 'test')",
    "UNUSED": "(SELECT item_id FROM item WHERE split = 'train' AND synthetic = 0"
    " AND item_id NOT IN (SELECT from_item_id FROM derived_from) LIMIT 1)",
    "COLUMNS": "import_id, root_id, path, sha256, width, height, part, lot, view,"
    " split, given_split, source, synthetic",
    "VALUES": "import_id, root_id, 'x', 'x', 1, 1, part, '', ''",
}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE item SET split = 'test' WHERE item_id = {DERIVED}",
        "UPDATE item SET split = 'validation' WHERE item_id = {DERIVED}",
        "UPDATE item SET split = 'test' WHERE item_id = {SOURCE}",
        "UPDATE item SET split = 'test' WHERE part = (SELECT part FROM item WHERE item_id = {SOURCE})",
        "UPDATE item SET split = 'test'",
        "UPDATE item SET synthetic = 0 WHERE item_id = {DERIVED}",
        "UPDATE item SET part = (SELECT part FROM item WHERE item_id = {TESTED}) WHERE item_id = {DERIVED}",
        "UPDATE item SET part = (SELECT part FROM item WHERE item_id = {SOURCE}) WHERE item_id = {TESTED}",
        "INSERT INTO derived VALUES ({TESTED}, 1)",
        "INSERT INTO derived VALUES ({UNUSED}, 1)",
        "INSERT INTO derived_from VALUES ({DERIVED}, {TESTED}, 'material')",
        "INSERT INTO derived_from VALUES ({DERIVED}, {DERIVED}, 'material')",
        "DELETE FROM derived",
        "DELETE FROM derived_from",
        "UPDATE derived SET synthesis_id = synthesis_id",
        "UPDATE derived_from SET from_item_id = {TESTED}",
        "INSERT INTO item ({COLUMNS}) SELECT {VALUES}, 'test', '', '', 0 FROM item WHERE item_id = {DERIVED}",
        "INSERT INTO item ({COLUMNS}) SELECT {VALUES}, 'validation', '', '', 0 FROM item WHERE item_id = {SOURCE}",
        "INSERT INTO synthesis (method, class, seed, settings, who, made_utc) VALUES ('perlin', '', 0, '', '', '')",
    ],
)
def test_that_the_database_itself_keeps_synthetic_defects_in_train(mixed: Path, statement: str) -> None:
    with open_dataset(mixed) as dataset:
        before = dataset.fingerprint
        with pytest.raises(driver().IntegrityError, match=REFUSALS), dataset.transaction():
            dataset.connection.execute(statement.format(**NAMES))
        assert dataset.fingerprint == before


def test_that_pictures_are_made_without_reading_anything_of_the_other_splits(plain: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(plain.parent, tmp_path / "all"))
    with open_dataset(source / "data") as dataset:
        dataset.move_root(plain.parent, source)
        for item in dataset.items():
            if item.split != "train":
                item.path.unlink()
                assert item.mask is not None
                item.mask.unlink()
        assert add(dataset, count=20) == 20
        assert add(dataset, "perlin", count=20) == 20
        rows = dataset.connection.execute(
            "SELECT DISTINCT split, synthetic FROM item WHERE item_id IN (SELECT from_item_id FROM derived_from)"
        ).fetchall()
    assert rows == [("train", 0)]


def test_that_nothing_can_be_made_from_another_split_or_from_synthetic_defects(folder: Path, mixed: Path) -> None:
    with open_dataset(folder) as dataset:
        tested = tuple(item for item in dataset.items("test") if item.label == "good")
        sources = gather_sources(dataset)
        for wrong in ((tested, sources.defects), (sources.carriers, tuple(dataset.items("validation")))):
            with pytest.raises(DatasetError, match="train split"):
                Sources(*wrong)
        made = CutPaste(sources).make(np.random.default_rng(0), "dent")
        assert made is not None
        forged = DerivedPicture(made.pixels, made.mask, "dent", tested[0], ())
        before = everything(folder), dataset.fingerprint
        with pytest.raises(DatasetError, match="test split"):
            add_derived(dataset, Synthesis("cut-paste", "", 0, "Ada"), [made, forged])
        assert (everything(folder), dataset.fingerprint) == before
    with open_dataset(mixed) as dataset:
        again = gather_sources(dataset)
        assert not any(item.derived for item in (*again.carriers, *again.defects))


def test_that_synthetic_pictures_are_marked_and_tell_what_they_were_made_from(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        before, parts = dataset.fingerprint, {item.part for item in dataset.items()}
        add(dataset, seed=7)
        made = [item for item in dataset.items() if item.derived]
        assert dataset.fingerprint != before
        assert [item.label for item in made] == ["dent", "scratch"] * 3
        assert all(item.synthetic and item.split == "train" and item.mask is not None for item in made)
        assert len({item.part for item in made} - parts) == 6
        assert all("cut-paste, seed 7, on lot" in item.source and f"_{item.label}" in item.source for item in made)
        assert {change.who for item in made for change in dataset.history(item.item_id)} == {"Ada"}
        assert all(item.path.is_relative_to(folder / "synthetic") for item in made)
        summary = summarise(dataset)
    assert (summary["derived"], summary["synthetic"]) == (6, 6)
    assert summary["syntheses"][0]["run"] == "cut-paste-seed7"
    assert "6 pictures with synthetic defects, in train only: cut-paste-seed7 6" in describe(summary)


def test_that_a_data_set_moved_as_a_folder_still_finds_its_synthetic_pictures(folder: Path, tmp_path: Path) -> None:
    with open_dataset(folder) as dataset:
        add(dataset)
        before = dataset.fingerprint
    folder.rename(tmp_path / "elsewhere")
    with open_dataset(tmp_path / "elsewhere") as dataset:
        assert dataset.fingerprint == before
        assert all(item.read_pixels().shape == (64, 64, 3) for item in dataset.items() if item.derived)


def test_that_the_seed_gives_the_pictures_and_the_same_run_is_refused(plain: Path, tmp_path: Path) -> None:
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        with open_dataset(Path(shutil.copytree(plain, tmp_path / name))) as dataset:
            add(dataset, seed=seed)
            add(dataset, "perlin", seed=seed)
            found.append([item.sha256 for item in dataset.items() if item.derived])
            fingerprint = dataset.fingerprint
            with pytest.raises(DatasetError, match="already"):
                add(dataset, seed=seed, count=12)
            assert dataset.fingerprint == fingerprint
    assert found[0] == found[1]
    assert not set(found[0]) & set(found[2])


def _fails_at(number: int, error: BaseException, dataset: Dataset, run: Synthesis) -> Iterator[DerivedPicture]:
    for index, picture in enumerate(make_pictures(CutPaste(gather_sources(dataset)), run, 6, lambda *_: None)):
        if index == number:
            raise error
        yield picture


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left"), ValueError("a bug")])
def test_that_whatever_stops_a_run_leaves_the_data_set_as_it_was(folder: Path, error: BaseException) -> None:
    run = Synthesis("cut-paste", "", 0, "Ada")
    with open_dataset(folder) as dataset:
        before = everything(folder), dataset.fingerprint
        with pytest.raises((type(error), DatasetError)):
            add_derived(dataset, run, _fails_at(4, error, dataset, run))
        assert (everything(folder), dataset.fingerprint) == before
        assert not any(path.is_dir() for path in folder.iterdir())
        assert add(dataset) == 6


def test_that_a_run_that_fails_while_the_files_are_put_in_place_is_undone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with open_dataset(folder) as dataset:
        before = everything(folder), dataset.fingerprint
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", full)
            with pytest.raises(DatasetError, match="No space left"):
                add(dataset)
        assert (everything(folder), dataset.fingerprint) == before
        assert dataset.connection.execute("SELECT count(*) FROM synthesis").fetchone() == (0,)
        assert add(dataset) == 6


def test_that_a_part_that_left_train_while_pictures_were_made_stops_the_run(folder: Path) -> None:
    run = Synthesis("cut-paste", "", 0, "Ada")
    with open_dataset(folder) as dataset:
        made = list(make_pictures(CutPaste(gather_sources(dataset)), run, 6, lambda *_: None))
        dataset.connection.execute("UPDATE item SET split = 'test'")
        before = everything(folder), dataset.fingerprint
        with pytest.raises(DatasetError, match="changed meanwhile"):
            add_derived(dataset, run, made)
        assert (everything(folder), dataset.fingerprint) == before


def test_that_files_of_a_killed_run_give_way_to_the_next(folder: Path) -> None:
    left = folder / "synthetic" / "cut-paste-seed0" / "images"
    left.mkdir(parents=True)
    (left / "00099.png").write_bytes(b"left over")
    with open_dataset(folder) as dataset:
        add(dataset)
        assert not (left / "00099.png").exists()
        assert all(item.path.is_file() for item in dataset.items() if item.derived)


def test_that_classes_of_like_names_never_share_a_folder() -> None:
    names = {Synthesis("cut-paste", label, 0, "Ada").name for label in ("a b", "a_b", "a/b", "../b", "")}
    assert len(names) == 5
    assert not any("/" in name for name in names)


def test_that_a_list_of_the_images_does_not_carry_synthetic_defects_into_another_data_set(
    folder: Path, tmp_path: Path
) -> None:
    with open_dataset(folder) as dataset:
        before = dataset.fingerprint
        add(dataset)
        count = len(dataset.items())
        assert export_csv(dataset, tmp_path / "list.csv") == count - 6
    with (tmp_path / "list.csv").open() as file:
        assert not any("synthetic" in row["path"] for row in csv.DictReader(file))
    import_images(ImportRequest(folder, tmp_path / "again", lists=(tmp_path / "list.csv",), good=("good",)))
    with open_dataset(tmp_path / "again") as dataset:
        assert dataset.fingerprint == before


def test_that_images_added_later_are_split_as_if_there_were_no_synthetic_ones(folder: Path) -> None:
    with open_dataset(folder) as dataset:
        members = read_members(dataset, current=True)
        add(dataset, count=40)
        after = read_members(dataset, current=True)
    assert [(m.key, m.fixed) for m in after] == [(m.key, m.fixed) for m in members]


def test_that_a_manifest_of_the_first_format_is_brought_up_to_date_with_the_same_fingerprint(
    folder: Path, tmp_path: Path
) -> None:
    with open_dataset(folder) as dataset:
        before = dataset.fingerprint
        rows = {name: dataset.connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
                for name in ("meta", "import", "root", "item", "label", "good_class")}  # fmt: skip
    old = tmp_path / "old"
    old.mkdir()
    connection = driver().connect(str(old / MANIFEST_FILE), isolation_level=None)
    connection.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
    for name, found in rows.items():
        for row in found:
            connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    connection.close()
    with open_dataset(old) as dataset:
        assert dataset.fingerprint == before
        assert not any(item.derived for item in dataset.items())
        assert summarise(dataset)["syntheses"] == []


@pytest.mark.parametrize(("label", "error"), [("good", UsageError), ("crack", UsageError)])
def test_that_a_good_or_unknown_class_is_refused(folder: Path, label: str, error: type[Exception]) -> None:
    with open_dataset(folder) as dataset, pytest.raises(error, match=label):
        gather_sources(dataset, label)
