"""The feed: reads one camera in a thread that can be abandoned, and hands out only frames that are surely fresh.

A camera may hang, answer True with an old frame, give an empty or a wrong-sized one, or be unplugged. None of that may
turn into a judged picture of an earlier part. So every frame gets a growing sequence number and the time of its
arrival, a bit-identical repetition counts as no frame, and what is asked for after a trigger must have arrived later.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inspector.cameras.base import Camera, EndOfSource, PartError, Shot
from inspector.errors import CameraError, InspectorError
from inspector.imaging import MAX_PIXELS
from inspector.recipe import CameraConfig
from inspector.slots import LatestSlot
from inspector.types import Frame

_LOG = logging.getLogger(__name__)
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.2, 5.0
_MOST_ABANDONED = 3
_RING = 8  # drivers cycle through at most a few buffers; an old one must be known again


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """State of one camera as the station tells it: `ok`, or what is wrong and what to do."""

    camera: str
    ok: bool
    message: str = ""
    cure: str = ""


class CameraFeed:
    """Frames of one camera.

    Args:
        config: The camera's table of the recipe.
        make_camera: Makes a closed camera; called again for each reconnection.
        on_status: Told of every change of state; called from the feed's thread, must not block.
        on_frame: Told of every accepted frame of a live camera; called from the feed's thread, must not block.
        preview: Gets every accepted frame of the first view; may drop.
        hang_s: A read that takes longer than this is abandoned.
    """

    def __init__(
        self,
        config: CameraConfig,
        make_camera: Callable[[], Camera],
        *,
        on_status: Callable[[CameraStatus], None] = lambda _status: None,
        on_frame: Callable[[Frame], None] | None = None,
        preview: LatestSlot[Frame] | None = None,
        hang_s: float = 6.0,
    ) -> None:
        self.config = config
        self._make_camera = make_camera
        self._on_status = on_status
        self._on_frame = on_frame
        self._preview = preview
        self._hang_s = hang_s
        self._changed = threading.Condition()
        self._generation = 0
        self._sequence = 0
        self._frames: tuple[Frame, ...] = ()
        self._failure: Exception | None = None
        self._wanted = False
        self._request = 0
        self._serving = 0
        self._abandoned: list[threading.Thread] = []
        self._opened = False
        self._busy_since: float | None = None
        self._back_off_s = FIRST_BACK_OFF_S
        self._size: tuple[int, int] | None = None
        self._recent_checksums: deque[int] = deque(maxlen=_RING)
        self._repeats = 0
        self._well: bool | None = None
        self._needed_sequence = 0
        self._closed = False
        self._warnings: tuple[str, ...] = ()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The camera's name in the recipe."""
        return self.config.name

    @property
    def warnings(self) -> tuple[str, ...]:
        """Settings that the camera did not take at its last opening."""
        return self._warnings

    def start(self) -> None:
        """Start reading. The camera is opened in the thread: this returns at once."""
        with self._changed:
            self._start_reader()

    def stop(self) -> None:
        """Stop reading and let the camera go; a hanging read is left behind."""
        with self._changed:
            self._closed = True
            self._generation += 1
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=1.0)

    def wait_until_open(self, timeout_s: float) -> bool:
        """Wait until the camera is open, or its opening has failed; return whether it is open."""
        with self._changed:
            self._changed.wait_for(lambda: self._opened or self._failure is not None or self._closed, timeout_s)
            return self._opened

    def failure(self) -> Exception | None:
        """Return why the camera is lost; None while it is well."""
        with self._changed:
            return self._failure

    def check(self) -> None:
        """Abandon a reader that hangs and start another. Called from time to time by the station.

        Drivers that hang again and again may keep `_MOST_ABANDONED` threads; then one of them must end first.
        """
        with self._changed:
            if self._busy_since is None or time.monotonic() - self._busy_since < self._hang_s or self._closed:
                return
            self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
            if len(self._abandoned) >= _MOST_ABANDONED:
                return
            if self._thread is not None:
                self._abandoned.append(self._thread)
            error = CameraError(
                f"Camera {self.name} does not answer (for {self._hang_s:g} s).",
                cure="Check cable and power; the station keeps trying to reach it.",
            )
            self._fail(error)
            self._start_reader(after_s=self._next_back_off())

    def grab(self, after_ns: int, timeout_s: float) -> tuple[Frame, ...]:
        """Return the frames of one part, exposed after a trigger.

        Args:
            after_ns: `time.monotonic_ns()` of the trigger.
            timeout_s: How long to wait.

        Raises:
            CameraError: No fresh frame in time, or the camera is lost.
            PartError: The source's next part is damaged.
            EndOfSource: The source has come to its end.
        """
        with self._changed:
            first_sequence = self._sequence
            if self._frames and self._frames[0].monotonic_ns < after_ns:
                self._frames = ()
            skipped = getattr(self.config, "skip_frames", 0)
            self._needed_sequence = self._sequence + skipped + (0 if self._frames else 1)
            self._request += 1
            self._wanted = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered(after_ns), timeout_s)
            self._wanted = False
            if self._failure is not None:
                failure = self._failure
                if isinstance(failure, PartError):
                    self._failure = None  # this part only; the source goes on
                raise failure
            if self._is_fresh(after_ns):
                frames, self._frames = self._frames, ()
                return frames
            repeated = self._repeats > 0 and self._sequence == first_sequence
        raise _no_frame(self.name, timeout_s, repeated=repeated)

    def _answered(self, after_ns: int) -> bool:
        return self._failure is not None or self._is_fresh(after_ns) or self._closed

    def _is_fresh(self, after_ns: int) -> bool:
        """Whether the newest frames arrived after the trigger, and late enough to be exposed after it, too."""
        if not self._frames or self._frames[0].monotonic_ns < after_ns:
            return False
        return self._frames[-1].sequence >= self._needed_sequence

    def _start_reader(self, after_s: float = 0.0) -> None:
        self._generation += 1
        self._opened = False
        self._busy_since = None
        self._thread = threading.Thread(
            target=self._read_until_replaced,
            args=(self._generation, after_s),
            name=f"camera-{self.name}",
            daemon=True,  # a driver that hangs for ever must not keep the program from ending
        )
        self._thread.start()

    def _read_until_replaced(self, generation: int, after_s: float) -> None:
        """Thread: open, read, and on any failure close and open again after a pause, until replaced or stopped."""
        with self._changed:
            self._changed.wait_for(lambda: generation != self._generation, after_s)
        while generation == self._generation:
            camera = self._make_camera()
            try:
                self._run(camera, generation)
            except EndOfSource as end:
                self._finish(generation, end)
                return
            except Exception as error:  # noqa: BLE001 - drivers raise anything; each is reported and the part is ERROR
                pause_s = self._lose(generation, error)
            else:
                return
            finally:
                self._close(camera, generation)
            with self._changed:
                self._changed.wait_for(lambda: generation != self._generation, pause_s)

    def _close(self, camera: Camera, generation: int) -> None:
        """Let the device go; a driver that hangs here is abandoned like one that hangs while reading."""
        self._mark_busy(generation, busy=True)
        camera.close()
        self._mark_busy(generation, busy=False)

    def _run(self, camera: Camera, generation: int) -> None:
        self._mark_busy(generation, busy=True)
        warnings = camera.open()
        self._mark_busy(generation, busy=False)
        with self._changed:
            if generation != self._generation:
                return
            self._warnings, self._opened = warnings, True
            if not camera.live:
                self._recovered()
        while True:
            if not camera.live and not self._wait_until_wanted(generation):
                return
            self._mark_busy(generation, busy=True)
            try:
                shots = camera.read()
            except PartError as error:
                self._deliver_failure(generation, error, serving=self._serving)
                continue
            finally:
                self._mark_busy(generation, busy=False)
            if not self._accept(camera, shots, generation):
                return

    def _wait_until_wanted(self, generation: int) -> bool:
        with self._changed:
            self._changed.wait_for(
                lambda: generation != self._generation or (self._wanted and not self._frames and self._failure is None)
            )
            self._serving = self._request
            return generation == self._generation

    def _mark_busy(self, generation: int, *, busy: bool) -> None:
        with self._changed:
            if generation == self._generation:
                self._busy_since = time.monotonic() if busy else None

    def _accept(self, camera: Camera, shots: tuple[Shot, ...], generation: int) -> bool:
        """Check, number and date what was read; return False where this reader has been replaced meanwhile."""
        now_ns, wall_ns = time.monotonic_ns(), time.time_ns()
        try:
            for shot in shots:
                self._check_shape(shot, camera)
        except CameraError as error:
            if camera.live:
                raise
            wrong = PartError(error.message, part_id=shots[0].part_id, cure=error.cure)
            self._deliver_failure(generation, wrong, serving=self._serving)
            return True
        with self._changed:
            if generation != self._generation:
                return False
            if not camera.live and self._serving != self._request:
                _LOG.warning("camera %s gave %s too late for its trigger; dropped", self.name, shots[0].part_id)
                return True
            if camera.repeats_mean_frozen and self._repeated(shots[0]):
                if self._repeats >= self.config.frozen_after:
                    raise CameraError(
                        f"Camera {self.name} is frozen: the same frame came {self._repeats + 1} times.",
                        cure="Restart the camera: unplug it and plug it in again.",
                    )
                return True
            self._frames = tuple(self._frame(shot, now_ns, wall_ns) for shot in shots)
            self._recovered()
            self._changed.notify_all()
            frames = self._frames
        if self._preview is not None:
            self._preview.put(frames[0])
        if camera.live and self._on_frame is not None:
            self._on_frame(frames[0])
        return True

    def _frame(self, shot: Shot, now_ns: int, wall_ns: int) -> Frame:
        self._sequence += 1
        view = shot.view or self.config.view
        pixels = shot.pixels
        pixels.flags.writeable = False
        return Frame(pixels, self.name, view, self._sequence, now_ns, wall_ns, shot.part_id, shot.source, shot.truth)

    def _check_shape(self, shot: Shot, camera: Camera) -> None:
        """Refuse frames of a wrong type or size: the recipe's, or that of a live camera's first frame."""
        pixels = shot.pixels
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
            raise CameraError(f"Camera {self.name} gave a frame of shape {pixels.shape} and type {pixels.dtype}.")
        height, width = pixels.shape[:2]
        if width * height > MAX_PIXELS:
            raise CameraError(
                f"Camera {self.name} gave a {width}x{height} frame; the limit is {MAX_PIXELS // 1_000_000} megapixels.",
                cure="Lower the camera's resolution.",
            )
        expected_width = self.config.frame_width or (self._size[0] if self._size else width)
        expected_height = self.config.frame_height or (self._size[1] if self._size else height)
        if (width, height) != (expected_width, expected_height):
            raise CameraError(
                f"Camera {self.name} gave a {width}x{height} frame; {expected_width}x{expected_height} is expected.",
                cure="Set the camera's resolution, or correct frame_width and frame_height in the recipe.",
            )
        if camera.live:
            self._size = (width, height)

    def _repeated(self, shot: Shot) -> bool:
        """Whether this very frame came a moment ago. Kept across reconnections: some drivers serve old buffers."""
        checksum = zlib.crc32(np.ascontiguousarray(shot.pixels).data)
        same = checksum in self._recent_checksums
        self._repeats = self._repeats + 1 if same else 0
        if not same:
            self._recent_checksums.append(checksum)
        return same

    def _recovered(self) -> None:
        """A frame came: the camera is well."""
        if self._failure is not None and not isinstance(self._failure, PartError):
            self._failure = None
        self._back_off_s = FIRST_BACK_OFF_S
        self._changed.notify_all()
        if self._well is not True:
            self._well = True
            self._on_status(CameraStatus(self.name, ok=True))

    def _deliver_failure(self, generation: int, error: Exception, *, serving: int | None = None) -> None:
        """Hand an exception to the grab that asked; a damaged item that comes too late for its trigger is dropped."""
        with self._changed:
            if generation == self._generation and serving in (None, self._request):
                self._failure = error
                self._changed.notify_all()

    def _finish(self, generation: int, end: EndOfSource) -> None:
        self._deliver_failure(generation, end)
        self._mark_busy(generation, busy=False)

    def _lose(self, generation: int, error: Exception) -> float:
        """Note the loss of the camera; return the pause before the next try, in seconds."""
        with self._changed:
            if generation != self._generation:
                return 0.0
            self._busy_since = None
            self._opened = False
            self._fail(error)
            return self._next_back_off()

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, InspectorError):
            _LOG.exception("camera %s failed", self.name, exc_info=error)
            error = CameraError(f"Camera {self.name} failed: {error}.", cure="Check the camera and its driver.")
        self._failure = error
        self._frames = ()
        self._well = False
        self._changed.notify_all()
        self._on_status(CameraStatus(self.name, ok=False, message=error.message, cure=error.cure))

    def _next_back_off(self) -> float:
        pause_s = self._back_off_s
        self._back_off_s = min(self._back_off_s * 2, LONGEST_BACK_OFF_S)
        return pause_s


def _no_frame(name: str, timeout_s: float, *, repeated: bool) -> CameraError:
    if repeated:
        return CameraError(
            f"Camera {name} repeats an old frame; no fresh one came within {timeout_s:.1f} s of the trigger.",
            cure="Restart the camera: unplug it and plug it in again.",
        )
    return CameraError(
        f"Camera {name} gave no fresh frame within {timeout_s:.1f} s of the trigger.",
        cure="Check cable and power, or raise timeout_ms in the recipe.",
    )
