"""`inspector log verify`: prove that nobody changed the log, or name the first entry that was."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.jsonfile import add_json_option, write_json

if TYPE_CHECKING:
    from inspector.log.store import RecordStore
    from inspector.log.verification import Verification

SCHEMA = "inspector.log-verify/1"


def add(actions: Any) -> None:
    """Add the sub-command to `inspector log`."""
    parser: ArgumentParser = actions.add_parser(
        "verify", help="find what was changed, removed, swapped, inserted or cut; exit code 1 where anything was"
    )
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log, or of a backup")
    parser.add_argument("--heads", type=Path, metavar="FILE", help="heads as they were written off the machine")
    parser.add_argument(
        "--key",
        type=Path,
        metavar="PEM",
        action="append",
        help="public key that is trusted, several times for several; this PC's own where none is given",
    )
    parser.add_argument("--images", action="store_true", help="check the content of every picture as well")
    parser.add_argument("--station", metavar="NAME", help="which station's log, where a database holds several")
    add_json_option(parser)
    parser.set_defaults(handler=_run)


def _run(options: Namespace) -> int:
    from inspector.settings import log_folder

    folder = options.log or log_folder()
    _require_right()
    result = _verified(folder, options)
    if options.json:
        write_json(result.document(), options.json, schema=SCHEMA)
    if options.json != "-":
        print("\n".join(result.sentences()))
    return 0 if result.clean else 1


def _require_right() -> None:
    """Of a person who logs in, this PC's own log is told: what is verified, a backup say, stays as it is."""
    from inspector.people.access import require
    from inspector.people.console import person_of_console
    from inspector.people.rights import Action

    require(person_of_console(), Action.VERIFY_LOG)


def _verified(folder: Path, options: Namespace) -> Verification:
    from inspector.errors import DamagedLogError, StoreError
    from inspector.log.head_plan import outside_file, own_public_key
    from inspector.log.station_key import public_keys
    from inspector.log.verification import damaged
    from inspector.log.verify import verify
    from inspector.log.walk import is_unreadable
    from inspector.progress import show_bar

    keys = public_keys(options.key or [own_public_key()])
    images = folder if options.images else None
    try:
        with closing(_opened(folder, options.station)) as store, show_bar("verify", "entries") as advance:
            return verify(store, keys, outside=options.heads or outside_file(), images=images, on_progress=advance)
    except StoreError as error:
        if not (isinstance(error, DamagedLogError) or is_unreadable(error)):
            raise
        return damaged(error)


def _opened(folder: Path, station: str | None) -> RecordStore:
    from inspector.log.log import read_log
    from inspector.log.place import records_at
    from inspector.log.store import RecordStore
    from inspector.settings import station_name

    place = records_at(folder)
    if isinstance(place, Path):
        return read_log(folder).records
    return RecordStore(place, read_only=True, log_name=station or station_name())
