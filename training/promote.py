"""Bring a challenger into force, where it is no worse than the champion on the frozen acceptance set."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from datasets.frozen import split_content
from datasets.manifest import Dataset, Item, open_dataset
from datasets.progress import show_progress
from inspector.errors import DatasetError, UsageError
from inspector.inference.load import load_model
from inspector.inference.package import CARD_FILE, Package, open_package
from inspector.jsonfile import write_json
from inspector.keys import signed_package, trust_of_this_pc
from inspector.people import Action, require
from inspector.people.console import person_of_console
from inspector.release import AcceptanceSet, Release, is_release, read_release
from inspector.release import Action as ReleaseAction
from inspector.release_change import enter, keep
from training.accept_judge import Judge, JudgedPart, take_by_view
from training.cases import EVIDENCE, JudgedCases, cases_as_text, judge_cases, require_known_cases
from training.promote_compare import as_text, compare

SCHEMA = "inspector.promote/1"
_CASES_CURE = "Train on more pictures like these, or lower `pass_below` by `inspector calibrate`."

Vouch = Callable[[Package], object]
"""Signs a package."""


def run(options: Namespace) -> int:
    """Do as asked on the command line; exit code 1 where the challenger is not promoted.

    Raises:
        UsageError: What is asked cannot be done with this release.
        PackageError: A package or the release cannot be used, or this PC would not accept it: nobody signed it.
        DatasetError: The acceptance set cannot be used.
        KeyFileError: The key of `--sign-with` cannot be read.
        NotAllowedError: Who decides may not.
    """
    options.person = person_of_console(options.who)  # before hours of work, not after
    require(options.person, Action.PROMOTE)
    package = open_package(options.challenger)
    vouch = _voucher(options)
    if vouch is None:
        trust_of_this_pc().require(signed_package(package))
    if not is_release(options.release):
        return _initialise(options, package, vouch)
    release = read_release(options.release)
    if package.hash == release.champion:
        keep(options.release, package)
        raise UsageError(
            f"{options.release}: {package.hash[:12]} is in force already.",
            cure="Nothing is to be done; if its copy in the release was damaged, it is whole now.",
        )
    if options.shadow:
        _enter(options, package, "shadow", release, {}, None, vouch)
        return _tell(options, {"action": "shadow", "promoted": False}, package, release)
    if options.acceptance is None:
        raise UsageError(
            f"{options.release}: a package is in force: another must be held against it on the acceptance set.",
            cure="Give --acceptance DATASET; or --shadow, to let it judge along for now.",
        )
    return _challenge(options, package, release, vouch)


def _voucher(options: Namespace) -> Vouch | None:
    """Open the key of `--sign-with` before hours of work; return what signs with it once the package has won."""
    if options.sign_with is None:
        return None
    from inspector.commands.keys import open_key
    from inspector.keys.deeds import sign

    key = open_key(options.sign_with)
    require(options.person, Action.SIGN)
    return lambda package: sign(options.person, signed_package(package), key, why=options.why)


def _initialise(options: Namespace, package: Package, vouch: Vouch | None) -> int:
    """Make the release folder: the first package needs no comparison, there is nothing to compare it with."""
    if options.shadow:
        raise UsageError(f"{options.release}: there is no release yet.", cure="Make it first, without --shadow.")
    if (options.release / CARD_FILE).exists():
        raise UsageError(f"{options.release}: is a plain model package, no release folder.", cure="Give a new folder.")
    frozen = None
    if options.acceptance is not None:
        with open_dataset(options.acceptance) as dataset:
            frozen = _frozen(dataset, options.split)
            _acceptance_items(dataset, options.split, package)
    cases = _judge_cases(options, package, None)
    if cases["passed"]:  # there is no release yet whose history could tell of it
        raise UsageError(f"{package.folder}: is not brought into force.\n{cases_as_text(cases)}", cure=_CASES_CURE)
    _enter(options, package, "init", None, {EVIDENCE: cases}, frozen, vouch)
    return _tell(options, {"action": "init", "promoted": True, EVIDENCE: cases}, package, None)


def _challenge(options: Namespace, package: Package, release: Release, vouch: Vouch | None) -> int:
    champion = open_package(options.release, release.champion)
    cases = _judge_cases(options, package, release)
    with open_dataset(options.acceptance) as dataset:
        frozen = _check_frozen(options, release, _frozen(dataset, options.split))
        items = _acceptance_items(dataset, options.split, package)
        own = _judge(items, champion, dataset, options, "champion")
        other = _judge(items, package, dataset, options, "challenger")
    found = compare(own, other, margin=options.margin, error_rate=options.error_rate)
    promoted = all(each.passed for each in found) and not cases["passed"]
    evidence = {
        EVIDENCE: cases,
        "acceptance": frozen.model_dump(),
        "error_rate": options.error_rate,
        "comparisons_before": _comparisons(release, frozen),
        "new_acceptance_set": options.new_acceptance_set or "",
        **{each.error: each.document() for each in found},
    }
    action: ReleaseAction = "promote" if promoted else "refused"
    _enter(options, package, action, release, evidence, frozen, vouch)
    if options.json != "-":
        print("\n".join(filter(None, (as_text(found, evidence), cases_as_text(cases)))))
    _tell(options, {"action": action, "promoted": promoted, **evidence}, package, release)
    return 0 if promoted else 1


def _judge_cases(options: Namespace, package: Package, release: Release | None) -> dict[str, Any]:
    """Return what the package says of the regression cases; they are with the acceptance set, or given apart."""
    folder = options.cases or options.acceptance
    if folder is None:
        return JudgedCases((), ()).document()
    with open_dataset(folder) as dataset:
        require_known_cases(release, dataset)
        model, limits = load_model(package, options.device), package.card.thresholds.to_thresholds()
        with show_progress("regression cases", json_lines=options.json_lines) as advance:
            return judge_cases(dataset, model, limits, advance).document()


def _judge(
    items: Sequence[Item], package: Package, dataset: Dataset, options: Namespace, what: str
) -> tuple[JudgedPart, ...]:
    model = load_model(package, options.device)
    limits = package.card.thresholds.to_thresholds()
    with show_progress(what, json_lines=options.json_lines) as advance:
        return Judge(model, limits, dataset.good).judge(items, take_by_view, advance).parts


def _acceptance_items(dataset: Dataset, split: str, challenger: Package) -> list[Item]:
    """Return the acceptance pictures; synthetic defects prove nothing, and regression cases are judged apart.

    Raises:
        UsageError: The challenger was trained on them, or its limits were chosen on them.
        DatasetError: There are none.
    """
    card = challenger.card
    if card.data.get("fingerprint") == dataset.fingerprint and split != "test":
        raise UsageError(
            f"{dataset.folder}: the challenger was trained on this data set; only its test split proves anything.",
            cure="Use `--split test`, or a data set of other parts.",
        )
    calibrated = card.calibration.dataset if card.calibration else {}
    if calibrated.get("fingerprint") == dataset.fingerprint and {calibrated.get("split"), "all"} & {split}:
        raise UsageError(
            f"{dataset.folder}: the challenger's limits were calibrated on this split; it proves nothing of them.",
            cure="Accept on a split, or a data set, that nothing was chosen on.",
        )
    items = [item for item in dataset.items(None if split == "all" else split) if item.judges]
    if not items:
        raise DatasetError(f"{dataset.folder}: the split {split!r} has no pictures.", cure="Choose another `--split`.")
    return items


def _frozen(dataset: Dataset, split: str) -> AcceptanceSet:
    content = split_content(dataset, split)
    return AcceptanceSet(name=dataset.name, fingerprint=dataset.fingerprint, split=split, content=content)


def _check_frozen(options: Namespace, release: Release, given: AcceptanceSet) -> AcceptanceSet:
    """Return the acceptance set to use. Raises UsageError where it is not the frozen one and no reason is given."""
    known = release.acceptance or given
    same = given.is_same(known)
    if not same and not options.new_acceptance_set:
        raise UsageError(
            f"{options.acceptance}: is not the frozen acceptance set of {options.release} (that is {known.name}, split "
            f"{known.split}, fingerprint {known.fingerprint[:12]}; this is {given.split}, {given.fingerprint[:12]}).",
            cure="Give the frozen set; or say why another is to count from now on: --new-acceptance-set REASON.",
        )
    if same and options.new_acceptance_set:
        raise UsageError(f"{options.acceptance}: is the frozen set.", cure="Leave --new-acceptance-set out.")
    return given


def _comparisons(release: Release, frozen: AcceptanceSet) -> int:
    """Return how often this acceptance set was asked before: each time has the stated error rate."""
    asked = [entry.evidence["acceptance"] for entry in release.history if "acceptance" in entry.evidence]
    return sum(frozen.is_same(AcceptanceSet.model_validate(each)) for each in asked)


def _enter(
    options: Namespace,
    package: Package,
    action: ReleaseAction,
    release: Release | None,
    evidence: dict[str, Any],
    frozen: AcceptanceSet | None,
    vouch: Vouch | None,
) -> None:
    if action != "refused":
        if vouch is not None:
            vouch(package)
        trust_of_this_pc().require(signed_package(package))  # what the line would refuse is not brought into force
        keep(options.release, package)
        if release is not None:
            open_package(options.release, package.hash)  # what the line will read is verified before it is named
    enter(
        options.release,
        package.hash,
        action,
        who=options.person,
        why=options.why,
        expected=release.champion if release else None,
        evidence=evidence,
        acceptance=frozen,
    )


def _tell(options: Namespace, found: dict[str, Any], package: Package, release: Release | None) -> int:
    champion = release.champion if release else None
    document = {"release": str(options.release), "champion": champion, "challenger": package.hash, **found}
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    said = {
        "init": "is in force: the first package of this release.",
        "shadow": "is the challenger: it judges along where a recipe's [shadow] names this release.",
        "promote": f"is in force now, {champion and champion[:12]} no longer; running stations follow within seconds.",
        "refused": f"is NOT promoted; {champion and champion[:12]} stays in force.",
    }[found["action"]]
    print(f"{options.release}: {package.hash[:12]} {said}", file=sys.stderr if options.json == "-" else sys.stdout)
    return 0
