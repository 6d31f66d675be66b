"""Copying images into a data set, verified."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from inspector.errors import DatasetError
from inspector.imaging import read_bytes, sha256_of


def copy_into(folder: Path, source: Path, path: str, sha256: str) -> str:
    """Copy `source / path` below `folder` under the same relative name and return that name.

    Where another file has the name, the hash's first digits are added. The copy is read back.

    Raises:
        DatasetError: The copy could not be written, or differs from what was checked.
    """
    name = Path(path).name if Path(path).is_absolute() or ".." in Path(path).parts else path
    target = folder / name
    if target.exists() and sha256_of(read_bytes(target)) != sha256:
        target = target.with_name(f"{target.stem}_{sha256[:8]}{target.suffix}")
    if not target.exists():
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / path, temporary)
            temporary.replace(target)
        except OSError as error:
            raise DatasetError(
                f"{target}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
    if sha256_of(read_bytes(target)) != sha256:
        raise DatasetError(
            f"{target}: the copy differs from {source / path}.",
            cure="The file changed meanwhile, or a disk is failing: check both, then import again.",
        )
    return target.relative_to(folder).as_posix()


def write_into(folder: Path, path: str, data: bytes) -> str:
    """Write a new file below `folder` under the relative name `path`, and return that name.

    Where another file has the name, the hash's first digits are added; nothing is overwritten.

    Raises:
        DatasetError: It could not be written.
    """
    name = Path(path).name if Path(path).is_absolute() or ".." in Path(path).parts else path
    target = folder / name
    if target.exists() and read_bytes(target) != data:
        target = target.with_name(f"{target.stem}_{sha256_of(data)[:8]}{target.suffix}")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(target)
    except OSError as error:
        raise DatasetError(
            f"{target}: cannot be written ({error.strerror}).", cure="Check the disk's space and permissions."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return target.relative_to(folder).as_posix()
