"""The review's queue of images out of a station's log that wait for a label: the weightiest reason first."""

from __future__ import annotations

from datasets.audit.items import QueueItem
from datasets.log_choice import Reason
from datasets.manifest import Dataset

_SENTENCES = {
    Reason.MISSED: "Passed by the station, and a person calls it defective",
    Reason.OVERRIDDEN: "A person changed the station's verdict",
    Reason.REVIEW: "The station asked for a person",
    Reason.DRIFTED: "Judged while the watch said that the line had changed",
    Reason.ERROR: "The station gave no verdict",
    Reason.PASS: "Drawn at random from what was passed",
}


def from_log_queue(dataset: Dataset) -> list[QueueItem]:
    """Return the images that came out of a log and have no label yet, each with why it came.

    The reason's `kind` is `from_log_` and the reason's key; `suggested` is the class that the station's model, or a
    person's word that did not settle it, speaks for. Within a reason the newest comes first.
    """
    rows = dataset.connection.execute(
        "SELECT item_id, reason, station, serial, when_utc, verdict, score, suggested FROM provenance"
        " JOIN log_judgement USING (item_id) ORDER BY when_utc DESC, item_id"
    ).fetchall()
    if not rows:  # most data sets have none: their images need not be read
        return []
    waiting = {item.item_id: item for item in dataset.items(unlabelled=True) if item.label == ""}
    weights = list(Reason)
    found = sorted((row for row in rows if row[0] in waiting), key=lambda row: weights.index(Reason(row[1])))
    return [
        QueueItem(
            item_id=item_id,
            path=str(waiting[item_id].path),
            reason=f"{_SENTENCES[Reason(reason)]}: part {serial} at {station}, {when}.",
            kind=f"from_log_{reason}",
            values={
                "station": station,
                "serial": serial,
                "when": when,
                "verdict": verdict,
                "defect_score": score or 0.0,
            },
            score=round(1.0 - rank / len(found), 6),
            suggested=suggested,
        )
        for rank, (item_id, reason, station, serial, when, verdict, score, suggested) in enumerate(found)
    ]
