"""`inspector train`: one command for every method. Nothing heavy is imported before it runs."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets.manifest import Dataset
    from training.progress import Reporter

METHODS = ("classifier", "patch-memory", "autoencoder", "hybrid")

_FRAME = ("dataset", "out", "run_folder", "resume", "device", "json_lines", "method", "image_size", "command", "run",
          "tile", "tile_overlap")  # fmt: skip
_MEMORY_HALF = {"memory_backbone": "backbone", "memory_weights": "weights", "memory_size": "size"}
_MEMORY_ONLY = ("layers", "memory", "dimensions", "smoothing", "top_share", "precision")


def size_of(text: str) -> tuple[int, int]:
    """Return the width and height that N or WxH says. Raises ArgumentTypeError."""
    parts = text.lower().split("x")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise ArgumentTypeError(f"{text!r} is neither a number of pixels nor WIDTHxHEIGHT")
    return numbers[0], numbers[-1]


def _names(text: str) -> tuple[str, ...]:
    """Read a list of names with commas between."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def configure(parser: ArgumentParser) -> None:
    """Add the arguments. A setting that was not given is absent: each method has its own defaults."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("dataset", type=Path, help="data set folder, from `inspector dataset import`")
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE", help="folder of the model package")
    parser.add_argument("--run-folder", type=Path, help="checkpoint, logs and sample pictures (default: PACKAGE.run)")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    add_settings(parser)


def add_settings(parser: ArgumentParser) -> None:
    """Add what decides how a package is trained, and where: the same for `inspector train` and `inspector retrain`."""
    parser.add_argument(
        "--method", choices=METHODS, default="classifier",
        help="classifier: named defects (default); patch-memory, autoencoder: good parts alone; hybrid: both",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    network = parser.add_argument_group("network")
    _add(network, "--backbone", help="torchvision's name, or resnet10 (default: mobilenet_v2; patch-memory: resnet18)")
    _add(network, "--weights", metavar="SOURCE", help="imagenet, none, or a state-dict file (default: imagenet)")
    parser.add_argument(
        "--image-size",
        type=size_of,
        metavar="N|WxH",
        help="input size in pixels (default: 288; patch-memory: 256; autoencoder: 128)",
    )
    _add(network, "--fit", choices=("letterbox", "crop", "stretch"), help="other aspect ratios (default: letterbox)")
    parser.add_argument(
        "--tile", type=size_of, metavar="N|WxH",
        help="cut large pictures into overlapping tiles of so many pixels; a part is as bad as its worst tile "
        "(classifier, which needs masks; patch-memory)",
    )  # fmt: skip
    parser.add_argument("--tile-overlap", type=int, metavar="PX", help="least overlap (default: a quarter of a tile)")
    _add(network, "--tiles-per-picture", type=int, metavar="N", help="most good tiles learned from (default: 16)")
    _add(network, "--train-stem", action="store_true", help="pretrained: train the layers of stride <= 4 too")
    _add(network, "--seed", type=int, help="every random choice follows from it (default: 0)")
    learning = parser.add_argument_group("learning (classifier, autoencoder, hybrid)")
    _add(learning, "--epochs", type=int, help="default: as many as show about 12,000 pictures, 12 to 60")
    _add(learning, "--batch-size", type=int, help="pictures per step (default: 16; patch-memory: 8)")
    _add(learning, "--learning-rate", type=float, help="peak (default: 0.0003 pretrained, 0.002 random)")
    _add(learning, "--label-smoothing", type=float, help="default: 0.02")
    _add(learning, "--balance", type=float, help="0: classes as found, 1: all alike (default: 0.5)")
    _add(learning, "--guide", type=float, help="weight of the masks in the loss; 0: not used (default: 1)")
    _add(learning, "--patience", type=int, help="epochs without progress (default: half, 8 at least)")
    _add(learning, "--augment", choices=("none", "light", "medium", "strong"), help="default: medium")
    _add(learning, "--keep-orientation", action="store_true", help="no flips and quarter turns")
    _configure_memory(parser)


def _configure_memory(parser: ArgumentParser) -> None:
    memory = parser.add_argument_group("memory of good parts (patch-memory, hybrid)")
    _add(memory, "--layers", type=_names, metavar="A,B", help="modules of the backbone, finest first (stride 8 and 16)")
    _add(memory, "--memory", type=int, metavar="ROWS", help="most rows kept (default: 2000)")
    _add(memory, "--dimensions", type=int, metavar="N", help="numbers per row after the projection (default: 128)")
    _add(memory, "--smoothing", type=float, metavar="PX", help="of the heat map; autoencoder: window (default: 4; 9)")
    _add(memory, "--top-share", type=float, help="share of the places that make the score (default: 0.01)")
    _add(memory, "--precision", choices=("auto", "float32", "bfloat16"), help="of the network on a CPU (default: auto)")
    _add(memory, "--memory-backbone", metavar="NAME", help="hybrid: network of the memory (default: the classifier's)")
    _add(memory, "--memory-weights", metavar="SOURCE", help="hybrid: its weights (default: the classifier's)")
    _add(memory, "--memory-size", type=size_of, metavar="N|WxH", help="hybrid: its input size (default: 256)")


def _add(group: Any, name: str, **how: Any) -> None:
    group.add_argument(name, default=SUPPRESS, **how)


def run(options: Namespace) -> int:
    """Train as asked.

    Raises:
        UsageError: A setting out of its range, or one that the method does not have.
        TrainingError: The data cannot be learned from, or the weights are not to be had.
    """
    import torch

    from datasets.manifest import open_dataset
    from inspector.errors import TrainingError
    from training.progress import make_reporter

    settings = {name: value for name, value in vars(options).items() if name not in _FRAME}
    if options.image_size or options.tile:
        settings["width"], settings["height"] = options.image_size or options.tile
    settings |= _tiling(options)
    start = _STARTS[options.method]
    reporter = make_reporter(json_lines=options.json_lines)
    with open_dataset(options.dataset) as dataset:
        try:
            start(dataset, options, settings, reporter)
        except KeyboardInterrupt:
            resumable = options.method != "patch-memory"
            again = "The same command with `--resume` goes on after the last finished epoch."
            reporter.note(f"Stopped. {again if resumable else 'No package was written.'}")
            raise
        except torch.OutOfMemoryError as error:
            raise TrainingError(
                "The GPU's memory does not suffice for this network, input size and batch.",
                cure="Lower `--batch-size` or `--image-size`, or use `--device cpu`.",
            ) from error
    return 0


def _tiling(options: Namespace) -> dict[str, Any]:
    """Return the setting that cuts pictures; none where nobody asked. Raises UsageError."""
    from inspector.errors import UsageError
    from inspector.inference.card import TILED_METHODS

    if options.tile is None:
        if options.tile_overlap is not None:
            raise UsageError("--tile-overlap without tiles.", cure="Give the size of a tile with --tile.")
        return {}
    if options.method not in TILED_METHODS:
        raise UsageError(
            f"--tile: the method {options.method} does not judge by tiles.",
            cure=f"Choose one of {', '.join(TILED_METHODS)}.",
        )
    width, height = options.tile
    return {"tiling": {"width": width, "height": height, "overlap": options.tile_overlap}}


def _classifier(dataset: Dataset, options: Namespace, settings: dict[str, Any], reporter: Reporter) -> None:
    from training.classify import train_classifier
    from training.config import make_config

    config = make_config(**settings)
    train_classifier(dataset, options.out, config, reporter, **_run(options))


def _autoencoder(dataset: Dataset, options: Namespace, settings: dict[str, Any], reporter: Reporter) -> None:
    from training.autoencoder import AutoencoderConfig, train_autoencoder
    from training.config import make_config

    if "smoothing" in settings:
        settings["smoothing"] = round(settings["smoothing"])
    config = make_config(AutoencoderConfig, **settings)
    train_autoencoder(dataset, options.out, config, reporter, **_run(options))


def _patch_memory(dataset: Dataset, options: Namespace, settings: dict[str, Any], reporter: Reporter) -> None:
    from training.config import make_config
    from training.patch_memory import PatchMemoryConfig, fit_patch_memory

    config = make_config(PatchMemoryConfig, **settings)
    fit_patch_memory(dataset, options.out, config, reporter, device=options.device)


def _hybrid(dataset: Dataset, options: Namespace, settings: dict[str, Any], reporter: Reporter) -> None:
    from training.config import make_config
    from training.hybrid import train_hybrid
    from training.patch_memory import PatchMemoryConfig, fit_patch_memory

    memory = {name: settings.pop(name) for name in _MEMORY_ONLY if name in settings}
    memory |= {new: settings.pop(old) for old, new in _MEMORY_HALF.items() if old in settings}
    if "size" in memory:
        memory["width"], memory["height"] = memory.pop("size")
    config = make_config(**settings)
    shared = {"backbone": config.backbone, "weights": config.weights, "fit": config.fit, "seed": config.seed}
    half = make_config(PatchMemoryConfig, **{**shared, **memory})

    def fit(folder: Path, own: Reporter) -> Any:
        return fit_patch_memory(dataset, folder, half, own, device=options.device)

    train_hybrid(dataset, options.out, config, fit, reporter, **_run(options))


def _run(options: Namespace) -> dict[str, Any]:
    return {"run_folder": options.run_folder, "device": options.device, "resume": options.resume}


_STARTS: dict[str, Callable[[Dataset, Namespace, dict[str, Any], Reporter], None]] = {
    "classifier": _classifier,
    "patch-memory": _patch_memory,
    "autoencoder": _autoencoder,
    "hybrid": _hybrid,
}
