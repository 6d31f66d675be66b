"""`inspector bench model`: networks alone, from the normalised picture to the logits."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from inspector.errors import UsageError
from inspector.imaging import read_image
from inspector.inference.preprocess import Preprocessing
from inspector.progress import show_bar
from training.bench.candidates import Candidate, compare
from training.bench.cuda_candidates import cuda_candidates
from training.bench.graph_candidates import Floats, graph_candidates
from training.bench.peak import Peaks
from training.bench.rows import Row, deliver, table
from training.bench.subjects import Subject, make_subject, normalised
from training.bench.timing import Rounds
from training.bench.torch_candidates import torch_candidates

_CALIBRATION_PICTURES = 100
_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
_NOTE = (
    "Every candidate gets normalised pictures and gives logits; torchvision's example gets photos. Candidates take "
    "turns; `times` is the median over the rounds of the ratio of both medians. One call is a whole batch."
)


def run(options: Namespace) -> int:
    """Measure as asked on the command line.

    Raises:
        UsageError: A network that torchvision does not have, or a folder without pictures.
    """
    subjects = [make_subject(name, options.size) for name in options.networks]
    candidates = [
        *torch_candidates(with_compile=not options.without_compile),
        *graph_candidates(calibration_pictures(options.images, options.size)),
        *cuda_candidates(),
    ]
    peaks, rounds = Peaks(), Rounds(options.rounds, options.round_s)
    peaks.prepare()
    peaks.measure()
    rows: list[Row] = []
    for batch in options.batches:
        for subject in subjects:
            rows += _measured(subject, batch, candidates, rounds, peaks)
    rows = [with_share(row, subjects, peaks) for row in rows]
    text = "\n\n".join([table(rows, "torch fp32"), "\n".join(peaks.lines()), _NOTE])
    facts = {"peaks": peaks.document(), "no_peak": peaks.without, "rounds": asdict(rounds), "size": options.size}
    deliver(options, rows, text, facts)
    return 0


def _measured(subject: Subject, batch: int, candidates: Sequence[Candidate], rounds: Rounds, peaks: Peaks) -> list[Row]:
    print(f"{subject.name}, batch {batch}", file=sys.stderr, flush=True)
    with show_bar(f"{subject.name} x{batch}", "turn") as advance:
        found = compare(subject, batch, candidates, rounds, advance)
    peaks.measure()
    return found


def with_share(row: Row, subjects: Sequence[Subject], peaks: Peaks) -> Row:
    """Return the row with its share of the peak."""
    if row.ms_p50 is None:
        return row
    operations = next(each.operations for each in subjects if each.name == row.subject) * row.batch
    device = "cuda" if "cuda" in row.runtime else "cpu"
    return replace(row, share_of_peak=peaks.share((device, row.precision), operations, row.ms_p50))


def calibration_pictures(folder: Path | None, size: int) -> list[Floats]:
    """Return pictures of a folder and those below it as (1, 3, size, size); none where no folder is given.

    Raises:
        UsageError: It holds no picture.
        ImageError: One of them is damaged.
    """
    if folder is None:
        return []
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)[:_CALIBRATION_PICTURES]
    if not paths:
        raise UsageError(f"{folder}: there is no picture in it.", cure="Give a folder with JPEG, PNG or BMP files.")
    shape = Preprocessing(width=size, height=size, mode="stretch")
    return [normalised(shape.fit(read_image(path))) for path in paths]
