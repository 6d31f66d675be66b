"""`inspector dataset relabel` and `history`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.errors import UsageError
from inspector.jsonfile import add_json_option, write_json

if TYPE_CHECKING:
    from datasets.manifest import Dataset
    from datasets.review.history import Event
    from inspector.types import Person

RELABEL_SCHEMA = "inspector.dataset.relabel/1"
HISTORY_SCHEMA = "inspector.dataset.history/1"


def configure_relabel(parser: ArgumentParser) -> None:
    """Add the arguments of `relabel`."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of the data set")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--path", metavar="P", nargs="+", help="image file, or the end of its path; with --label")
    what.add_argument("--csv", metavar="FILE", type=Path, help="list of reviewed labels: path,label[,who][,comment]")
    parser.add_argument("--label", metavar="L", help="the class that the images of --path should have")
    parser.add_argument(
        "--who", metavar="NAME", default="", help="who says so; needed but for lists that name somebody in every line"
    )
    parser.add_argument("--new-class", action="store_true", help="the data set may get classes that it does not have")
    add_json_option(parser)


def configure_history(parser: ArgumentParser) -> None:
    """Add the arguments of `history`."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of the data set")
    parser.add_argument("--path", metavar="P", nargs="+", required=True, help="image file, or the end of its path")
    add_json_option(parser)


def reviewer(name: str) -> Person | None:
    """Return who labels: on a PC with users the person who proves it and may label, else just the name, if any.

    Raises:
        UserError: Name and password do not fit.
        NotAllowedError: The person may not label.
    """
    from inspector.people.access import require
    from inspector.people.console import person_of_console
    from inspector.people.rights import Action
    from inspector.people.users import read_users
    from inspector.types import Person

    if not read_users().users:
        return Person(name) if name else None
    person = person_of_console(name)
    require(person, Action.LABEL)
    return person


def run_relabel(options: Namespace) -> int:
    """`inspector dataset relabel`."""
    from datasets.manifest import open_dataset

    if (options.csv is None) != bool(options.label):
        raise UsageError("--label belongs to --path.", cure="Give --path P --label L, or --csv FILE.")
    person = reviewer(options.who.strip())
    if person is None and options.csv is None:
        raise UsageError("Nobody is named who says so.", cure="Give --who NAME.")
    with open_dataset(options.dataset) as dataset:
        if options.csv is not None:
            found = _from_csv(dataset, options, person)
        else:
            found = _by_path(dataset, options, person.name if person else "")
        found["fingerprint"] = dataset.fingerprint
    if options.json:
        write_json({"dataset": str(options.dataset), **found}, options.json, schema=RELABEL_SCHEMA)
    if options.json != "-":
        for each in found["changed"]:
            print(f"{each['path']}: {each['from'] or '-'} -> {each['to']}")
        print(f"changed      {len(found['changed'])}; {found['confirmed']} had their class already")
        print(f"fingerprint  {found['fingerprint']}")
    return 0


def _from_csv(dataset: Dataset, options: Namespace, person: Person | None) -> dict[str, Any]:
    from datasets.review.relabel import relabel_from_csv

    done = relabel_from_csv(dataset, options.csv, person, new_class=options.new_class)
    changed = [
        {"path": str(line.item.path), "from": line.item.label, "to": line.label, "who": line.who}
        for line in done.changed
    ]
    return {"changed": changed, "confirmed": len(done.confirmed), "comments": done.comments}


def _by_path(dataset: Dataset, options: Namespace, who: str) -> dict[str, Any]:
    from datasets.finding import find_items
    from datasets.manifest import utc_now
    from datasets.review.events import Deed, judge, write_rows

    if options.label not in dataset.classes and not options.new_class:
        raise UsageError(
            f"{options.label!r} is no class of {dataset.folder}.",
            cure=f"Use one of {', '.join(dataset.classes)}, or say --new-class.",
        )
    items = {item.item_id: item for item in find_items(dataset, options.path)}
    with dataset.transaction():
        deed = Deed(who, utc_now())
        rows = judge(dataset.connection, deed, dict.fromkeys(items, options.label))
        write_rows(dataset.connection, deed, rows)
    changed = [
        {"path": str(items[number].path), "from": detail["from"], "to": detail["to"], "who": who}
        for number, kind, detail in rows
        if kind == "label"
    ]
    return {"changed": changed, "confirmed": len(rows) - len(changed), "comments": 0}


def run_history(options: Namespace) -> int:
    """`inspector dataset history`."""
    from datasets.finding import find_items
    from datasets.manifest import open_dataset
    from datasets.review.history import events

    document = []
    with open_dataset(options.dataset) as dataset:
        for item in find_items(dataset, options.path):
            told = events(dataset, item.item_id)
            changes = [
                {"who": c.who, "when": c.when_utc, "from": c.from_label, "to": c.to_label}
                for c in dataset.history(item.item_id)
            ]
            document.append({"path": str(item.path), "history": changes, "events": [_document(each) for each in told]})
            if options.json != "-":
                print(item.path)
                for event in told:
                    print(f"  {event.when_utc}  {_sentence(event)}  ({event.who})")
    if options.json:
        write_json({"images": document}, options.json, schema=HISTORY_SCHEMA)
    return 0


def _document(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "who": event.who,
        "when": event.when_utc,
        "from": event.from_label,
        "to": event.to_label,
        "text": event.text,
        "queue": event.queue,
        "session": event.session,
        "undone": event.undone,
    }


def _sentence(event: Event) -> str:
    change = f"{event.from_label or '-'} -> {event.to_label or '-'}"
    words = {
        "import": f"- -> {event.to_label or '-'}",
        "label": change,
        "adjudicate": f"decided: {change}",
        "confirm": f"confirmed: {event.to_label or '-'}",
        "opinion": f"blind opinion: {event.to_label}",
        "mask": "mask drawn",
        "comment": f"comment: {event.text or '-'}",
        "undo": f"undo: {event.text}",
        "redo": f"redo: {event.text}",
    }.get(event.kind, event.kind)
    queue = f", from {event.queue}" if event.queue else ""
    return f"{words}{queue}{', undone' if event.undone else ''}"


ACTIONS: dict[str, Callable[[Namespace], int]] = {"relabel": run_relabel, "history": run_history}
