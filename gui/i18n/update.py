"""Bring the translations up to date: `python -m gui.i18n.update`.

Collects every source string into the `.ts` files (Qt's lupdate) and compiles them (lrelease). Both programs come with
PySide6. New strings have to be translated by hand in the `.ts` file before the second run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gui.i18n import LANGUAGES

FOLDER = Path(__file__).parent
SOURCES = FOLDER.parent


def tool(name: str) -> str:
    """Return the path of one of PySide6's programs, which lie beside the interpreter."""
    return str(Path(sys.executable).with_name(f"pyside6-{name}"))


def collect(target: Path) -> None:
    """Merge the source strings into a `.ts` file; vanished ones are dropped."""
    sources = [str(path) for path in sorted(SOURCES.rglob("*.py"))]
    command = [tool("lupdate"), *sources, "-locations", "none", "-no-obsolete", "-ts", str(target)]
    subprocess.run(command, check=True, capture_output=True)


def compile_ts(source: Path, target: Path) -> None:
    """Compile a `.ts` file to `.qm`."""
    subprocess.run([tool("lrelease"), str(source), "-qm", str(target)], check=True, capture_output=True)


def main() -> int:
    """Update every language."""
    for language in LANGUAGES:
        if language != "en":
            source = FOLDER / f"inspector_{language}.ts"
            collect(source)
            compile_ts(source, source.with_suffix(".qm"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
