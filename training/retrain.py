"""From a data set that grew to a package that a person may promote: one command, which goes on wherever it was stopped.

    DIR/<data version>-<settings>/     one folder per version of data and settings of the training
        data/manifest.sqlite           the data as they were frozen: nobody's work in the data set reaches it
        trained/, trained.run/         the package as trained, and its checkpoint
        package/                       the same with the limits that keep the accepted risk
        state.json                     which step is done, for which key
        report.html, result.json       what came out

Nothing is brought into force: the last line is the command by which a person does.
"""

from __future__ import annotations

import shlex
import shutil
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from datasets.manifest import open_dataset
from datasets.regression import list_cases
from datasets.versions import changes_since, freeze, keep_list
from inspector.errors import UsageError
from inspector.inference.package import Package, open_package
from inspector.jsonfile import sync_folder, write_json
from inspector.people import Action, require
from inspector.people.console import person_of_console
from training import retrain_steps as steps
from training.retrain_progress import SCHEMA, Teller
from training.retrain_request import (
    Champion,
    RetrainRequest,
    champion_of,
    plain_settings,
    request_of,
    risk_of,
)
from training.retrain_state import RetrainState, key_of, read_state
from training.retrain_verdict import Verdict, as_text, verdict_of

STEPS = ("freeze", "train", "calibrate", "compare", "regression", "report")
RESULT_FILE, REPORT_FILE, LOCK_FILE = "result.json", "report.html", "retrain.lock"


def run(options: Namespace) -> int:
    """Retrain as asked on the command line; exit code 1 where the package must not be promoted.

    Raises:
        NotAllowedError: Who asks may not change a package's thresholds.
        TooFewPartsError: The data cannot support the accepted risk.
        TrainingError: The data cannot be learned from.
    """
    person = person_of_console(options.who)
    require(person, Action.CALIBRATE)  # before hours of work, not after
    request, teller = request_of(options, person), Teller(json_lines=options.json_lines)
    retraining = Retraining(request, champion_of(request.release), teller)
    document = retraining.run()
    verdict = Verdict(document["verdict"])
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if options.json != "-" and not options.json_lines:
        print(as_text(document))
    return 0 if verdict.may_be_promoted else 1


class Retraining:
    """One retraining.

    Args:
        request: What was asked.
        champion: In force; None where there is no release yet.
        teller: Hears of the progress.
    """

    def __init__(self, request: RetrainRequest, champion: Champion | None, teller: Teller) -> None:
        self._request = request
        self._champion = champion
        self._teller = teller
        self._worked = False

    def run(self) -> dict[str, Any]:
        """Do what is not done yet, and return the whole result."""
        self._teller.plan(STEPS)
        with _alone(self._request.out):
            return self._run()

    def _run(self) -> dict[str, Any]:
        folder, version = self._freeze()
        data, state = folder / "data", read_state(folder)
        trained = self._train(state, folder, data, version)
        package, promised = self._calibrate(state, folder, data, trained)
        compared = self._compare(state, data, package)
        cases = self._cases(state, data, package)
        document = self._report(state, folder, {
            "version": version, "package": package, "promised": promised, "compared": compared, "cases": cases,
        })  # fmt: skip
        self._finish(document)
        return document

    def _freeze(self) -> tuple[Path, dict[str, Any]]:
        """Freeze the data as they are now; where this version was frozen before, go on with that."""
        self._teller.step("freeze", "started")
        fresh = self._request.out / ".freezing"
        shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed
        try:
            with open_dataset(self._request.dataset) as dataset:
                fingerprint = freeze(dataset, fresh / "data")
            with open_dataset(fresh / "data") as frozen:
                cases = [case.document() for case in list_cases(frozen)]
                version = {"fingerprint": fingerprint, "name": frozen.name, "images": len(frozen.items())}
                keep_list(frozen, self._request.dataset)
            key = key_of(fingerprint=fingerprint, cases=cases, settings=plain_settings(self._request.settings))
            folder = self._request.out / f"{fingerprint[:12]}-{key[:8]}"
            known = (folder / "data").is_dir()
            if not known:
                folder.mkdir(parents=True, exist_ok=True)
                (fresh / "data").replace(folder / "data")
                sync_folder(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        self._teller.step("freeze", "skipped" if known else "done")
        self._worked |= not known
        return folder, {**version, "key": key, "cases": key_of(cases=cases)}

    def _train(self, state: RetrainState, folder: Path, data: Path, version: dict[str, Any]) -> Package:
        def work() -> dict[str, Any]:
            return steps.train(self._request, data, folder / "trained", self._teller)

        found = self._step(state, "train", version["key"], work, still=lambda each: _is_there(folder / "trained", each))
        return open_package(folder / "trained", found["package_hash"])

    def _calibrate(
        self, state: RetrainState, folder: Path, data: Path, trained: Package
    ) -> tuple[Package, dict[str, Any]]:
        accepted = risk_of(self._request, self._champion)

        def work() -> dict[str, Any]:
            return steps.promise(trained, data, accepted, folder / "package", self._request.device, self._teller)

        key = key_of(package=trained.hash, accepted=None if accepted is None else asdict(accepted))
        found = self._step(state, "calibrate", key, work, still=lambda each: _is_there(folder / each["folder"], each))
        return open_package(folder / found["folder"], found["package_hash"]), found

    def _compare(self, state: RetrainState, data: Path, package: Package) -> dict[str, Any]:
        request, champion = self._request, self._champion
        frozen = steps.frozen_set(request, data)

        def work() -> dict[str, Any]:
            if champion is None or champion.package.hash == package.hash:
                return {"champion": champion and champion.package.hash, "challenger": package.hash}
            return steps.against_champion(request, champion, package, data, self._teller)

        key = key_of(
            package=package.hash,
            champion=champion.package.hash if champion else "",
            frozen=frozen.content,
            margin=request.margin,
            error_rate=request.error_rate,
        )
        found = self._step(state, "compare", key, work)
        known = champion.release.acceptance if champion else None
        return {**found, "acceptance": frozen.model_dump(), "frozen_before": known is None or frozen.is_same(known)}

    def _cases(self, state: RetrainState, data: Path, package: Package) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            return steps.known_misses(self._champion, package, data, self._request.device, self._teller)

        demanded = (
            [entry.evidence.get("regression") for entry in self._champion.release.history] if self._champion else []
        )
        return self._step(state, "regression", key_of(package=package.hash, demanded=demanded), work)

    def _report(self, state: RetrainState, folder: Path, found: dict[str, Any]) -> dict[str, Any]:
        champion, package = self._champion, found["package"]
        facts = {
            "folder": str(folder),
            "data": {name: found["version"][name] for name in ("fingerprint", "name", "images")},
            "package": steps.said_of(package),
            "champion": steps.said_of(champion.package) if champion else None,
            "calibration": found["promised"]["calibration"],
            "comparison": found["compared"],
            "regression": found["cases"],
            "settings": plain_settings(self._request.settings),
            "who": self._request.person.name,
        }

        def work() -> dict[str, Any]:
            from training.retrain_report import write_report

            document = {**facts, "changes": self._changes(folder / "data"), "promote": self._promote_words(found)}
            document |= {"verdict": verdict_of(document).value, "report": str(folder / REPORT_FILE)}
            write_report(folder / REPORT_FILE, document)
            write_json(document, str(folder / RESULT_FILE), schema=SCHEMA)
            return document

        return self._step(state, "report", key_of(**facts), work, still=lambda _each: (folder / REPORT_FILE).is_file())

    def _changes(self, data: Path) -> dict[str, Any] | None:
        """Return what changed in the data since the champion learned from them."""
        if self._champion is None:
            return None
        card = self._champion.package.card
        with open_dataset(data) as frozen:
            fingerprint = str(card.data.get("fingerprint", ""))
            return changes_since(frozen, self._request.dataset, fingerprint, card.created).document()

    def _promote_words(self, found: dict[str, Any]) -> list[str]:
        words = self._request.promote_words(found["package"].folder)
        changed = [] if found["compared"]["frozen_before"] else ["--new-acceptance-set", "REASON"]
        return [*words, *changed]

    def _step(
        self,
        state: RetrainState,
        name: str,
        key: str,
        work: Callable[[], dict[str, Any]],
        *,
        still: Callable[[dict[str, Any]], bool] = lambda _outcome: True,
    ) -> dict[str, Any]:
        """Return a step's outcome: of an earlier run with the same key, as long as what it made is `still` there."""
        known = state.outcome(name, key)
        if known is not None and still(known):
            self._teller.step(name, "skipped")
            return known
        self._worked = True
        self._teller.step(name, "started")
        outcome = work()
        state.record(name, key, outcome)
        self._teller.step(name, "done")
        return outcome

    def _finish(self, document: dict[str, Any]) -> None:
        verdict = Verdict(document["verdict"])
        if not self._worked:
            self._teller.text("Nothing to do: this data with these settings was retrained before.")
        self._teller.finished(
            package=document["package"]["folder"],
            report=document["report"],
            verdict="nothing to do" if not self._worked and verdict is Verdict.IN_FORCE else verdict.value,
            nothing_to_do=not self._worked,
            text=verdict.sentence,
            figures=_figures(document),
            promote=document["promote"] if verdict.may_be_promoted else [],
            command=shlex.join(["inspector", *document["promote"]]) if verdict.may_be_promoted else "",
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the one retraining of a folder. Raises UsageError where another one is at work, or it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK_FILE, timeout=0):
            yield
    except Timeout as error:
        raise UsageError(f"{folder}: another retraining is at work here.", cure="Wait for it, or stop it.") from error
    except PermissionError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror}).", cure="Give another --out.") from error


def _is_there(folder: Path, outcome: dict[str, Any]) -> bool:
    return steps.intact(folder, outcome["package_hash"]) is not None


def _figures(document: dict[str, Any]) -> dict[str, Any]:
    """Return the few figures that a window shows beside the verdict."""
    found = {"images": document["data"]["images"], "regression cases": document["regression"]["n"]}
    for error in ("escape", "reject"):
        row = document["comparison"].get(error)
        if row:
            found |= {f"{error} parts": row["n"], f"{error} champion": row["champion_errors"],
                      f"{error} challenger": row["challenger_errors"], f"{error} p": row["p_value"]}  # fmt: skip
    return found
