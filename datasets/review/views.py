"""Saved views: filters under a name, kept with the data set."""

from __future__ import annotations

from datasets.manifest import Dataset
from datasets.review.filters import Filter
from inspector.errors import DatasetError


def save_view(dataset: Dataset, name: str, wanted: Filter) -> None:
    """Keep a filter under a name; one that was there under this name is replaced. Raises DatasetError without name."""
    name = name.strip()
    if not name:
        raise DatasetError("A view needs a name.", cure="Give one.")
    with dataset.transaction():
        dataset.connection.execute("INSERT OR REPLACE INTO saved_view VALUES (?, ?)", (name, wanted.to_json()))


def read_views(dataset: Dataset) -> dict[str, Filter]:
    """Return the saved filters by name, sorted. Raises DatasetError where one cannot be read."""
    rows = dataset.connection.execute("SELECT name, filter FROM saved_view ORDER BY name").fetchall()
    return {name: Filter.from_json(text) for name, text in rows}


def delete_view(dataset: Dataset, name: str) -> None:
    """Forget a view; nothing happens where there is none of this name."""
    with dataset.transaction():
        dataset.connection.execute("DELETE FROM saved_view WHERE name = ?", (name,))
