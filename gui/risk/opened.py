"""A package as the risk page sees it: its card, and the calibration parts where it has any. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.decisions.limits import AcceptedRisk
from inspector.inference.calibration import read_calibration
from inspector.inference.package import CALIBRATION_FILE, Package, open_package
from inspector.types import CalibrationScores, Risk


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPackage:
    """One verified package.

    Attributes:
        package: The package.
        scores: Its calibration parts; None before the first calibration.
    """

    package: Package
    scores: CalibrationScores | None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.package.folder

    @property
    def dataset(self) -> str:
        """Name of the data set that it was calibrated on; "" before."""
        calibration = self.package.card.calibration
        return "" if calibration is None else str(calibration.dataset.get("name", ""))

    @property
    def split(self) -> str:
        """The split that it was calibrated on."""
        calibration = self.package.card.calibration
        return "validation" if calibration is None else str(calibration.dataset.get("split", "validation"))

    @property
    def accepted(self) -> AcceptedRisk | None:
        """The risk that its limits keep now; None where nothing is promised."""
        promised = {each.risk: each for each in self.package.card.guarantees}
        if not promised:
            return None
        escape, overkill = promised.get(Risk.ESCAPE), promised.get(Risk.OVERKILL)
        return AcceptedRisk(
            max_escape=None if escape is None else escape.limit,
            max_overkill=None if overkill is None else overkill.limit,
            confidence=next(iter(promised.values())).confidence,
        )


def open_for_risk(folder: Path) -> OpenedPackage:
    """Open and verify a package, and read its calibration where it has one. Raises PackageError."""
    package = open_package(folder)
    scores = read_calibration(package) if CALIBRATION_FILE in package.card.files else None
    return OpenedPackage(package, scores)
