"""The manifest's tables and how they came to be: ordered, append-only migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets.schema_loop import LOOP
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

_REVIEW = """
CREATE TABLE review (                -- what people said of images while reviewing, in the order in which they said it
    event_id INTEGER PRIMARY KEY,
    action_id INTEGER NOT NULL,      -- the first event of the same deed: several images may be meant at once
    item_id INTEGER NOT NULL REFERENCES item,
    kind TEXT NOT NULL CHECK (kind IN ('label', 'confirm', 'skip', 'flag', 'unflag', 'comment', 'mask',
        'undo', 'redo', 'opinion', 'adjudicate')),
    who TEXT NOT NULL CHECK (who <> ''),
    when_utc TEXT NOT NULL,
    session TEXT NOT NULL,           -- one open window, '' at the command line
    queue TEXT NOT NULL,             -- where the image was offered, '' where it was found by hand
    target_id INTEGER,               -- the deed that an undo or redo means
    detail TEXT NOT NULL,            -- JSON
    CHECK ((target_id IS NULL) = (kind NOT IN ('undo', 'redo')) AND action_id <= event_id)
);
CREATE INDEX review_by_item ON review (item_id, event_id);
CREATE INDEX review_by_who ON review (who, event_id);
CREATE INDEX review_by_action ON review (action_id);
CREATE TABLE mask_version (          -- masks that people drew; the last one of an image counts
    version_id INTEGER PRIMARY KEY,
    item_id INTEGER NOT NULL REFERENCES item,
    root_id INTEGER REFERENCES root, -- NULL, as path and sha256: the image has no mask from here on
    path TEXT,
    sha256 TEXT,
    who TEXT NOT NULL CHECK (who <> ''),
    when_utc TEXT NOT NULL,
    CHECK ((path IS NULL) = (sha256 IS NULL) AND (path IS NULL) = (root_id IS NULL))
);
CREATE INDEX mask_version_by_item ON mask_version (item_id, version_id);
CREATE TABLE provenance (            -- images that came out of a station's log, each once
    item_id INTEGER PRIMARY KEY REFERENCES item,
    log_id TEXT NOT NULL,
    record_id TEXT NOT NULL,
    view TEXT NOT NULL,
    reason TEXT NOT NULL,
    station TEXT NOT NULL,
    serial TEXT NOT NULL,
    when_utc TEXT NOT NULL,
    UNIQUE (log_id, record_id, view)
);
CREATE TABLE regression_case (       -- images that every later model must judge right
    item_id INTEGER PRIMARY KEY REFERENCES item,
    reason TEXT NOT NULL,
    who TEXT NOT NULL,
    when_utc TEXT NOT NULL
);
CREATE TABLE saved_view (name TEXT PRIMARY KEY, filter TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER review_never_changes BEFORE UPDATE ON review
    BEGIN SELECT RAISE(ABORT, 'the review history is append-only'); END;
CREATE TRIGGER review_never_goes BEFORE DELETE ON review
    BEGIN SELECT RAISE(ABORT, 'the review history is append-only'); END;
CREATE TRIGGER review_is_last BEFORE INSERT ON review
    WHEN NEW.event_id <= (SELECT max(event_id) FROM review) AND NEW.event_id > 0
    BEGIN SELECT RAISE(ABORT, 'the review history is append-only'); END;
CREATE TRIGGER mask_version_never_changes BEFORE UPDATE ON mask_version
    BEGIN SELECT RAISE(ABORT, 'the mask history is append-only'); END;
CREATE TRIGGER mask_version_never_goes BEFORE DELETE ON mask_version
    BEGIN SELECT RAISE(ABORT, 'the mask history is append-only'); END;
CREATE TRIGGER mask_version_is_last BEFORE INSERT ON mask_version
    WHEN NEW.version_id <= (SELECT max(version_id) FROM mask_version) AND NEW.version_id > 0
    BEGIN SELECT RAISE(ABORT, 'the mask history is append-only'); END;
CREATE TRIGGER provenance_never_changes BEFORE UPDATE ON provenance
    BEGIN SELECT RAISE(ABORT, 'where an image came from stays so'); END;
CREATE TRIGGER provenance_never_goes BEFORE DELETE ON provenance
    BEGIN SELECT RAISE(ABORT, 'where an image came from stays so'); END;
CREATE TRIGGER regression_case_never_changes BEFORE UPDATE ON regression_case
    BEGIN SELECT RAISE(ABORT, 'a regression case stays one'); END;
CREATE TRIGGER regression_case_never_goes BEFORE DELETE ON regression_case
    BEGIN SELECT RAISE(ABORT, 'a regression case stays one'); END;
INSERT INTO review (action_id, item_id, kind, who, when_utc, session, queue, detail)
    SELECT row_number() OVER (ORDER BY label_id), item_id, 'label', who, when_utc, '', '',
        json_object('from', from_label, 'to', to_label)
    FROM label WHERE from_label IS NOT NULL AND who <> '' ORDER BY label_id;
DROP VIEW current_item;
CREATE VIEW current_item AS
    SELECT item.item_id, import_id, item.root_id, item.path, item.sha256, width, height,
        CASE WHEN mask.version_id IS NULL THEN mask_root_id ELSE mask.root_id END AS mask_root_id,
        CASE WHEN mask.version_id IS NULL THEN mask_path ELSE mask.path END AS mask_path,
        CASE WHEN mask.version_id IS NULL THEN mask_sha256 ELSE mask.sha256 END AS mask_sha256,
        part, lot, view, split, given_split, source, synthetic, label.to_label AS label,
        label.when_utc AS labelled_utc
    FROM item JOIN label ON label.label_id =
        (SELECT max(label_id) FROM label WHERE label.item_id = item.item_id)
    LEFT JOIN mask_version AS mask ON mask.version_id =
        (SELECT max(version_id) FROM mask_version WHERE mask_version.item_id = item.item_id);
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _DERIVED, _REVIEW, LOOP)
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
        connection.execute("PRAGMA synchronous = EXTRA")  # a commit is the deletion of the journal: sync the folder too
        connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync does not reach the platters
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
    while version < len(MIGRATIONS):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;{MIGRATIONS[version]};PRAGMA user_version = {version + 1};COMMIT;"
            )
        except driver().Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if connection.execute("PRAGMA user_version").fetchone()[0] == version:
                raise  # nobody else did it meanwhile
        version = connection.execute("PRAGMA user_version").fetchone()[0]
