"""The sub-commands of `inspector dataset` that close the loop: `from-log` and `regression`."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.jsonfile import add_json_option, write_json

if TYPE_CHECKING:
    from datasets.from_log import Taken

FROM_LOG_SCHEMA = "inspector.dataset.from-log/1"
CASES_SCHEMA = "inspector.dataset.regression/1"


def configure_from_log(parser: ArgumentParser) -> None:
    """Add the arguments of `from-log`."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of the data set")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log (this PC's)")
    kinds = parser.add_argument_group("which parts (without any of these: the first four)")
    kinds.add_argument("--review", action="store_true", help="those with the verdict REVIEW")
    kinds.add_argument("--overrides", action="store_true", help="those that people judged otherwise, or named")
    kinds.add_argument("--drifted", action="store_true", help="those decided while an alarm of the watch stood")
    kinds.add_argument("--errors", action="store_true", help="those with the verdict ERROR that have pictures")
    kinds.add_argument(
        "--passes", type=_share, default=0.0, metavar="SHARE", help="a random share of the passed: 0.5%%"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, other passed parts (0)")
    parser.add_argument("--since", metavar="TIME", help="decided, or spoken of, at or after, ISO 8601")
    parser.add_argument("--until", metavar="TIME", help="decided, or spoken of, before, ISO 8601")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N new parts, the weightiest reasons first")
    parser.add_argument("--who", default="", metavar="NAME", help="who does it; with users, the password is asked")
    parser.add_argument("--json-lines", action="store_true", help="print progress as JSON lines")
    add_json_option(parser)


def _share(text: str) -> float:
    bare = text.strip()
    try:
        value = float(bare.removesuffix("%")) / (100.0 if bare.endswith("%") else 1.0)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no share; write it like 1% or 0.01") from error
    if not 0.0 <= value <= 1.0:
        raise ArgumentTypeError(f"{text!r} is no share from 0 to 100 %")
    return value


def run_from_log(options: Namespace) -> int:
    """`inspector dataset from-log`."""
    from datasets.from_log import take_from_log
    from datasets.log_choice import Wanted
    from datasets.manifest import open_dataset
    from datasets.progress import show_progress
    from inspector.commands.log import nanoseconds
    from inspector.log import read_log
    from inspector.people.console import person_of_console
    from inspector.settings import log_folder

    folder = options.log or log_folder()
    person = person_of_console(options.who, log=folder)
    usual = not (options.review or options.overrides or options.drifted or options.errors or options.passes)
    wanted = Wanted(
        review=options.review or usual,
        overrides=options.overrides or usual,
        drifted=options.drifted or usual,
        errors=options.errors or usual,
        passes=options.passes,
        seed=options.seed,
        since_ns=nanoseconds(options.since),
        until_ns=nanoseconds(options.until),
    )
    with (
        open_dataset(options.dataset) as dataset,
        read_log(folder) as log,
        show_progress("taking parts", json_lines=options.json_lines) as progress,
    ):
        taken = take_from_log(dataset, log, person, wanted, limit=options.limit, progress=progress)
        waiting = len(dataset.items(unlabelled=True)) - len(dataset.items())
        found = {**taken.document(), "waiting": waiting, "fingerprint": dataset.fingerprint}
    if options.json:
        write_json({"dataset": str(options.dataset), "log": str(folder), **found}, options.json, schema=FROM_LOG_SCHEMA)
    if options.json != "-" and not options.json_lines:
        print(_as_text(taken, waiting))
    return 0


def _as_text(taken: Taken, waiting: int) -> str:
    by_reason = ", ".join(f"{count} {reason}" for reason, count in taken.parts.items())
    lines = [
        f"added        {taken.parts.total()} parts, {taken.images} images" + (f": {by_reason}" if by_reason else ""),
        f"known        {taken.known} parts were in the data set before",
        f"labels       {taken.labelled} from what people said at the station",
        f"cases        {taken.cases} images became regression cases",
        f"waiting      {waiting} images of the data set have no label: `inspector review` offers them",
    ]
    for name, told in (("no picture", taken.gone), ("left out", taken.left)):
        if told:
            lines += [f"{name:<12} {len(told)}", *(f"  {each}" for each in told[:20])]
            lines += [f"  … and {len(told) - 20} more (all of them with --json)"] if len(told) > 20 else []
    return "\n".join(lines)


def configure_regression(parser: ArgumentParser) -> None:
    """Add the deeds of `regression`."""
    deeds = parser.add_subparsers(dest="deed", metavar="DEED", required=True)
    for name, help_ in (
        ("list", "the cases that every later model must meet, and those that were withdrawn"),
        ("add", "make images of parts that were wrongly passed regression cases; their parts move into test"),
        ("withdraw", "say that a case no longer has to be met; it stays listed, and out of training"),
    ):
        deed = deeds.add_parser(name, help=help_, description=help_)
        deed.add_argument("dataset", metavar="DATASET", type=Path, help="folder of the data set")
        if name == "list":
            add_json_option(deed)
            continue
        deed.add_argument("--path", metavar="P", nargs="+", required=True, help="image file, or the end of its path")
        deed.add_argument("--who", metavar="NAME", required=True, help="who answers for it")
        deed.add_argument("--why", metavar="TEXT", required=True, help="the reason")


def run_regression(options: Namespace) -> int:
    """`inspector dataset regression`."""
    from datasets.finding import find_items
    from datasets.manifest import open_dataset
    from datasets.regression import add_cases, describe_cases, list_cases, withdraw_case

    with open_dataset(options.dataset) as dataset:
        if options.deed != "list":
            numbers = [item.item_id for item in find_items(dataset, options.path)]
            if options.deed == "add":
                add_cases(dataset, numbers, reason=options.why, who=options.who)
            else:
                for number in numbers:
                    withdraw_case(dataset, number, reason=options.why, who=options.who)
        cases, destination = list_cases(dataset), getattr(options, "json", None)
        if destination:
            found: dict[str, Any] = {"dataset": str(options.dataset), "cases": [case.document() for case in cases]}
            write_json(found, destination, schema=CASES_SCHEMA)
        if destination != "-":
            print(describe_cases(options.dataset, cases, dataset.good))
    return 0


ACTIONS: dict[str, Callable[[Namespace], int]] = {"from-log": run_from_log, "regression": run_regression}
