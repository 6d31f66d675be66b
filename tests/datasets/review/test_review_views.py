from __future__ import annotations

import pytest

from datasets.manifest import Dataset, open_dataset
from datasets.review.filters import Filter
from datasets.review.views import delete_view, read_views, save_view
from inspector.errors import DatasetError


def test_that_a_view_is_kept_replaced_and_forgotten(dataset: Dataset) -> None:
    save_view(dataset, " cracks ", Filter(classes=("crack",), reviewed=False))
    save_view(dataset, "alle Kratzer, 划痕", Filter(text="scratch"))
    save_view(dataset, "cracks", Filter(classes=("crack",)))
    with open_dataset(dataset.folder) as other:
        assert read_views(other) == {"alle Kratzer, 划痕": Filter(text="scratch"), "cracks": Filter(classes=("crack",))}
        delete_view(other, "cracks")
        delete_view(other, "none")
    assert list(read_views(dataset)) == ["alle Kratzer, 划痕"]
    with pytest.raises(DatasetError, match="name"):
        save_view(dataset, "  ", Filter())
