"""The window's sub-commands: `inspector station`, `risk`, `history`, `review` and `demo`. Imports nothing heavy."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from inspector.plugins import Command


def _configure_station(parser: ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, nargs="?", help="the recipe (TOML); without one the start page opens")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")


def _run_station(options: Namespace) -> int:
    from gui.display import check_display
    from inspector.recipe import load_recipe

    recipe = load_recipe(options.recipe) if options.recipe else None
    named = options.recipe or "RECIPE"
    check_display(f"Run `inspector run {named} --headless`, or give this session a display (for instance xvfb-run).")
    from gui.app import run_station

    return run_station(recipe, options.log)


def _configure_risk(parser: ArgumentParser) -> None:
    parser.add_argument("package", type=Path, nargs="?", metavar="PACKAGE", help="the model package")


def _run_risk(options: Namespace) -> int:
    from gui.display import check_display
    from inspector.inference.package import open_package

    if options.package is not None:
        open_package(options.package)
    check_display("Run `inspector calibrate PACKAGE DATASET --max-escape 1%`, or give this session a display.")
    from gui.app import run_risk

    return run_risk(options.package)


def _configure_history(parser: ArgumentParser) -> None:
    parser.add_argument("serial", nargs="?", default="", metavar="SERIAL", help="search for it, or for its beginning")
    parser.add_argument("--log", type=Path, metavar="DIR", help="folder of the inspection log")


def _run_history(options: Namespace) -> int:
    from gui.display import check_display

    check_display("Run `inspector log list` or `inspector log show PART`, or give this session a display.")
    from gui.app import run_history

    return run_history(options.log, options.serial)


def _configure_review(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", type=Path, metavar="DATASET", help="folder of the data set")
    parser.add_argument(
        "--who", default="", metavar="NAME", help="who reviews ($INSPECTOR_USER, else the system's name)"
    )
    parser.add_argument("--package", type=Path, metavar="DIR", help="model package: heat maps, and what it suggests")


def _run_review(options: Namespace) -> int:
    from gui.display import check_display
    from inspector.people.console import person_of_console

    check_display("Run `inspector dataset audit DATASET`, or give this session a display.")
    from gui.review.window import run_review

    return run_review(options.dataset, person_of_console(options.who), options.package)


def _configure_demo(parser: ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="no window")
    parser.add_argument("--parts", type=_positive, metavar="N", help="stop after N parts and exit")
    parser.add_argument("--dir", type=Path, metavar="D", help="where everything of the demo lies")
    parser.add_argument("--reset", action="store_true", help="draw and train anew")
    parser.add_argument("--images", type=_positive, metavar="N", help="draw N pictures to train on")
    parser.add_argument("--epochs", type=_positive, metavar="N", help="train for N epochs")


def _run_demo(options: Namespace) -> int:
    import time

    from gui.demo import DemoPlan, reset, run_demo_headless
    from gui.display import display_problem
    from inspector.settings import data_folder

    started_s = time.monotonic()
    plan = DemoPlan(options.dir or data_folder() / "demo")
    plan = plan.resized(images=options.images, epochs=options.epochs)
    if options.reset:
        reset(plan)
    problem = "" if options.headless else display_problem()
    if problem:
        print(f"{problem} The demo runs without a window.", flush=True)
    if options.headless or problem:
        return run_demo_headless(plan, options.parts, started_s)
    from gui.app import run_demo

    return run_demo(plan, options.parts, started_s)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


STATION = Command("inspect parts in a window", _configure_station, _run_station)
RISK = Command("state the accepted risk of a model package in a window", _configure_risk, _run_risk)
HISTORY = Command("find parts in the inspection log in a window", _configure_history, _run_history)
REVIEW = Command("look for wrong labels and mend them, in a window", _configure_review, _run_review)
DEMO = Command("make example data, train on it and inspect a simulated line", _configure_demo, _run_demo)
