"""The conditions of a guarantee: whether recipe and pictures are those that the package was calibrated for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from inspector.errors import PackageError
from inspector.inference.package import Card
from inspector.recipe import Recipe
from inspector.types import Risk

Size = tuple[int, int]
"""Width and height in pixels."""
Sizes = Mapping[str, frozenset[Size]]
"""Sizes of the calibration pictures by view."""

_V = TypeVar("_V")


def broken_by_recipe(card: Card, recipe: Recipe) -> tuple[str, ...]:
    """Return why the guarantees of a card do not hold under a recipe, a sentence each; stricter limits are fine."""
    if card.calibration is None:
        return ()
    risks = {guarantee.risk for guarantee in card.guarantees}
    proven, policy = card.thresholds, recipe.content.policy
    reasons = []
    if Risk.ESCAPE in risks and policy.pass_below is not None and policy.pass_below > proven.pass_below:
        reasons.append(
            f"The recipe passes parts that score below {policy.pass_below:.4g}; "
            f"the bound on escapes was proven for {proven.pass_below:.4g}."
        )
    if Risk.OVERKILL in risks and policy.fail_from is not None and policy.fail_from < proven.fail_from:
        reasons.append(
            f"The recipe fails parts that score {policy.fail_from:.4g} or more; "
            f"the bound on overkill was proven for {proven.fail_from:.4g}."
        )
    if card.calibration.recipe_hash and card.calibration.recipe_hash != recipe.inspection_hash:
        reasons.append("Cameras or regions of the recipe are not those that the guarantee was stated for.")
    return tuple(reasons)


def broken_by_pictures(judged: Mapping[str, Size], calibrated: Sizes) -> tuple[str, ...]:
    """Return why the judged pictures of one part are not like those of the calibration set, a sentence each.

    Args:
        judged: Size of the judged region by view.
        calibrated: What the calibration pictures were.
    """
    reasons = []
    for view, (width, height) in judged.items():
        if view not in calibrated:
            reasons.append(f"The view '{view}' is not in the calibration set, which has: {_listed(calibrated)}.")
        elif reason := _beside((width, height), calibrated[view]):
            reasons.append(f"Pictures of the view '{view}' are {width}x{height} px; calibrated were {reason} px.")
    return tuple(reasons)


def _beside(size: Size, calibrated: frozenset[Size]) -> str:
    """Return the calibrated sizes where `size` lies outside their range, "" inside: cut-out parts vary in size."""
    widths, heights = ({each[axis] for each in calibrated} for axis in (0, 1))
    inside = [min(own) <= extent <= max(own) for own, extent in zip((widths, heights), size, strict=True) if own]
    if len(inside) == 2 and all(inside):
        return ""
    if len(calibrated) <= 3:
        return ", ".join(f"{width}x{height}" for width, height in sorted(calibrated)) or "none"
    return f"{min(widths)}x{min(heights)} to {max(widths)}x{max(heights)}"


def _listed(sizes: Sizes) -> str:
    return ", ".join(f"'{view}'" for view in sorted(sizes)) or "none"


def by_station_view(calibrated: Mapping[str, _V], recipe: Recipe) -> dict[str, _V]:
    """Return values by view under the station's names: one view without a name is that of the only camera."""
    cameras = recipe.content.cameras
    if list(calibrated) == [""] and len(cameras) == 1:
        return {cameras[0].view: calibrated[""]}
    return dict(calibrated)


def read_sizes(document: Any, source: str) -> dict[str, frozenset[Size]]:
    """Read "frame_sizes" of `calibration.json`.

    Raises:
        PackageError: Not lists of [width, height] by view.
    """
    try:
        return {str(view): frozenset((int(w), int(h)) for w, h in sizes) for view, sizes in document.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise PackageError(
            f"{source}: 'frame_sizes' cannot be read ({error}).", cure="Calibrate the package again."
        ) from error
