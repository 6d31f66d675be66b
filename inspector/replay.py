"""Judge recorded parts again, from their stored pictures with the recipe of their time.

By the package of their time the same verdict must come out; by another one it shows what that one would have said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inspector.decisions.policy import decide
from inspector.errors import PackageError, RecipeError, StoreError
from inspector.explainer import explain_frame
from inspector.inference.base import Model
from inspector.log import Log
from inspector.recipe import Recipe, parse_recipe
from inspector.regions import regions_of
from inspector.types import Decision, HeatMap, Image, Prediction, Record, RecordKind, Region, Thresholds, Verdict

_MODELS = 4
"""So many loaded models are kept: a line that changes between products does not load one for every part."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One part judged again.

    Attributes:
        record: What was recorded.
        decision: What the same pictures give now; None for an ERROR: there is nothing to judge again.
        predictions: Of each view, now.
        package_hash: Of the package that judged now; "" where none did.
        largest_difference: Largest difference of the probability of a class that both packages know, 0..1.
        problem: Why it could not be judged again, for instance a package that is gone; "" otherwise.
    """

    record: Record
    decision: Decision | None
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    package_hash: str = ""
    largest_difference: float = 0.0
    problem: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict now; None where there is none."""
        return None if self.decision is None else self.decision.verdict

    @property
    def same(self) -> bool:
        """Whether the recorded verdict came out again."""
        return not self.problem and (self.verdict is None or self.verdict is self.record.decision.verdict)


class Judge:
    """Judges recorded parts again, and explains them. Used by one thread at a time.

    What was judged on a GPU in half precision is judged on one again where there is one; else probabilities differ by
    about 1e-2.

    Args:
        log: Holds records, pictures, recipes and cards.
        package: Judge with the package in this folder, at the limits that it would have on the line; None: with the
            package of each record's time, at the limits of its time.
    """

    def __init__(self, log: Log, package: Path | None = None) -> None:
        self._log = log
        self._package = package
        self._models: OrderedDict[str, Model] = OrderedDict()

    def again(self, record: Record) -> Replayed:
        """Judge an inspection or a challenge again.

        A part recorded as ERROR has no verdict to reproduce: the trouble was in the moment, not in the picture. A
        picture, recipe or package that is missing or was altered is the record's `problem`.
        """
        if record.decision.verdict is Verdict.ERROR or not record.images:
            return Replayed(record, None)
        try:
            return self._again(record)
        except (StoreError, PackageError, RecipeError) as error:
            return Replayed(record, None, problem=str(error))

    def heat_map(self, record: Record, view: str) -> HeatMap:
        """Return where the model sees evidence in a view, (H, W) in the coordinates of its whole picture.

        Raises:
            StoreError: The picture or the recipe is not there.
            PackageError: The package is not there.
            RecipeError: The recipe cannot be read any more.
            ModelError: It cannot be run on this PC.
        """
        recipe = self._recipe(record)
        image = next((image for image in record.images if image.view == view), None)
        if image is None:
            raise StoreError(f"part {record.part_id}: the log holds no picture of the view {view!r}.")
        pixels = self._log.read_image(image)
        return explain_frame(self._model(record, recipe), pixels, regions_of(record, recipe)[view])

    def _again(self, record: Record) -> Replayed:
        recipe = self._recipe(record)
        model, regions = self._model(record, recipe), regions_of(record, recipe)
        pictures = [self._cropped(self._log.read_image(image), regions[image.view]) for image in record.images]
        views = [image.view for image in record.images]
        predictions = dict(zip(views, model.predict(pictures), strict=True))
        decision = decide(predictions, self._limits(record, recipe, model), model.package.card.good)
        largest = _largest_difference(record.predictions, predictions)
        return Replayed(record, decision, predictions, model.package.hash, largest)

    @staticmethod
    def _cropped(pixels: Image, region: Region | None) -> Image:
        return region.crop(pixels) if region else pixels

    def _limits(self, record: Record, recipe: Recipe, model: Model) -> Thresholds:
        if self._package is not None:
            return recipe.content.policy.thresholds(model.package.card.thresholds.to_thresholds())
        return record.decision.thresholds or Thresholds(0.0, 0.0)

    def _recipe(self, record: Record) -> Recipe:
        kept = self._log.records.recipe(record.recipe_hash)
        return parse_recipe(kept["text"], Path(kept["path"]), record.recipe_hash)

    def _model(self, record: Record, recipe: Recipe) -> Model:
        from inspector.inference.runtimes import device_argument

        device = device_argument(str(record.details.get("device", "")))
        key = f"{record.package_hash if self._package is None else self._package} {device}"
        if key not in self._models:
            self._models[key] = self._load(record, recipe, "auto" if device == "cuda" else device)
            while len(self._models) > _MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]

    def _load(self, record: Record, recipe: Recipe, device: str) -> Model:
        from inspector.inference.load import load_model
        from inspector.inference.package import open_package

        if self._package is not None:
            return load_model(open_package(self._package), device="auto" if device == "auto" else "cpu")
        kept_folder = Path(self._log.records.package(record.package_hash)["folder"])
        for folder in (recipe.content.model.package, kept_folder):
            try:
                package = open_package(folder, record.package_hash)
            except PackageError:
                continue
            return load_model(package, device=device)
        raise PackageError(
            f"{kept_folder}: the package that judged part {record.part_id} is not there (hash {record.package_hash}).",
            cure="Restore the package of that time from its archive.",
        )


def replay(log: Log, records: Iterable[Record], package: Path | None = None) -> Iterator[Replayed]:
    """Judge inspections and challenges again, in order; see `Judge`.

    Args:
        log: Holds records, pictures, recipes and cards.
        records: Of other kinds than these two are left out.
        package: Another package; None for that of each record's time.

    Raises:
        PackageError: The other package cannot be used at all.
        ModelError: A model cannot be run on this PC.
    """
    if package is not None:
        from inspector.inference.package import open_package

        open_package(package)  # what cannot be used is told once, not for every part
    judge = Judge(log, package)
    for record in records:
        if record.kind in (RecordKind.INSPECTION, RecordKind.CHALLENGE):
            yield judge.again(record)


def _regions(record: Record, recipe: Recipe) -> dict[str, Region | None]:
    """Return the judged rectangle by view; None for the whole frame."""
    regions = {camera.name: camera.region for camera in recipe.content.cameras}
    by_view = {entry["view"]: regions[entry["camera"]] for entry in record.details["frames"]}
    return {view: region.to_region() if region else None for view, region in by_view.items()}


def _largest_difference(then: Mapping[str, Prediction], now: Mapping[str, Prediction]) -> float:
    differences = [
        abs(share - then[view].probabilities[name])
        for view, prediction in now.items()
        for name, share in prediction.probabilities.items()
        if view in then and name in then[view].probabilities
    ]
    return max(differences, default=0.0)
