"""A station's way to the centre: the forwarder beside it, and a caution while the centre is out of reach."""

from __future__ import annotations

import time

from inspector.alarms import Cautions
from inspector.events import Caution, CautionCode
from inspector.log import Log, read_log
from inspector.log.export import local_time
from inspector.log.forward import Backlog, Forwarder
from inspector.settings import CentreSettings

_JOIN_S = 5.0
_SOURCE = "centre"


class Forwarding:
    """Runs while the station runs.

    Args:
        log: The station's log.
        settings: Which centre; nothing is sent where it names none, or where the log lies in PostgreSQL itself.
        station: The station's name.
        cautions: Told when the centre has been out of reach for too long.
    """

    def __init__(self, log: Log, settings: CentreSettings, station: str, cautions: Cautions) -> None:
        self._settings = settings
        self._cautions = cautions
        self._forwarder: Forwarder | None = None
        if settings.url and log.records.is_sqlite:
            folder = log.folder
            self._forwarder = Forwarder(
                lambda: read_log(folder).records, settings.url, station, on_backlog=self._on_backlog
            )

    def start(self) -> None:
        """Begin to send."""
        if self._forwarder is not None:
            self._forwarder.start()

    def stop(self) -> None:
        """End after the batch in work; what waits is sent at the next start."""
        if self._forwarder is not None:
            self._forwarder.stop()
            self._forwarder.join(_JOIN_S)

    def _on_backlog(self, backlog: Backlog) -> None:
        if backlog.error is None:
            self._cautions.clear(CautionCode.CENTRE, _SOURCE)
        elif backlog.behind_s > self._settings.tell_after_s:
            since = local_time(time.time_ns() - int(backlog.behind_s * 1e9))
            what = f"Since {since} the centre has not taken everything: {backlog.error.message}"
            self._cautions.tell(Caution(CautionCode.CENTRE, _SOURCE, what, backlog.error.cure))
