# ruff: noqa: INP001, S311, SLF001
"""Make docs/images/reports-en.png and reports-zh.png from the real page on a log that this script fills.

    xvfb-run -a -s "-screen 0 1920x1080x24" python docs/make_report_screenshots.py

The parts are drawn by chance, with more cracks in one hour than in the others: the chart has something to find. What
is on the pictures are figures of no real line.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from gui.app import make_application, make_window
from gui.reports.page import ReportsPage
from gui.reports.periods import PERIODS
from gui.theme import DARK, LIGHT
from inspector.log import open_log, override
from inspector.reports.shifts import day_bounds, local_zone
from inspector.types import Decision, Verdict
from tests.support import a_record

FOLDER = Path(__file__).parent / "images"
SIZE = (1366, 768)
HOURS = 16
BAD_HOUR = 9
WAIT_S = 20.0
PRODUCTS = {"washer M8": "a" * 64, "gear 12": "b" * 64}
DEFECTS = ["crack"] * 5 + ["scratch"] * 3 + ["dent"] * 2 + ["stain"]


def fill(folder: Path) -> None:
    """Record the parts of yesterday."""
    draw = random.Random(4)
    yesterday = dt.datetime.now(local_zone()).date() - dt.timedelta(days=1)
    begin_s = day_bounds(yesterday, local_zone())[0] + 6 * 3600
    with open_log(folder, reserve_bytes=0) as log:
        for name, hash_ in PRODUCTS.items():
            log.records.keep_recipe(hash_, name, f"/{name}.toml", "")
        for hour in range(HOURS):
            for number in range(draw.randint(40, 70)):
                bad = draw.random() < (0.3 if hour == BAD_HOUR else 0.04)
                class_ = draw.choice(DEFECTS) if bad else "good"
                verdict = Verdict.FAIL if bad else Verdict.PASS
                record = log.append(
                    a_record(
                        f"P{hour}-{number}",
                        decision=Decision(verdict, class_, class_, 0.5, None, "front"),
                        recipe_hash=draw.choice(list(PRODUCTS.values())),
                        decided_time_ns=(begin_s + hour * 3600 + draw.randint(0, 3599)) * 10**9,
                        station="line-1",
                    )
                )
                if bad and draw.random() < 0.3:
                    log.append(override(record, verdict=Verdict.PASS, reason="clean", note="", who="Ada"))


def wait(condition: Callable[[], bool], seconds: float = WAIT_S) -> None:
    """Let Qt work until the condition holds or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not condition():
        QApplication.processEvents()
        time.sleep(0.01)


def main() -> int:
    """Take both pictures."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["INSPECTOR_HOME"] = home
        log = Path(home) / "log"
        fill(log)
        window = make_window(make_application(), Path(home), log)
        window.resize(*SIZE)
        window.show()
        window.open_reports()
        page = window.page
        if not isinstance(page, ReportsPage):
            raise SystemExit("the page Reports did not open")
        page.period.setCurrentIndex(PERIODS.index("yesterday"))
        wait(lambda: page.report is not None and page.report.total.parts > 0)
        for language, theme, name in (("en", LIGHT, "reports-en"), ("zh_CN", DARK, "reports-zh")):
            window._look.set_language(language)
            window._look.set_theme(theme)
            wait(lambda: False, 1.0)
            page.yields.point_at(BAD_HOUR)
            wait(lambda: False, 0.3)
            window.grab().save(str(FOLDER / f"{name}.png"))
        window._look.set_language("en")
        window._look.set_theme(LIGHT)
        window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
