"""Figures of a data set against counting by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.audit.items import Audit, QueueItem
from datasets.importer import import_images
from datasets.items import SPLITS, Rejected
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.statistics import compute_stats, outliers, sample_appearance
from inspector.imaging import encode_png


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Catalogue]:
    """Twelve grey pictures, one black; `good/01` is there once more in good, and a file is empty."""
    chance = np.random.default_rng(0)
    for number in range(12):
        kind, shape = ("good", (20, 30)) if number < 8 else ("dent", (40, 20))
        level = 0 if number == 3 else 120
        pixels = (chance.integers(-9, 10, (*shape, 1)).repeat(3, axis=2) + level).clip(0, 255).astype(np.uint8)
        path = tmp_path / "pictures" / kind / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(pixels))
    first = tmp_path / "pictures" / "good" / "01.png"
    (tmp_path / "pictures" / "good" / "90.png").write_bytes(first.read_bytes())
    (tmp_path / "pictures" / "good" / "91.png").write_bytes(b"")
    import_images(ImportRequest(tmp_path / "pictures", tmp_path / "data", "{class}/{part}.png", good=("good",)))
    with open_dataset(tmp_path / "data") as opened:
        yield read_catalogue(opened)


@pytest.fixture
def rejected(pictures: Catalogue) -> list[Rejected]:
    """What the import did not take."""
    with open_dataset(pictures.folder) as opened:
        return opened.rejected()


def test_that_balance_sizes_and_parts_are_those_of_the_images(pictures: Catalogue) -> None:
    stats = compute_stats(pictures)
    items = [pictures.item(position) for position in range(len(pictures))]
    both = Counter((item.label, item.split) for item in items)
    assert {
        (name, split): int(stats.by_split[row, column])
        for row, name in enumerate(stats.classes)
        for column, split in enumerate(SPLITS)
    } == {(name, split): both[name, split] for name in stats.classes for split in SPLITS}
    sizes = Counter((item.width, item.height) for item in items)
    assert [(each.width, each.height, len(each.positions)) for each in stats.sizes] == [
        (*size, count) for size, count in sizes.most_common()
    ]
    assert sorted(position for each in stats.sizes for position in each.positions) == list(range(len(items)))
    np.testing.assert_allclose(stats.aspects, [item.width / item.height for item in items])
    assert stats.parts == len({item.part for item in items})


def test_that_copies_and_broken_files_that_the_import_left_out_are_counted(
    pictures: Catalogue, rejected: list[Rejected]
) -> None:
    assert compute_stats(pictures, rejected=rejected).left_out == {"duplicate": 1, "empty": 1}


def test_that_near_duplicates_of_the_audit_say_where_a_label_must_be_wrong(pictures: Catalogue) -> None:
    at = {pictures.path(position).stem: position for position in range(len(pictures))}

    def pair(one: str, other: str) -> QueueItem:
        first, second = (int(pictures.ids[at[name]]) for name in (one, other))
        return QueueItem(first, "", "", "near_duplicate", {}, 1.0, other_id=second)

    audit = Audit("", "", {"near_duplicates": (pair("01", "02"), pair("05", "09"), pair("06", "06"))}, "")
    stats = compute_stats(pictures, audit)
    assert stats.near is not None
    assert [set(twins.positions) for twins in stats.near] == [{at["05"], at["09"]}, {at["01"], at["02"]}]
    assert [twins.labels for twins in stats.near] == [True, False]
    for twins in stats.near:
        assert twins.splits == (len({int(pictures.splits[position]) for position in twins.positions}) > 1)
    assert compute_stats(pictures).near is None


def test_that_suggestions_are_counted_beside_labels_and_unlabelled_images_stand_apart(pictures: Catalogue) -> None:
    pictures.suggested[:] = -1
    pictures.suggested[:2] = pictures.code_of("dent")
    pictures.labels[0] = -1
    pictures.reviewed[5] = True
    stats = compute_stats(pictures)
    assert stats.classes[-1] == ""
    dent, nothing = stats.classes.index("dent"), len(stats.classes)
    assert stats.suggested[-1, dent] == 1
    assert stats.suggested[:, dent].sum() == 2
    assert stats.suggested[:, nothing].sum() == len(pictures) - 2
    assert stats.suggested.sum() == stats.by_split.sum() == len(pictures)
    assert stats.reviewed.sum() == 1


def test_that_brightness_is_measured_on_files_and_a_dark_one_stands_out(pictures: Catalogue) -> None:
    found = sample_appearance(pictures, 100, seed=1)
    assert found.positions.tolist() == list(range(len(pictures)))
    for position, brightness, contrast in zip(found.positions, found.brightness, found.contrast, strict=True):
        grey = pictures.item(int(position)).read_pixels()[..., 0]
        assert brightness == pytest.approx(grey.mean(), abs=0.01)
        assert contrast == pytest.approx(grey.std(), abs=0.01)
    dark = found.positions[outliers(found.brightness)]
    assert [pictures.path(int(position)).stem for position in dark] == ["03"]


def test_that_a_sample_is_the_same_for_the_same_seed_and_ends_when_told(pictures: Catalogue) -> None:
    assert sample_appearance(pictures, 5, 3).positions.tolist() == sample_appearance(pictures, 5, 3).positions.tolist()
    assert len(sample_appearance(pictures, 5, 3).positions) == 5
    asked = iter([False, False, True])
    assert len(sample_appearance(pictures, 5, 3, lambda: next(asked)).positions) == 2


def test_that_files_that_have_gone_are_counted_and_do_not_end_the_measurement(pictures: Catalogue) -> None:
    pictures.path(4).unlink()
    found = sample_appearance(pictures, 100, seed=1)
    assert found.unreadable == (4,)
    assert len(found.positions) == len(pictures) - 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40), st.floats(0.1, 50), st.floats(-100, 100))
def test_that_outliers_do_not_depend_on_scale_and_origin(values: list[float], scale: float, origin: float) -> None:
    first = np.round(np.array(values), 3)
    moved = first * scale + origin
    one, other = outliers(first), outliers(moved)
    away = np.abs(first - np.median(first))
    limit = 3.5 / 0.6745 * np.median(away)
    sure = np.abs(away - limit) > 1e-6 * (1 + np.abs(away))
    if np.median(away) > 1e-3:
        assert (one[sure] == other[sure]).all()
    assert one.sum() <= len(values) / 2
