"""What the sub-commands of `inspector dataset` do."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace

from datasets.audit_command import ACTIONS as AUDIT_ACTIONS
from datasets.formats import LAYOUTS, WRITERS
from datasets.importer import ImportReport, import_images, resplit
from datasets.loop_commands import ACTIONS as LOOP_ACTIONS
from datasets.manifest import Dataset, open_dataset
from datasets.packing import pack_dataset, unpack_dataset
from datasets.plan import ImportRequest, gives_validation
from datasets.progress import show_progress
from datasets.review.commands import ACTIONS as REVIEW_ACTIONS
from datasets.split_rule import SplitRule, parse_shares, rule_from_json
from datasets.summary import SCHEMA, describe, summarise
from inspector.errors import UsageError
from inspector.jsonfile import write_json


def run_import(options: Namespace) -> int:
    """`inspector dataset import`."""
    usual = LAYOUTS[options.format].hold_out if options.format in LAYOUTS else 0.0
    rule = _rule(options, SplitRule(hold_out=0.0 if gives_validation(options.source) else usual))
    request = ImportRequest(
        source=options.source,
        out=options.out,
        pattern=options.pattern,
        mask=options.mask,
        good=tuple(options.good),
        defect_class=options.defect_class,
        format=options.format,
        lists=tuple(options.csv),
        annotations=tuple(options.annotations),
        copy=options.copy,
        append=options.append,
        lot=options.lot,
        rule=None if options.append and rule == SplitRule() else rule,
        name=options.name,
    )
    with show_progress("checking images", json_lines=options.json_lines) as progress:
        report = import_images(request, progress)
    with open_dataset(options.out) as dataset:
        summary = summarise(dataset)
    if not _quiet(options):
        print(describe(summary))
        print(_describe_report(report))
    if options.json:
        counts = {"added": report.added, "known": report.known}
        lists = {"ignored": report.ignored, "orphan_masks": report.orphan_masks, "hints": report.hints}
        lists["mixed"] = report.mixed
        write_json({**summary, **counts, **lists}, options.json, schema=SCHEMA)
    return 0


def _describe_report(report: ImportReport) -> str:
    lines = [f"added        {report.added}" + (f"; {report.known} were there before" if report.known else "")]
    for what, paths in (("ignored", report.ignored), ("no image for", report.orphan_masks)):
        if paths:
            kind = "files that fit no pattern" if what == "ignored" else "masks"
            shown = ", ".join(paths[:3]) + (", …" if len(paths) > 3 else "")
            lines.append(f"{what:<12} {len(paths)} {kind}: {shown}")
    if report.mixed:
        shown = "".join(f"\n  {line}" for line in report.mixed[:10]) + ("\n  …" if len(report.mixed) > 10 else "")
        lines.append(f"mixed        {len(report.mixed)} images bear marks of several classes; taken was:{shown}")
    return "\n".join([*lines, *(f"note         {hint}" for hint in report.hints)])


def run_show(options: Namespace) -> int:
    """`inspector dataset show`."""
    with open_dataset(options.dataset) as dataset:
        _say(options, dataset)
    return 0


def run_split(options: Namespace) -> int:
    """`inspector dataset split`."""
    with open_dataset(options.dataset) as dataset:
        before = replace(rule_from_json(dataset.meta("split")), anew=False)
        resplit(dataset, _rule(options, before))
        _say(options, dataset)
    return 0


def run_export(options: Namespace) -> int:
    """`inspector dataset export`."""
    from datasets.export import export_csv, export_folder
    from datasets.interchange.coco import export_coco

    folders = {kind: path for kind in WRITERS if (path := getattr(options, kind.replace("-", "_")))}
    if not options.csv and not options.coco and not folders:
        raise UsageError("Nothing to write was named.", cure="Give --csv FILE, --coco FILE or --yolo FOLDER, …")
    with open_dataset(options.dataset) as dataset:
        left = sum(not item.judges for item in dataset.items(options.split_only))
        out = f"; {left} synthetic defects and regression cases are left out" if left else ""
        if options.csv:
            print(f"{options.csv}: {export_csv(dataset, options.csv, options.split_only)} images{out}")
        if options.coco:
            print(f"{options.coco}: {export_coco(dataset, options.coco, options.split_only)} annotations")
        for kind, path in folders.items():
            with show_progress(f"writing {kind}", json_lines=False) as progress:
                count = export_folder(dataset, kind, path, options.split_only, progress)
            print(f"{path}: {count} images{out}")
    return 0


def run_check(options: Namespace) -> int:
    """`inspector dataset check`."""
    from datasets.verify import verify

    with open_dataset(options.dataset) as dataset, show_progress("reading images", json_lines=False) as progress:
        findings = verify(dataset, progress)
        count = len(dataset.items())
    if not _quiet(options):
        for finding in findings:
            print(f"{finding.problem:<8} {finding.path}")
        print(f"{count} images read, {len(findings)} findings")
    if options.json:
        listed = [{"path": str(finding.path), "problem": finding.problem} for finding in findings]
        write_json({"images": count, "findings": listed}, options.json, schema="inspector.dataset.check/1")
    return 1 if findings else 0


def run_root(options: Namespace) -> int:
    """`inspector dataset root`."""
    with open_dataset(options.dataset) as dataset:
        count = dataset.move_root(options.old, options.new)
    print(f"{count} images are now looked for in {options.new}")
    return 0


def run_synthesize(options: Namespace) -> int:
    """`inspector dataset synthesize`."""
    from datasets.synthetic import SyntheticRequest, synthesize

    request = SyntheticRequest(
        out=options.out,
        images=options.images,
        seed=options.seed,
        difficulty=options.difficulty,
        size_px=options.size,
        defect_share=options.defect_share,
        rule=SplitRule(shares=parse_shares(options.split), seed=options.seed),
    )
    with show_progress("drawing", json_lines=options.json_lines) as progress:
        synthesize(request, progress)
    with open_dataset(options.out) as dataset:
        _say(options, dataset)
    return 0


def _rule(options: Namespace, usual: SplitRule) -> SplitRule:
    """Return `usual` with what the person asked for otherwise."""
    rule = usual
    if options.split:
        rule = replace(rule, shares=parse_shares(options.split))
    if options.seed is not None:
        rule = replace(rule, seed=options.seed)
    if options.hold_out is not None:
        if not 0.0 <= options.hold_out < 1.0:
            raise UsageError(f"--hold-out {options.hold_out:g} is no share.", cure="Give 0 to below 1.")
        rule = replace(rule, hold_out=options.hold_out)
    return replace(rule, anew=True) if options.split_anew else rule


def _say(options: Namespace, dataset: Dataset) -> None:
    summary = summarise(dataset)
    if not _quiet(options):
        print(describe(summary))
    if options.json:
        write_json(summary, options.json, schema=SCHEMA)


def run_pack(options: Namespace) -> int:
    """`inspector dataset pack` and `unpack`."""
    with show_progress(options.action, json_lines=False) as progress:
        if options.action == "pack":
            fingerprint, said = pack_dataset(options.source, options.file, progress), options.file
        else:
            fingerprint, said = unpack_dataset(options.file, options.target, progress), options.target
    print(f"{said}: the data set with the fingerprint {fingerprint}.")
    return 0


def _quiet(options: Namespace) -> bool:
    """Standard output belongs to a program: no words for people."""
    return options.json == "-" or bool(getattr(options, "json_lines", False))


ACTIONS: dict[str, Callable[[Namespace], int]] = {
    "import": run_import,
    "show": run_show,
    "split": run_split,
    "export": run_export,
    "check": run_check,
    "root": run_root,
    "pack": run_pack,
    "unpack": run_pack,
    "synthesize": run_synthesize,
    **REVIEW_ACTIONS,
    **LOOP_ACTIONS,
    **AUDIT_ACTIONS,
}
