# ruff: noqa: INP001
"""Make docs/images/acceptance-report.png: a whole acceptance of the demo's model on the project's own drawn washers.

    python docs/make_acceptance.py [FOLDER]

Prepares the demo first where that is still to do (in $INSPECTOR_HOME, as `inspector demo` does), draws 240 other
washers and a study of 60 more at three places of the belt each, runs `inspector accept`, and turns the first pages of
report.pdf into one picture. Data sets, report and JSON stay in FOLDER (default: a temporary one). Needs pdftoppm
(poppler-utils).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from datasets.importer import import_images
from datasets.plan import ImportRequest
from datasets.synthetic import SyntheticRequest, synthesize
from gui.demo import KINDS, DemoPlan, TextBar, prepare
from inspector.cameras.washer import GOOD, WasherRenderer, WasherSpec
from inspector.cli import main as inspector
from inspector.imaging import encode_png
from inspector.settings import data_folder

PICTURE = Path(__file__).parent / "images" / "acceptance-report.png"
PAGES = 3
REQUIREMENTS = """
[requirements]
max_escape = 0.05
max_overkill = 0.05
max_review = 0.15
min_repeatability = 0.9
"""


def draw_study(folder: Path, size_px: int) -> Path:
    """Draw 60 washers, each at three places of the belt, and import them with part, view and take."""
    renderer = WasherRenderer(WasherSpec(size_px, 0.0))
    for number in range(60):
        kind = GOOD if number < 30 else KINDS[number % len(KINDS)]
        for take, offset in enumerate((-4.0, 0.0, 4.0), 1):
            part = renderer.render_at(np.random.default_rng([77, number]), kind, offset)
            path = folder / "pictures" / kind / f"washer{number:02}_top_{take}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(part.pixels))
    out, pattern = folder / "data", "{class}/{part}_{view}_{id}.png"
    import_images(ImportRequest(folder / "pictures", out, pattern, good=(GOOD,), synthetic=True, name="study"))
    return out


def accept(plan: DemoPlan, folder: Path) -> None:
    """Draw and accept in `folder`."""
    recipe, washers, document = folder / "recipe.toml", folder / "washers", folder / "accept.json"
    text = prepare(plan, TextBar()).read_text("utf-8").replace('"package"', f'"{plan.package.as_posix()}"')
    recipe.write_text(text + REQUIREMENTS, "utf-8")
    synthesize(SyntheticRequest(washers, images=240, seed=41, size_px=plan.size_px, difficulty=0.0, kinds=KINDS))
    study = draw_study(folder / "study", plan.size_px)
    command = ["accept", str(plan.package), str(washers), "--split", "all", "--repeats", str(study)]
    command += ["--recipe", str(recipe), "--out", str(folder / "report"), "--who", "A. Engineer"]
    inspector([*command, "--json", str(document)])


def photograph(folder: Path) -> None:
    """Put the first pages beside one another."""
    subprocess.run(
        ["pdftoppm", "-r", "88", "-png", "-l", str(PAGES), str(folder / "report" / "report.pdf"), str(folder / "page")],
        check=True,
    )
    pages = [cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), 1) for path in sorted(folder.glob("page-*.png"))]
    framed = [cv2.copyMakeBorder(page, 12, 12, 12, 12, cv2.BORDER_CONSTANT, value=(210, 205, 200)) for page in pages]
    picture = np.concatenate(framed, axis=1)[:, :, ::-1]
    PICTURE.write_bytes(encode_png(np.ascontiguousarray(picture, np.uint8), compression=9))


def make(folder: Path) -> None:
    """Make the picture, and keep what it is made of in `folder`."""
    accept(DemoPlan(data_folder() / "demo"), folder)
    photograph(folder)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        make(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            make(Path(temporary))
