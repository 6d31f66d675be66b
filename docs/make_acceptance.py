# ruff: noqa: INP001
"""Make docs/images/acceptance-report.png: a whole acceptance of the project's own drawn washers.

    python docs/make_acceptance.py [FOLDER]

Draws 900 washers, trains a small network on them, draws a study of 60 more washers at three places of the belt each,
runs `inspector accept`, and turns the first pages of report.pdf into one picture. Needs pdftoppm (poppler-utils).
What is in FOLDER (default: a temporary one) from an earlier run is used again.
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
from datasets.split_rule import SplitRule, parse_shares
from datasets.synthetic import SyntheticRequest, synthesize
from inspector.cameras.washer import DEFECT_KINDS, GOOD, WasherRenderer, WasherSpec
from inspector.cli import main as inspector
from inspector.imaging import encode_png

PICTURE = Path(__file__).parent / "images" / "acceptance-report.png"
SIZE, PAGES = 192, 3
TRAINING = (
    *("--backbone", "resnet10", "--weights", "none", "--image-size", "128", "--epochs", "16"),
    *("--learning-rate", "0.004", "--augment", "light"),
)
RECIPE = """name = "Washer 25 mm"
[[cameras]]
kind = "simulated"
[trigger]
kind = "source"
[model]
package = "model"
[requirements]
max_escape = 0.05
max_overkill = 0.05
max_review = 0.15
min_repeatability = 0.9
"""


def draw_study(folder: Path) -> None:
    """Draw 60 washers, each at three places of the belt, and import them with part, view and take."""
    renderer = WasherRenderer(WasherSpec(SIZE, 0.3))
    for number in range(60):
        kind = GOOD if number < 30 else DEFECT_KINDS[number % len(DEFECT_KINDS)]
        for take, offset in enumerate((-4.0, 0.0, 4.0), 1):
            part = renderer.render_at(np.random.default_rng([77, number]), kind, offset)
            path = folder / "pictures" / kind / f"washer{number:02}_top_{take}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_png(part.pixels))
    pattern = "{class}/{part}_{view}_{id}.png"
    request = ImportRequest(folder / "pictures", folder / "data", pattern, good=(GOOD,), synthetic=True, name="study")
    import_images(request)


def accept(folder: Path) -> None:
    """Draw, train and accept in `folder`."""
    data, model, study = folder / "washers", folder / "model", folder / "study"
    if not data.exists():
        synthesize(
            SyntheticRequest(data, images=900, seed=3, size_px=SIZE, rule=SplitRule(parse_shares("45/10/45"), 3))
        )
    if not model.exists():
        inspector(["train", str(data), "--out", str(model), *TRAINING])
    if not study.exists():
        draw_study(study)
    recipe, document = folder / "recipe.toml", folder / "accept.json"
    recipe.write_text(RECIPE)
    command = ["accept", str(model), str(data), "--recipe", str(recipe), "--repeats", str(study / "data")]
    inspector([*command, "--out", str(folder / "report"), "--who", "A. Engineer", "--json", str(document)])


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


if __name__ == "__main__":
    if len(sys.argv) > 1:
        accept(Path(sys.argv[1]))
        photograph(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            accept(Path(temporary))
            photograph(Path(temporary))
