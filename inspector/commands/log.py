"""`inspector log`: read records back, export them, judge them again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.commands import log_audit, log_backup, log_forward, log_label, log_retain, log_verify
from inspector.jsonfile import add_json_option, write_json
from inspector.plugins import Command

if TYPE_CHECKING:
    from inspector.log import Log
    from inspector.types import Record

_LAST_SECOND = 2**63 // 1_000_000_000 - 1
LIST_SCHEMA, SHOW_SCHEMA, REPLAY_SCHEMA = "inspector.log-list/1", "inspector.log-show/1", "inspector.log-replay/1"
SHADOW_SCHEMA = "inspector.log-shadow/1"


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help_ in (
        ("list", "list records"),
        ("export", "write records to a file: .csv or .parquet"),
        ("replay", "judge stored pictures again; exit code 1 where a verdict differs"),
        ("shadow", "champion and challenger on the same parts: agreement, and the parts where they differ"),
    ):
        action = actions.add_parser(name, help=help_)
        if name == "export":
            action.add_argument("file", type=Path, help="target; the ending chooses the format")
        if name == "replay":
            action.add_argument("--package", type=Path, metavar="DIR", help="judge with this package instead")
        _add_filters(action, limit=100 if name == "list" else None)
        if name != "export":
            add_json_option(action)
    _add_log_option(actions.add_parser("upgrade", help="bring the log of an older program to this one's format"))
    use = actions.add_parser("use", help="let the records of a new log lie in a PostgreSQL database")
    use.add_argument("url", help="postgresql+psycopg://user@host/database")
    _add_log_option(use)
    for module in (log_audit, log_backup, log_forward, log_label, log_retain, log_verify):
        module.add(actions)
    show = actions.add_parser("show", help="everything about one record")
    show.add_argument("record", help="record id (its beginning is enough), or a part id")
    _add_log_option(show)
    add_json_option(show)


def _add_log_option(parser: ArgumentParser) -> None:
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")


def _add_filters(parser: ArgumentParser, *, limit: int | None) -> None:
    _add_log_option(parser)
    parser.add_argument("--part", metavar="ID", help="only this part")
    parser.add_argument("--verdict", choices=["PASS", "FAIL", "REVIEW", "ERROR"], help="only this verdict")
    kinds = ["inspection", "confirm", "override", "correction", "label", "challenge", "shadow"]
    parser.add_argument("--kind", choices=kinds, help="only records of this kind")
    parser.add_argument("--since", metavar="TIME", help="decided at or after, ISO 8601 (local time without an offset)")
    parser.add_argument("--until", metavar="TIME", help="decided before, ISO 8601")
    parser.add_argument("--limit", type=int, default=limit, metavar="N", help="at most N records, newest first")


def _run(options: Namespace) -> int:
    from inspector.log import open_log, read_log
    from inspector.settings import log_folder

    if "handler" in options:
        return int(options.handler(options))
    if options.action == "upgrade":
        open_log(options.log or log_folder()).close()
        print("the log has this program's format")
        return 0
    if options.action == "use":
        return _use(options.log or log_folder(), options.url)
    handlers = {"list": _list, "export": _export, "replay": _replay, "shadow": _shadow, "show": _show}
    folder = options.log or log_folder()
    _refuse_who_may_not(options.action, folder)
    with read_log(folder) as log:
        return handlers[options.action](log, options)


def _refuse_who_may_not(action: str, folder: Path) -> None:
    from inspector.people.access import require
    from inspector.people.console import person_of_console
    from inspector.people.rights import Action

    rights = {"export": Action.EXPORT, "replay": Action.REPLAY}
    require(person_of_console(log=folder), rights.get(action, Action.READ_RECORDS))


def _use(folder: Path, url: str) -> int:
    from inspector.log.place import use_database
    from inspector.people import Action, require
    from inspector.people.console import person_of_console
    from inspector.settings import station_name

    require(person_of_console(), Action.REPLACE_LOG)
    use_database(folder, url, station=station_name())
    print(f"the records of {folder} lie in the database from now on; its pictures stay in the folder")
    return 0


def _found(log: Log, options: Namespace) -> list[Record]:
    from inspector.types import RecordKind, Verdict

    return log.find(
        part_id=options.part,
        verdict=Verdict(options.verdict) if options.verdict else None,
        kind=RecordKind(options.kind) if options.kind else None,
        since_ns=nanoseconds(options.since),
        until_ns=nanoseconds(options.until),
        limit=options.limit,
        newest_first=options.action == "list",
    )


def nanoseconds(text: str | None) -> int | None:
    """Return a time as typed in Unix nanoseconds; None for none. Raises UsageError."""
    from datetime import datetime

    from inspector.errors import UsageError

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone().timestamp()
        return min(max(int(moment), 0), _LAST_SECOND) * 1_000_000_000
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"{text!r} is no time.", cure="Write it as 2026-11-22 or 2026-11-22T14:03:22.") from error


def _list(log: Log, options: Namespace) -> int:
    from inspector.log.export import flat, local_time

    records = _found(log, options)
    if options.json:
        write_json({"records": [flat(record) for record in records]}, options.json, schema=LIST_SCHEMA)
    if options.json != "-":
        for record in records:
            decision = record.decision
            word = decision.verdict.value if record.kind == "inspection" else f"{record.kind}:{decision.verdict.value}"
            print(
                f"{record.sequence:>7}  {local_time(record.decided_time_ns)}  {record.record_id[:12]}  "
                f"{record.part_id:<24} {word:<16} {decision.reason}"
            )
    return 0


def _export(log: Log, options: Namespace) -> int:
    from inspector.log.export import export

    written = export(_found(log, options), options.file)
    print(f"{written} records written to {options.file}")
    return 0


def _show(log: Log, options: Namespace) -> int:
    import json

    from inspector.log.export import full

    matches = log.find(part_id=options.record)
    records = matches or [log.get(options.record)]
    document: dict[str, Any] = {
        "records": [
            {
                **full(record, log.folder),
                "amendments": [full(later, log.folder) for later in log.amendments(record.record_id)],
            }
            for record in records
        ]
    }
    if options.json:
        write_json(document, options.json, schema=SHOW_SCHEMA)
    if options.json != "-":
        print(json.dumps(document["records"], indent=1, ensure_ascii=False))
    return 0


def _replay(log: Log, options: Namespace) -> int:
    from inspector.replay import replay

    done = different = skipped = 0
    largest, differing = 0.0, []
    for item in replay(log, _found(log, options), options.package):
        done += item.verdict is not None
        skipped += item.verdict is None and not item.problem
        largest = max(largest, item.largest_difference)
        if not item.same:
            different += 1
            now, recorded = item.problem or item.verdict, item.record
            entry = {"part_id": recorded.part_id, "record_id": recorded.record_id}
            differing.append({**entry, "recorded": recorded.decision.verdict, "now": now})
    document = {
        "replayed": done,
        "different": different,
        "without_picture_or_verdict": skipped,
        "largest_probability_difference": largest,
        "differing": differing,
    }
    if options.json:
        write_json(document, options.json, schema=REPLAY_SCHEMA)
    if options.json != "-":
        print(
            f"{done} parts judged again: {different} other verdicts, "
            f"largest difference of a probability {largest:.2e}; "
            f"{skipped} ERROR records have nothing to judge again"
        )
        for each in differing:
            print(f"  {each['part_id']} {each['record_id']}: {each['recorded']}, now {each['now']}")
    return 1 if different else 0


def _shadow(log: Log, options: Namespace) -> int:
    from inspector.shadow_report import as_text, document_of, pairings
    from inspector.types import RecordKind

    options.kind = RecordKind.SHADOW.value
    found = pairings(_found(log, options))
    inspections = [record.refers_to for pair in found for record in pair.discordant]
    said = {record_id: later[-1].decision.verdict for record_id in inspections if (later := _by_person(log, record_id))}
    document = document_of(found, said)
    if options.json:
        write_json(document, options.json, schema=SHADOW_SCHEMA)
    if options.json != "-":
        print(as_text(document))
    return 0


def _by_person(log: Log, record_id: str) -> list[Record]:
    from inspector.types import RecordKind

    return [later for later in log.amendments(record_id) if later.kind is not RecordKind.CORRECTION]


COMMAND = Command("read the inspection log: list, show, export, replay, shadow", _configure, _run)
