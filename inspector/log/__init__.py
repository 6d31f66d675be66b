"""The record: durable rows and images of every part. `open_log` for the one writer, `read_log` for readers."""

from inspector.log.amend import confirm, correction, label, override
from inspector.log.change import record_change
from inspector.log.log import Log, open_log, read_log
from inspector.log.query import Query

__all__ = ["Log", "Query", "confirm", "correction", "label", "open_log", "override", "read_log", "record_change"]
