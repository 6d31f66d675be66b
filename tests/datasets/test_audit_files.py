"""What an audit leaves on disk is read back as it was, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.audit import (
    Audit,
    Features,
    Predictions,
    QueueItem,
    load_audit,
    load_features,
    load_predictions,
)
from datasets.audit.files import (
    AUDIT_FILE,
    PREDICTIONS_FILE,
    REVIEW_FOLDER,
    save_audit,
    save_features,
    save_predictions,
)
from inspector.errors import DatasetError

ITEM = QueueItem(7, "/a/ü.png", "Why.", "why", {"other": "/a/b.png", "d": 0.5}, 0.25, "good", "crack", 8)


def test_that_an_audit_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    assert load_audit(tmp_path) is None
    audit = Audit("f" * 64, "2026-11-25T10:00:00+00:00", {"random": (ITEM,), "outliers": ()}, "x", ("a note",))
    save_audit(tmp_path, audit)
    assert load_audit(tmp_path) == audit


def test_that_predictions_and_features_are_read_back_as_they_were_saved(tmp_path: Path) -> None:
    assert load_predictions(tmp_path) is None
    assert load_features(tmp_path) is None
    ids = np.array([3, 9], np.int64)
    given = Predictions(
        ids, ("gut", "Riß"), np.eye(2, dtype=np.float32), np.array([0, 1], np.float32), "ab", np.array([False, True])
    )
    save_predictions(tmp_path, given)
    found = load_predictions(tmp_path)
    assert found is not None
    assert (found.classes, found.package_hash) == (given.classes, "ab")
    for name in ("item_ids", "probabilities", "scores", "near"):
        np.testing.assert_array_equal(getattr(found, name), getattr(given, name))
    features = Features(ids, np.ones((2, 4), np.float16), np.zeros((2, 2), np.float32))
    save_features(tmp_path, features)
    again = load_features(tmp_path)
    assert again is not None
    assert again.rows.dtype == np.float16
    np.testing.assert_array_equal(again.item_ids, ids)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": "inspector.audit/9"}', b'{"queues": 3}'])
def test_that_a_damaged_file_is_refused_with_a_cure(tmp_path: Path, content: bytes) -> None:
    (tmp_path / REVIEW_FOLDER).mkdir()
    for name, load in ((AUDIT_FILE, load_audit), (PREDICTIONS_FILE, load_predictions)):
        (tmp_path / REVIEW_FOLDER / name).write_bytes(content)
        with pytest.raises(DatasetError, match="inspector dataset audit"):
            load(tmp_path)
