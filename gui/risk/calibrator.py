"""`inspector calibrate` in a process of its own: how far it is, and how it ended. The window never waits."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTemporaryDir, Signal, Slot

from gui.jobs import JsonLinesProcess
from gui.risk.choice import supported
from inspector.decisions.limits import AcceptedRisk
from inspector.errors import Shortage


@dataclass(frozen=True, slots=True)
class CalibrationOrder:
    """What shall be calibrated on what, for which risk.

    Attributes:
        package: The model package.
        dataset: Folder of the data set.
        accepted: The accepted risk.
        split: Which parts of the data set.
        out: Where a copy is written; None: into the package itself.
        or_supported: Where the parts are too few for the accepted risk, take the smallest that they do support.
    """

    package: Path
    dataset: Path
    accepted: AcceptedRisk
    split: str = "validation"
    out: Path | None = None
    or_supported: bool = False

    @property
    def written(self) -> Path:
        """The package that will be calibrated in the end."""
        return self.out or self.package

    def command(self, answer: Path) -> list[str]:
        """Return the command line; the program writes its findings, or its refusal, to `answer`."""
        risk = self.accepted
        found = [sys.executable, "-m", "inspector.cli", "calibrate", str(self.package), str(self.dataset)]
        if risk.max_escape is not None:
            found += ["--max-escape", repr(risk.max_escape)]
        if risk.max_overkill is not None:
            found += ["--max-overkill", repr(risk.max_overkill)]
        found += ["--confidence", repr(risk.confidence)] if risk.confidence else ["--expected"]
        if risk.review:
            found += ["--review", repr(risk.review)]
        if self.out is not None:
            found += ["--out", str(self.out)]
        return [*found, "--split", self.split, "--json-lines", "--json", str(answer)]


MakeCommand = Callable[[CalibrationOrder, Path], list[str]]


class Calibrator(QObject):
    """Runs one order at a time.

    Args:
        parent: Qt's owner.
        make_command: Another program than `inspector calibrate`, for tests.

    Attributes:
        progressed: Share done 0..1 and seconds left, either None while unknown.
        ended: The order, and what went wrong; "" where nothing did.
    """

    progressed = Signal(object, object)
    ended = Signal(object, str)

    def __init__(self, parent: QObject | None = None, *, make_command: MakeCommand = CalibrationOrder.command) -> None:
        super().__init__(parent)
        self._make_command = make_command
        self._folder = QTemporaryDir()
        self._order: CalibrationOrder | None = None
        self._process: JsonLinesProcess | None = None
        self._started_s = 0.0

    @property
    def busy(self) -> bool:
        """Whether an order is in work."""
        return self._process is not None

    def start(self, order: CalibrationOrder) -> None:
        """Begin; nothing while another order is in work."""
        if self.busy:
            return
        self._answer.unlink(missing_ok=True)
        self._order, self._started_s = order, time.monotonic()
        self._process = JsonLinesProcess(self._make_command(order, self._answer), self)
        self._process.progressed.connect(self._on_progressed)
        self._process.ended.connect(self._on_ended)
        self._process.start()
        self.progressed.emit(None, None)

    @property
    def _answer(self) -> Path:
        return Path(self._folder.filePath("answer.json"))

    def cancel(self) -> None:
        """End the work; the package stays as it was."""
        process, self._process = self._process, None
        if process is not None:
            process.ended.disconnect(self._on_ended)
            process.cancel()
            process.deleteLater()

    @Slot(object)
    def _on_progressed(self, line: dict[str, object]) -> None:
        done, total = line.get("done"), line.get("total")
        if isinstance(done, int) and isinstance(total, int) and total > 0:
            share = done / total
            spent_s = time.monotonic() - self._started_s
            self.progressed.emit(share, spent_s * (1 - share) / share if share > 0.02 else None)

    @Slot(object, str)
    def _on_ended(self, code: int, errors: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        order = self._order
        if code != 0 and order is not None and order.or_supported:
            accepted = supported_instead(order.accepted, self._answer)
            if accepted is not None:
                self.start(replace(order, accepted=accepted))
                return
        said = "" if code == 0 else errors.strip() or f"inspector calibrate: {code}"
        self.ended.emit(order, said)


def supported_instead(accepted: AcceptedRisk, answer: Path) -> AcceptedRisk | None:
    """Return the risk to ask for instead, from the program's refusal; None where it refused for another reason."""
    try:
        document = json.loads(answer.read_bytes())
    except (OSError, ValueError):
        return None
    shortages = [Shortage(**each) for each in document.get("shortages", ())]
    instead = supported(accepted, shortages)
    return instead if shortages and instead != accepted else None
