"""What an acceptance report says, section by section: page and PDF are made of it, so both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.types import Thresholds
from training import accept_words as words
from training.accept_judge import JudgedPart
from training.accept_plots import score_plot, size_plot
from training.accept_requirements import aiag_grade

_VERDICTS = ("PASS", "REVIEW", "FAIL", "ERROR")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header.

    Attributes:
        header: Names of the columns; empty for a list of names and values.
        rows: Texts; a line break starts a second line.
        widths: Relative widths of the columns.
        marks: Per row "good", "bad" or "", the colour of its last cell; empty for none.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A heading with what stands under it, in this order: text, table, drawing, its caption, notes."""

    title: str
    text: tuple[str, ...] = ()
    table: Table | None = None
    drawing: Any = None
    caption: str = ""
    notes: tuple[str, ...] = ()


def sections(document: dict[str, Any], parts: Sequence[JudgedPart]) -> tuple[Section, ...]:
    """Return the sections between the conclusion and the pictures, of the acceptance `parts`."""
    return (
        requirements(document),
        errors(document, parts),
        classes(document),
        sizes(document),
        repetition(document),
        agreement(document),
    )


def identity(document: dict[str, Any]) -> Table:
    """Return what was judged with what, so that it can be judged again."""
    recipe, limits = document["recipe"], document["thresholds"]
    package = f"{document['method']}, {document['backbone']}, made {words.moment(document['package_created'])}"
    band = f"PASS below {limits['pass_below']:.6g}, FAIL from {limits['fail_from']:.6g}, REVIEW between"
    rows = (
        ("Package", f"{document['package_hash']}\n{package}"),
        ("Data set", _data(document)),
        ("Study", _study(document["study"])),
        ("Recipe", f"{recipe['hash']}\n{recipe['name']}, version {recipe['version']}" if recipe else words.NO_RECIPE),
        ("Limits", f"{band} (of the {limits['from']})"),
        ("Guarantee", words.promised(document["guarantees"])),
        ("Who, when", f"{document['who'] or '–'}, {words.moment(document['created'])}"),
    )
    return Table((), rows, (1.0, 6.0))


def requirements(document: dict[str, Any]) -> Section:
    """Return each requirement with what was found."""
    rows = tuple(_requirement(row) for row in document["requirements"])
    marks = tuple("good" if row["shown"] else "bad" for row in document["requirements"])
    header = ("requirement", "required", "found", "upper bound", "")
    return Section("Requirements", (words.REQUIREMENTS,), Table(header, rows, (4.2, 1.2, 1.2, 1.3, 1.3), marks))


def _requirement(row: dict[str, Any]) -> tuple[str, ...]:
    sign = "≥" if row["at_least"] else "≤"
    return (
        row["title"] + (f"\n{row['note']}" if row["note"] else ""),
        "" if row["required"] != row["required"] else f"{sign} {words.figure(row, 'required')}",
        words.figure(row, "found"),
        "" if row["bound"] is None else words.figure(row, "bound"),
        "shown" if row["shown"] else "NOT SHOWN",
    )


def errors(document: dict[str, Any], parts: Sequence[JudgedPart]) -> Section:
    """Return escape, overkill and review, and the drawing of all scores."""
    names = {
        "escape": "Escape: defective parts that pass",
        "overkill": "Overkill: good parts that are rejected",
        "review_good": "Review, of the good parts",
        "review_defective": "Review, of the defective parts",
    }
    rows = tuple(_rate_row(title, document[name]) for name, title in names.items())
    header = ("", "parts", "share", "95 % interval", f"upper bound, {words.level(document['confidence'])}")
    limits = Thresholds(document["thresholds"]["pass_below"], document["thresholds"]["fail_from"])
    table = Table(header, rows, (3.6, 1.3, 1.2, 1.9, 1.6))
    return Section("Escape and overkill, by part", (words.ERRORS,), table, score_plot(parts, limits), words.SCORES)


def classes(document: dict[str, Any]) -> Section:
    """Return verdicts and error rate per class."""
    header = (
        "class",
        "parts",
        *_VERDICTS,
        "error rate, 95 % interval",
        f"upper, {words.level(document['confidence'])}",
    )
    rows = tuple(_class_row(name, row) for name, row in document["per_class"].items())
    table = Table(header, rows, (2.4, 0.9, 0.9, 1.1, 0.9, 1.0, 2.5, 1.3))
    return Section("By class", (), table, notes=("A part with several kinds of defect counts in each of them.",))


def _class_row(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    error = row["error"]
    kind = "escape" if row["defective"] else "overkill"
    return (
        name if row["defective"] or name == "good" else f"{name} (good)",
        str(row["n"]),
        *(str(row["verdicts"][verdict]) for verdict in _VERDICTS),
        f"{kind} {words.percent(error['value'])}\n{words.interval(error['interval'])}",
        words.percent(error["upper"]),
    )


def sizes(document: dict[str, Any]) -> Section:
    """Return how often defects are detected, by their size."""
    found, title = document["per_size"], "By size of the defect"
    if found is None:
        return Section(title, ("Not measured: no defective part of the data set has a mark (mask) of its defect.",))
    rows = [(_size_range(each), *_detection(each)) for each in found["ranges"]]
    if found["unmarked"]["n"]:
        rows.append(("without a mark", *_detection(found["unmarked"])))
    upper = f"escape, upper {words.level(document['confidence'])}"
    header = ("size of the defect", "parts", "passed", "detected", "95 % interval", upper)
    largest = found["largest_missed_px"]
    return Section(
        title,
        (words.SIZES,),
        Table(header, tuple(rows), (2.6, 0.9, 0.9, 1.2, 1.9, 1.6)),
        size_plot(found),
        "Bars: range of sizes. Whiskers: exact 95 % interval.",
        () if largest is None else (f"The largest defect that passed measures {largest:.1f} px.",),
    )


def repetition(document: dict[str, Any]) -> Section:
    """Return how far verdicts on one part repeat."""
    found = document["repeatability"]
    if not found["measured"]:
        return Section("Repeatability", (words.NOT_MEASURED,))
    same, spread = found["same_verdict"], f"{found['score_deviation']:.4f}; largest range {found['largest_range']:.4f}"
    rows = (
        ("Parts imaged several times", f"{found['parts']}, {found['takes']} takes each at least"),
        ("Same verdict every time", f"{words.percent(same['value'])}, 95 %: {words.interval(same['interval'])}"),
        ("Fleiss' kappa of the takes", f"{words.kappa(found['kappa'], ', 95 %: ')} (of the four verdicts)"),
        ("Deviation of the defect score", f"{spread} (standard deviation within a part)"),
    )
    return Section("Repeatability", (), Table((), rows, (2.0, 4.4)), notes=_changed(found["changed"]))


def _changed(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    said = []
    for row in rows[:20]:
        takes = zip(row["verdicts"], row["scores"], strict=True)
        verdicts = ", ".join(verdict if score is None else f"{verdict} {score:.3f}" for verdict, score in takes)
        said.append(f"{row['part']} ({', '.join(row['labels'])}): {verdicts}")
    more = (f"… and {len(rows) - 20} more; all stand in the JSON.",) if len(rows) > 20 else ()
    return (*said, *more)


def agreement(document: dict[str, Any]) -> Section:
    """Return the attribute study of the system against the reference."""
    found = document["agreement"]
    said = (
        f"The system is the appraiser, the label of the data set the reference: {found['parts']} parts, "
        f"{found['defective']} of them defective, {found['judgements']} judgements. REVIEW and ERROR count as rejected."
    )
    rows = [
        _agreement_row(
            found, "effectiveness", "Effectiveness: parts judged right every time", "≥ 90 %, marginal ≥ 80 %"
        ),
        _agreement_row(found, "miss_rate", "Miss rate: defective parts accepted", "≤ 2 %, marginal ≤ 5 %"),
        _agreement_row(found, "false_alarm_rate", "False alarm rate: good parts rejected", "≤ 5 %, marginal ≤ 10 %"),
        _agreement_row(found, "cohen_kappa", "Cohen's kappa, against the reference", "≥ 0.75, marginal ≥ 0.40"),
        _agreement_row(found, "fleiss_kappa", "Fleiss' kappa, against the reference", "≥ 0.75, marginal ≥ 0.40"),
    ]
    marks = tuple({"acceptable": "good", "unacceptable": "bad"}.get(row[-1], "") for row in rows)
    table = Table(
        ("figure", "found, 95 % interval", "AIAG: acceptable", "by AIAG"), tuple(rows), (3.4, 2.2, 2.1, 1.4), marks
    )
    counts = "; ".join(
        f"{verdict} {found['table'][verdict]['good']} / {found['table'][verdict]['defective']}" for verdict in _VERDICTS
    )
    return Section(
        "Attribute agreement (AIAG MSA, 4th edition)", (said,), table,
        notes=(f"Judgements of good / defective parts: {counts}.",),
    )  # fmt: skip


def _agreement_row(found: dict[str, Any], name: str, title: str, limits: str) -> tuple[str, ...]:
    value = found[name]
    said = (
        words.kappa(value, "\n")
        if name.endswith("kappa")
        else f"{words.percent(value['value'])}\n{words.interval(value['interval'])}"
    )
    return title, said, limits, aiag_grade(name, value["value"]) or "–"


def methods(document: dict[str, Any]) -> Section:
    """Return how the figures were computed, and with which programs."""
    versions = document["versions"]
    here, package = (", ".join(f"{k} {v}" for k, v in versions[name].items()) for name in ("here", "package"))
    call = f"inspector accept PACKAGE DATASET --split {document['dataset']['split']}"
    call += (" --recipe R" if document["recipe"] else "") + (" --repeats STUDY" if document["study"] else "")
    return Section(
        "How it was computed",
        (
            words.METHODS,
            words.VALIDITY,
            f"Judged with: {here}.",
            f"Package made with: {package or 'not stated'}.",
            f"The same package, data and recipe give the same figures again with these versions: {call}.",
        ),
    )


def _data(document: dict[str, Any]) -> str:
    data, parts = document["dataset"], document["parts"]
    counts = (
        f"{parts['n']} parts, {parts['good']} good and {parts['defective']} defective, {parts['pictures']} pictures"
    )
    return f"{data['fingerprint']}\n{data['name']}, split {data['split']}: {counts}"


def _study(study: dict[str, Any] | None) -> str:
    if study is None:
        return "repeatability and agreement rest on the same parts"
    return f"{study['fingerprint']}\n{study['name']}: {study['parts']} parts, {study['pictures']} pictures"


def _rate_row(title: str, found: dict[str, Any]) -> tuple[str, ...]:
    count = f"{found['events']} of {found['n']}"
    return title, count, words.percent(found["value"]), words.interval(found["interval"]), words.percent(found["upper"])


def _size_range(each: dict[str, Any]) -> str:
    low, high = each["picture_share"]
    picture = f"{100 * low:.3g} to {100 * high:.3g} % of the picture"
    return f"{each['from_px']:.1f} to {each['to_px']:.1f} px\n{picture}"


def _detection(each: dict[str, Any]) -> tuple[str, ...]:
    counts = (str(each["n"]), str(each["missed"]))
    return (
        *counts,
        words.percent(each["detected"]),
        words.interval(each["interval"]),
        words.percent(each["escape_upper"]),
    )
