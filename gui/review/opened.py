"""An opened data set as the review window needs it: catalogue, session, audit. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from datasets.audit import QUEUES, Audit, Features, load_audit, load_features, load_predictions
from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.session import ReviewSession
from gui.review.queues import ALL, FROM_LOG, Queue, find_queues
from inspector.types import Person


@dataclass(slots=True, eq=False)
class Opened:
    """A data set under review. Used in the thread that opened it.

    Attributes:
        dataset: The manifest.
        catalogue: Its images as columns.
        session: Records what the reviewer says.
        audit: The last audit; None where there was none.
        features: For the map; None where there was no audit.
        queues: What can be looked at, most valuable first.
        queue: What is being looked at.
        package: Model package for heat maps; None for none.
    """

    dataset: Dataset
    catalogue: Catalogue
    session: ReviewSession
    audit: Audit | None
    features: Features | None
    queues: dict[str, Queue]
    queue: Queue
    package: Path | None = None

    def suggestion(self, position: int) -> tuple[str, float]:
        """Return the class that speaks against or for the label, and how surely (nan: nobody says); "" for none."""
        why = self.queue.why.get(position)
        confidence = float(self.catalogue.confidence[position])
        code = int(self.catalogue.suggested[position])
        modelled = "" if code < 0 else self.catalogue.classes[code]
        if why is not None and why.suggested and why.suggested != modelled:
            return why.suggested, float("nan")
        return modelled, confidence

    def doubtful(self, position: int) -> bool:
        """Whether another class is suggested than the label, and nobody has looked yet."""
        suggested, _ = self.suggestion(position)
        return (
            bool(suggested) and suggested != self.catalogue.label_of(position) and not self.catalogue.reviewed[position]
        )

    def read_audit(self) -> None:
        """Take over what the last audit found."""
        folder = self.dataset.folder
        self.audit, self.features = load_audit(folder), load_features(folder)
        predictions = load_predictions(folder)
        if predictions is not None:
            self.catalogue.set_predictions(predictions)
        self.find_queues()

    def find_queues(self) -> None:
        """List the queues anew; the one that is being looked at stays."""
        self.queues = find_queues(self.dataset, self.catalogue, self.audit)
        self.queue = self.queues.get(self.queue.name, self.queues[ALL])

    def close(self) -> None:
        """Close the manifest."""
        self.dataset.close()


def open_review(folder: Path, who: Person, package: Path | None = None) -> Opened:
    """Open the data set in `folder` for a reviewer.

    Raises:
        DatasetError: No data set, or its manifest or audit cannot be read.
    """
    dataset = open_dataset(folder)
    try:
        catalogue = read_catalogue(dataset)
        everything = Queue(ALL, np.arange(len(catalogue)), {})
        opened = Opened(
            dataset,
            catalogue,
            ReviewSession(dataset, catalogue, who),
            None,
            None,
            {ALL: everything},
            everything,
            package,
        )
        opened.read_audit()
    except BaseException:
        dataset.close()
        raise
    first = next((name for name in (FROM_LOG, *QUEUES) if name in opened.queues), ALL)
    return replace(opened, queue=opened.queues[first])
