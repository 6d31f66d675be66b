"""The log as the rest of the program sees it: records and images in one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from filelock import FileLock, Timeout

from inspector.errors import DamagedLogError, DiskFullError, StoreError
from inspector.log.deletions import deletion_of
from inspector.log.export import local_time
from inspector.log.head_plan import head_plan
from inspector.log.heads import HeadKeeper, HeadPlan, HeadProblem
from inspector.log.images import DEFAULT_RESERVE_BYTES, ImageStore
from inspector.log.outbox import take_in
from inspector.log.place import records_at
from inspector.log.quarantine import check_at_start, refuse_quarantined, suspect, watched
from inspector.log.query import Query
from inspector.log.reserve import Reserve
from inspector.log.store import RecordStore
from inspector.types import AuditEntry, Image, Record, RecordKind, StoredImage, Verdict

LOCK_FILE = "log.lock"
_Written = TypeVar("_Written")


class Log:
    """Records and images of one folder. Thread-safe. Make one with `open_log` or `read_log`.

    Attributes:
        folder: Where it lies.
        records: The rows.
        images: The pictures.
    """

    def __init__(
        self,
        folder: Path,
        records: RecordStore,
        images: ImageStore,
        *,
        lock: FileLock | None = None,
        heads: HeadKeeper | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self.folder = folder
        self.records = records
        self.images = images
        self._lock = lock
        self._heads = heads
        self._reserve = reserve

    def append(self, record: Record) -> Record:
        """Make a record durable; see `RecordStore.append`. May take as long as the disk: never in a window's thread."""
        durable = self._with_reserve(lambda: self.records.append(record))
        if self._heads is not None:
            self._heads.appended()
        return durable

    def on_head_problem(self, listener: Callable[[HeadProblem | None], None] | None) -> None:
        """Tell `listener` when heads cannot be signed or written off the machine, now and at every change."""
        if self._heads is not None:
            self._heads.listen(listener)

    def _with_reserve(self, write: Callable[[], _Written]) -> _Written:
        """Write; where the disk is full, give the reserve up for it, once."""
        try:
            return write()
        except DamagedLogError:
            suspect(self.folder)
            raise
        except DiskFullError:
            if self._reserve is None or not self._reserve.give_up():
                raise
            return write()

    def hold_reserve(self) -> bool:
        """Allocate the space that keeps records going on a full disk; return whether it is held."""
        return self._reserve is not None and self._reserve.hold()

    def get(self, record_id: str) -> Record:
        """Return one record. Raises StoreError."""
        return self.records.get(record_id)

    def append_audit(self, entry: AuditEntry) -> AuditEntry:
        """Make an entry of the audit trail durable; see `RecordStore.append_audit`."""
        durable = self._with_reserve(lambda: self.records.append_audit(entry))
        if self._heads is not None:
            self._heads.appended()
        return durable

    def take_in(self) -> int:
        """Take the audit entries that commands left beside this log into its chain; return how many. See `outbox`."""
        return take_in(self.folder, self._has_taken, self.append_audit)

    def _has_taken(self, outbox_id: str) -> bool:
        return bool(self.records.audit(mentions=outbox_id, limit=1))

    def search(self, query: Query) -> list[Record]:
        """Return the records that meet a query."""
        return self.records.search(query)

    def find(
        self,
        *,
        part_id: str | None = None,
        verdict: Verdict | None = None,
        kind: RecordKind | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int | None = 100,
        newest_first: bool = True,
    ) -> list[Record]:
        """Return the records that match; see `RecordStore.find`."""
        return self.records.find(
            part_id=part_id,
            verdict=verdict,
            kind=kind,
            since_ns=since_ns,
            until_ns=until_ns,
            limit=limit,
            newest_first=newest_first,
        )

    def amendments(self, record_id: str) -> list[Record]:
        """Return what was said later of a record, oldest first."""
        return self.records.amendments(record_id)

    def counts(self, since_ns: int = 0) -> dict[Verdict, int]:
        """Return how many parts got each verdict since a Unix time in nanoseconds."""
        return self.records.counts(since_ns=since_ns)

    def read_image(self, image: StoredImage) -> Image:
        """Return the judged pixels, verified by SHA-256. Raises StoreError, which tells of a deletion on purpose."""
        if not self.images.is_there(image):
            deletion = deletion_of(self.records, image.sha256)
            if deletion is not None:
                moment = local_time(deletion.time_ns)
                raise StoreError(f"The picture was deleted at {moment}: {deletion.why} (recipe {deletion.subject}).")
        return self.images.read(image)

    def close(self) -> None:
        """Close the file and let another program write."""
        self.images.close()
        if self._heads is not None:
            self._heads.close()
        self.records.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_log(
    folder: Path, *, station: str = "", reserve_bytes: int = DEFAULT_RESERVE_BYTES, heads: HeadPlan | None = None
) -> Log:
    """Open the log of `folder` for writing, making it where absent. One program at a time may.

    Args:
        folder: The log's folder.
        station: Name of the station, and so of its log where the records lie in PostgreSQL.
        reserve_bytes: Free disk space that pictures must leave for records.
        heads: How its heads are signed; None: as this PC's settings say.

    Raises:
        StoreError: Another program writes it, or it cannot be opened; where it was damaged, it is put aside first.
    """
    with ExitStack() as undo:
        lock = hold(folder)
        undo.callback(lock.release)
        refuse_quarantined(folder)
        with watched(folder), ExitStack() as unless_sound:
            records = RecordStore(records_at(folder), log_name=station)
            unless_sound.callback(records.close)
            check_at_start(folder, records)
            unless_sound.pop_all()
        undo.callback(records.close)
        keeper = HeadKeeper(records, heads or head_plan(station))
        keeper.start()
        undo.pop_all()
        images = ImageStore(folder, reserve_bytes=reserve_bytes)
        log = Log(folder, records, images, lock=lock, heads=keeper, reserve=Reserve(folder))
        undo.callback(log.close)
        log.take_in()
        undo.pop_all()
        return log


def hold(folder: Path) -> FileLock:
    """Be the one writer of a folder. Raises StoreError where another program is."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK_FILE, timeout=0, thread_local=False)
        lock.acquire()
    except Timeout as error:
        raise StoreError(
            f"{folder}: another station writes this log.",
            cure="Stop the other station, or give this one a log folder of its own with --log.",
        ) from error
    except OSError as error:
        raise StoreError(
            f"{folder}: the log folder cannot be used ({error.strerror}).",
            cure="Give a folder that may be written.",
        ) from error
    return lock


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Be the one writer of a folder for the block. Raises StoreError where another program is."""
    lock = hold(folder)
    try:
        yield
    finally:
        lock.release()


def read_log(folder: Path) -> Log:
    """Open the log of `folder` for reading, also beside a running station; of every station in PostgreSQL.

    Raises:
        StoreError: There is no log.
    """
    refuse_quarantined(folder, reading=True)
    place = records_at(folder)
    if isinstance(place, Path) and not place.is_file():
        raise StoreError(
            f"{folder}: there is no inspection log here.",
            cure="Give the folder that `inspector run … --log` used, or inspect some parts first.",
        )
    return Log(folder, RecordStore(place, read_only=True), ImageStore(folder))
