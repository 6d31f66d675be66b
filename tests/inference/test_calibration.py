"""A package that is revised stays whole at every moment, and gives its calibration back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.errors import PackageError
from inspector.inference import package as package_module
from inspector.inference.calibration import calibration_bytes, read_calibration, read_calibration_document
from inspector.inference.package import CALIBRATION_FILE, Package, open_package, revise_package
from inspector.inference.torch_classifier import load_classifier
from inspector.jsonfile import replace_file
from inspector.types import CalibrationScores
from tests.support import noise_picture, tiny_package

CARD: dict[str, Any] = {"good_parts": 3, "defective_parts": 2, "dataset": {}, "created": "2026-11-25T00:00:00+00:00"}


def scores(seed: int) -> CalibrationScores:
    rng = np.random.default_rng(seed)
    return CalibrationScores(
        parts=tuple(f"p{number}" for number in range(5)),
        labels=("good", "good", "good", "crack", "dent"),
        defective=np.array([False, False, False, True, True]),
        scores=rng.random(5),
        fail_scores=rng.random(5),
        anomalies=np.array([np.nan, 1.5, 2.0, np.nan, 3.0]),
    )


def revise(package: Package, seed: int) -> Package:
    changes = {"thresholds": {"pass_below": seed / 10, "fail_from": 0.9}, "calibration": CARD}
    return revise_package(package, changes, {CALIBRATION_FILE: calibration_bytes(scores(seed), {}, {"": [[48, 48]]})})


def test_that_the_scores_come_back_to_the_last_bit(tmp_path: Path) -> None:
    found = read_calibration(revise(tiny_package(tmp_path / "package"), 1))
    expected = scores(1)
    assert (found.parts, found.labels) == (expected.parts, expected.labels)
    for name in ("defective", "scores", "fail_scores", "anomalies"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert read_calibration_document(open_package(tmp_path / "package"))["frame_sizes"] == {"": [[48, 48]]}


def test_that_a_package_without_calibration_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="has not been calibrated"):
        read_calibration(tiny_package(tmp_path / "package"))


def test_that_a_damaged_calibration_is_refused(tmp_path: Path) -> None:
    revise(tiny_package(tmp_path / "package"), 1)
    path = tmp_path / "package" / CALIBRATION_FILE
    path.write_bytes(path.read_bytes().replace(b"0.", b"1.", 1))
    with pytest.raises(PackageError, match="SHA-256 differs"):
        open_package(tmp_path / "package")


@pytest.mark.parametrize("calibrated_before", [False, True])
@pytest.mark.parametrize("killed_after", [0, 1, 2, 3])
def test_that_a_revision_killed_at_any_point_leaves_the_old_or_the_new_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int, calibrated_before: bool
) -> None:
    """Writes happen in three steps; the process dies before the first, between two, or never."""
    old = tiny_package(tmp_path / "package")
    if calibrated_before:
        old = revise(old, 1)
    whole, done = replace_file, 0

    def dying(path: Path, data: bytes) -> None:
        nonlocal done
        if done == killed_after:
            raise KeyboardInterrupt
        done += 1
        whole(path, data)

    monkeypatch.setattr(package_module, "replace_file", dying)
    if killed_after < 3:
        with pytest.raises(KeyboardInterrupt):
            revise(old, 2)
    else:
        revise(old, 2)
    monkeypatch.undo()
    left = open_package(old.folder)
    if killed_after < 2:
        assert left.hash == old.hash
        if calibrated_before:
            np.testing.assert_array_equal(read_calibration(left).scores, scores(1).scores)
    else:
        assert left.card.thresholds.pass_below == 0.2
        np.testing.assert_array_equal(read_calibration(left).scores, scores(2).scores)
    load_classifier(left, "cpu").warm_up()
    again = revise(left, 3)  # and it can be calibrated again
    np.testing.assert_array_equal(read_calibration(again).scores, scores(3).scores)
    assert {path.name for path in old.folder.iterdir()} == {"card.json", "weights.safetensors", CALIBRATION_FILE}


def test_that_an_inconsistent_revision_changes_nothing(tmp_path: Path) -> None:
    old = tiny_package(tmp_path / "package")
    with pytest.raises(PackageError, match="inconsistent"):
        revise_package(old, {"thresholds": {"pass_below": 0.9, "fail_from": 0.1}}, {CALIBRATION_FILE: b"{}"})
    assert open_package(old.folder).hash == old.hash
    assert not (old.folder / CALIBRATION_FILE).exists()


def test_that_the_temperature_divides_the_logits(tmp_path: Path) -> None:
    package, pictures = tiny_package(tmp_path / "package"), [noise_picture(1), noise_picture(2)]
    before = load_classifier(package, "cpu").predict(pictures)
    revised = revise_package(
        package, {"calibration": {**CARD, "temperature": 2.5}}, {CALIBRATION_FILE: calibration_bytes(scores(1), {}, {})}
    )
    after = load_classifier(revised, "cpu").predict(pictures)
    for one, other in zip(before, after, strict=True):
        softer = np.array(list(one.probabilities.values())) ** (1 / 2.5)
        np.testing.assert_allclose(list(other.probabilities.values()), softer / softer.sum(), rtol=1e-5)
        assert one.predicted_class == other.predicted_class
        assert other.score == pytest.approx(1 - other.probabilities["good"], abs=1e-12)
