"""From a calibration to the package that keeps it: the new card, and the scores that it rests on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.inference.calibration import calibration_bytes
from inspector.inference.package import CALIBRATION_FILE, Package, revise_package, write_package
from inspector.recipe import Recipe

if TYPE_CHECKING:
    from training.calibrate import Calibration


@dataclass(frozen=True, slots=True)
class Source:
    """What was calibrated, on what, for which recipe.

    Attributes:
        dataset: Its name.
        fingerprint: Of the data set.
        split: Which of its splits.
        package: As it was before.
        recipe: Whose cameras the promise is made for; None where none was named.
    """

    dataset: str
    fingerprint: str
    split: str
    package: Package
    recipe: Recipe | None


def write_calibrated(done: Calibration, source: Source, out: Path | None) -> Package:
    """Write the calibrated package: in place in one step (`revise_package`), or whole into the folder `out`.

    Raises:
        PackageError: The package belongs to a release, or `out` does.
    """
    rows = done.rescaled.scores
    files = {CALIBRATION_FILE: calibration_bytes(rows, done.judged.health, done.judged.frame_sizes)}
    changes = new_fields(done, source)
    package = source.package
    if out is None or out.resolve() == package.folder.resolve():
        return revise_package(package, changes, files)
    unchanged = {name: package.read_file(name) for name in package.card.files if name not in files}
    return write_package(out, {**package.card.model_dump(exclude={"schema_"}), **changes}, {**unchanged, **files})


def new_fields(done: Calibration, source: Source) -> dict[str, Any]:
    """Return the fields of the card that a calibration changes."""
    card, found = source.package.card, done.found
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = {"package_hash": source.package.hash, "replaced": now, "thresholds": card.thresholds.model_dump()}
    changes: dict[str, Any] = {
        "thresholds": {"pass_below": found.thresholds.pass_below, "fail_from": found.thresholds.fail_from},
        "calibration": {
            "temperature": done.rescaled.temperature,
            "guarantees": [asdict(each) for each in found.guarantees],
            "good_parts": found.good.n,
            "defective_parts": found.defective.n,
            "dataset": {
                "name": source.dataset,
                "fingerprint": source.fingerprint,
                "split": source.split,
                "pictures": len(done.judged.items),
                "views": sorted(done.judged.frame_sizes),
            },
            "recipe_hash": source.recipe.inspection_hash if source.recipe else "",
            "created": now,
        },
        "training": {**card.training, "calibrated_from": [*card.training.get("calibrated_from", []), before]},
    }
    if card.anomaly is not None and done.rescaled.scale is not None:
        changes["anomaly"] = card.anomaly.model_copy(update={"scale": done.rescaled.scale}).model_dump()
    return changes
