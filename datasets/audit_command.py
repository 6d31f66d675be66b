"""`inspector dataset audit`: its options, its words and its document."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.jsonfile import add_json_option, write_json

if TYPE_CHECKING:
    from datasets.audit.items import Audit, QueueItem
    from datasets.audit.run import Progress

SCHEMA = "inspector.dataset.audit/1"
_SHOWN = 8


def configure_audit(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder of the data set")
    parser.add_argument("--package", metavar="PKG", default="", help="model package whose word is held against labels")
    parser.add_argument("--backbone", default="mobilenet_v2", help="network whose features are used (mobilenet_v2)")
    parser.add_argument(
        "--weights",
        metavar="W",
        default="auto",
        help="its weights: a file, 'imagenet' (fetched where absent), 'none' (hand-made descriptors), or 'auto': "
        "torchvision's cache, else a patch-memory package, else hand-made descriptors (auto)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (auto)")
    parser.add_argument("--limit", metavar="N", type=int, help="keep at most N images of each queue (all)")
    parser.add_argument("--sample", metavar="N", type=int, default=100, help="size of the random sample (100)")
    parser.add_argument("--repeats", metavar="N", type=int, default=3, help="divisions into folds, averaged (3)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of folds and random sample (0)")
    parser.add_argument("--json-lines", action="store_true", help="print progress as JSON lines")
    add_json_option(parser)


def run_audit_command(options: Namespace) -> int:
    """`inspector dataset audit`."""
    from datasets.audit.items import AuditOptions
    from datasets.audit.run import run_audit
    from datasets.manifest import open_dataset
    from inspector.errors import UsageError

    if (options.limit is not None and options.limit < 1) or options.repeats < 1 or options.sample < 0:
        raise UsageError("--limit and --repeats start at 1, --sample at 0.", cure="Give a larger number.")
    chosen = AuditOptions(
        backbone=options.backbone,
        weights=options.weights,
        package=options.package,
        device=options.device,
        limit=options.limit,
        seed=options.seed,
        sample=options.sample,
        repeats=options.repeats,
    )
    with open_dataset(options.dataset) as dataset, _progress(json_lines=options.json_lines) as progress:
        audit = run_audit(dataset, chosen, progress)
        folder = dataset.folder
    if options.json_lines:
        done = {name: len(items) for name, items in audit.queues.items()}
        print(json.dumps({"event": "done", "queues": done, "notes": list(audit.notes)}), flush=True)
    elif options.json != "-":
        print(describe(audit))
    if options.json:
        write_json(document_of(audit, folder), options.json, schema=SCHEMA)
    return 0


def document_of(audit: Audit, folder: Path) -> dict[str, Any]:
    """Return the audit as the document of `--json`."""
    return {
        "dataset": str(folder),
        "fingerprint": audit.fingerprint,
        "made_utc": audit.made_utc,
        "embedding": audit.embedding,
        "notes": list(audit.notes),
        "queues": {name: [_row(name, item) for item in items] for name, items in audit.queues.items()},
    }


def describe(audit: Audit) -> str:
    """Return the head of each queue as text for a terminal."""
    lines = [f"fingerprint  {audit.fingerprint}", f"compared by  {audit.embedding}"]
    lines += [f"note         {note}" for note in audit.notes]
    for name, items in audit.queues.items():
        lines += ["", f"{name}  {_count(name, items)}"]
        lines += [f"  {item.score:7.3f}  {item.path}\n           {item.reason}" for item in items[:_SHOWN]]
        if len(items) > _SHOWN:
            lines.append(f"  … and {len(items) - _SHOWN} more (all of them with --json)")
    return "\n".join(lines)


def _count(name: str, items: tuple[QueueItem, ...]) -> str:
    if name == "label_errors":
        sure = sum(item.kind == "label_error" for item in items)
        return f"{len(items)} images in order, {sure} of them confident"
    if name == "near_duplicates":
        leaks = sum(item.values["leak"] == "yes" for item in items)
        return f"{len(items)} pairs, {leaks} of them across splits"
    return f"{len(items)}"


def _row(name: str, item: QueueItem) -> dict[str, Any]:
    common = {"score": item.score, "reason": item.reason, "kind": item.kind, "values": dict(item.values)}
    if name == "near_duplicates":
        return {"a": item.path, "b": item.values["other"], **common}
    given = {"given": item.given} if item.given else {}
    suggested = {"suggested": item.suggested} if item.suggested else {}
    return {"path": item.path, **given, **suggested, **common}


@contextmanager
def _progress(*, json_lines: bool) -> Iterator[Progress]:
    """Yield what hears of each step: a bar for people, JSON lines for programs."""
    if json_lines:
        yield _JsonLines()
        return
    from inspector.progress import show_bar

    with show_bar("auditing", "img") as advance:
        yield lambda _what, done, total: advance(done, total)


class _JsonLines:
    """Prints `{"event": "progress", "task", "done", "total"}` at most twice a second, and at each end of a task."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._last_s >= 0.5:
            self._last_s = now
            print(json.dumps({"event": "progress", "task": what, "done": done, "total": total}), flush=True)


ACTIONS: dict[str, Callable[[Namespace], int]] = {"audit": run_audit_command}
