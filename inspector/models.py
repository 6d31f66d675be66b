"""The model in force: load it, and follow a release folder while parts are judged.

A new champion is read, verified, loaded and warmed up in a thread of its own; meanwhile the old one goes on judging.
The station takes the new one between two parts. The model before it stays in memory, so that a rollback to it takes no
loading at all.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass

from inspector.alarms import Cautions
from inspector.errors import InspectorError, PackageError
from inspector.events import Caution, CautionCode
from inspector.inference.base import Model
from inspector.log import Log
from inspector.recipe import Recipe
from inspector.release import Release, ReleaseWatch, read_release

_LOG = logging.getLogger(__name__)
_JOIN_S = 5.0
_RETRY_S = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Another model judges from the next part on.

    Attributes:
        model: Loaded and warm; its card is kept in the log.
        previous_hash: The package before.
        reason: `promote` or `rollback`.
    """

    model: Model
    previous_hash: str
    reason: str


def load_model(recipe: Recipe, hash_: str | None = None) -> Model:
    """Open, verify and load the recipe's model package, and warm it up.

    Args:
        recipe: The product.
        hash_: This package instead of the one in force: of a release folder, one of its earlier champions.

    Raises:
        PackageError: No package, an altered one, or not the one that the recipe pins.
        ModelError: It cannot be run on this PC.
    """
    from inspector.inference.load import load_model as load
    from inspector.inference.package import open_package

    config = recipe.content.model
    package = open_package(config.package, hash_)
    if config.package_hash is not None and package.hash != config.package_hash:
        raise PackageError(
            f"{config.package}: its hash is {package.hash}; the recipe {recipe.path} pins {config.package_hash}.",
            cure="Put the pinned package there, or release the new one by changing package_hash.",
        )
    model = load(package, device=config.device)
    model.warm_up()
    return model


def keep_card(log: Log, model: Model) -> None:
    """Keep the package's card in the log: a record must be explainable after the package is gone. Raises StoreError."""
    package = model.package
    card = (package.folder / "card.json").read_text(encoding="utf-8")
    log.records.keep_package(package.hash, str(package.folder.resolve()), card)


class ModelFollower:
    """Notices another champion in the recipe's release folder, and has it ready when the station asks.

    Used from the station's thread; loading runs in another. A champion that cannot be used changes nothing: the old one
    goes on judging, and a caution says so until the release names a package that can.

    Args:
        recipe: The product.
        log: Keeps the cards.
        cautions: Where trouble is told.

    Raises:
        PackageError: The first model cannot be used: a station does not start without one.
        ModelError: The same.
        StoreError: Its card could not be kept.
    """

    def __init__(self, recipe: Recipe, log: Log, cautions: Cautions) -> None:
        self._recipe = recipe
        self._log = log
        self._cautions = cautions
        self._folder = recipe.content.model.package
        self._watch = ReleaseWatch(self._folder)  # before loading: what changes while it loads is noticed after
        self.model = load_model(recipe)
        keep_card(log, self.model)
        self._spare: Model | None = None
        self._wanted: Release | None = None
        self._loaded: queue.SimpleQueue[tuple[str, Model | Exception]] = queue.SimpleQueue()
        self._loader: threading.Thread | None = None
        self._retry_at_s = float("inf")

    def poll(self) -> Change | None:
        """Return the model that is to judge from now on, once; None while nothing changes. Never waits."""
        if self._watch.changed() or time.monotonic() >= self._retry_at_s:
            self._look()
        self._collect()
        wanted = self._wanted
        if wanted is None or self._spare is None or self._spare.package.hash != wanted.champion:
            return None
        self._wanted = None
        self._cautions.clear(CautionCode.RELEASE, str(self._folder))
        self.model, self._spare = self._spare, self.model
        return Change(self.model, self._spare.package.hash, wanted.reason)

    def stop(self) -> None:
        """Wait for a load in work; what it brings is not used."""
        if self._loader is not None:
            self._loader.join(_JOIN_S)

    def _look(self) -> None:
        """Read the release, and begin to load its champion where that is neither in force nor in memory."""
        self._retry_at_s = float("inf")
        try:
            release = read_release(self._folder)
        except PackageError as error:
            self._stay(error)
            return
        if release.champion == self.model.package.hash:
            self._wanted = None
            self._cautions.clear(CautionCode.RELEASE, str(self._folder))
            return
        self._wanted = release
        if self._loader is None and not (self._spare and self._spare.package.hash == release.champion):
            self._begin(release.champion)

    def _begin(self, hash_: str) -> None:
        self._loader = threading.Thread(target=self._load, args=(hash_,), name="model-loader", daemon=True)
        self._loader.start()

    def _load(self, hash_: str) -> None:
        """Thread: see the class."""
        try:
            model = load_model(self._recipe, hash_)
            keep_card(self._log, model)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the old model goes on judging
            self._loaded.put((hash_, error))
        else:
            self._loaded.put((hash_, model))

    def _collect(self) -> None:
        """Take what the loader has brought; a champion that was replaced while it loaded is let go."""
        if self._loader is None or self._loaded.empty():
            return
        hash_, brought = self._loaded.get()
        self._loader.join()
        self._loader = None
        if self._wanted is None:
            return
        if hash_ != self._wanted.champion:
            self._begin(self._wanted.champion)
        elif isinstance(brought, Exception):
            self._wanted = None
            self._stay(brought)
        else:
            self._spare = brought

    def _stay(self, error: Exception) -> None:
        _LOG.warning("the released package cannot be used: %s", error, exc_info=not isinstance(error, InspectorError))
        said = error.message if isinstance(error, InspectorError) else f"{type(error).__name__}: {error}"
        cure = error.cure if isinstance(error, InspectorError) else ""
        self._retry_at_s = time.monotonic() + _RETRY_S
        what = f"The released package cannot be used; {self.model.package.hash[:12]} goes on judging. {said}"
        roll_back = f"Or go back with `inspector rollback {self._folder}`."
        self._cautions.tell(Caution(CautionCode.RELEASE, str(self._folder), what, f"{cure} {roll_back}".strip()))
