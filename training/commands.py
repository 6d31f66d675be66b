"""The sub-commands `inspector train` and `inspector evaluate`. Nothing heavy is imported before they run."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from inspector.jsonfile import add_json_option
from inspector.plugins import Command


def _size(text: str) -> tuple[int, int]:
    """Read N or WxH."""
    parts = text.lower().split("x")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2):
        raise ArgumentTypeError(f"{text!r} is neither a number of pixels nor WIDTHxHEIGHT")
    return numbers[0], numbers[-1]


def _configure_train(parser: ArgumentParser) -> None:
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("dataset", type=Path, help="data set folder, from `inspector dataset import`")
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE", help="folder of the model package")
    parser.add_argument("--run-folder", type=Path, help="checkpoint, logs and sample pictures (default: PACKAGE.run)")
    parser.add_argument("--resume", action="store_true", help="go on from the last finished epoch")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    network = parser.add_argument_group("network")
    network.add_argument("--backbone", help="torchvision's name, or resnet10 (default: mobilenet_v2)")
    network.add_argument("--weights", metavar="SOURCE", help="imagenet, none, or a state-dict file (default: imagenet)")
    network.add_argument("--image-size", type=_size, metavar="N|WxH", help="input size in pixels (default: 288)")
    network.add_argument("--fit", choices=("letterbox", "crop"), help="other aspect ratios (default: letterbox)")
    network.add_argument("--train-stem", action="store_true", help="pretrained: train the layers of stride <= 4 too")
    learning = parser.add_argument_group("learning")
    learning.add_argument("--epochs", type=int, help="default: as many as show about 12,000 pictures, 12 to 60")
    learning.add_argument("--batch-size", type=int, help="pictures per step (default: 16)")
    learning.add_argument("--learning-rate", type=float, help="peak (default: 0.0003 pretrained, 0.002 random)")
    learning.add_argument("--label-smoothing", type=float, help="default: 0.02")
    learning.add_argument("--balance", type=float, help="0: classes as found, 1: all alike (default: 0.5)")
    learning.add_argument("--guide", type=float, help="weight of the masks in the loss; 0: not used (default: 1)")
    learning.add_argument("--patience", type=int, help="epochs without progress (default: half, 8 at least)")
    learning.add_argument("--seed", type=int, help="every random choice follows from it (default: 0)")
    learning.add_argument("--augment", choices=("none", "light", "medium", "strong"), help="default: medium")
    learning.add_argument("--keep-orientation", action="store_true", help="no flips and quarter turns")


def _train(options: Namespace) -> int:
    import torch

    from datasets.manifest import open_dataset
    from inspector.errors import TrainingError
    from training.classify import train_classifier
    from training.config import make_config
    from training.progress import make_reporter

    width, height = options.image_size or (None, None)
    config = make_config(
        backbone=options.backbone,
        weights=options.weights,
        width=width,
        height=height,
        fit=options.fit,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        label_smoothing=options.label_smoothing,
        balance=options.balance,
        augment=options.augment,
        guide=options.guide,
        keep_orientation=options.keep_orientation,
        train_stem=options.train_stem,
        patience=options.patience,
        seed=options.seed,
    )
    reporter = make_reporter(json_lines=options.json_lines)
    with open_dataset(options.dataset) as dataset:
        try:
            train_classifier(
                dataset,
                options.out,
                config,
                reporter,
                run_folder=options.run_folder,
                device=options.device,
                resume=options.resume,
            )
        except KeyboardInterrupt:
            reporter.note("Stopped. The same command with `--resume` goes on after the last finished epoch.")
            raise
        except torch.OutOfMemoryError as error:
            raise TrainingError(
                "The GPU's memory does not suffice for this network, input size and batch.",
                cure="Lower `--batch-size` or `--image-size`, or use `--device cpu`.",
            ) from error
    return 0


def _configure_evaluate(parser: ArgumentParser) -> None:
    parser.add_argument("package", type=Path, help="model package folder")
    parser.add_argument("dataset", type=Path, help="data set folder")
    parser.add_argument("--split", choices=("train", "validation", "test", "all"), default="test")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write report.html, self-contained, into DIR")
    parser.add_argument(
        "--require",
        action="append",
        default=[],
        metavar="METRIC=MINIMUM",
        help="exit with 1 where a figure stays below, for example macro_f1=0.93; may be repeated",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--resamples", type=int, default=2000, help="of the bootstrap (default: 2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: 0)")
    add_json_option(parser)


def _evaluate(options: Namespace) -> int:
    from training.evaluate import run

    return run(options)


def _configure_synthesize(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, help="data set folder; pictures and masks are added below it")
    parser.add_argument("--method", choices=("cut-paste", "perlin", "gan"), required=True, help="how defects are made")
    parser.add_argument("--count", type=int, required=True, metavar="N", help="how many pictures, the classes in turn")
    parser.add_argument(
        "--class", dest="label", default="", metavar="NAME", help="one class only; with perlin its name (synthetic)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, other pictures (0)")
    parser.add_argument("--who", default="generator", metavar="NAME", help="who the labels are from (generator)")
    parser.add_argument("--steps", type=int, metavar="N", help="gan: training steps (600)")
    parser.add_argument("--keep-weights", type=Path, metavar="FILE", help="gan: keep the generator as safetensors")
    parser.add_argument("--json-lines", action="store_true", help="progress as one JSON object per line on stdout")
    add_json_option(parser)


def _synthesize(options: Namespace) -> int:
    from training.synthesize import run

    return run(options)


TRAIN = Command(help="Train a model on a data set and write a model package.", configure=_configure_train, run=_train)
EVALUATE = Command(
    help="Judge a data set's images with a model package and print how good it is.",
    configure=_configure_evaluate,
    run=_evaluate,
)
SYNTHESIZE = Command(
    help="Add pictures with synthetic defects to a data set's train split.",
    configure=_configure_synthesize,
    run=_synthesize,
)
