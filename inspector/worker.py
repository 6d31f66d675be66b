"""The station's thread: set up, take parts until told to stop, put everything back to rest."""

from __future__ import annotations

import logging
import queue
import threading
import time
from contextlib import ExitStack

from inspector.alarms import Cautions, Faults
from inspector.cameras.base import EndOfSource
from inspector.cameras.factory import camera_maker
from inspector.cameras.feed import CameraFeed, CameraStatus
from inspector.cameras.trigger import TriggerSource, trigger_source
from inspector.challenge import Challenges
from inspector.changes import Changes
from inspector.clock import ClockWatch
from inspector.decisions.outputs import Output, OutputError, open_output
from inspector.errors import (
    CameraError,
    InspectorError,
    ModelError,
    PackageError,
    SignatureError,
    StoreError,
    UntrustedRecipeError,
)
from inspector.events import (
    Caution,
    CautionCode,
    Event,
    Fault,
    FaultCode,
    ModelChanged,
    PartDecided,
    StationState,
    StationStateChanged,
)
from inspector.explainer import Explainer
from inspector.forwarding import Forwarding
from inspector.inference.base import Model
from inspector.keys.caution import SignatureCautions
from inspector.log import Log
from inspector.log.heads import HeadProblem
from inspector.models import ModelFollower, load_model
from inspector.people.console import system_name
from inspector.recipe import FolderCamera, Recipe, VideoCamera
from inspector.reports.schedule import ReportClock, Schedule
from inspector.retention import RetentionWorker
from inspector.settings import read_settings
from inspector.shadow import Shadow, ShadowCounts
from inspector.slots import LatestSlot
from inspector.station import Station
from inspector.types import Frame, Person, Record, Verdict
from inspector.watch import Watch

_LOG = logging.getLogger(__name__)
_IDLE_S = 0.1
_KEEP_WARM_S = 5.0
_RETRY_S = 2.0
_OPEN_TIMEOUT_S = 10.0


class StationThread(threading.Thread):
    """One running inspection.

    Args:
        recipe: The product.
        log: Open for writing; stays open.
        events: Gets every event; drained by the window or the command line.
        preview: Gets the first camera's newest frame; may drop.
        station: Name for the records.
        max_parts: Stop after so many parts.

    Attributes:
        parts: How many parts were decided so far.
        started_by: Who starts it, for the audit trail; `control` asks for their right.
        failure: The exception that ended the thread, if one did.
    """

    def __init__(
        self,
        recipe: Recipe,
        log: Log,
        events: queue.SimpleQueue[Event],
        preview: LatestSlot[Frame],
        *,
        station: str = "station",
        max_parts: int | None = None,
    ) -> None:
        super().__init__(name="station", daemon=True)
        self.parts = 0
        self.started_by = Person(system_name())
        self.failure: Exception | None = None
        self._recipe = recipe
        self._log = log
        self._events = events
        self._preview = preview
        self._station_name = station
        self._max_parts = max_parts
        self._stop_asked = threading.Event()
        self._acknowledged = threading.Event()
        self._trigger: TriggerSource = trigger_source(recipe.content.trigger)
        self._faults = Faults(self._emit)
        self._cautions = Cautions(self._emit)
        self._challenges = Challenges(recipe.content.challenge, recipe.hash, log, self._emit, self._cautions)
        self._signatures = SignatureCautions(recipe, self._cautions)
        self._follower: ModelFollower | None = None
        self._explainer: Explainer | None = None
        self._shadow: Shadow | None = None
        self._watch: Watch | None = None
        self._clock: ClockWatch | None = None
        self._changes = Changes(log, recipe, self._on_error)

    @property
    def shadow_counts(self) -> ShadowCounts:
        """What the challenger in shadow did so far; all zero without one."""
        return self._shadow.counts if self._shadow else ShadowCounts()

    def trigger(self) -> None:
        """Raise a manual trigger: one part. From any thread; never blocks."""
        self._trigger.fire()

    def acknowledge(self) -> None:
        """A person has seen the fault and asks the station to try again at once."""
        self._acknowledged.set()

    def challenge(self) -> None:
        """Demand known bad parts: nothing is released from the next part on until they were rejected. Any thread."""
        self._challenges.ask()

    def stop(self) -> None:
        """Ask the station to end after the part in work; StationStateChanged(STOPPED) tells when it has."""
        self._stop_asked.set()

    def run(self) -> None:
        """Thread: see the class."""
        self._emit(StationStateChanged(StationState.STARTING))
        detail = ""
        try:
            with ExitStack() as teardown:
                self._loop(*self._set_up(teardown))
        except InspectorError as error:
            self.failure, detail = error, error.message
            self._faults.tell(_fault_of(error, self._recipe.name))
        except Exception as error:  # noqa: BLE001 - the thread's outermost frame: nothing may end it silently
            _LOG.exception("the station failed")
            self.failure, detail = error, f"{type(error).__name__}: {error}"
            self._faults.tell(
                Fault(FaultCode.INTERNAL, "station", detail, "Start the station again; keep the log file.")
            )
        self._emit(StationStateChanged(StationState.STOPPED, detail))

    def _set_up(self, teardown: ExitStack) -> tuple[Station, list[CameraFeed]]:
        """Bring the output to rest, load the model, open the cameras; `teardown` undoes it in reverse."""
        output = open_output(self._recipe.content.output)
        teardown.callback(self._close_output, output)
        output.reject()
        self._signatures.begin()
        feeds = [self._feed(number) for number in range(len(self._recipe.content.cameras))]
        for feed in feeds:  # cameras open while the model loads
            teardown.callback(feed.stop)
            feed.start()
        self._follower = ModelFollower(self._recipe, self._log, self._cautions)
        teardown.callback(self._follower.stop)
        model = self._follower.model
        self._signatures.package(model.package)
        self._changes.begin(self.started_by, model.package)
        self._remember_recipe()
        self._log.on_head_problem(self._on_heads)
        teardown.callback(self._log.on_head_problem, None)
        self._clock = ClockWatch(self._log, self._cautions, self._station_name)
        self._start_explainer(teardown)
        self._start_shadow(teardown)
        forwarding = Forwarding(self._log, read_settings().centre, self._station_name, self._cautions)
        teardown.callback(forwarding.stop)
        forwarding.start()
        reports = ReportClock(Schedule(read_settings().report), self._log.folder)
        teardown.callback(reports.stop)
        reports.start()
        retention = RetentionWorker(self._log, self._on_retention_problem)
        teardown.callback(retention.stop)
        retention.start()
        for feed, config in zip(feeds, self._recipe.content.cameras, strict=True):
            opened = feed.wait_until_open(_OPEN_TIMEOUT_S)
            failure = feed.failure()
            if not opened and failure is not None and isinstance(config, (FolderCamera, VideoCamera)):
                raise failure  # a file or folder that is not there will not come by waiting
            for warning in feed.warnings:
                self._faults.tell(Fault(FaultCode.RECIPE, feed.name, warning, "Correct the camera settings."))
        self._trigger.start()
        station = Station(
            self._recipe,
            feeds,
            model,
            output,
            self._log,
            name=self._station_name,
            emit=self._part_decided,
            on_error=self._on_error,
            alarms=lambda: self._watch.alarms if self._watch else (),
        )
        self._emit(ModelChanged(model.package.hash, "", "start"))
        self._watch = Watch(self._recipe, model.package, self._cautions, self._emit)
        return station, feeds

    def _remember_recipe(self) -> None:
        """Keep the recipe in the log: a record must be replayable after the file is gone."""
        recipe = self._recipe
        self._log.records.keep_recipe(recipe.hash, recipe.name, str(recipe.path.resolve()), recipe.text)

    def _start_explainer(self, teardown: ExitStack) -> None:
        if not self._recipe.content.heat_map:
            return
        regions = {c.name: c.region.to_region() if c.region else None for c in self._recipe.content.cameras}
        self._explainer = Explainer(lambda hash_: load_model(self._recipe, hash_), regions, self._emit)
        self._explainer.start()
        teardown.callback(self._explainer.stop)

    def _start_shadow(self, teardown: ExitStack) -> None:
        config = self._recipe.content.shadow
        if config is not None:
            self._shadow = Shadow(self._recipe, config, self._log, self._cautions)
            self._shadow.start()
            teardown.callback(self._shadow.stop)

    def _feed(self, number: int) -> CameraFeed:
        config = self._recipe.content.cameras[number]
        return CameraFeed(
            config,
            camera_maker(config),
            on_status=self._on_camera,
            on_frame=self._trigger.on_frame if number == 0 else None,
            preview=self._preview if number == 0 else None,
        )

    def _loop(self, station: Station, feeds: list[CameraFeed]) -> None:
        if self._challenges.due(station.model.package.hash) is None:
            self._emit(StationStateChanged(StationState.RUNNING))
        busy_at = time.monotonic()
        while not self._stop_asked.is_set() and (self._max_parts is None or self.parts < self._max_parts):
            for feed in feeds:
                feed.check()
            self._rest(station)
            self._follow(station)
            self._changes.poll()
            if self._clock is not None:
                self._clock.check()
            signal = self._trigger.wait(_IDLE_S)
            challenge = self._challenges.due(station.model.package.hash)
            if signal is None:
                if time.monotonic() - busy_at > _KEEP_WARM_S:
                    self._keep_warm(station.model)
                    busy_at = time.monotonic()
                continue
            try:
                station.inspect(signal, challenge)
            except EndOfSource:
                return
            except StoreError as error:
                self._wait_for_store(station, error)
            busy_at = time.monotonic()
        self._record_waiting_triggers(station)

    def _follow(self, station: Station) -> None:
        """Between two parts: let the released package judge from now on, where another one is ready."""
        change = self._follower.poll() if self._follower else None
        if change is not None:
            station.use(change.model)
            self._changes.follow(change.model.package, change.reason)
            self._signatures.package(change.model.package)
            self._emit(ModelChanged(change.model.package.hash, change.previous_hash, change.reason))
            if self._watch is not None:
                self._watch.close()
            self._watch = Watch(self._recipe, change.model.package, self._cautions, self._emit)

    def _rest(self, station: Station) -> None:
        try:
            station.rest_when_due()
        except InspectorError as error:
            self._on_error(error)

    def _record_waiting_triggers(self, station: Station) -> None:
        """Triggers that came but whose turn did not: each gets its record, as ERROR."""
        while self._max_parts is None and self._trigger.waiting():
            signal = self._trigger.wait(0.0)
            if signal is not None:
                station.miss(signal, "the station was stopped before the part's turn came")

    def _keep_warm(self, model: Model) -> None:
        """Run the model once: after idling, caches and clocks would make the next part slow."""
        try:
            model.warm_up()
        except InspectorError as error:
            self._on_error(error)
        else:
            self._faults.clear(FaultCode.MODEL)

    def _wait_for_store(self, station: Station, error: StoreError) -> None:
        """Nothing can be recorded: stand still, rejecting, until what waits has been written or a person stops."""
        fault = _fault_of(error, str(self._log.folder))
        self._faults.tell(fault)
        self._emit(StationStateChanged(StationState.FAULT, error.message))
        while not self._stop_asked.is_set():
            self._acknowledged.clear()
            retry_at_s = time.monotonic() + _RETRY_S
            while time.monotonic() < retry_at_s and not (self._stop_asked.is_set() or self._acknowledged.is_set()):
                self._stop_asked.wait(_IDLE_S)
            try:
                station.catch_up()
            except StoreError:
                _LOG.warning("the log still cannot be written")
                continue
            self._faults.clear(fault.code, fault.source)
            self._emit(StationStateChanged(self._challenges.state))
            return

    def _part_decided(self, event: Event) -> None:
        self._emit(event)
        if not isinstance(event, PartDecided):
            return
        self.parts += 1
        if event.record.decision.verdict is not Verdict.ERROR:
            for code in (FaultCode.MODEL, FaultCode.DISK, FaultCode.INTERNAL):
                self._faults.clear(code)
        if event.released:
            self._faults.clear(FaultCode.OUTPUT)
        self._challenges.judged(event.record)
        self._tell_of_pictures(event.record)
        if self._explainer is not None:
            self._explainer.submit(event.record, event.frames)
        if self._shadow is not None:
            self._shadow.submit(event.record, event.frames)
        if self._watch is not None:
            self._watch.part_decided(event)

    def _tell_of_pictures(self, record: Record) -> None:
        problem = record.details.get("without_picture")
        if problem:
            cure = "Free disk space, or let the recipe keep fewer pictures ([retention])."
            self._cautions.tell(Caution(CautionCode.PICTURES, str(self._log.folder), problem, cure))
        elif record.images:
            self._cautions.clear(CautionCode.PICTURES, str(self._log.folder))

    def _on_retention_problem(self, error: StoreError) -> None:
        self._cautions.tell(Caution(CautionCode.PICTURES, "retention", error.message, error.cure))

    def _on_error(self, error: Exception) -> None:
        """An exception made a part ERROR: log it, and tell people; of its camera the feed tells by itself."""
        _LOG.warning("a part is ERROR: %s", error, exc_info=not isinstance(error, InspectorError))
        if not isinstance(error, CameraError):
            self._faults.tell(_fault_of(error, self._recipe.name))

    def _on_camera(self, status: CameraStatus) -> None:
        if status.ok:
            self._faults.clear(FaultCode.CAMERA, status.camera)
        else:
            self._faults.tell(Fault(FaultCode.CAMERA, status.camera, status.message, status.cure))

    def _on_heads(self, problem: HeadProblem | None) -> None:
        """Called from any thread: the log's heads are not signed, or do not leave this machine."""
        if problem is None:
            self._cautions.clear(CautionCode.RECORD, "heads")
        else:
            self._cautions.tell(Caution(CautionCode.RECORD, "heads", problem.what, problem.cure))

    def _close_output(self, output: Output) -> None:
        try:
            output.close()
        except OutputError as error:
            self._faults.tell(_fault_of(error, self._recipe.name))

    def _emit(self, event: Event) -> None:
        self._events.put(event)


def _fault_of(error: Exception, source: str) -> Fault:
    if not isinstance(error, InspectorError):
        what = f"{type(error).__name__}: {error}"
        return Fault(FaultCode.INTERNAL, source, what, "If it comes again, restart the station and report it.")
    code = FaultCode.INTERNAL
    for kind, meant in (
        (CameraError, FaultCode.CAMERA),
        ((ModelError, PackageError, UntrustedRecipeError, SignatureError), FaultCode.MODEL),
        (OutputError, FaultCode.OUTPUT),
        (StoreError, FaultCode.DISK if "disk" in error.cure else FaultCode.STORE),
    ):
        if isinstance(error, kind):
            code = meant
    return Fault(code, source, error.message, error.cure)
