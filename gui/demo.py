"""The demo: draw a data set, train a small network on it, write a recipe, inspect the simulated line. Imports no Qt.

Every step that was finished before is skipped, so that a later start goes straight to the line. `python -m gui.demo`
prepares with its progress as JSON lines: that is what the window starts.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from inspector.errors import InspectorError, TrainingError
from inspector.jsonfile import replace_file
from inspector.types import Record

DATA_SHARE, TRAIN_SHARE = 0.1, 0.89
"""How the whole time divides; for the bar."""
KINDS = ("dent", "crack", "stain", "missing_feature")
"""What a small network learns from scratch in the demo's minute; fine scratches and chips take it longer."""
CHECKPOINT_FILE = "checkpoint.safetensors"
SAMPLE_FILE = "augmented-samples.png"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What the demo makes, and where.

    Attributes:
        folder: Everything lies in here.
        images: Pictures to draw.
        size_px: Their width and height; the simulated line has the same.
        image_size: The network's input in pixels.
        epochs: Passes over the training pictures.
    """

    folder: Path
    images: int = 700
    size_px: int = 240
    image_size: int = 128
    epochs: int = 12

    @property
    def data(self) -> Path:
        """The data set."""
        return self.folder / "data"

    @property
    def package(self) -> Path:
        """The model package."""
        return self.folder / "package"

    @property
    def run_folder(self) -> Path:
        """The training's checkpoint and sample pictures."""
        return self.folder / "training"

    @property
    def recipe_file(self) -> Path:
        """The recipe of the line."""
        return self.folder / "demo-washer.toml"

    @property
    def log_folder(self) -> Path:
        """The demo's own inspection log: it never mixes with that of real parts."""
        return self.folder / "log"

    @property
    def ready(self) -> bool:
        """Whether nothing is left to prepare."""
        return self.recipe_file.is_file() and (self.package / "card.json").is_file()

    def resized(self, images: int | None, epochs: int | None) -> DemoPlan:
        """Return the plan with other amounts where given."""
        return replace(self, images=images or self.images, epochs=epochs or self.epochs)

    def arguments(self) -> list[str]:
        """Return the arguments of `python -m gui.demo` for this plan."""
        return ["--plan", json.dumps({**asdict(self), "folder": str(self.folder)})]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the preparation is.

    Attributes:
        step: `data`, `train` or `recipe`.
        share: Of this step, 0..1.
        overall: Of everything, 0..1.
        seconds_left: Of this step; None while it cannot be told.
        sample: Picture of augmented training samples, once there is one.
    """

    step: str
    share: float
    overall: float
    seconds_left: float | None = None
    sample: str | None = None


Tell = Callable[[Progress], None]


def prepare(plan: DemoPlan, tell: Tell) -> Path:
    """Do what is left to do, and return the recipe.

    Raises:
        InspectorError: A step failed.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    if not (plan.package / "card.json").is_file():
        if not plan.data.is_dir():
            _draw(plan, tell)
        _train(plan, tell)
    tell(Progress("recipe", 0.0, DATA_SHARE + TRAIN_SHARE))
    _write_recipe(plan)
    tell(Progress("recipe", 1.0, 1.0))
    return plan.recipe_file


def reset(plan: DemoPlan) -> None:
    """Remove what `prepare` made; the log of earlier runs stays."""
    for folder in (plan.data, plan.package, plan.run_folder):
        shutil.rmtree(folder, ignore_errors=True)
    plan.recipe_file.unlink(missing_ok=True)


def recipe_text(plan: DemoPlan) -> str:
    """Return the demo's recipe: washers travel on a belt, and are judged when they come to rest."""
    return f"""\
schema_version = 1
name = "Demo washer"

[[cameras]]
kind = "simulated"
name = "line camera"
view = "top"
size_px = {plan.size_px}
difficulty = 0.0
defect_share = 0.18
kinds = {json.dumps(KINDS)}
seed = 7
moving = true
part_period_ms = 1300

[trigger]
kind = "presence"
settle_ms = 60

[model]
package = "package"

[output]
kind = "simulated"
"""


def _draw(plan: DemoPlan, tell: Tell) -> None:
    from datasets.split_rule import SplitRule
    from datasets.splits import Shares
    from datasets.synthetic import SyntheticRequest, synthesize

    started_s = time.monotonic()

    def on_drawn(done: int, total: int) -> None:
        share = done / max(total, 1)
        left = (time.monotonic() - started_s) * (1 - share) / share if share > 0.05 else None
        tell(Progress("data", share, DATA_SHARE * share, left))

    tell(Progress("data", 0.0, 0.0))
    synthesize(
        SyntheticRequest(
            plan.data,
            images=plan.images,
            size_px=plan.size_px,
            difficulty=0.0,
            defect_share=0.7,
            kinds=KINDS,
            rule=SplitRule(Shares(0.85, 0.15, 0.0)),
        ),
        on_drawn,
    )


def _train(plan: DemoPlan, tell: Tell) -> None:
    command = [
        sys.executable, "-m", "inspector.cli", "train", str(plan.data), "--out", str(plan.package),
        "--run-folder", str(plan.run_folder),
        "--backbone", "resnet10", "--weights", "none", "--image-size", str(plan.image_size),
        "--epochs", str(plan.epochs), "--learning-rate", "0.004", "--augment", "light",
        "--device", "cpu", "--json-lines",
    ]  # fmt: skip
    if (plan.run_folder / CHECKPOINT_FILE).is_file():  # an interrupted training goes on
        command.append("--resume")
    tell(Progress("train", 0.0, DATA_SHARE))
    told = plan.folder / "training.log"
    with told.open("w", encoding="utf-8") as errors, _child(command, errors) as child:
        for line in child.stdout or ():
            if line.startswith("{"):
                progress = _training_progress(plan, json.loads(line))
                if progress is not None:
                    tell(progress)
        code = child.wait()
    if code != 0:
        last = told.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise TrainingError(
            f"The demo's training ended with code {code}: {' '.join(last)}",
            cure=f"Read {told}; then try `inspector demo --reset`.",
        )


def _training_progress(plan: DemoPlan, line: dict[str, Any]) -> Progress | None:
    """From a line of `inspector train --json-lines` (schema inspector.training/1); None for those without progress."""
    if line.get("event") == "done":
        return Progress("train", 1.0, DATA_SHARE + TRAIN_SHARE, 0.0, _sample(plan))
    share = line.get("progress")
    if not isinstance(share, (int, float)):
        return None
    left = line.get("seconds_left")
    return Progress("train", float(share), DATA_SHARE + TRAIN_SHARE * share, left, _sample(plan))


def _sample(plan: DemoPlan) -> str | None:
    """The picture of augmented samples that the training writes at its beginning."""
    path = plan.run_folder / SAMPLE_FILE
    return str(path) if path.is_file() else None


@contextmanager
def _child(command: Sequence[str], errors: IO[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program; however this block is left, the program does not outlive it."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _write_recipe(plan: DemoPlan) -> None:
    text = recipe_text(plan).encode()
    if not plan.recipe_file.is_file() or plan.recipe_file.read_bytes() != text:
        replace_file(plan.recipe_file, text)


def run_demo_headless(plan: DemoPlan, parts: int | None, started_s: float) -> int:
    """Prepare with a bar on the terminal, then inspect without a window.

    Args:
        plan: What to make, and where.
        parts: Stop after so many; without it Ctrl-C stops.
        started_s: `time.monotonic()` at the start of the command.

    Returns:
        The exit code.
    """
    from inspector.commands.run import print_summary
    from inspector.headless import run_headless
    from inspector.recipe import load_recipe

    recipe = load_recipe(prepare(plan, TextBar()))
    print(f"Demo line; the log lies in {plan.log_folder}. Ctrl-C stops.", flush=True)
    told = False

    def on_part(_record: Record) -> None:
        nonlocal told
        if not told:
            told = True
            print(f"first decision after {time.monotonic() - started_s:.1f} s", flush=True)

    summary = run_headless(recipe, plan.log_folder, max_parts=parts, on_part=on_part)
    print_summary(summary)
    if summary.failure is not None:
        raise summary.failure
    return 0


class TextBar:
    """Tells progress on standard error: a moving bar on a terminal, a line per tenth elsewhere."""

    WIDTH = 32

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._last = ("", -1)

    def __call__(self, progress: Progress) -> None:
        """Draw the bar."""
        words = {"data": "drawing pictures", "train": "training", "recipe": "writing the recipe"}[progress.step]
        left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s left"
        if self._moving:
            done = round(self.WIDTH * progress.overall)
            end = "\n" if progress.overall >= 1 else ""
            sys.stderr.write(f"\r\x1b[K[{'#' * done}{'.' * (self.WIDTH - done)}] {words}{left}{end}")
        elif (progress.step, int(10 * progress.share)) != self._last:
            self._last = (progress.step, int(10 * progress.share))
            sys.stderr.write(f"{words}: {100 * progress.share:.0f} %{left}\n")
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare a plan with its progress as JSON lines: one `Progress` per line. Returns the exit code."""
    parser = ArgumentParser(prog="python -m gui.demo", description="Prepare the demo.")
    parser.add_argument("--plan", required=True, help="the plan as JSON")
    fields = json.loads(parser.parse_args(arguments).plan)
    plan = DemoPlan(**{**fields, "folder": Path(fields["folder"])})
    # A plain SIGTERM would leave the training running: leave through the `finally` clauses instead.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        prepare(plan, lambda progress: print(json.dumps(asdict(progress)), flush=True))
    except InspectorError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
