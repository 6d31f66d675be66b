"""Bring a patch memory over to other features: an int8 trunk's, say.

Quantised features lie elsewhere, by far more than good parts differ. So each row of the memory is replaced by what the
new trunk gives at the very place that the row was picked from, and the references are measured again with these rows.
The selection stays: picking anew would give another memory, whose scores differ more than quantisation makes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from datasets.manifest import Dataset
from inspector.inference.patch_memory import PatchMemory, Projecting
from inspector.inference.references import References
from training.gooddata import prepare_good
from training.patch_memory import MOST_REFERENCES, PatchMemoryConfig, Shown, batches, even, inside_of, refer
from training.pictures import Pictures
from training.run import reproducible


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """From which features to which.

    Attributes:
        before: Gives the features that the memory was picked from.
        after: Gives the new ones.
        projection: Mean and directions; the same for both.
        rows: The memory, (m, d).
    """

    before: Projecting
    after: Projecting
    projection: tuple[torch.Tensor, torch.Tensor]
    rows: torch.Tensor


def refit(dataset: Dataset, config: PatchMemoryConfig, move: Move) -> tuple[torch.Tensor, References]:
    """Return the rows (m, d) and the references of the new features.

    Args:
        dataset: What the memory was fitted on.
        config: As it was fitted.
        move: From which features to which.

    Raises:
        TrainingError: The data set has no good train picture.
        DatasetError: A picture is gone or damaged.
    """
    good = prepare_good(dataset, config.preprocessing, validate=False, cache_bytes=0, cutting=config.cutting)
    pictures = good.data.train
    with reproducible(config.seed), torch.inference_mode():
        shown = _found_again(pictures, config, move)
        references, _ = refer(PatchMemory(move.after, *move.projection, shown.rows), shown, pictures, config)
    return shown.rows, references


def _found_again(pictures: Pictures, config: PatchMemoryConfig, move: Move) -> Shown:
    """Find the place that each row came from, and take what the new features are there."""
    nearest = torch.full((len(move.rows),), torch.inf)
    rows, sources = torch.zeros_like(move.rows), torch.zeros(len(move.rows), dtype=torch.int64)
    wanted, places, count = set(even(len(pictures), MOST_REFERENCES)), {}, 0
    for indices, batch in batches(pictures, range(len(pictures)), config.batch_size):
        old, new = (each.projected(batch, *move.projection) for each in (move.before, move.after))
        for index, own, other in zip(indices, old, new, strict=True):
            inside = inside_of(pictures, index, config, (own.shape[0], own.shape[1]))
            apart, place = torch.cdist(move.rows, own[inside]).min(1)
            closer = apart < nearest
            nearest[closer] = apart[closer]
            rows[closer], sources[closer] = other[inside][place[closer]], index
            count += int(inside.sum())
            if index in wanted:
                places[index] = other.half()
    return Shown(rows, sources, places, count)
