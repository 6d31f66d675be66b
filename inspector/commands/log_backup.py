"""`inspector log backup`, `restore` and `new`: a log copied, brought back, or begun anew after damage."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.commands.users import add_who_options
from inspector.jsonfile import add_json_option, write_json

if TYPE_CHECKING:
    from inspector.log.copying import CopiedImages
    from inspector.types import Person

BACKUP_SCHEMA, RESTORE_SCHEMA = "inspector.log-backup/1", "inspector.log-restore/1"


def add(actions: Any) -> None:
    """Add the sub-commands to `inspector log`."""
    backup: ArgumentParser = actions.add_parser(
        "backup", help="copy the log, also beside a running station, verified; again and again, only what is new"
    )
    backup.add_argument("target", type=Path, help="folder of the backup, on another disk or machine")
    _add_log(backup)
    _add_keys(backup)
    add_json_option(backup)
    backup.set_defaults(handler=_backup)
    restore: ArgumentParser = actions.add_parser(
        "restore", help="verify a backup and make it the log of a folder that holds none"
    )
    restore.add_argument("backup", type=Path, help="folder of the backup")
    restore.add_argument("folder", type=Path, nargs="?", help="where the log shall lie; this PC's where not given")
    restore.add_argument("--without-pictures", action="store_true", help="also where pictures are missing or damaged")
    add_who_options(restore)
    _add_keys(restore)
    add_json_option(restore)
    restore.set_defaults(handler=_restore)
    new: ArgumentParser = actions.add_parser("new", help="begin a new log where a damaged one was put aside")
    _add_log(new)
    add_who_options(new)
    new.set_defaults(handler=_new)


def _add_log(parser: ArgumentParser) -> None:
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")


def _add_keys(parser: ArgumentParser) -> None:
    help_ = "public key that is trusted, several times for several; this PC's own where none is given"
    parser.add_argument("--key", type=Path, metavar="PEM", action="append", help=help_)


def _backup(options: Namespace) -> int:
    from inspector.log.backup import back_up
    from inspector.log.head_plan import outside_file
    from inspector.people.console import person_of_console
    from inspector.settings import log_folder

    folder = options.log or log_folder()
    person = person_of_console()
    with _bars() as report:
        done = back_up(folder, options.target, person, _keys(options), outside=outside_file(), on_progress=report)
    if options.json:
        document = {"clean": done.clean, "position": done.tip.position, "verification": done.verification.document()}
        write_json({**document, "images": _images(done.images)}, options.json, schema=BACKUP_SCHEMA)
    if options.json != "-":
        print("\n".join(done.verification.sentences()))
        if done.images is None:
            print(f"{options.target}: the copy was not kept; an earlier backup is as it was")
        else:
            _print_images(done.images)
            print(f"{options.target}: holds the log up to entry {done.tip.position}")
    return 0 if done.clean else 1


def _restore(options: Namespace) -> int:
    from inspector.log.head_plan import keys_folder
    from inspector.log.restore import restore
    from inspector.settings import log_folder

    folder = options.folder or log_folder()
    person = _person(options, folder)
    with _bars() as report:
        done = restore(
            options.backup,
            folder,
            person,
            _keys(options),
            keys_folder(),
            why=options.why,
            without_pictures=options.without_pictures,
            on_progress=report,
        )
    if options.json:
        document = {"restored": done.tip is not None, "lost": done.lost, "images": _images(done.images)}
        write_json({**document, "verification": done.verification.document()}, options.json, schema=RESTORE_SCHEMA)
    if options.json != "-":
        print("\n".join(done.verification.sentences()))
        if done.tip is None or done.images is None:
            print(f"{folder}: nothing was restored")
        else:
            _print_images(done.images)
            print(f"{folder}: holds the log up to entry {done.tip.position}; {done.lost} signed entries are lost")
            if done.lost:
                print("the heads kept outside go on naming them: keep that file as evidence, and begin a new one")
    return 0 if done.tip is not None else 1


def _new(options: Namespace) -> int:
    from inspector.log.head_plan import keys_folder
    from inspector.log.restore import begin_anew
    from inspector.settings import log_folder, station_name

    folder = options.log or log_folder()
    person = _person(options, folder)
    tip = begin_anew(folder, person, keys_folder(), why=options.why, station=station_name())
    print(f"{folder}: log {tip.log_id} begins; the old one stays in quarantine/")
    return 0


def _person(options: Namespace, folder: Path) -> Person:
    """Return who acts. The login waits in the folder's outbox: to be told of it, no log must begin there."""
    from inspector.log.log import held
    from inspector.people.console import person_of_console

    with held(folder):
        return person_of_console(options.who, log=folder)


def _keys(options: Namespace) -> Any:
    from inspector.log.head_plan import own_public_key
    from inspector.log.station_key import public_keys

    return public_keys(options.key or [own_public_key()])


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows each step in a bar of its own."""
    from contextlib import ExitStack

    from inspector.progress import show_bar

    with ExitStack() as shown:
        bars: dict[str, Callable[[int, int], None]] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = shown.enter_context(show_bar(step, ""))
            bars[step](done, total)

        yield report


def _images(images: CopiedImages | None) -> dict[str, Any] | None:
    from dataclasses import asdict

    return None if images is None else asdict(images)


def _print_images(images: CopiedImages) -> None:
    print(f"{images.copied} pictures copied, {images.there} there already, {images.deleted} deleted by rule")
    if images.damaged:
        print(f"{images.damaged} pictures NOT copied:")
    for sentence in images.sentences:
        print(f"  {sentence}")
