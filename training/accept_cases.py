"""The worst cases of an acceptance as pictures: the errors and the closest calls, beside the model's evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from datasets.manifest import Item
from inspector.inference.base import Model
from inspector.types import Image
from training.accept_figures import worst_cases
from training.accept_judge import JudgedPart, Take
from training.pages import overlay, small_jpeg
from training.pictures import read_checked

MOST_CASES = 24
_OUTLINE = (0, 200, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case.

    Attributes:
        kind: `Escape`, `Overkill`, `Nearly escaped` or `Nearly rejected`.
        part: Whose it is.
        take: The judgement.
        item: The picture that decided.
        picture: That picture as JPEG, the mark of its defect outlined.
        heat: The same under the evidence for a defect, JPEG.
    """

    kind: str
    part: JudgedPart
    take: Take
    item: Item
    picture: bytes
    heat: bytes

    def as_json(self) -> dict[str, Any]:
        """Return the case as a plain document, without its pictures."""
        decision = self.take.decision
        return {
            "kind": self.kind,
            "part": self.part.part,
            "view": self.item.view,
            "labels": list(self.part.labels),
            "verdict": decision.verdict.value,
            "score": decision.score,
            "reason": decision.reason,
            "path": str(self.item.path),
            "sha256": self.item.sha256,
        }


def picture_cases(parts: Sequence[JudgedPart], model: Model) -> tuple[Case, ...]:
    """Return the worst cases with their pictures; asks the model for the evidence of each."""
    return tuple(_case(kind, part, take, model) for kind, part, take in worst_cases(parts, MOST_CASES))


def _case(kind: str, part: JudgedPart, take: Take, model: Model) -> Case:
    item = take.items.get(take.decision.view) or next(iter(take.items.values()))
    picture = read_checked(item)
    heat = overlay(picture, model.explain(picture))
    return Case(kind, part, take, item, small_jpeg(_outlined(picture, item, part)), small_jpeg(heat))


def _outlined(picture: Image, item: Item, part: JudgedPart) -> Image:
    mask = item.read_mask() if part.defective else None
    if mask is None or not mask.any():
        return picture
    edges, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(max(picture.shape[:2]) / 360))
    drawn = cv2.drawContours(np.ascontiguousarray(picture), edges, -1, _OUTLINE, thickness)
    return np.asarray(drawn, np.uint8)
