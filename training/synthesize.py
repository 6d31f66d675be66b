"""`inspector synthesize`: pictures with synthetic defects for the train split, by one of three methods."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.cut_paste import CutPaste
from datasets.derived import Synthesis, add_derived, refuse_repeated
from datasets.manifest import Dataset, open_dataset
from datasets.perlin import USUAL_CLASS, Perlin
from datasets.progress import show_progress
from datasets.synthesis import Maker, Sources, gather_sources, make_pictures
from inspector.errors import DatasetError, UsageError
from inspector.jsonfile import write_json

SCHEMA = "inspector.synthesize/1"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SynthesizeRequest:
    """What to make.

    Attributes:
        method: `cut-paste`, `perlin` or `gan`.
        count: How many pictures, the classes in turn.
        label: The class; "" for all that have material, or `synthetic` with `perlin`.
        seed: Every random choice follows from it.
        who: Who the labels are from.
        steps: Training steps of the GAN; None for its default.
        keep_weights: Where to keep the trained generator; None: nowhere.
    """

    method: str
    count: int
    label: str = ""
    seed: int = 0
    who: str = "generator"
    steps: int | None = None
    keep_weights: Path | None = None


def run(options: Namespace) -> int:
    """Do what was asked on the command line."""
    request = SynthesizeRequest(
        method=options.method,
        count=options.count,
        label=options.label.strip(),
        seed=options.seed,
        who=options.who.strip(),
        steps=options.steps,
        keep_weights=options.keep_weights,
    )
    quiet = options.json == "-" or options.json_lines
    with (
        open_dataset(options.dataset) as dataset,
        show_progress("synthesize", json_lines=options.json_lines) as progress,
    ):
        document = synthesize(dataset, request, progress)
    for note in document["notes"]:
        print(f"note: {note}", file=sys.stderr)
    if options.json:
        write_json(document, options.json, schema=SCHEMA)
    if not quiet:
        print(_as_text(document))
    return 0


def synthesize(dataset: Dataset, request: SynthesizeRequest, progress: Progress) -> dict[str, Any]:
    """Make the pictures, add them to the train split, and return what was done; all or nothing.

    Raises:
        UsageError: Values that do not go together.
        DatasetError: The run was made before, or the train split has nothing to make defects from.
        TrainingError: The network cannot learn from what is there.
    """
    _check(request)
    settings: dict[str, Any] = {"count": request.count}
    run = Synthesis(request.method, request.label, request.seed, request.who, settings)
    refuse_repeated(dataset, run)
    before = dataset.fingerprint
    maker, facts, notes = _make_maker(dataset, request, progress)
    settings |= facts
    labels: Counter[str] = Counter()

    def counted(maker: Maker) -> Any:
        for picture in make_pictures(maker, run, request.count, progress):
            labels[picture.label] += 1
            yield picture

    add_derived(dataset, run, counted(maker))
    return {
        "dataset": str(dataset.folder),
        "run": run.name,
        "method": request.method,
        "seed": request.seed,
        "pictures": request.count,
        "classes": dict(sorted(labels.items())),
        "split": "train",
        "fingerprint_before": before,
        "fingerprint": dataset.fingerprint,
        "gan": facts or None,
        "notes": notes,
    }


def _check(request: SynthesizeRequest) -> None:
    if request.count < 1 or request.seed < 0:
        raise UsageError(
            f"Cannot make {request.count} pictures with the seed {request.seed}.",
            cure="Give at least one picture and a seed from 0 up.",
        )
    if not request.who:
        raise UsageError("Labels need the name of who gives them.", cure="Give --who NAME.")
    if request.method != "gan" and (request.steps is not None or request.keep_weights is not None):
        raise UsageError(f"--steps and --keep-weights do not go with {request.method}.", cure="Leave them out.")
    if request.steps is not None and request.steps < 1:
        raise UsageError(f"--steps {request.steps}: nothing would be learned.", cure="Give 1 or more.")


def _make_maker(
    dataset: Dataset, request: SynthesizeRequest, progress: Progress
) -> tuple[Maker, dict[str, Any], list[str]]:
    """Return the maker, what to tell of its training, and notes for the person."""
    if request.method == "perlin":
        label = request.label or USUAL_CLASS
        return Perlin(gather_sources(dataset, label, defects=False), label), {}, []
    sources = gather_sources(dataset, request.label)
    if request.method == "cut-paste":
        return CutPaste(sources), {}, []
    return _train(dataset, sources, request, progress)


def _train(
    dataset: Dataset, sources: Sources, request: SynthesizeRequest, progress: Progress
) -> tuple[Maker, dict[str, Any], list[str]]:
    from training.gan import GanConfig, train_gan
    from training.gan_maker import GanMaker, measure
    from training.gan_patches import collect_patches

    sources, notes = _enough(dataset, sources)
    config = GanConfig(seed=request.seed) if request.steps is None else GanConfig(request.steps, seed=request.seed)
    patches = collect_patches(sources.defects)
    gan = train_gan(sources, patches, config, progress)
    distances = measure(gan, sources, patches, config)
    facts = {
        "steps": config.steps,
        "defects": dict(sorted(Counter(item.label for item in sources.defects).items())),
        **distances,
    }
    if distances["contrast_distance"] >= distances["contrast_distance_before"]:
        notes.append("The generated defects are no nearer to the real ones than good parts are: do not use them.")
    if request.keep_weights is not None:
        gan.save(request.keep_weights)
    return GanMaker(gan, sources, patches), facts, notes


def _enough(dataset: Dataset, sources: Sources) -> tuple[Sources, list[str]]:
    """Leave out the classes with too few defects to learn from.

    Raises:
        DatasetError: No class has enough.
    """
    from training.gan import LEAST_DEFECTS

    counts = Counter(item.label for item in sources.defects)
    few = {label: count for label, count in sorted(counts.items()) if count < LEAST_DEFECTS}
    told = ", ".join(f"{label} {count}" for label, count in few.items())
    if len(few) == len(counts):
        raise DatasetError(
            f"{dataset.folder}: the train split has too few defects with masks to learn from ({told}); a class needs"
            f" {LEAST_DEFECTS}.",
            cure="Use --method cut-paste, which needs one, or perlin, which needs none.",
        )
    notes = [f"Left out, since {LEAST_DEFECTS} defects with masks are needed: {told}."] if few else []
    kept = tuple(item for item in sources.defects if item.label not in few)
    return Sources(sources.carriers, kept), notes


def _as_text(document: dict[str, Any]) -> str:
    counts = ", ".join(f"{label} {count}" for label, count in document["classes"].items())
    lines = [f"made         {document['pictures']} pictures by {document['run']}, in train: {counts}"]
    if document["gan"]:
        gan = document["gan"]
        lines.append(
            f"contrast     {gan['contrast_distance']:.1f} grey levels from real defects"
            f" (good parts: {gan['contrast_distance_before']:.1f}), after {gan['steps']} steps"
        )
    return "\n".join([*lines, f"fingerprint  {document['fingerprint']}"])
