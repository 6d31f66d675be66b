"""`inspector dataset`: its sub-commands and options. Imports nothing heavy; the work is in `datasets.actions`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from datasets.audit_command import configure_audit
from datasets.formats import EXPORTS, FORMATS
from datasets.loop_commands import configure_from_log, configure_regression
from datasets.review.commands import configure_history, configure_relabel
from inspector.commands.package import add_pack_actions
from inspector.jsonfile import add_json_option
from inspector.plugins import Command


def configure(parser: ArgumentParser) -> None:
    """Add the sub-commands."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(name: str, text: str, *, aliases: tuple[str, ...] = ()) -> ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text, aliases=aliases)
        sub.set_defaults(action=name)
        return sub

    _configure_import(add("import", "Make a data set from a folder of images, every one checked."))
    show = add("show", "Print what a data set holds, its splits, its fingerprint and what was rejected.")
    split = add("split", "Split a data set again; splits that the source gave are kept.")
    export = add("export", "Write a data set for other programs.")
    check = add("check", "Read every image and mask again; exit code 1 where one is missing or was altered.")
    root = add("root", "Tell a data set where its images are now.")
    configure_relabel(add("relabel", "Give images another class; the old one stays in the history."))
    configure_history(add("history", "Print what people said of images: labels, masks, reviews."))
    for sub in (show, split, export, check, root):
        sub.add_argument("dataset", metavar="DATASET", type=Path, help="folder of the data set")
    for sub in (show, split, check):
        add_json_option(sub)
    _add_split_options(split)
    for name, text in EXPORTS.items():
        export.add_argument(f"--{name}", metavar="PATH", type=Path, help=text)
    export.add_argument("--split-only", metavar="SPLIT", choices=("train", "validation", "test"), help="one split only")
    root.add_argument("old", metavar="OLD", type=Path, help="the folder as the data set knows it")
    root.add_argument("new", metavar="NEW", type=Path, help="where the same files lie now")
    configure_audit(add("audit", "List which labels to doubt, what stands in two splits, and what else to look at."))
    add_pack_actions(actions, "a data set")
    configure_from_log(add("from-log", "Take parts out of a station's log, each once, as images to be reviewed."))
    configure_regression(add("regression", "Parts that every later model must not pass: list, add, withdraw."))
    _configure_synthesize(add("synthesize", "Draw a synthetic data set of steel washers.", aliases=("generate",)))


def _configure_import(parser: ArgumentParser) -> None:
    parser.add_argument("source", metavar="SRC", type=Path, help="folder with the images; they stay where they are")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder of the data set, made where absent")
    parser.add_argument(
        "--pattern",
        metavar="P",
        default="",
        help="path of an image below SRC with the fields {class} {part} {view} {id} {split} {lot}, for instance "
        "'{class}/Imgs/{id}.jpg'; without file ending it fits every image type",
    )
    parser.add_argument("--mask", metavar="P", default="", help="path of its mask with the same fields; not 0 = defect")
    parser.add_argument("--good", metavar="NAME", nargs="+", action="extend", default=[], help="classes that may pass")
    parser.add_argument(
        "--defect-class", metavar="NAME", default="defect", help="the class of images whose mask is not empty (defect)"
    )
    parser.add_argument("--format", choices=FORMATS, default="", help="a known layout instead of a pattern")
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, nargs="+", action="extend", default=[], help="lists of images: path,class,…"
    )
    parser.add_argument(
        "--annotations", metavar="FILE", type=Path, nargs="+", action="extend", default=[],
        help="files of another program, where they do not lie in SRC (--format coco, cvat, label-studio, …)",
    )  # fmt: skip
    parser.add_argument("--copy", action="store_true", help="copy the images into OUT")
    parser.add_argument("--append", action="store_true", help="add new images to the data set in OUT")
    parser.add_argument("--lot", metavar="REGEX", default="", help="finds the lot in a path; lots are never split")
    parser.add_argument("--name", default="", help="name of the data set (the folder's)")
    _add_split_options(parser)
    parser.add_argument("--json-lines", action="store_true", help="print progress as JSON lines")
    add_json_option(parser)


def _add_split_options(parser: ArgumentParser) -> None:
    parser.add_argument("--split", metavar="T/V/T", default="", help="shares of train/validation/test (70/15/15)")
    parser.add_argument("--seed", type=int, default=None, metavar="N", help="another number, another split (0)")
    parser.add_argument(
        "--hold-out", type=float, metavar="SHARE", help="share of a given train split that becomes validation"
    )
    parser.add_argument("--split-anew", action="store_true", help="do not keep the splits that the source gives")


def _configure_synthesize(parser: ArgumentParser) -> None:
    parser.add_argument("out", metavar="OUT", type=Path, help="folder of the data set; must not exist, or be empty")
    parser.add_argument("--images", type=int, default=400, metavar="N", help="how many pictures (400)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, another data set (0)")
    parser.add_argument("--difficulty", type=float, default=0.3, metavar="D", help="0 (easy) to 1 (hard) (0.3)")
    parser.add_argument("--size", type=int, default=320, metavar="PX", help="width and height of a picture (320)")
    parser.add_argument("--defect-share", type=float, default=0.4, metavar="S", help="share of bad parts, 0 to 1 (0.4)")
    parser.add_argument("--split", metavar="T/V/T", default="70/15/15", help="shares of train/validation/test")
    parser.add_argument("--json-lines", action="store_true", help="print progress as JSON lines")
    add_json_option(parser)


def run(options: Namespace) -> int:
    """Do what was asked; see `datasets.actions`."""
    from datasets.actions import ACTIONS

    return ACTIONS[options.action](options)


COMMAND = Command("Make, look at, split and export data sets.", configure, run)
