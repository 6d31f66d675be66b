"""A synthetic data set that ships with the program: steel washers with six kinds of defect, and masks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from datasets.importer import import_images, silent
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from inspector.cameras.washer import DEFECT_KINDS, GOOD, RenderedPart, WasherRenderer, WasherSpec
from inspector.errors import DatasetError, UsageError
from inspector.imaging import encode_png


@dataclass(frozen=True, slots=True)
class SyntheticRequest:
    """What to draw.

    Attributes:
        out: Folder of the data set.
        images: How many pictures, one part each.
        seed: Another seed gives another data set; the same gives the same pixels.
        difficulty: 0 (easy) to 1 (hard).
        size_px: Width and height.
        defect_share: Share of defective parts, dealt evenly to the kinds.
        kinds: Kinds of defect that occur.
        rule: How to split.
    """

    out: Path
    images: int = 400
    seed: int = 0
    difficulty: float = 0.3
    size_px: int = 320
    defect_share: float = 0.4
    kinds: tuple[str, ...] = DEFECT_KINDS
    rule: SplitRule | None = None


def plan_kinds(request: SyntheticRequest) -> list[str]:
    """Return the class of every part, in a random order that the seed gives."""
    bad = round(request.images * request.defect_share)
    kinds = [request.kinds[number % len(request.kinds)] for number in range(bad)] + [GOOD] * (request.images - bad)
    np.random.default_rng([request.seed, 0]).shuffle(kinds)
    return kinds


def draw(request: SyntheticRequest, renderer: WasherRenderer, number: int, kind: str) -> RenderedPart:
    """Draw part `number`; it depends on the seed and its number alone, not on those drawn before."""
    return renderer.render_part(np.random.default_rng([request.seed, 1, number]), kind)


def synthesize(request: SyntheticRequest, progress: Callable[[int, int], None] = silent) -> None:
    """Draw a data set into `request.out`, which appears only when it is whole.

    Raises:
        UsageError: A value out of range.
        DatasetError: The folder is not empty.
    """
    spec = _checked(request)
    out = Path(os.path.abspath(request.out))  # noqa: PTH100 - links stay links
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out}: is there already and not empty.", cure="Give another folder.")
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        _draw_files(request, spec, temporary, progress)
        import_images(
            ImportRequest(
                source=temporary,
                out=temporary,
                pattern="images/{class}/{part}.png",
                mask="masks/{class}/{part}.png",
                good=(GOOD,) if request.defect_share < 1 else (),
                rule=request.rule or SplitRule(seed=request.seed),
                name=out.name,
                origin=f"drawn: washer, seed {request.seed}, difficulty {request.difficulty:g}, {request.size_px} px",
                synthetic=True,
                who="generator",
            )
        )
        temporary.replace(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _checked(request: SyntheticRequest) -> WasherSpec:
    if request.images < 1 or not 0.0 <= request.defect_share < 1.0 or request.seed < 0:
        raise UsageError(
            f"Cannot draw {request.images} pictures with a defect share of {request.defect_share:g}"
            f" and the seed {request.seed}.",
            cure="Give at least one picture, a share from 0 to below 1, and a seed from 0 up.",
        )
    if request.images == round(request.images * request.defect_share):
        raise UsageError("There would be no good part.", cure="Draw more pictures, or lower --defect-share.")
    try:
        return WasherSpec(request.size_px, request.difficulty)
    except ValueError as error:
        raise UsageError(f"Cannot draw such pictures: {error}.", cure="Give a value in that range.") from error


def _draw_files(
    request: SyntheticRequest, spec: WasherSpec, folder: Path, progress: Callable[[int, int], None]
) -> None:
    """Draw with one renderer per core; the numbers decide the content, so the order does not matter."""
    kinds = plan_kinds(request)
    for kind in sorted(set(kinds)):
        (folder / "images" / kind).mkdir(parents=True, exist_ok=True)
        if kind != GOOD:
            (folder / "masks" / kind).mkdir(parents=True, exist_ok=True)
    workers = max(1, min(os.cpu_count() or 1, request.images))
    lock, done = Lock(), 0
    stopped = False

    def work(first: int) -> None:
        nonlocal done
        renderer = WasherRenderer(spec)
        for number in range(first, request.images, workers):
            if stopped:
                return
            part = draw(request, renderer, number, kinds[number])
            name = f"{part.kind}/washer-{number:05d}.png"
            (folder / "images" / name).write_bytes(encode_png(part.pixels))
            if part.kind != GOOD:
                (folder / "masks" / name).write_bytes(encode_png(part.mask, compression=6))
            with lock:
                done += 1
                progress(done, request.images)

    with ThreadPoolExecutor(workers, thread_name_prefix="draw") as pool:
        try:
            list(pool.map(work, range(workers)))
        finally:
            stopped = True
