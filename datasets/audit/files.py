"""An audit on disk: DATASET/review/audit.json, predictions.npz and features.npz, each replaced as a whole."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from datasets.audit.items import Audit, Features, Predictions, QueueItem
from inspector.errors import DatasetError
from inspector.jsonfile import replace_file

REVIEW_FOLDER = "review"
AUDIT_FILE = "audit.json"
PREDICTIONS_FILE = "predictions.npz"
FEATURES_FILE = "features.npz"
SCHEMA = "inspector.audit/1"


def save_audit(folder: Path, audit: Audit) -> None:
    """Keep `audit` with the data set in `folder`."""
    text = json.dumps({"schema": SCHEMA, **asdict(audit)}, ensure_ascii=False, allow_nan=False)
    replace_file(folder / REVIEW_FOLDER / AUDIT_FILE, text.encode("utf-8", "surrogateescape"))


def load_audit(folder: Path) -> Audit | None:
    """Return the last audit of the data set in `folder`, None where there was none.

    Raises:
        DatasetError: The file is damaged, or of another format.
    """
    path = folder / REVIEW_FOLDER / AUDIT_FILE
    try:
        document = json.loads(path.read_bytes().decode("utf-8", "surrogateescape"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path) from error
    try:
        if document.pop("schema") != SCHEMA:
            raise _damaged(path)
        queues = {name: tuple(QueueItem(**item) for item in items) for name, items in document.pop("queues").items()}
        return Audit(queues=queues, notes=tuple(document.pop("notes")), **document)
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path) from error


def save_predictions(folder: Path, predictions: Predictions) -> None:
    """Keep `predictions` with the data set in `folder`."""
    _save(
        folder / REVIEW_FOLDER / PREDICTIONS_FILE,
        {
            "item_ids": predictions.item_ids,
            "classes": np.array(predictions.classes, dtype=np.str_),
            "probabilities": predictions.probabilities,
            "scores": predictions.scores,
            "package_hash": np.array(predictions.package_hash),
            "near": predictions.near,
        },
    )


def load_predictions(folder: Path) -> Predictions | None:
    """Return what the last audit's model said of the images of the data set in `folder`; None where there was none.

    Raises:
        DatasetError: The file is damaged.
    """
    found = _load(folder / REVIEW_FOLDER / PREDICTIONS_FILE, tuple(Predictions.__dataclass_fields__))
    if found is None:
        return None
    classes = tuple(str(name) for name in found.pop("classes"))
    return Predictions(classes=classes, package_hash=str(found.pop("package_hash")), **found)


def save_features(folder: Path, features: Features) -> None:
    """Keep `features` with the data set in `folder`."""
    arrays = {"item_ids": features.item_ids, "rows": features.rows, "plane": features.plane}
    _save(folder / REVIEW_FOLDER / FEATURES_FILE, arrays)


def load_features(folder: Path) -> Features | None:
    """Return the features and the map of the data set in `folder` as of the last audit; None where there was none.

    Raises:
        DatasetError: The file is damaged.
    """
    found = _load(folder / REVIEW_FOLDER / FEATURES_FILE, tuple(Features.__dataclass_fields__))
    return None if found is None else Features(**found)


def _save(path: Path, arrays: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    replace_file(path, buffer.getvalue())


def _load(path: Path, names: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> DatasetError:
    return DatasetError(
        f"{path}: cannot be read as part of an audit.",
        cure="Delete the file and run `inspector dataset audit` again: no label is kept there.",
    )
