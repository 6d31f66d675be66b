"""What the reader of an acceptance must know besides the figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from training.accept_request import Request

LEAST_PARTS = 50
"""Parts of the attribute study in AIAG, Measurement Systems Analysis, 4th edition, chapter III.C."""


def warnings_of(request: Request, document: dict[str, Any], *, used: Sequence[str]) -> list[str]:
    """Return sentences for the reader.

    Args:
        request: What is to be accepted.
        document: Every figure.
        used: For what the package has used the judged split already.
    """
    return [
        *(f"The package has used this split for {use}: the figures are better than they will be." for use in used),
        *_of_data(request, document),
        *_of_bounds(request, document),
        *_of_recipe(request),
    ]


def _of_data(request: Request, document: dict[str, Any]) -> Iterator[str]:
    card, parts = request.package.card, document["parts"]
    data = document["dataset"]
    if card.data.get("name") == data["name"] and card.data.get("fingerprint") != data["fingerprint"]:
        yield (
            "The package was trained on another version of this data set. The fingerprint does not tell whether it has "
            "seen these parts."
        )
    if document["drawn"]:
        yield (
            "The pictures were drawn by a program, not photographed. These figures show that the program works; they "
            "say nothing of a product."
        )
    for name, counts in (("split", parts), ("study", document["study"] or {})):
        if number := counts.get("synthetic_left_out"):
            yield f"{number} synthetic pictures of the {name} do not count and were left out."
        if number := counts.get("pictures_without_whole_take"):
            yield f"{number} pictures of the {name} were not judged: their take lacks a view that others have."
    contrary = [
        name
        for name, row in document["per_class"].items()
        if name in card.classes and (name in card.good) == row["defective"]
    ]
    if contrary:
        yield f"Package and data set disagree on whether these classes may pass: {', '.join(contrary)}."


def _of_bounds(request: Request, document: dict[str, Any]) -> Iterator[str]:
    needs = request.requirements
    for name, limit in (("escape", needs.max_escape), ("overkill", needs.max_overkill)):
        if limit is None:
            bound = f"{100 * document[name]['upper']:.2f} % with {100 * needs.confidence:g} % confidence"
            yield f"No limit for {name} is required. These parts show that the rate is at most {bound}."
    found = document["agreement"]
    if found["parts"] < LEAST_PARTS:
        yield f"Agreement rests on {found['parts']} parts; AIAG's attribute study has {LEAST_PARTS}."


def _of_recipe(request: Request) -> Iterator[str]:
    recipe, card = request.recipe, request.package.card
    if recipe is None:
        return
    if recipe.content.model.package_hash not in (None, request.package.hash):
        yield "The recipe pins another package; this one was judged by the recipe's limits and requirements."
    if any(camera.region for camera in recipe.content.cameras):
        yield "The recipe cuts regions out of its frames; the pictures of the data set were judged whole."
    if card.guarantees and request.thresholds != card.thresholds.to_thresholds():
        yield "The package's guarantee holds at its own limits, not at those of the recipe."
