"""`inspector predict`: judge image files or folders with a model package."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.jsonfile import add_json_option
from inspector.plugins import Command

if TYPE_CHECKING:
    from inspector.errors import ImageError
    from inspector.inference.base import Model
    from inspector.inference.package import Card
    from inspector.types import Image, Prediction

SCHEMA = "inspector.predict/1"
_BATCH = 16


def configure(parser: ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("package", metavar="PACKAGE", type=Path, help="model package folder")
    parser.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="image files, or folders of them")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, or an export: openvino-int8 (default: auto)")
    add_json_option(parser)


def run(options: Namespace) -> int:
    """Judge every image; exit code 1 where one could not be judged.

    Raises:
        UsageError: A path that is not there, or no image at all.
        PackageError: The package cannot be used, or nobody vouches for it whom this PC trusts.
        ModelError: The device failed.
    """
    from inspector.inference.load import load_model
    from inspector.inference.package import open_package
    from inspector.jsonfile import write_json
    from inspector.keys import signed_package, trust_of_this_pc

    files, skipped = find_images(options.paths)
    package = open_package(options.package)
    trust = trust_of_this_pc()
    standing = trust.require(signed_package(package))
    if standing.problem and trust.minded:
        print(f"caution: {standing.problem}", file=sys.stderr)
    images: list[dict[str, Any]] = []
    model = load_model(package, options.device)
    for row in judge(files, model):
        images.append(row)
        if options.json != "-":
            print(_line(row))
    counts = {verdict: sum(row["verdict"] == verdict for row in images) for verdict in _verdicts()}
    summary = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    print(f"{len(images)} images on {model.device}: {summary}.", file=sys.stderr)
    if skipped:
        print(f"{len(skipped)} other files in the folders were left out (no image ending).", file=sys.stderr)
    if options.json:
        document = {
            "package": str(options.package),
            "package_hash": package.hash,
            "device": model.device,
            "thresholds": package.card.thresholds.model_dump(),
            "counts": counts,
            "images": images,
            "skipped": skipped,
        }
        write_json(document, options.json, schema=SCHEMA)
    return 1 if counts["ERROR"] else 0


def find_images(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the images to judge and the files left out.

    A file that is named is always judged. Of a folder, all files with an image ending are, with those of its
    folders.

    Raises:
        UsageError: A path that is not there, or no image at all.
    """
    from inspector.errors import UsageError
    from inspector.imaging import IMAGE_SUFFIXES

    images: list[Path] = []
    skipped: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if not file.is_dir())
            images += [file for file in inside if file.suffix.lower() in IMAGE_SUFFIXES]
            skipped += [file for file in inside if file.suffix.lower() not in IMAGE_SUFFIXES]
        elif path.exists() or path.is_symlink():
            images.append(path)
        else:
            raise UsageError(f"{path}: there is no such file or folder.", cure="Correct the path.")
    if not images:
        named = ", ".join(str(path) for path in paths)
        raise UsageError(f"{named}: there is no image to judge.", cure=f"Images end in {', '.join(IMAGE_SUFFIXES)}.")
    return images, skipped


def judge(files: Sequence[Path], model: Model) -> Iterator[dict[str, Any]]:
    """Yield one row per image: path, class, probabilities, score, verdict; for ERROR the reason instead."""
    from concurrent.futures import ThreadPoolExecutor

    from inspector.errors import ImageError

    with ThreadPoolExecutor(2, thread_name_prefix="decode") as pool:
        for start in range(0, len(files), _BATCH):
            chunk = files[start : start + _BATCH]
            read = list(pool.map(_read, chunk))
            pictures = [found for found in read if not isinstance(found, ImageError)]
            predictions = iter(model.predict(pictures))
            for path, found in zip(chunk, read, strict=True):
                if isinstance(found, ImageError):
                    yield _error_row(path, found.message, found.problem.value)
                else:
                    yield _row(path, next(predictions), model.package.card)


def _read(path: Path) -> Image | ImageError:
    from inspector.errors import ImageError
    from inspector.imaging import read_image

    try:
        return read_image(path)
    except ImageError as error:
        return error


def _row(path: Path, prediction: Prediction, card: Card) -> dict[str, Any]:
    from inspector.decisions.policy import decide

    decision = decide({"": prediction}, card.thresholds.to_thresholds(), card.good)
    return {
        "path": str(path),
        "class": prediction.predicted_class,
        "probabilities": dict(prediction.probabilities),
        "score": prediction.score,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
    }


def _error_row(path: Path, reason: str, problem: str) -> dict[str, Any]:
    return {
        "path": str(path),
        "class": None,
        "probabilities": None,
        "score": None,
        "verdict": "ERROR",
        "reason": reason,
        "problem": problem,
    }


def _line(row: dict[str, Any]) -> str:
    return f"{row['verdict']:<6} {row['path']}: {row['reason'].removeprefix(row['path'] + ': ')}"


def _verdicts() -> list[str]:
    from inspector.types import Verdict

    return [verdict.value for verdict in Verdict]


COMMAND = Command("Judge image files or folders with a model package.", configure, run)
