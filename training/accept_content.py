"""What an acceptance report says, section by section: page and PDF are made of it, so both say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspector.types import Thresholds
from training.accept_judge import JudgedPart
from training.accept_plots import score_plot, size_plot
from training.accept_requirements import aiag_grade


CASES = (
    "The errors, the surest first, then what was judged right but came closest to an error. Left the picture that decided, "
    "with the marked defect outlined; right the evidence for a defect."
)
"""What stands above the pictures."""


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


def identity(document: dict[str, Any]) -> Table:
    """Return what was judged with what, so that it can be judged again."""
    data, study, recipe, limits = (document[name] for name in ("dataset", "study", "recipe", "thresholds"))
    parts = document["parts"]
    rows = [
        ("Package", f"{document['package_hash']}\n{document['method']}, {document['backbone']}, made "
                    f"{document['package_created']}"),
        ("Data set", f"{data['fingerprint']}\n{data['name']}, split {data['split']}: {parts['n']} parts, {parts['good']} "
                     f"good and {parts['defective']} defective, {parts['pictures']} pictures"),
        ("Study", "the same parts" if study is None else
         f"{study['fingerprint']}\n{study['name']}: {study['parts']} parts, {study['pictures']} pictures"),
        ("Recipe", "none: the default requirements hold" if recipe is None else
         f"{recipe['hash']}\n{recipe['name']}, version {recipe['version']}"),
        ("Limits", f"PASS below {limits['pass_below']:.6g}, FAIL from {limits['fail_from']:.6g}, REVIEW between "
                   f"(from the {limits['from']})"),
        ("Guarantee", _guarantees(document["guarantees"])),
        ("Who, when", f"{document['who'] or '–'}, {document['created']}"),
    ]  # fmt: skip
    return Table((), tuple(rows), (1.0, 6.0))


def requirements(document: dict[str, Any]) -> Section:
    """Return each requirement with what was found."""
    rows, marks = [], []
    for row in document["requirements"]:
        wanted = (
            "" if row["required"] != row["required"] else f"{'≥' if row['at_least'] else '≤'} {figure(row, 'required')}"
        )
        bound = "" if row["bound"] is None else figure(row, "bound")
        rows.append((row["title"] + (f"\n{row['note']}" if row["note"] else ""), wanted, figure(row, "found"), bound,
                     "shown" if row["shown"] else "NOT SHOWN"))  # fmt: skip
        marks.append("good" if row["shown"] else "bad")
    header = ("requirement", "required", "found", "upper bound", "")
    text = (
        "Accepted is a package of which the data shows every requirement. Where a bound stands, the bound must meet it."
    )
    return Section("Requirements", (text,), Table(header, tuple(rows), (4.2, 1.2, 1.2, 1.3, 1.3), tuple(marks)))


def errors(document: dict[str, Any], parts: Sequence[JudgedPart]) -> Section:
    """Return escape, overkill and review, and the drawing of all scores."""
    names = {
        "escape": "Escape: defective parts that pass",
        "overkill": "Overkill: good parts that are rejected",
        "review_good": "Review, of the good parts",
        "review_defective": "Review, of the defective parts",
    }
    rows = tuple(_rate_row(title, document[name]) for name, title in names.items())
    limits = document["thresholds"]
    return Section(
        "Escape and overkill, by part",
        ("A part is judged by its worst view. A part that was imaged several times counts as escaped when any take passed, "
         "as overkill when any was rejected.",),
        Table(("", "parts", "share", "95 % interval", f"upper bound, {document['confidence']:.0%}"), rows,
              (3.6, 1.3, 1.2, 1.9, 1.6)),
        score_plot(parts, Thresholds(limits["pass_below"], limits["fail_from"])),
        "Every part at the defect score that decided it, by class; dots of one class are spread in height only to be seen.",
    )  # fmt: skip


def classes(document: dict[str, Any]) -> Section:
    """Return verdicts and error rate per class."""
    rows = []
    for name, row in document["per_class"].items():
        verdicts, error = row["verdicts"], row["error"]
        what = "escape" if row["defective"] else "overkill"
        rows.append((name + ("" if row["defective"] else " (good)"), str(row["n"]),
                     *(str(verdicts[verdict]) for verdict in ("PASS", "REVIEW", "FAIL", "ERROR")),
                     f"{what} {percent(error['value'])}\n{interval(error['interval'])}", percent(error["upper"])))  # fmt: skip
    header = ("class", "parts", "PASS", "REVIEW", "FAIL", "ERROR", "error rate, 95 % interval",
              f"upper, {document['confidence']:.0%}")  # fmt: skip
    notes = ("A part with several kinds of defect counts in each of them.",)
    return Section("By class", (), Table(header, tuple(rows), (2.4, 0.9, 0.9, 1.1, 0.9, 1.0, 2.5, 1.3)), notes=notes)


def sizes(document: dict[str, Any]) -> Section:
    """Return how often defects are detected, by their size."""
    found = document["per_size"]
    if found is None:
        return Section("By size", ("Not measured: no defective part of the data set has a mark (mask) of its defect.",))
    rows = [(f"{each['from_px']:.1f} to {each['to_px']:.1f} px\n{_picture_share(each)}", *_detection(each))
            for each in found["ranges"]]  # fmt: skip
    if found["unmarked"]["n"]:
        rows.append(("without a mark", *_detection(found["unmarked"])))
    largest = found["largest_missed_px"]
    header = (
        "size of the defect",
        "parts",
        "passed",
        "detected",
        "95 % interval",
        f"escape, upper {document['confidence']:.0%}",
    )
    return Section(
        "By size of the defect",
        ("Size is the square root of the marked area, in pixels of the picture; the largest of a part's pictures. Detected "
         "means not passed. The ranges hold about as many parts each.",),
        Table(header, tuple(rows), (2.6, 0.9, 0.9, 1.2, 1.9, 1.6)),
        size_plot(found),
        "Bars: range of sizes. Whiskers: exact 95 % interval.",
        () if largest is None else (f"The largest defect that passed measures {largest:.1f} px.",),
    )  # fmt: skip


def repetition(document: dict[str, Any]) -> Section:
    """Return how far verdicts on one part repeat."""
    found = document["repeatability"]
    if not found["measured"]:
        text = (
            "Not measured: no part was imaged several times. Take each part of a study several times, handling it as on "
            "the line, and import it with its part and view; or name the study with --repeats."
        )
        return Section("Repeatability", (text,))
    rows = [
        ("Parts imaged several times", f"{found['parts']}, {found['takes']} takes each at least"),
        (
            "Same verdict every time",
            f"{percent(found['same_verdict']['value'])}   {interval(found['same_verdict']['interval'])}",
        ),
        ("Fleiss' kappa of the takes (four verdicts)", _kappa(found["kappa"])),
        (
            "Standard deviation of the defect score",
            f"{found['score_deviation']:.4f}; largest range {found['largest_range']:.4f}",
        ),
    ]
    changed = tuple(
        f"{row['part']} ({', '.join(row['labels'])}): "
        + ", ".join(f"{verdict} {score:.3f}" for verdict, score in zip(row["verdicts"], row["scores"], strict=True))
        for row in found["changed"][:20]
    )
    more = (f"… and {len(found['changed']) - 20} more; all stand in the JSON.",) if len(found["changed"]) > 20 else ()
    return Section("Repeatability", (), Table((), tuple(rows), (2.4, 4.0)), notes=(*changed, *more))


def agreement(document: dict[str, Any]) -> Section:
    """Return the attribute study of the system against the reference."""
    found, rows = document["agreement"], []
    for name, title, limits in (
        ("effectiveness", "Effectiveness: parts judged right every time", "≥ 90 %, marginal ≥ 80 %"),
        ("miss_rate", "Miss rate: judgements of defective parts that accept", "≤ 2 %, marginal ≤ 5 %"),
        ("false_alarm_rate", "False alarm rate: judgements of good parts that reject", "≤ 5 %, marginal ≤ 10 %"),
    ):
        value = found[name]
        grade = aiag_grade(name, value["value"])
        rows.append((title, f"{percent(value['value'])}\n{interval(value['interval'])}", limits, grade or "–"))
    kappas = (
        ("cohen_kappa", "Cohen's kappa, against the reference"),
        ("fleiss_kappa", "Fleiss' kappa, against the reference"),
    )
    for name, title in kappas:
        grade = aiag_grade("cohen_kappa", found[name]["value"])
        rows.append((title, _kappa(found[name]), "≥ 0.75, marginal ≥ 0.40", grade or "–"))
    marks = tuple({"acceptable": "good", "unacceptable": "bad"}.get(row[-1], "") for row in rows)
    table = found["table"]
    judged = "; ".join(
        f"{verdict}: {table[verdict]['good']} of good, {table[verdict]['defective']} of defective parts"
        for verdict in ("PASS", "REVIEW", "FAIL", "ERROR")
    )
    return Section(
        "Attribute agreement (AIAG MSA, 4th edition)",
        (f"The system is the appraiser, the label of the data set the reference: {found['parts']} parts, "
         f"{found['defective']} of them defective, {found['judgements']} judgements. REVIEW and ERROR count as rejected.",),
        Table(("figure", "found, 95 % interval", "AIAG: acceptable", "by AIAG"), tuple(rows), (3.4, 2.2, 2.1, 1.4), marks),
        notes=(f"Judgements: {judged}.",),
    )  # fmt: skip


def methods(document: dict[str, Any]) -> Section:
    """Return how the figures were computed, and with which programs."""
    here, package = (
        ", ".join(f"{k} {v}" for k, v in document["versions"][name].items()) for name in ("here", "package")
    )
    return Section("How it was computed", (
        "Intervals of shares: exact (Clopper and Pearson 1934), two-sided 95 %; upper bounds one-sided at the stated "
        "confidence. Where parts were judged several times, each part counts as one trial (Korn and Graubard 1998, largest "
        "design effect). Cohen's kappa: large-sample error of Fleiss, Cohen and Everitt 1969. Fleiss' kappa: Fleiss 1971, "
        "variance of Gwet 2021. Perfect agreement has no large-sample error: the low end is then from the exact bound of "
        "the agreement.",
        "Bounds speak of parts like those that were judged. They hold only when the parts were drawn at random from what "
        "the line will see, and their labels are right.",
        f"Judged with: {here}.",
        f"Package made with: {package or 'not stated'}.",
        "The same package, data set, recipe and versions give the same figures: inspector accept PACKAGE DATASET "
        f"--split {document['dataset']['split']}{' --recipe R' if document['recipe'] else ''}"
        f"{' --repeats STUDY' if document['study'] else ''}.",
    ))  # fmt: skip


def sections(document: dict[str, Any], parts: Sequence[JudgedPart]) -> tuple[Section, ...]:
    """Return the sections between the conclusion and the pictures."""
    return (
        requirements(document),
        errors(document, parts),
        classes(document),
        sizes(document),
        repetition(document),
        agreement(document),
    )


def percent(value: float) -> str:
    """Return a share for people; a dash where there is none."""
    return "–" if value != value else f"{100 * value:.2f} %"


def interval(ends: Sequence[float]) -> str:
    """Return an interval of a share for people."""
    return "–" if ends[0] != ends[0] else f"{100 * ends[0]:.2f} to {100 * ends[1]:.2f} %"


def figure(row: dict[str, Any], key: str) -> str:
    """Return a figure of a requirement for people."""
    value = row[key]
    if value != value:
        return "–"
    return f"{value:.3f}" if row["name"] == "cohen_kappa" else percent(value)


def _rate_row(title: str, found: dict[str, Any]) -> tuple[str, ...]:
    return (title, f"{found['events']} of {found['n']}", percent(found["value"]), interval(found["interval"]),
            percent(found["upper"]))  # fmt: skip


def _detection(each: dict[str, Any]) -> tuple[str, ...]:
    return (str(each["n"]), str(each["missed"]), percent(each["detected"]), interval(each["interval"]),
            percent(each["escape_upper"]))  # fmt: skip


def _picture_share(each: dict[str, Any]) -> str:
    low, high = each["picture_share"]
    return f"{100 * low:.3g} to {100 * high:.3g} % of the picture"


def _kappa(found: dict[str, Any]) -> str:
    value, (low, high) = found["value"], found["interval"]
    return "–" if value != value else f"{value:.4f}\n{low:.4f} to {high:.4f}"


def _guarantees(guarantees: Sequence[dict[str, Any]]) -> str:
    said = [
        f"{each['risk']} at most {percent(each['limit'])} with {each['confidence']:.0%} confidence ({each['method']}, "
        f"{each['events']} errors among {each['n']} parts)"
        for each in guarantees
    ]
    return "\n".join(said) or "none"
