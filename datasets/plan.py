"""What an import shall do, from formats and options to a list of candidates; nothing is read but names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from datasets.check import LabelNames
from datasets.csvfile import read_lists
from datasets.formats import FORMATS, INTERCHANGE, LAYOUTS
from datasets.pattern import SPLIT_ALIASES, Pattern
from datasets.scan import Scan, find_lot, list_files, lot_expression, scan_pattern
from datasets.split_rule import SplitRule
from inspector.errors import DatasetError, UsageError

USUAL_GOOD = ("good", "ok", "normal", "free", "pass", "defect_free", "no_defect")
"""Names that are taken for the good class, without regard to case, where nobody says which it is."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Everything that the person asks of an import.

    Attributes:
        source: Folder with the images.
        out: Folder of the data set.
        pattern: Path template of the images; "" with a format.
        mask: Path template of the masks; "" where there are none.
        good: Names of the good classes; empty to recognise a usual name.
        defect_class: Name of the defect class where the mask decides.
        format: One of `FORMATS`, or "".
        lists: CSV files, for the format `csv`.
        annotations: Files of another program's format; empty to look for them in the source.
        copy: Copy the images into the data set instead of leaving them where they are.
        append: Add to the data set in `out`.
        lot: Regular expression that finds the lot in an image's path; "" for none.
        rule: How to split; None for the usual (or, with `append`, the data set's own).
        name: Name of the data set; "" for the folder's.
        origin: Said as the images' source; "" for the source folder.
        synthetic: The images were made by a program.
        who: Who the labels at import are from.
    """

    source: Path
    out: Path
    pattern: str = ""
    mask: str = ""
    good: tuple[str, ...] = ()
    defect_class: str = "defect"
    format: str = ""
    lists: tuple[Path, ...] = ()
    annotations: tuple[Path, ...] = ()
    copy: bool = False
    append: bool = False
    lot: str = ""
    rule: SplitRule | None = None
    name: str = ""
    origin: str = ""
    synthetic: bool = False
    who: str = "import"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be read.

    Attributes:
        scan: The candidates.
        good: The good classes.
        names: The class names where masks decide.
        notes: Sentences worth telling.
        mixed: Images whose marks name several classes, each with the class that was taken.
    """

    scan: Scan
    good: tuple[str, ...]
    names: LabelNames = field(default_factory=LabelNames)
    notes: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()


def make_plan(request: ImportRequest) -> Plan:
    """Find the candidates and settle which classes are good.

    Raises:
        UsageError: Options that do not go together, or nobody knows which class is good.
        DatasetError: The source cannot be read, or no file fits.
    """
    if not request.source.is_dir():
        raise DatasetError(f"{request.source}: is no folder.", cure="Give the folder that holds the images.")
    if request.format in INTERCHANGE and not request.lists:
        from datasets.interchange.planning import plan_interchange

        return plan_interchange(request)
    if request.annotations:
        raise UsageError("--annotations goes with the formats of other programs.", cure="Give --format as well.")
    request = _with_format(request)
    scan = _scan(request)
    if not scan.candidates:
        raise _nothing_fits(request, scan)
    if all(candidate.label is None for candidate in scan.candidates) and not request.mask and not request.lists:
        raise UsageError(
            f"The pattern {request.pattern!r} names no class, and there are no masks to take it from.",
            cure="Put {class} into the pattern, or give --mask.",
        )
    from_mask = any(candidate.label is None for candidate in scan.candidates)
    good = _good_classes(request, {c.label for c in scan.candidates if c.label is not None}, from_mask=from_mask)
    if from_mask and len(good) != 1:
        raise UsageError("Where the class comes from the mask there is one good class.", cure="Give one --good NAME.")
    if from_mask and request.defect_class in good:
        raise UsageError(f"{request.defect_class!r} is both the good and the defect class.", cure="Rename one.")
    return Plan(scan, good, LabelNames(good[0], request.defect_class))


def _with_format(request: ImportRequest) -> ImportRequest:
    """Fill in what a format stands for."""
    if request.lists and request.format not in ("", "csv"):
        raise UsageError(f"--csv does not go with --format {request.format}.", cure="Leave one out.")
    if request.lists or request.format == "csv":
        if not request.lists:
            raise UsageError("The format csv needs a list of images.", cure="Give --csv FILE.")
        if request.pattern or request.mask:
            raise UsageError("A CSV list already says where the masks are.", cure="Leave --pattern and --mask out.")
        return replace(request, format="csv")
    if request.pattern and request.format:
        raise UsageError("Both a pattern and a format were given.", cure="Leave --pattern or --format out.")
    if request.format in LAYOUTS:
        layout = LAYOUTS[request.format]
        return replace(
            request,
            pattern=layout.pattern,
            mask=request.mask or layout.mask,
            good=request.good or layout.good,
        )
    if request.format in ("folders", "yolo-classify"):
        return replace(request, pattern=_folders_pattern(request.source))
    if not request.pattern:
        raise UsageError(
            "How the images are laid out was not said.",
            cure="Give --pattern, for instance '{class}/{id}', or --format " + "|".join(FORMATS) + ".",
        )
    return request


def _folders_pattern(source: Path) -> str:
    """One folder per class, or per split and then per class."""
    names = [path.name for path in source.iterdir() if path.is_dir() and not path.name.startswith(".")]
    split = bool(names) and all(name.lower() in SPLIT_ALIASES for name in names)
    return "{split}/{class}/{id}" if split else "{class}/{id}"


def gives_validation(source: Path) -> bool:
    """Return whether a folder of the source is its validation split: then none has to be held out of train."""
    return source.is_dir() and any(
        path.is_dir() and SPLIT_ALIASES.get(path.name.lower()) == "validation" for path in source.iterdir()
    )


def _scan(request: ImportRequest) -> Scan:
    lot = lot_expression(request.lot)
    if request.format == "csv":
        candidates = read_lists(request.source, request.lists)
        return Scan([replace(c, lot=c.lot or find_lot(c.path, lot)) for c in candidates])
    inside = request.out != request.source and request.out.is_relative_to(request.source)
    files = list(list_files(request.source, request.out if inside else None))
    return scan_pattern(
        [name for name in files if not name.startswith("manifest.sqlite")] if request.out == request.source else files,
        Pattern(request.pattern),
        Pattern(request.mask) if request.mask else None,
        lot,
    )


def _nothing_fits(request: ImportRequest, scan: Scan) -> DatasetError:
    seen = sorted([*scan.ignored, *scan.orphan_masks, *scan.foreign])
    if not seen:
        return DatasetError(f"{request.source}: is empty.", cure="Give the folder that holds the images.")
    step = max(1, len(seen) // 5)
    shown = "\n  ".join(seen[::step][:6])
    mask = f" (masks: {request.mask!r})" if request.mask else ""
    return DatasetError(
        f"{request.source}: none of {len(seen)} files fits the pattern {request.pattern!r}{mask}."
        f" Seen were:\n  {shown}",
        cure="Write the pattern so that it fits such paths.",
    )


def _good_classes(request: ImportRequest, seen: set[str], *, from_mask: bool) -> tuple[str, ...]:
    if from_mask and not seen:
        return request.good or ("good",)
    known = seen | _existing_classes(request)
    if request.good:
        unknown = sorted(set(request.good) - known)
        if unknown and not from_mask:
            raise UsageError(
                f"There is no class {', '.join(unknown)}.", cure=f"The classes found are: {', '.join(sorted(known))}."
            )
        return tuple(sorted(set(request.good)))
    usual = tuple(sorted(name for name in known if name.lower() in USUAL_GOOD))
    if usual or existing_good(request):
        return usual or existing_good(request)
    if from_mask:
        return ("good",)
    raise UsageError(
        f"Which classes are good was not said; found are: {', '.join(_first(sorted(known)))}.",
        cure="Give --good NAME …",
    )


def _first(names: Sequence[str], count: int = 12) -> list[str]:
    return [*names[:count], *(["…"] if len(names) > count else [])]


def _existing_classes(request: ImportRequest) -> set[str]:
    from datasets.manifest import open_dataset

    if not request.append:
        return set()
    with open_dataset(request.out) as dataset:
        return set(dataset.classes)


def existing_good(request: ImportRequest) -> tuple[str, ...]:
    """Return the good classes of the data set that is added to; none for a new one."""
    from datasets.manifest import open_dataset

    if not request.append:
        return ()
    with open_dataset(request.out) as dataset:
        return dataset.good
