"""The recipe: everything that defines the inspection of one product, in one TOML file. Versioned and hashed."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inspector.errors import RecipeError
from inspector.imaging import sha256_of
from inspector.retention_policy import RetentionConfig
from inspector.types import Region, Thresholds

FOLDER_FIELDS = ("part", "view", "id", "class", "split")
"""What the pattern of a folder camera may name."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RegionConfig(_Table):
    """Rectangle of the frame that is judged, in pixels."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(ge=8)
    height: int = Field(ge=8)

    def to_region(self) -> Region:
        """Return the same rectangle as the core's value."""
        return Region(self.x, self.y, self.width, self.height)


class CameraSettings(_Table):
    """What a live camera is asked for. Whatever it does not support is reported, never ignored."""

    width: int | None = Field(default=None, ge=16)
    """Pixels."""
    height: int | None = Field(default=None, ge=16)
    """Pixels."""
    fps: float | None = Field(default=None, gt=0)
    """Frames per second."""
    exposure: float | None = None
    """Exposure in the driver's own unit (V4L2: 100 µs); setting it turns automatic exposure off."""
    gain: float | None = None
    """Gain in the driver's own unit."""
    white_balance_k: float | None = Field(default=None, gt=0)
    """Colour temperature in kelvin; setting it turns automatic white balance off."""


class _CameraBase(_Table):
    name: str = "camera"
    """Unique within the recipe; stands in records and messages."""
    view: str = "front"
    """Which side of the part this camera sees."""
    region: RegionConfig | None = None
    """What is judged; the whole frame where absent."""
    timeout_ms: float = Field(default=2000, gt=0)
    """A frame must be there this long after the trigger, or the part is ERROR."""
    frozen_after: int = Field(default=3, ge=2)
    """So many bit-identical frames in a row mean a frozen camera. Real sensors have noise."""
    frame_width: int | None = Field(default=None, ge=1)
    """A frame of another width is refused."""
    frame_height: int | None = Field(default=None, ge=1)
    """A frame of another height is refused."""


class DeviceCamera(_CameraBase):
    """A camera that OpenCV opens by number or path, for instance a USB camera."""

    kind: Literal["device"]
    skip_frames: int = Field(default=1, ge=0)
    """So many frames that arrive after the trigger are passed over: they may have been exposed before it."""
    device: int | str
    """Number (0, 1, …) or path (/dev/video0)."""
    settings: CameraSettings = CameraSettings()


class StreamCamera(_CameraBase):
    """A network camera: RTSP or HTTP."""

    kind: Literal["stream"]
    skip_frames: int = Field(default=1, ge=0)
    """So many frames that arrive after the trigger are passed over: they may have been exposed before it."""
    url: str = Field(pattern=r"^(rtsps?|https?|tcp|udp)://")
    settings: CameraSettings = CameraSettings()


class VideoCamera(_CameraBase):
    """A video file, played at its own speed."""

    kind: Literal["video"]
    path: Path
    loop: bool = False
    """Start again at the end; else the end of the file ends the run."""


class FolderCamera(_CameraBase):
    """A folder of images, one part after the other: for trying a recipe and for judging archives."""

    kind: Literal["folder"]
    path: Path
    pattern: str = "{id}"
    """Path pattern below the folder; `{part}` groups views of one part, `{view}` names them."""
    exclude: str = ""
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
    kinds: tuple[DefectKind, ...] = ()
    """Kinds of defect that occur; all of them where empty."""
    seed: int = Field(default=0, ge=0)
    moving: bool = False
    """True: parts travel through the picture as on a belt (for the presence trigger); False: each trigger finds the
    next part in place."""
    part_period_ms: float = Field(default=1000, gt=0)
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
    period_ms: float = Field(gt=0)


class PresenceTrigger(_Table):
    """Free run: a part has come to rest, or has reached the middle, in a region of the first camera's live picture."""

    kind: Literal["presence"]
    region: RegionConfig | None = None
    """Where to look; the camera's whole picture where absent."""
    threshold: float = Field(default=12.0, gt=0, le=255)
    """Mean absolute grey difference from the empty picture that means 'a part is here'."""
    settle_ms: float = Field(default=0, ge=0)
    """The part must have been there this long."""


class SourceTrigger(_Table):
    """Every item of the source is one part: for folders, and the simulated line at full speed."""

    kind: Literal["source"]
    period_ms: float = Field(default=0, ge=0)
    """Least time from part to part; 0: as fast as the station can."""


TriggerConfig = Annotated[ManualTrigger | TimerTrigger | PresenceTrigger | SourceTrigger, Field(discriminator="kind")]


class ModelConfig(_Table):
    """Which model package judges, and where it runs."""

    package: Path
    """Folder of the model package, relative to the recipe."""
    package_hash: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Pins the package: SHA-256 of its card.json. Another package is then refused."""
    device: Literal["auto", "cpu", "cuda"] = "auto"


class PolicyConfig(_Table):
    """How a score becomes a verdict. Absent limits are those of the model package."""

    pass_below: float | None = Field(default=None, ge=0, le=1)
    fail_from: float | None = Field(default=None, ge=0, le=1)
    deadline_ms: float = Field(default=3000, gt=0)
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
    release_ms: float = Field(default=500, gt=0)
    """So long the gate stays open for one part; then, or at the next trigger, it rejects again."""


class SimulatedOutput(_OutputBase):
    """A reject gate in memory: nothing is connected."""

    kind: Literal["simulated"]


class FileOutput(_OutputBase):
    """A reject gate as a file: it holds `REJECT` or `PASS <record id>`, replaced atomically.

    A reader must take each record id once: a killed station cannot take its last word back.
    """

    kind: Literal["file"]
    path: Path


OutputConfig = Annotated[SimulatedOutput | FileOutput, Field(discriminator="kind")]


class ShadowConfig(_Table):
    """A challenger that judges along and never acts."""

    package: Path
    """Folder of the challenger's package, relative to the recipe."""
    device: Literal["auto", "cpu", "cuda"] = "cpu"


class ChallengeConfig(_Table):
    """Known bad parts ('red rabbits') that must be rejected before the station releases anything."""

    parts: int = Field(default=3, ge=1, le=1000)
    """So many known bad parts, one after the other."""
    at: tuple[Literal["start", "shift", "changeover"], ...] = ("start",)
    """When they are due: at every start of the station, at the beginning of a shift, when recipe or package changed."""
    shifts: tuple[str, ...] = ("06:00", "14:00", "22:00")
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
    parts_per_day: int = Field(default=20_000, ge=1)
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
    name: str = Field(min_length=1)
    version: str = "1"
    cameras: tuple[CameraConfig, ...] = Field(min_length=1)
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


@dataclass(frozen=True, slots=True)
class Recipe:
    """A loaded recipe.

    Attributes:
        path: The TOML file.
        text: Its content, kept in the log for replay.
        hash: SHA-256 of the file's bytes.
        model: The checked content, with all paths made absolute.
    """

    path: Path
    text: str
    hash: str
    content: RecipeModel

    @property
    def name(self) -> str:
        """The product's name."""
        return self.content.name

    @property
    def inspection_hash(self) -> str:
        """SHA-256 of what decides which pixels are judged: cameras with their regions and settings, nothing else."""
        cameras = [camera.model_dump(mode="json") for camera in self.content.cameras]
        return sha256_of(json.dumps(cameras, sort_keys=True).encode())


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe file.

    Raises:
        RecipeError: Unreadable, no TOML, or content mistakes; `mistakes` lists every one with line and cure.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: the recipe cannot be read ({error}).", cure="Give the path of a recipe.") from error
    return parse_recipe(text, path, sha256_of(data))


def parse_recipe(text: str, path: Path, hash_: str | None = None) -> Recipe:
    """Check recipe `text`; relative paths in it are taken from the folder of `path`. Raises RecipeError."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _refused(path, (f"{error}",)) from error
    try:
        content = RecipeModel.model_validate(table)
    except ValidationError as error:
        raise _refused(path, tuple(_mistake(text, item) for item in error.errors())) from error
    try:
        content = _absolute(content, path.resolve().parent)
    except (ValueError, RuntimeError) as error:  # a NUL in a path, or an unknown user after ~
        raise _refused(path, (f"a path in the recipe cannot be used: {error}",)) from error
    return Recipe(path, text, hash_ or sha256_of(text.encode()), content)


def _refused(path: Path, mistakes: tuple[str, ...]) -> RecipeError:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    listing = "".join(f"\n  {mistake}" for mistake in mistakes)
    return RecipeError(
        f"{path}: {count} in the recipe.{listing}",
        cure=f"Correct the lines named, then run `inspector recipe check {path}`.",
        mistakes=mistakes,
    )


def _mistake(text: str, error: Any) -> str:
    """Say one pydantic error as a line for people: where it stands, what is wrong, what would be right."""
    location = _without_union_tags(error["loc"])
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        location.append("kind")
    where = ".".join(str(part) for part in location) or "the recipe"
    line = _line_of(text, location)
    if error["type"] == "extra_forbidden":
        return f"line {line}: {where}: unknown key. Remove it or correct its spelling."
    if error["type"] == "missing":
        return f"line {line}: {where}: is missing. Add it."
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, (str, int, float, bool)) else ""
    return f"line {line}: {where}: {error['msg'].removeprefix('Value error, ')}{shown}."


def _without_union_tags(location: tuple[Any, ...]) -> list[Any]:
    """Drop what pydantic puts into the path after a tagged union: the kind that was chosen."""
    path = list(location)
    at = 2 if path[:1] == ["cameras"] else 1 if path[:1] in (["trigger"], ["output"]) else len(path)
    return path[:at] + path[at + 1 :]


def _line_of(text: str, location: list[Any]) -> int:
    """Return the line (from 1) of a key path in TOML text; the nearest enclosing table where the key is absent."""
    best, wanted = 1, [str(part) for part in location]
    table: list[str] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
        key = re.match(r"\s*([A-Za-z0-9_.\"-]+)\s*=", line)
        if header:
            table = [part.strip(' "') for part in header[2].split(".")]
            if header[1] == "[[":
                index = counts.get(header[2], -1) + 1
                counts[header[2]] = index
                table.append(str(index))
            elif table and table[0] in counts:  # a sub-table of the latest array element
                table.insert(1, str(counts[table[0]]))
            if wanted[: len(table)] == table:
                best = number
        elif key:
            here = table + [part.strip('"') for part in key[1].split(".")]
            if wanted[: len(here)] == here:
                best = number
    return best


def _absolute(content: RecipeModel, folder: Path) -> RecipeModel:
    """Return the content with every path made absolute, relative ones from `folder`."""

    def rooted(path: Path) -> Path:
        return (folder / path.expanduser()).resolve()

    cameras = tuple(
        camera.model_copy(update={"path": rooted(camera.path)})
        if isinstance(camera, (VideoCamera, FolderCamera))
        else camera
        for camera in content.cameras
    )
    output = content.output
    if isinstance(output, FileOutput):
        output = output.model_copy(update={"path": rooted(output.path)})
    model = content.model.model_copy(update={"package": rooted(content.model.package)})
    shadow = content.shadow
    if shadow is not None:
        shadow = shadow.model_copy(update={"package": rooted(shadow.package)})
    return content.model_copy(update={"cameras": cameras, "output": output, "model": model, "shadow": shadow})
