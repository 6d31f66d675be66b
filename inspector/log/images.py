"""Content-addressed images beside the records: the file's name is the SHA-256 of its bytes."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from inspector.errors import ImageError, StoreError
from inspector.imaging import decode_image, encode_png, sha256_of
from inspector.jsonfile import sync_folder
from inspector.types import Frame, Image, StoredImage

DEFAULT_RESERVE_BYTES = 256 * 1024 * 1024


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
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="image-writer")

    def submit(self, frames: Sequence[Frame]) -> list[Future[StoredImage]]:
        """Start writing frames; each future gives the stored image or raises StoreError."""
        return [self._workers.submit(self.put, frame.pixels, frame.view) for frame in frames]

    def put(self, pixels: Image, view: str) -> StoredImage:
        """Write one picture (H, W, 3) RGB and make it durable. Raises StoreError, for instance on a full disk."""
        data = encode_png(pixels)
        digest = sha256_of(data)
        relative = Path("images") / digest[:2] / f"{digest}.png"
        try:
            self._write(self._folder / relative, data)
        except OSError as error:
            raise StoreError(
                f"{self._folder}: a picture could not be stored ({error.strerror}).",
                cure="Free disk space, or move the log to a larger disk.",
            ) from error
        return StoredImage(view, digest, relative.as_posix(), pixels.shape[1], pixels.shape[0])

    def _write(self, path: Path, data: bytes) -> None:
        if path.exists() and path.read_bytes() == data:
            return
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
            sync_folder(self._folder)
        if shutil.disk_usage(path.parent).free < self._reserve_bytes + len(data):
            raise StoreError(
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
