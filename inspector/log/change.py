"""Record a change that was made beside the log: into its chain at once where it is free, through the outbox else."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import StoreError
from inspector.log.log import open_log
from inspector.log.outbox import post
from inspector.settings import log_folder, station_name
from inspector.types import AuditEntry


def record_change(entry: AuditEntry, folder: Path | None = None) -> bool:
    """Make the audit entry of a change durable; call it before the change is made.

    Args:
        entry: What is about to change; its time is set here where it has none.
        folder: The log's folder; None: this PC's log.

    Returns:
        Whether the entry stands in the chain already. Where a station writes the log, or the log cannot be opened,
        the entry waits durably in the outbox: the station takes it in within seconds, else the next writer.

    Raises:
        StoreError: It could be recorded nowhere: then the change must not be made.
    """
    folder = folder or log_folder()
    post(entry, folder)
    try:
        open_log(folder, station=station_name()).close()
    except StoreError:
        return False
    return True
