"""The manifest's tables and how they came to be: ordered, append-only migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inspector.errors import DatasetError
from inspector.sqlite import driver

MANIFEST_FILE = "manifest.sqlite"

_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE import (
    import_id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    settings TEXT NOT NULL,          -- JSON
    ignored INTEGER NOT NULL,        -- files that matched no pattern
    imported_utc TEXT NOT NULL
);
CREATE TABLE root (
    root_id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE        -- absolute, or relative to the data set's folder
);
CREATE TABLE item (
    item_id INTEGER PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES import,
    root_id INTEGER NOT NULL REFERENCES root,
    path TEXT NOT NULL,              -- relative to the root, '/' between names
    sha256 TEXT NOT NULL UNIQUE,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    mask_root_id INTEGER REFERENCES root,
    mask_path TEXT,
    mask_sha256 TEXT,
    part TEXT NOT NULL,
    lot TEXT NOT NULL,
    view TEXT NOT NULL,
    split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
    given_split TEXT NOT NULL CHECK (given_split IN ('', 'train', 'validation', 'test')),
    source TEXT NOT NULL,
    synthetic INTEGER NOT NULL,
    UNIQUE (root_id, path),
    CHECK ((mask_path IS NULL) = (mask_sha256 IS NULL) AND (mask_path IS NULL) = (mask_root_id IS NULL))
);
CREATE TABLE label (
    label_id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES item,
    from_label TEXT,                 -- NULL at import
    to_label TEXT NOT NULL,
    who TEXT NOT NULL,
    when_utc TEXT NOT NULL
);
CREATE INDEX label_by_item ON label (item_id, label_id);
CREATE TRIGGER label_never_changes BEFORE UPDATE ON label
    BEGIN SELECT RAISE(ABORT, 'the label history is append-only'); END;
CREATE TRIGGER label_never_goes BEFORE DELETE ON label
    BEGIN SELECT RAISE(ABORT, 'the label history is append-only'); END;
CREATE TRIGGER label_follows BEFORE INSERT ON label
    WHEN NEW.from_label IS NOT
        (SELECT to_label FROM label WHERE item_id = NEW.item_id ORDER BY label_id DESC LIMIT 1)
    BEGIN SELECT RAISE(ABORT, 'the label was changed meanwhile'); END;
CREATE TRIGGER label_is_last BEFORE INSERT ON label
    WHEN NEW.label_id <= (SELECT max(label_id) FROM label) AND NEW.label_id > 0
    BEGIN SELECT RAISE(ABORT, 'the label history is append-only'); END;
CREATE TABLE good_class (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE rejected (
    rejected_id INTEGER PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES import,
    root_id INTEGER NOT NULL REFERENCES root,
    path TEXT NOT NULL,
    problem TEXT NOT NULL,
    detail TEXT NOT NULL,
    UNIQUE (root_id, path)
);
CREATE VIEW current_item AS
    SELECT item.*, label.to_label AS label FROM item JOIN label ON label.label_id =
        (SELECT max(label_id) FROM label WHERE label.item_id = item.item_id);
"""

_DERIVED = """
CREATE TABLE synthesis (             -- one run of `inspector synthesize`
    synthesis_id INTEGER PRIMARY KEY,
    method TEXT NOT NULL,
    class TEXT NOT NULL,             -- as asked for; '' for the method's usual
    seed INTEGER NOT NULL,
    settings TEXT NOT NULL,          -- JSON
    who TEXT NOT NULL,
    made_utc TEXT NOT NULL,
    UNIQUE (method, class, seed)
);
CREATE TABLE derived (               -- pictures with synthetic defects; they stand in the train split for ever
    item_id INTEGER PRIMARY KEY REFERENCES item,
    synthesis_id INTEGER NOT NULL REFERENCES synthesis
);
CREATE TABLE derived_from (
    item_id INTEGER NOT NULL REFERENCES derived,
    from_item_id INTEGER NOT NULL REFERENCES item,
    role TEXT NOT NULL CHECK (role IN ('carrier', 'material')),
    PRIMARY KEY (item_id, from_item_id, role)
) WITHOUT ROWID;
CREATE INDEX derived_from_source ON derived_from (from_item_id);
CREATE INDEX item_by_part ON item (part);
CREATE TRIGGER derived_is_synthetic_and_train BEFORE INSERT ON derived
    WHEN NOT EXISTS (SELECT 1 FROM item WHERE item_id = NEW.item_id AND synthetic = 1 AND split = 'train')
    BEGIN SELECT RAISE(ABORT, 'a synthetic defect stands in the train split only, marked synthetic'); END;
CREATE TRIGGER derived_alone_in_its_part BEFORE INSERT ON derived
    WHEN (SELECT count(*) FROM item WHERE part = (SELECT part FROM item WHERE item_id = NEW.item_id)) <> 1
    BEGIN SELECT RAISE(ABORT, 'a synthetic defect is a part of its own'); END;
CREATE TRIGGER derived_from_train_only BEFORE INSERT ON derived_from
    WHEN EXISTS (SELECT 1 FROM item WHERE split <> 'train'
            AND part = (SELECT part FROM item WHERE item_id = NEW.from_item_id))
        OR EXISTS (SELECT 1 FROM derived WHERE item_id = NEW.from_item_id)
    BEGIN SELECT RAISE(ABORT, 'synthetic defects are made from real parts of the train split only'); END;
CREATE TRIGGER bound_stays_in_train BEFORE UPDATE OF split, part, synthetic ON item
    WHEN (NEW.split <> 'train' OR NEW.part <> OLD.part OR NEW.synthetic <> OLD.synthetic) AND EXISTS (
        SELECT 1 FROM item AS other WHERE other.part IN (OLD.part, NEW.part)
            AND (EXISTS (SELECT 1 FROM derived WHERE derived.item_id = other.item_id)
            OR EXISTS (SELECT 1 FROM derived_from WHERE from_item_id = other.item_id)))
    BEGIN SELECT RAISE(ABORT, 'what synthetic defects are, or were made from, stays in the train split'); END;
CREATE TRIGGER bound_part_grows_in_train BEFORE INSERT ON item
    WHEN NEW.split <> 'train' AND EXISTS (
        SELECT 1 FROM item AS other WHERE other.part = NEW.part
            AND (EXISTS (SELECT 1 FROM derived WHERE derived.item_id = other.item_id)
            OR EXISTS (SELECT 1 FROM derived_from WHERE from_item_id = other.item_id)))
    BEGIN SELECT RAISE(ABORT, 'what synthetic defects are, or were made from, stays in the train split'); END;
CREATE TRIGGER derived_never_changes BEFORE UPDATE ON derived
    BEGIN SELECT RAISE(ABORT, 'what is derived stays so'); END;
CREATE TRIGGER derived_never_goes BEFORE DELETE ON derived
    BEGIN SELECT RAISE(ABORT, 'what is derived stays so'); END;
CREATE TRIGGER derived_from_never_changes BEFORE UPDATE ON derived_from
    BEGIN SELECT RAISE(ABORT, 'what is derived stays so'); END;
CREATE TRIGGER derived_from_never_goes BEFORE DELETE ON derived_from
    BEGIN SELECT RAISE(ABORT, 'what is derived stays so'); END;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _DERIVED)
"""One script per version. Never change one that was released: add the next."""


def connect(path: Path, *, create: bool = False) -> Any:
    """Open the manifest at `path`, bringing an older one up to date.

    Returns:
        A DB-API connection in autocommit mode; use `with transaction(connection):` to write.

    Raises:
        DatasetError: No manifest, not one of ours, damaged, or written by a newer program.
    """
    if not create and not path.is_file():
        raise DatasetError(
            f"{path.parent}: is no data set (it has no {MANIFEST_FILE}).",
            cure="Make one with `inspector dataset import SRC OUT …`.",
        )
    sqlite = driver()
    try:
        connection = sqlite.connect(str(path), timeout=30.0, isolation_level=None)
    except sqlite.Error as error:
        raise DatasetError(f"{path}: cannot be opened ({error}).", cure="Check the folder's permissions.") from error
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA recursive_triggers = ON")  # REPLACE must meet the triggers as well
        _migrate(connection, path, create=create)
    except sqlite.Error as error:
        connection.close()
        raise DatasetError(
            f"{path}: cannot be read as a manifest ({error}).",
            cure="Restore the file from a backup, or import the images again.",
        ) from error
    except DatasetError:
        connection.close()
        raise
    return connection


def _migrate(connection: Any, path: Path, *, create: bool) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise DatasetError(
            f"{path}: was written by a newer program (format {version}; this one knows {len(MIGRATIONS)}).",
            cure="Update this program.",
        )
    if version == 0 and not create:
        raise DatasetError(f"{path}: is an SQLite file, but no manifest of a data set.", cure="Import again.")
    for number in range(version, len(MIGRATIONS)):
        connection.executescript(f"BEGIN IMMEDIATE;{MIGRATIONS[number]};PRAGMA user_version = {number + 1};COMMIT;")
