"""Tries malformed packages, recipes and archives one after the other, and says what came of each. See the campaign."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from inspector.errors import InspectorError

SUBJECTS = ("package", "recipe", "archive")
CONTROLS = ("executes", "writes outside", "reads outside", "raises", "dies", "hangs")
"""What an unsafe reader would do: the campaign must notice each."""
MEMORY_BYTES = 4 * 2**30
_SHARES = (5, 1, 3, 1)
"""How often each method is tried: tracing a memory's trunk takes ten times as long as loading a classifier."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case.

    Attributes:
        number: Of the case.
        subject: `package`, `recipe` or `archive`.
        spoiler: How it was spoiled.
        result: `refused`, `accepted` or `crashed`.
        said: The error, or what was executed, written or read.
        executed: Whether anything was.
        outside: Whether anything was written or read outside.
        spent_ms: Time of the readers.
    """

    number: int
    subject: str
    spoiler: str
    result: str
    said: str
    executed: bool
    outside: bool
    spent_ms: float


class Worker:
    """Makes each case anew in `world/case`, and lets the product's readers at it.

    Args:
        world: An empty folder; becomes this process's home, temporary and current folder.
        seed: Of the campaign.
    """

    def __init__(self, world: Path, seed: int) -> None:
        from tests.performance.malformed_guard import Guard
        from tests.performance.malformed_seeds import make_seeds

        for name in ("home", "temporary", "here", "outside", "case"):
            (world / name).mkdir()
        os.chdir(world / "here")
        os.environ |= {"INSPECTOR_HOME": str(world / "home"), "TMPDIR": str(world / "temporary")}
        tempfile.tempdir = str(world / "temporary")
        self._world, self._seed = world, seed
        self.seeds = make_seeds(world / "seeds")
        (world / "outside" / "secret.bin").write_bytes((self.seeds.packages[0] / "weights.safetensors").read_bytes())
        self._warm_up()
        self._guard = Guard(world)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))

    def run(self, number: int) -> Outcome:
        """Try one case."""
        subject = SUBJECTS[number % 3]
        path, spoiler = self._make(subject, number // 3, random.Random(f"{self._seed}:{number}"))
        return self._try(number, subject, spoiler, getattr(self, f"_read_{subject}"), path)

    def control(self, name: str) -> Outcome:
        """Be unsafe once."""
        path, _ = self._make("archive", 0, random.Random(0))
        return self._try(0, "control", name, lambda path: _unsafe(name, path, self._world), path)

    def _try(self, number: int, subject: str, spoiler: str, read: Callable[[Path], str], path: Path) -> Outcome:
        begun_s = time.perf_counter()
        with self._guard.watching() as seen:
            try:
                result, said = "accepted", read(path)
                if said:
                    result = "refused"
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                result, said = "crashed", f"{type(error).__name__}: {error}"[:500]
        spent_ms = (time.perf_counter() - begun_s) * 1000.0
        if subject == "recipe":  # it may name any package: that one is only looked at
            seen.read.clear()
        executed, outside = bool(seen.executed), bool(seen.wrote or seen.read)
        if executed or outside:
            said = f"{said} executed {seen.executed[:3]} wrote {seen.wrote[:3]} read {seen.read[:3]}"
        return Outcome(number, subject, spoiler, result, said, executed, outside, spent_ms)

    def _make(self, subject: str, turn: int, random_: random.Random) -> tuple[Path, str]:
        """Make the case in an empty folder; return what is to be read, and how it was spoiled."""
        from tests.performance import malformed_archives, malformed_packages, malformed_recipes

        case, canary = self._world / "case", self._world / "outside" / "executed"
        shutil.rmtree(case)
        (case / "outside").mkdir(parents=True)
        shutil.copy(self._world / "outside" / "secret.bin", case / "outside")
        if subject == "package":
            for number, folder in enumerate(self.seeds.packages):
                (case / f"other{number}").symlink_to(folder)
            (case / "release").symlink_to(self.seeds.release)
            path = case / "package"
            shutil.copytree(random_.choices(self.seeds.packages, _SHARES)[0], path)
            spoil = malformed_packages.SPOILERS[turn % len(malformed_packages.SPOILERS)]
        elif subject == "recipe":
            path = case / "washer.toml"
            path.write_text(random_.choice(self.seeds.recipes), encoding="utf-8")
            spoil = malformed_recipes.SPOILERS[turn % len(malformed_recipes.SPOILERS)]
        else:
            source = random_.choice(self.seeds.archives)
            path = case / source.name
            shutil.copy(source, path)
            spoil = malformed_archives.SPOILERS[turn % len(malformed_archives.SPOILERS)]
        spoil(path, random_, canary)
        return path, spoil.__name__

    def _read_package(self, path: Path) -> str:
        """Do everything that is done with a package; return why it was refused, "" where nothing refused it."""
        from inspector.inference.calibration import read_calibration
        from inspector.inference.load import load_model
        from inspector.inference.package import open_package
        from inspector.keys import signed_package, trust_of_this_pc
        from inspector.packing import pack_package
        from inspector.release_change import keep
        from tests.support import noise_picture

        try:
            package = open_package(path)
        except InspectorError as error:
            return error.message
        case = self._world / "case"
        picture = noise_picture(0)

        def judge() -> None:
            model = load_model(package, "cpu")
            model.warm_up()
            model.predict([picture, picture])
            model.explain(picture)

        steps: tuple[Callable[[], object], ...] = (
            judge,
            lambda: read_calibration(package) if package.card.calibration else None,
            lambda: trust_of_this_pc().standing(signed_package(package)),
            lambda: keep(case / "kept", package),
            lambda: pack_package(path, case / "packed.zip", lambda _done, _all: None),
        )
        return " | ".join(filter(None, map(_refusal, steps)))

    def _read_recipe(self, path: Path) -> str:
        """Load a recipe, look for its signature, and let `inspector recipe check` explain it."""
        from inspector.cli import main
        from inspector.keys import signed_recipe, trust_of_this_pc
        from inspector.recipe import load_recipe

        with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
            main(["recipe", "check", str(path)])
        try:
            recipe = load_recipe(path)
            assert recipe.inspection_hash
            trust_of_this_pc().standing(signed_recipe(recipe))
        except InspectorError as error:
            return error.message
        return ""

    def _read_archive(self, path: Path) -> str:
        """Unpack an archive; afterwards the folder is there, of regular files, or it is not there at all."""
        from datasets.packing import unpack_dataset
        from inspector.packing import unpack_package, unpack_recipe

        target = path.parent / "unpacked"
        unpackers: dict[str, Callable[[Path, Path, Callable[[int, int], None]], object]]
        unpackers = {"package": unpack_package, "recipe": unpack_recipe, "dataset": unpack_dataset}
        try:
            unpackers[path.stem](path, target, lambda _done, _all: None)
        except InspectorError as error:
            left = sorted(each.name for each in path.parent.iterdir() if each.name not in (path.name, "outside"))
            assert not left, f"left behind: {left}"
            return error.message
        strange = [each for each in target.rglob("*") if each.is_symlink() or not (each.is_dir() or each.is_file())]
        assert not strange, f"no regular files: {strange}"
        return ""

    def _warm_up(self) -> None:
        """Let every reader work once, so that what they import is imported."""
        for folder in self.seeds.packages:
            copy = self._world / "case" / "package"
            shutil.copytree(folder, copy)
            self._read_package(copy)
            shutil.rmtree(self._world / "case")
            (self._world / "case").mkdir()
        for archive in self.seeds.archives:
            shutil.copy(archive, self._world / "case")
            assert self._read_archive(self._world / "case" / archive.name) == ""
            shutil.rmtree(self._world / "case")
            (self._world / "case").mkdir()
        recipe = self._world / "case" / "washer.toml"
        recipe.write_text(self.seeds.recipes[0], encoding="utf-8")
        self._read_recipe(recipe)


def _refusal(step: Callable[[], object]) -> str:
    try:
        step()
    except InspectorError as error:
        return error.message
    return ""


def _unsafe(name: str, path: Path, world: Path) -> str:
    """Do what no reader may."""
    from tests.performance.malformed_values import Canary

    match name:
        case "executes":
            pickle.loads(pickle.dumps(Canary(world / "outside" / "executed")))  # noqa: S301
            (world / "outside" / "executed").rmdir()
        case "writes outside":
            (path.parent / "../outside/new.txt").write_text("escaped")
        case "reads outside":
            (path.parent / "../outside/secret.bin").read_bytes()
        case "raises":
            raise RecursionError("no InspectorError")
        case "dies":
            os.abort()
        case "hangs":
            while True:
                time.sleep(1)
    return ""


def main(arguments: list[str]) -> int:
    """`WORLD SEED FIRST END [CONTROL …]`: a JSON line before and after each case, and the peak of memory at the end."""
    import torch

    sys.dont_write_bytecode = True
    torch.set_num_threads(1)
    world, seed, first, end = Path(arguments[0]), *map(int, arguments[1:4])
    worker = Worker(world, seed)
    print(json.dumps({"ready": True}), flush=True)
    for control in arguments[4:]:
        print(json.dumps(asdict(worker.control(control))), flush=True)
    for number in range(first, end):
        print(json.dumps({"begun": number}), flush=True)
        print(json.dumps(asdict(worker.run(number))), flush=True)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"peak_mib": peak_kib / 1024}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
