"""What is asked of a retraining, and what a champion says of it: settings, risk, and the frozen set to be judged on."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.decisions.limits import AcceptedRisk
from inspector.inference.package import Package, open_package
from inspector.release import Release, is_release, read_release
from inspector.types import Person, Risk

_OWN = ("dataset", "release", "out", "max_escape", "max_overkill", "confidence", "acceptance", "split", "margin",
        "error_rate", "who", "device", "json_lines", "json", "command", "run")  # fmt: skip
"""The options of `inspector retrain` that are not settings of the training."""


@dataclass(frozen=True, slots=True)
class Champion:
    """What is in force."""

    release: Release
    package: Package


@dataclass(frozen=True, slots=True)
class RetrainRequest:
    """Everything that was asked for.

    Attributes:
        dataset: Folder of the data set that grew.
        release: Release folder; may not be there yet.
        out: Folder of all retrainings.
        settings: Of the training, as `inspector train` takes them.
        risk: Accepted risk; None: what the champion promises, if anything.
        acceptance: Folder of the frozen set; None: the data set itself.
        split: Of the frozen set.
        margin: By so much the challenger must not be worse.
        error_rate: Accepted probability of calling one no worse that is.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        person: Who asks.
    """

    dataset: Path
    release: Path
    out: Path
    settings: Namespace
    risk: AcceptedRisk | None
    acceptance: Path | None
    split: str
    margin: float
    error_rate: float
    device: str
    person: Person

    def promote_words(self, folder: Path) -> list[str]:
        """Return the command by which a person promotes the package in `folder`; who and why are theirs to say."""
        frozen = ["--acceptance", str(self.acceptance or self.dataset), "--split", self.split]
        test = ["--margin", f"{self.margin:g}", "--error-rate", f"{self.error_rate:g}"]
        return ["promote", str(self.release), str(folder), *frozen, "--cases", str(self.dataset), *test]


def request_of(options: Namespace, person: Person) -> RetrainRequest:
    """Return what was typed as a request. Raises UsageError where the risk makes no sense."""
    settings = Namespace(**{name: value for name, value in vars(options).items() if name not in _OWN})
    risk = None
    if options.max_escape is not None or options.max_overkill is not None:
        risk = AcceptedRisk(options.max_escape, options.max_overkill, options.confidence)
    return RetrainRequest(
        dataset=options.dataset.absolute(),
        release=options.release.absolute(),
        out=options.out.absolute(),
        settings=settings,
        risk=risk,
        acceptance=options.acceptance.absolute() if options.acceptance else None,
        split=options.split,
        margin=options.margin,
        error_rate=options.error_rate,
        device=options.device,
        person=person,
    )


def champion_of(folder: Path) -> Champion | None:
    """Return what is in force; None where there is no release yet. Raises PackageError."""
    if not is_release(folder):
        return None
    release = read_release(folder)
    return Champion(release, open_package(folder, release.champion))


def risk_of(request: RetrainRequest, champion: Champion | None) -> AcceptedRisk | None:
    """Return the risk to calibrate for: what was asked, else what the champion promises; None where neither says."""
    if request.risk is not None or champion is None:
        return request.risk
    promised = {each.risk: each for each in champion.package.card.guarantees}
    if not promised:
        return None
    rates = {risk: promised[risk].limit if risk in promised else None for risk in Risk}
    confidence = min(each.confidence for each in promised.values())
    return AcceptedRisk(rates[Risk.ESCAPE], rates[Risk.OVERKILL], confidence)


def plain_settings(settings: Namespace) -> dict[str, Any]:
    """Return the settings of the training as JSON, without those that were not given."""
    return {name: str(value) if isinstance(value, Path) else value
            for name, value in sorted(vars(settings).items()) if value is not None}  # fmt: skip
