"""The content of a recipe file: every table and key, with its bounds. `recipe` reads it.

Every number has an upper end: what no camera, clock or memory can do is a slip of the pen, and is told as one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from inspector.retention_policy import RetentionConfig
from inspector.types import Region, Thresholds

FOLDER_FIELDS = ("part", "view", "id", "class", "split")
"""What the pattern of a folder camera may name."""

MOST_PIXELS = 65_535
"""Of width or height: what a JPEG can say of itself, and more than any sensor has."""
DAY_MS = 86_400_000.0
"""No period or time limit of a line is longer than a day."""


def _usable(path: Path) -> Path:
    """Refuse a path that no system can open: looking for it would raise instead of finding nothing."""
    if len(str(path)) > 1000 or any(len(part.encode()) > 255 for part in path.parts) or "\0" in str(path):
        raise ValueError("no file can have this path")
    return path


FilePath = Annotated[Path, AfterValidator(_usable)]
Side = Annotated[int, Field(ge=1, le=MOST_PIXELS)]
Text = Annotated[str, Field(max_length=1000)]
Milliseconds = Annotated[float, Field(gt=0, le=DAY_MS)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RegionConfig(_Table):
    """Rectangle of the frame that is judged, in pixels."""

    x: int = Field(ge=0, le=MOST_PIXELS)
    y: int = Field(ge=0, le=MOST_PIXELS)
    width: int = Field(ge=8, le=MOST_PIXELS)
    height: int = Field(ge=8, le=MOST_PIXELS)

    def to_region(self) -> Region:
        """Return the same rectangle as the core's value."""
        return Region(self.x, self.y, self.width, self.height)


class CameraSettings(_Table):
    """What a live camera is asked for. Whatever it does not support is reported, never ignored."""

    width: int | None = Field(default=None, ge=16, le=MOST_PIXELS)
    """Pixels."""
    height: int | None = Field(default=None, ge=16, le=MOST_PIXELS)
    """Pixels."""
    fps: float | None = Field(default=None, gt=0, le=100_000)
    """Frames per second."""
    exposure: float | None = Field(default=None, ge=-1e9, le=1e9)
    """Exposure in the driver's own unit (V4L2: 100 µs); setting it turns automatic exposure off."""
    gain: float | None = Field(default=None, ge=-1e9, le=1e9)
    """Gain in the driver's own unit."""
    white_balance_k: float | None = Field(default=None, gt=0, le=1e6)
    """Colour temperature in kelvin; setting it turns automatic white balance off."""


class _CameraBase(_Table):
    name: Text = "camera"
    """Unique within the recipe; stands in records and messages."""
    view: Text = "front"
    """Which side of the part this camera sees."""
    region: RegionConfig | None = None
    """What is judged; the whole frame where absent."""
    timeout_ms: Milliseconds = 2000
    """A frame must be there this long after the trigger, or the part is ERROR."""
    frozen_after: int = Field(default=3, ge=2, le=100_000)
    """So many bit-identical frames in a row mean a frozen camera. Real sensors have noise."""
    frame_width: Side | None = None
    """A frame of another width is refused."""
    frame_height: Side | None = None
    """A frame of another height is refused."""


class DeviceCamera(_CameraBase):
    """A camera that OpenCV opens by number or path, for instance a USB camera."""

    kind: Literal["device"]
    skip_frames: int = Field(default=1, ge=0, le=1000)
    """So many frames that arrive after the trigger are passed over: they may have been exposed before it."""
    device: Annotated[int, Field(ge=0, le=255)] | Text
    """Number (0, 1, …) or path (/dev/video0)."""
    settings: CameraSettings = CameraSettings()


class StreamCamera(_CameraBase):
    """A network camera: RTSP or HTTP."""

    kind: Literal["stream"]
    skip_frames: int = Field(default=1, ge=0, le=1000)
    """So many frames that arrive after the trigger are passed over: they may have been exposed before it."""
    url: Text = Field(pattern=r"^(rtsps?|https?|tcp|udp)://")
    settings: CameraSettings = CameraSettings()


class VideoCamera(_CameraBase):
    """A video file, played at its own speed."""

    kind: Literal["video"]
    path: FilePath
    loop: bool = False
    """Start again at the end; else the end of the file ends the run."""


class FolderCamera(_CameraBase):
    """A folder of images, one part after the other: for trying a recipe and for judging archives."""

    kind: Literal["folder"]
    path: FilePath
    pattern: Text = "{id}"
    """Path pattern below the folder; `{part}` groups views of one part, `{view}` names them."""
    exclude: Text = ""
    """Files whose relative path matches this shell pattern are left out, for instance `*_label.png`."""
    loop: bool = False
    """Start again at the end; else the end of the folder ends the run."""

    @model_validator(mode="after")
    def _known_fields(self) -> FolderCamera:
        unknown = [field for field in re.findall(r"\{([^}]*)\}", self.pattern) if field not in FOLDER_FIELDS]
        if unknown:
            known = ", ".join("{" + field + "}" for field in FOLDER_FIELDS)
            raise ValueError(f"pattern: unknown field {{{unknown[0]}}}; use {known}")
        return self


DefectKind = Literal["scratch", "dent", "crack", "stain", "missing_feature", "chip"]
"""What can be wrong with a part of the simulated line."""


class SimulatedCamera(_CameraBase):
    """The simulated line: machined washers, some of them defective."""

    kind: Literal["simulated"]
    size_px: int = Field(default=320, ge=64, le=4096)
    difficulty: float = Field(default=0.3, ge=0, le=1)
    """0: bold defects, calm light; 1: faint defects, strong harmless variation."""
    defect_share: float = Field(default=0.15, ge=0, le=1)
    kinds: tuple[DefectKind, ...] = Field(default=(), max_length=100)
    """Kinds of defect that occur; all of them where empty."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    moving: bool = False
    """True: parts travel through the picture as on a belt (for the presence trigger); False: each trigger finds the
    next part in place."""
    part_period_ms: Milliseconds = 1000
    """Time from part to part on the moving belt."""


CameraConfig = Annotated[
    DeviceCamera | StreamCamera | VideoCamera | FolderCamera | SimulatedCamera, Field(discriminator="kind")
]


class ManualTrigger(_Table):
    """A key or button: one part per press."""

    kind: Literal["manual"]


class TimerTrigger(_Table):
    """One part every so many milliseconds."""

    kind: Literal["timer"]
    period_ms: Milliseconds


class PresenceTrigger(_Table):
    """Free run: a part has come to rest, or has reached the middle, in a region of the first camera's live picture."""

    kind: Literal["presence"]
    region: RegionConfig | None = None
    """Where to look; the camera's whole picture where absent."""
    threshold: float = Field(default=12.0, gt=0, le=255)
    """Mean absolute grey difference from the empty picture that means 'a part is here'."""
    settle_ms: float = Field(default=0, ge=0, le=DAY_MS)
    """The part must have been there this long."""


class SourceTrigger(_Table):
    """Every item of the source is one part: for folders, and the simulated line at full speed."""

    kind: Literal["source"]
    period_ms: float = Field(default=0, ge=0, le=DAY_MS)
    """Least time from part to part; 0: as fast as the station can."""


TriggerConfig = Annotated[ManualTrigger | TimerTrigger | PresenceTrigger | SourceTrigger, Field(discriminator="kind")]


class ModelConfig(_Table):
    """Which model package judges, and where it runs."""

    package: FilePath
    """Folder of the model package, relative to the recipe."""
    package_hash: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Pins the package: SHA-256 of its card.json. Another package is then refused."""
    device: Literal["auto", "cpu", "cuda"] = "auto"


class PolicyConfig(_Table):
    """How a score becomes a verdict. Absent limits are those of the model package."""

    pass_below: float | None = Field(default=None, ge=0, le=1)
    fail_from: float | None = Field(default=None, ge=0, le=1)
    deadline_ms: Milliseconds = 3000
    """From trigger to release; later than this nothing is passed."""

    @model_validator(mode="after")
    def _both_or_none(self) -> PolicyConfig:
        if (self.pass_below is None) != (self.fail_from is None):
            raise ValueError("give both pass_below and fail_from, or neither (then the model package's limits hold)")
        if self.pass_below is not None and self.fail_from is not None:
            Thresholds(self.pass_below, self.fail_from)
        return self

    def thresholds(self, of_package: Thresholds) -> Thresholds:
        """Return the limits in force: this recipe's where it sets any, else the package's."""
        if self.pass_below is None or self.fail_from is None:
            return of_package
        return Thresholds(self.pass_below, self.fail_from)


class _OutputBase(_Table):
    release_ms: Milliseconds = 500
    """So long the gate stays open for one part; then, or at the next trigger, it rejects again."""


class SimulatedOutput(_OutputBase):
    """A reject gate in memory: nothing is connected."""

    kind: Literal["simulated"]


class FileOutput(_OutputBase):
    """A reject gate as a file: it holds `REJECT` or `PASS <record id>`, replaced atomically.

    A reader must take each record id once: a killed station cannot take its last word back.
    """

    kind: Literal["file"]
    path: FilePath


OutputConfig = Annotated[SimulatedOutput | FileOutput, Field(discriminator="kind")]


class ShadowConfig(_Table):
    """A challenger that judges along and never acts."""

    package: FilePath
    """Folder of the challenger's package, relative to the recipe."""
    device: Literal["auto", "cpu", "cuda"] = "cpu"


class ChallengeConfig(_Table):
    """Known bad parts ('red rabbits') that must be rejected before the station releases anything."""

    parts: int = Field(default=3, ge=1, le=1000)
    """So many known bad parts, one after the other."""
    at: tuple[Literal["start", "shift", "changeover"], ...] = ("start",)
    """When they are due: at every start of the station, at the beginning of a shift, when recipe or package changed."""
    shifts: tuple[Text, ...] = Field(default=("06:00", "14:00", "22:00"), max_length=100)
    """Beginnings of the shifts, local time."""

    @model_validator(mode="after")
    def _times(self) -> ChallengeConfig:
        wrong = [text for text in self.shifts if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text)]
        if wrong:
            raise ValueError(f"shifts: {wrong[0]!r} is no time of day; write it as HH:MM")
        return self


class WatchConfig(_Table):
    """Scores and image health watched against the calibration set."""

    enabled: bool = True
    false_alarms_per_day: float = Field(default=0.1, gt=0, le=100)
    """Accepted number of false alarms per day of all detectors together, at `parts_per_day`."""
    parts_per_day: int = Field(default=20_000, ge=1, le=1_000_000_000)
    """Parts that the line makes in a day."""


class RequirementsConfig(_Table):
    """What `inspector accept` holds a package against. Absent figures are not required."""

    max_escape: float | None = Field(default=None, gt=0, lt=1)
    """Upper bound of the escape rate, by part."""
    max_overkill: float | None = Field(default=None, gt=0, lt=1)
    """Upper bound of the overkill rate, by part."""
    max_review: float | None = Field(default=None, gt=0, lt=1)
    """Largest share of good parts that a person must look at."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """With which the two bounds must hold (exact binomial, one-sided)."""
    min_effectiveness: float = Field(default=0.9, ge=0, le=1)
    """AIAG MSA, 4th edition: 0.9 acceptable, 0.8 marginal."""
    max_miss_rate: float = Field(default=0.02, ge=0, le=1)
    """AIAG MSA, 4th edition: 0.02 acceptable, 0.05 marginal."""
    max_false_alarm_rate: float = Field(default=0.05, ge=0, le=1)
    """AIAG MSA, 4th edition: 0.05 acceptable, 0.10 marginal."""
    min_kappa: float = Field(default=0.75, ge=-1, le=1)
    """AIAG MSA, 4th edition: above 0.75 good agreement, below 0.40 poor."""
    min_repeatability: float = Field(default=0.9, ge=0, le=1)
    """Share of parts with the same verdict every time."""


class RecipeModel(_Table):
    """The recipe file's content.

    Attributes:
        schema_version: Format of the file; 1.
        name: The product.
        version: The engineer's own version of this recipe.
        cameras: One per view, or one that gives all views of a part.
        trigger: What says that a part is there.
        model: What judges.
        policy: How a score becomes a verdict.
        output: What releases or rejects the part.
        heat_map: Whether FAIL and REVIEW get a heat map of why.
        shadow: A challenger that judges along; none where absent.
        challenge: Known bad parts that must be rejected first; none where absent.
        watch: How closely scores and image health are watched.
        requirements: What a package must show to be accepted.
        retention: How long pictures are kept.
    """

    schema_version: Literal[1] = 1
    name: Text = Field(min_length=1)
    version: Text = "1"
    cameras: tuple[CameraConfig, ...] = Field(min_length=1, max_length=64)
    trigger: TriggerConfig
    model: ModelConfig
    policy: PolicyConfig = PolicyConfig()
    output: OutputConfig = SimulatedOutput(kind="simulated")
    heat_map: bool = True
    shadow: ShadowConfig | None = None
    challenge: ChallengeConfig | None = None
    watch: WatchConfig = WatchConfig()
    requirements: RequirementsConfig = RequirementsConfig()
    retention: RetentionConfig = RetentionConfig()

    @model_validator(mode="after")
    def _consistent(self) -> RecipeModel:
        names = [camera.name for camera in self.cameras]
        if len(set(names)) != len(names):
            raise ValueError(f"camera names must differ: {', '.join(names)}")
        views = [camera.view for camera in self.cameras if not _names_its_views(camera)]
        if len(set(views)) != len(views):
            raise ValueError(f"each camera must show a view of its own (key view): {', '.join(views)}")
        if isinstance(self.trigger, PresenceTrigger) and not _is_live(self.cameras[0]):
            raise ValueError(
                "trigger: presence needs a live first camera (device, stream, or simulated with moving = true); "
                "for other sources use kind = 'source'"
            )
        return self


def _names_its_views(camera: CameraConfig) -> bool:
    return isinstance(camera, FolderCamera) and "{view}" in camera.pattern


def _is_live(camera: CameraConfig) -> bool:
    return isinstance(camera, (DeviceCamera, StreamCamera)) or (isinstance(camera, SimulatedCamera) and camera.moving)
