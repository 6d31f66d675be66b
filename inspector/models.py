"""The model in force: load it, and follow a release folder while parts are judged.

A new champion is read, verified, loaded and warmed up in a thread of its own; meanwhile the old one goes on judging.
The station takes the new one between two parts.
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
from inspector.release import Release, ReleaseWatch, is_release, read_release

_LOG = logging.getLogger(__name__)
_JOIN_S = 5.0
_RETRY_S = 30.0
_DEVICE_SHARE = 0.5  # of a part's deadline: a GPU that has not answered by then hangs, and the CPU has the rest


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
        PackageError: No package, an altered one, one that nobody vouches for whom this PC trusts, or not the one that
            the recipe pins.
        ModelError: It cannot be run on this PC.
        SignatureError: The trusted keys cannot be read.
    """
    from inspector.inference.fallback import load_guarded
    from inspector.inference.package import open_package
    from inspector.keys import signed_package, trust_of_this_pc

    config = recipe.content.model
    package = open_package(config.package, hash_)
    if config.package_hash is not None and package.hash != config.package_hash:
        raise PackageError(
            f"{config.package}: its hash is {package.hash}; the recipe {recipe.path} pins {config.package_hash}.",
            cure="Put the pinned package there, or release the new one by changing package_hash.",
        )
    trust_of_this_pc().require(signed_package(package))
    model = load_guarded(package, config.device, recipe.content.policy.deadline_ms / 1000 * _DEVICE_SHARE)
    model.warm_up()
    return model


def keep_card(log: Log, model: Model) -> None:
    """Keep the package's card in the log: a record must be explainable after the package is gone. Raises StoreError."""
    package = model.package
    log.records.keep_package(package.hash, str(package.folder.resolve()), package.card_bytes.decode())


class ModelFollower:
    """Notices another champion in the recipe's release folder, and has it ready when the station asks.

    Two models are kept: the one in force, and the one that `inspector rollback` would bring back, loaded before anybody
    asks for it, so that a rollback waits for no loading, however large the package. A champion that cannot be used
    changes nothing: the old one goes on judging, and a caution says so until the release names a package that can.

    Used from the station's thread; loading runs in another.

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
        self._release: Release | None = None
        self._spare: Model | None = None
        self._failed: set[str] = set()
        self._loaded: queue.SimpleQueue[tuple[str, Model | Exception]] = queue.SimpleQueue()
        self._loader: threading.Thread | None = None
        self._look_at_s = time.monotonic() if is_release(self._folder) else float("inf")

    def poll(self) -> Change | None:
        """Return the model that is to judge from now on, once; None while nothing changes. Never waits."""
        if self._watch.changed() or time.monotonic() >= self._look_at_s:
            self._look()
        self._tell_of_device()
        self._collect()
        change = self._take()
        self._load_next()
        return change

    def stop(self) -> None:
        """Wait for a load in work; what it brings is not used."""
        if self._loader is not None:
            self._loader.join(_JOIN_S)

    def _tell_of_device(self) -> None:
        """Tell that another processor judges than the one that should, and when that is over."""
        from inspector.inference.fallback import FallbackModel

        trouble = self.model.trouble if isinstance(self.model, FallbackModel) else None
        if trouble is None:
            self._cautions.clear(CautionCode.DEVICE, "model")
        else:
            what = f"{trouble.device} failed, {self.model.device.partition(',')[0]} judges: {trouble.what}"
            self._cautions.tell(Caution(CautionCode.DEVICE, "model", what, trouble.cure))

    def _look(self) -> None:
        """Read the release; what could not be loaded before is tried again."""
        self._look_at_s = float("inf")
        self._failed.clear()
        try:
            self._release = read_release(self._folder)
        except PackageError as error:
            self._stay(error)
            return
        if self._release.champion == self.model.package.hash:
            self._cautions.clear(CautionCode.RELEASE, str(self._folder))

    def _needed(self) -> tuple[str, ...]:
        """Return the packages to have in memory, the most urgent first: the champion, and the one before it."""
        release = self._release
        return () if release is None else (release.champion, *release.earlier[-1:])

    def _take(self) -> Change | None:
        """Put the champion in force where it is another one and ready; the model before it becomes the spare."""
        release, spare = self._release, self._spare
        in_force = self.model.package.hash
        if release is None or spare is None or release.champion != spare.package.hash:
            return None
        self._cautions.clear(CautionCode.RELEASE, str(self._folder))
        self.model, self._spare = spare, self.model
        return Change(self.model, in_force, release.reason)

    def _load_next(self) -> None:
        at_hand = {self.model.package.hash, self._spare.package.hash if self._spare else ""}
        if at_hand.issuperset(self._needed()[1:]):
            self._cautions.clear(CautionCode.RELEASE, self._rollback_source)
        missing = next((hash_ for hash_ in self._needed() if hash_ not in at_hand | self._failed), None)
        if self._loader is None and missing is not None:
            self._loader = threading.Thread(target=self._load, args=(missing,), name="model-loader", daemon=True)
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
        """Take what the loader has brought; a package that is not needed any more is let go."""
        if self._loader is None or self._loaded.empty():
            return
        hash_, brought = self._loaded.get()
        self._loader.join()
        self._loader = None
        needed = self._needed()
        if isinstance(brought, Exception):
            self._failed.add(hash_)
            if hash_ in needed[:1]:
                self._stay(brought)
            elif hash_ in needed:
                self._warn_of_rollback(hash_, brought)
        elif hash_ in needed:
            self._spare = brought

    @property
    def _rollback_source(self) -> str:
        return f"{self._folder} (rollback)"

    def _stay(self, error: Exception) -> None:
        what = f"The released package cannot be used; {self.model.package.hash[:12]} goes on judging."
        roll_back = f"Or go back with `inspector rollback {self._folder}`."
        self._tell(str(self._folder), what, error, roll_back)

    def _warn_of_rollback(self, hash_: str, error: Exception) -> None:
        what = f"A rollback would fail: the package before, {hash_[:12]}, cannot be used."
        self._tell(self._rollback_source, what, error, "")

    def _tell(self, source: str, what: str, error: Exception, also: str) -> None:
        _LOG.warning("%s %s", what, error, exc_info=not isinstance(error, InspectorError))
        said = error.message if isinstance(error, InspectorError) else f"{type(error).__name__}: {error}"
        cure = f"{error.cure if isinstance(error, InspectorError) else ''} {also}".strip()
        self._look_at_s = time.monotonic() + _RETRY_S
        self._cautions.tell(Caution(CautionCode.RELEASE, source, f"{what} {said}", cure))
