"""Malformed packages, recipes and archives: nothing is executed, nothing written outside, nothing crashes.

    python -m tests.performance.malformed_campaign --cases 10000

Every third case is a model package (loaded, run, copied into a release, packed), a recipe (checked and loaded) or an
archive (unpacked): bits turned, pieces cut, values out of every bound, names that lead elsewhere, pickles in every
disguise, bombs, links, pipes and devices. The readers run in processes of their own under a memory limit; a watch on
what they open, change and start, and a canary that a pickle would make, tell what they do (`malformed_guard`). A case
must end within its time, by an InspectorError or as accepted: spoiling a figure that nothing depends on is no harm.

First an unsafe reader is tried in each of the ways that are looked for: the campaign must notice every one.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.performance.malformed_worker import CONTROLS, SUBJECTS, Outcome

START_S = 180.0
_MEMORY_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the disk is not what is tried


@dataclass(slots=True)
class Report:
    """What came of the cases.

    Attributes:
        outcomes: Of those that ended.
        dead: What the process died of, by case.
        hung: Cases that did not end in time.
        peak_mib: The largest memory of a worker.
        unnoticed: Controls that the campaign did not see.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    dead: dict[int, str] = field(default_factory=dict)
    hung: list[int] = field(default_factory=list)
    peak_mib: float = 0.0
    unnoticed: list[str] = field(default_factory=list)

    @property
    def bad(self) -> list[Outcome]:
        """The cases in which something happened that must not."""
        return [each for each in self.outcomes if each.executed or each.outside or each.result == "crashed"]

    @property
    def clean(self) -> bool:
        """Whether nothing bad happened, and the campaign would have noticed."""
        return not (self.bad or self.dead or self.hung or self.unnoticed)


def _lines(process: subprocess.Popen[str]) -> queue.Queue[str]:
    found: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            found.put(line)
        found.put("")

    threading.Thread(target=read, daemon=True).start()
    return found


def _messages(command: list[str], limit_s: float) -> Iterator[dict[str, object]]:
    """Start a worker, yield what it says; at the end `{"ended": code}`, or `{"hung": True}` where it says nothing."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        lines, wait_s = _lines(process), START_S
        try:
            while line := lines.get(timeout=wait_s):
                wait_s = limit_s
                yield json.loads(line)
        except queue.Empty:
            yield {"hung": True}
        finally:
            process.kill()
        yield {"ended": process.wait()}


def run_range(report: Report, seed: int, first: int, end: int, limit_s: float) -> None:
    """Run cases `first` to `end`, with a new worker after each that died or hung."""
    while first < end:
        first = _run_worker(report, seed, first, end, limit_s)


def _run_worker(report: Report, seed: int, first: int, end: int, limit_s: float) -> int:
    """Run one worker until it ends; return the case to go on with."""
    begun = -1
    with tempfile.TemporaryDirectory(dir=_MEMORY_DISK, ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "tests.performance.malformed_worker", folder, str(seed), str(first), str(end)]
        for said in _messages(command, limit_s):
            match said:
                case {"begun": int(number)}:
                    begun = number
                case {"peak_mib": float(peak)}:
                    report.peak_mib = max(report.peak_mib, peak)
                    begun = end - 1
                case {"hung": True}:
                    report.hung.append(begun)
                    return begun + 1 if begun >= 0 else end
                case {"ended": int(code)} if code or begun < end - 1:
                    report.dead[begun] = f"exit code {code}"
                    return begun + 1 if begun >= 0 else end
                case {"number": int()}:
                    report.outcomes.append(Outcome(**said))  # type: ignore[arg-type]  # from asdict
                case _:
                    pass
    return end


def run_controls(report: Report) -> None:
    """Be unsafe in every way that is looked for: the last two each end a worker."""
    for names in (CONTROLS[:4], CONTROLS[4:5], CONTROLS[5:]):
        tried = Report()
        with tempfile.TemporaryDirectory(dir=_MEMORY_DISK, ignore_cleanup_errors=True) as folder:
            command = [sys.executable, "-m", "tests.performance.malformed_worker", folder, "0", "0", "0", *names]
            for said in _messages(command, 3.0):
                if "number" in said:
                    tried.outcomes.append(Outcome(**said))  # type: ignore[arg-type]  # from asdict
                elif "hung" in said:
                    tried.hung.append(0)
                    break
                elif said.get("ended"):
                    tried.dead[0] = f"exit code {said['ended']}"
        report.unnoticed += [name for name in names if not noticed(name, tried)]


def noticed(name: str, tried: Report) -> bool:
    """Return whether a control was seen for what it is."""
    own = [each for each in tried.outcomes if each.spoiler == name]
    seen = {
        "executes": any(each.executed for each in own),
        "writes outside": any("wrote ['" in each.said for each in own),
        "reads outside": any("read ['" in each.said for each in own),
        "raises": any(each.result == "crashed" for each in own),
        "dies": bool(tried.dead),
        "hangs": bool(tried.hung),
    }
    return seen[name]


def run_campaign(cases: int, *, seed: int, workers: int, limit_s: float) -> Report:
    """Run the controls, then `cases` cases; return the report."""
    report = Report()
    run_controls(report)
    step = -(-cases // workers)
    with ThreadPoolExecutor(workers) as pool:
        ranges = [(first, min(first + step, cases)) for first in range(0, cases, step)]
        for each in [pool.submit(run_range, report, seed, first, end, limit_s) for first, end in ranges]:
            each.result()
    return report


def print_report(report: Report) -> None:
    """Print the table as markdown, and every case that went wrong."""
    print("| what | cases | refused | accepted | executions | outside | crashes | slowest, ms |")
    print("|---|---|---|---|---|---|---|---|")
    for subject in SUBJECTS:
        own = [each for each in report.outcomes if each.subject == subject]
        results = Counter(each.result for each in own)
        print(
            f"| {subject} | {len(own)} | {results['refused']} | {results['accepted']} | "
            f"{sum(each.executed for each in own)} | {sum(each.outside for each in own)} | {results['crashed']} | "
            f"{max((each.spent_ms for each in own), default=0.0):.0f} |"
        )
    print(f"\nprocesses that died {len(report.dead)}, cases that hung {len(report.hung)}; ", end="")
    print(f"largest memory of a reader {report.peak_mib:.0f} MiB; controls unnoticed: {report.unnoticed or 'none'}")
    for each in report.bad:
        print(f"BAD {each.number} {each.subject} {each.spoiler} {each.result} {each.spent_ms:.0f} ms: {each.said}")
    for number, said in report.dead.items():
        print(f"DEAD {number}: {said}")
    for number in report.hung:
        print(f"HUNG {number}")


def main() -> int:
    """Run the campaign; exit code 1 where anything bad happened or a control was not noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for one case")
    options = parser.parse_args()
    begun_s = time.monotonic()
    report = run_campaign(options.cases, seed=options.seed, workers=options.workers, limit_s=options.limit)
    print_report(report)
    print(f"{time.monotonic() - begun_s:.0f} s, seed {options.seed}")
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
