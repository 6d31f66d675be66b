"""Which rectangle of each picture of a record was judged."""

from __future__ import annotations

from inspector.recipe import Recipe
from inspector.types import Record, Region


def regions_of(record: Record, recipe: Recipe) -> dict[str, Region | None]:
    """Return the judged rectangle by view; None for the whole frame.

    Args:
        record: An inspection or a challenge.
        recipe: Of its time.
    """
    regions = {camera.name: camera.region for camera in recipe.content.cameras}
    by_view = {entry["view"]: regions[entry["camera"]] for entry in record.details["frames"]}
    return {view: region.to_region() if region else None for view, region in by_view.items()}
