from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from datasets.manifest import open_dataset
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.cameras.washer import DEFECT_KINDS
from inspector.cli import main
from inspector.errors import DatasetError, UsageError


def test_that_the_same_seed_gives_the_same_pixels_and_another_gives_others(tmp_path: Path) -> None:
    prints = []
    for number, seed in enumerate([5, 5, 6]):
        request = SyntheticRequest(tmp_path / f"set{number}", images=14, seed=seed, size_px=64)
        synthesize(request)
        with open_dataset(request.out) as dataset:
            prints.append(dataset.fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_that_the_set_has_the_share_of_defects_with_masks(tmp_path: Path) -> None:
    assert (
        main(["dataset", "generate", str(tmp_path / "set"), "--images", "40", "--size", "96", "--defect-share", "0.3"])
        == 0
    )
    with open_dataset(tmp_path / "set") as dataset:
        items = dataset.items()
        assert dataset.good == ("good",)
        assert Counter(item.label for item in items) == {"good": 28} | dict.fromkeys(DEFECT_KINDS, 2)
        assert all(item.synthetic and item.source.startswith("drawn: washer, seed 0") for item in items)
        for item in items:
            mask = item.read_mask()
            assert (mask is None) == (item.label == "good")
            assert mask is None or mask.any()
        assert not dataset.rejected()


def test_that_an_interrupted_set_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(SyntheticRequest(tmp_path / "set", images=20, size_px=64), stop)
    assert list(tmp_path.iterdir()) == []


def test_that_a_set_is_never_drawn_over_other_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(DatasetError, match="not empty"):
        synthesize(SyntheticRequest(tmp_path, images=4, size_px=64))


@pytest.mark.parametrize(
    "values",
    [{"images": 0}, {"defect_share": 1.0}, {"defect_share": -0.1}, {"seed": -1}, {"difficulty": 1.5}, {"size_px": 8}],
)
def test_that_values_out_of_range_are_refused(tmp_path: Path, values: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        synthesize(SyntheticRequest(tmp_path / "set", **values))  # type: ignore[arg-type]
