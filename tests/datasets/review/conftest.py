"""A small manifest without image files, and one with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.session import ReviewSession
from tests.datasets.parts import write_parts
from tests.performance.catalogue_benchmark import fill_manifest


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Dataset]:
    """Forty images of twenty parts; every tenth was confirmed by Ada."""
    with open_dataset(fill_manifest(tmp_path / "data", 40)) as opened:
        yield opened


@pytest.fixture
def catalogue(dataset: Dataset) -> Catalogue:
    return read_catalogue(dataset)


@pytest.fixture
def grace(dataset: Dataset, catalogue: Catalogue) -> ReviewSession:
    return ReviewSession(dataset, catalogue, "Grace", queue="label_errors")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Dataset]:
    """Eight parts of two views with pictures and masks on the disk."""
    with open_dataset(write_parts(tmp_path / "parts", {"good": 4, "dent": 4}, size=32)) as opened:
        yield opened
