"""`inspector log forward`: send what the centre does not hold yet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any


def add(actions: Any) -> None:
    """Add the sub-command to `inspector log`."""
    parser: ArgumentParser = actions.add_parser("forward", help="send what a central PostgreSQL does not hold yet")
    parser.add_argument("url", help="the centre: postgresql+psycopg://user@host/database")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")
    parser.set_defaults(handler=_run)


def _run(options: Namespace) -> int:
    from contextlib import closing

    from tqdm import tqdm

    from inspector.log import read_log
    from inspector.log.centre import Centre
    from inspector.log.forward import forward_once
    from inspector.settings import log_folder, station_name

    with read_log(options.log or log_folder()) as log:
        end = log.records.tip()
        with closing(Centre(options.url, end.log_id, station_name())) as centre:
            first = position = centre.tip().position
            with tqdm(total=end.position, initial=first, unit=" entries", disable=None) as bar:
                while (reached := forward_once(log.records, centre).position) > position:
                    bar.update(reached - position)
                    position = reached
    print(f"{position - first} entries sent; the centre holds {position} of {end.position}")
    return 0
