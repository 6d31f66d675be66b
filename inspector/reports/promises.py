"""Which guarantees were in force in a period: what the packages promised, and whether the recipes kept it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inspector.conditions import broken_by_recipe
from inspector.errors import PackageError, RecipeError, StoreError
from inspector.inference.card import CARD_FILE
from inspector.inference.package import parse_card
from inspector.log import Log
from inspector.log.aggregates import Cell
from inspector.recipe import parse_recipe
from inspector.types import Guarantee, RecordKind


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised of the parts that one package judged by one recipe.

    Attributes:
        recipe_hash: Of the recipe.
        package_hash: Of the package.
        parts: Inspected parts.
        guarantees: What the package promises at its limits; empty before a calibration.
        broken: Why they do not hold under this recipe, or why nobody can say any more; empty where they hold.
    """

    recipe_hash: str
    package_hash: str
    parts: int
    guarantees: tuple[Guarantee, ...]
    broken: tuple[str, ...]


def promises_of(log: Log, cells: Iterable[Cell]) -> tuple[Promise, ...]:
    """Return what was promised of the inspected parts in `cells`, the most parts first.

    It is what the recipe and the card say, as the log kept them. What the station noticed meanwhile of its pictures
    and scores is told as cautions. A part that no package judged is an ERROR: nothing was promised of it.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        if cell.kind is RecordKind.INSPECTION and cell.package_hash:
            counts[cell.recipe_hash, cell.package_hash] += cell.count
    in_order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(_promise(log, recipe_hash, package_hash, parts) for (recipe_hash, package_hash), parts in in_order)


def _promise(log: Log, recipe_hash: str, package_hash: str, parts: int) -> Promise:
    guarantees: tuple[Guarantee, ...] = ()
    try:
        package = log.records.package(package_hash)
        card = parse_card(Path(package["folder"]) / CARD_FILE, package["card"].encode())
        guarantees = card.guarantees
        kept = log.records.recipe(recipe_hash)
        broken = broken_by_recipe(card, parse_recipe(kept["text"], Path(kept["path"]), recipe_hash))
    except (StoreError, PackageError, RecipeError) as error:  # of another version, or from before the log kept them
        broken = (str(error),)
    return Promise(recipe_hash, package_hash, parts, guarantees, broken)
