"""Content-addressed images beside the records: the file's name is the SHA-256 of its bytes."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from inspector.errors import DiskFullError, ImageError, StoreError
from inspector.imaging import decode_image, encode_png, sha256_of
from inspector.jsonfile import sync_folder
from inspector.types import Frame, Image, StoredImage

DEFAULT_RESERVE_BYTES = 256 * 1024 * 1024


def shared_mark(path: Path) -> Path:
    """Return the empty file that says that more than one record names this picture; its time is the last one's."""
    return path.with_suffix(".shared")


class ImageStore:
    """Writes frames losslessly (PNG) and reads them back verified.

    A picture is durable before its record is: encoding and writing run beside the model, and the station waits for
    them before it commits. A record therefore never names a picture that a power cut took.

    Args:
        folder: The log's folder; pictures go to `images/` in it.
        reserve_bytes: Free space that pictures must leave for records.
    """

    def __init__(self, folder: Path, *, reserve_bytes: int = DEFAULT_RESERVE_BYTES) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._guard = threading.Lock()
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="image-writer")

    def submit(self, frames: Sequence[Frame]) -> list[Future[StoredImage]]:
        """Start writing frames; each future gives the stored image or raises StoreError."""
        return [self._workers.submit(self.put, frame.pixels, frame.view) for frame in frames]

    def put(self, pixels: Image, view: str) -> StoredImage:
        """Write one picture (H, W, 3) RGB and make it durable. Raises StoreError, for instance on a full disk."""
        data = encode_png(pixels, compression=0)  # docs/decisions/0021: the part waits for it
        digest = sha256_of(data)
        relative = Path("images") / digest[:2] / f"{digest}.png"
        try:
            self._write(self._folder / relative, data)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (DiskFullError if full else StoreError)(
                f"{self._folder}: a picture could not be stored ({error.strerror}).",
                cure="Free disk space, or move the log to a larger disk.",
            ) from error
        return StoredImage(view, digest, relative.as_posix(), pixels.shape[1], pixels.shape[0])

    def _write(self, path: Path, data: bytes) -> None:
        with self._guard:
            if path.exists() and path.read_bytes() == data:
                shared_mark(path).touch()  # two records name it: no retention may take it for one of them
                sync_folder(path.parent)
                return
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
            sync_folder(self._folder)
        if shutil.disk_usage(path.parent).free < self._reserve_bytes + len(data):
            raise DiskFullError(
                f"{self._folder}: the disk is full: less than {self._reserve_bytes >> 20} MiB, which are kept for "
                "records, would be left.",
                cure="Free disk space, or move the log to a larger disk.",
            )
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)

    def is_short(self, extra_bytes: int = 0) -> bool:
        """Return whether the disk has no room for pictures beside what is kept for records."""
        return shutil.disk_usage(self._folder).free < self._reserve_bytes + extra_bytes

    def is_there(self, image: StoredImage) -> bool:
        """Return whether the picture lies on the disk."""
        return (self._folder / image.path).is_file()

    def is_shared(self, image: StoredImage) -> bool:
        """Return whether more than one record names the picture."""
        return shared_mark(self._folder / image.path).exists()

    def delete(self, image: StoredImage) -> bool:
        """Delete a picture, unless another record came to name it; return whether it is gone. Record it first."""
        with self._guard:
            if self.is_shared(image):
                return False
            (self._folder / image.path).unlink(missing_ok=True)
            return True

    def read_bytes(self, image: StoredImage) -> bytes:
        """Return the file's bytes. Raises StoreError where it is missing or was altered."""
        path = self._folder / image.path
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path}: the picture of a record cannot be read ({error.strerror}).") from error
        if sha256_of(data) != image.sha256:
            raise StoreError(f"{path}: the picture is not the one that was recorded (SHA-256 differs).")
        return data

    def read(self, image: StoredImage) -> Image:
        """Return the pixels (H, W, 3) RGB as they were judged. Raises StoreError."""
        try:
            return decode_image(self.read_bytes(image), image.path)
        except ImageError as error:
            raise StoreError(f"{self._folder}: {error.message}") from error

    def close(self) -> None:
        """Finish what was submitted and stop the writers."""
        self._workers.shutdown(wait=True)
