"""A report of a real log, as every kind of file, read back by other programs."""

from __future__ import annotations

import csv
import json
import time
from datetime import UTC
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from pypdf import PdfReader

from inspector.cli import main
from inspector.errors import UsageError
from inspector.log import confirm, open_log, override, read_log
from inspector.log.amend import correction
from inspector.reports.figures import Report
from inspector.reports.files import write_report
from inspector.reports.make import report_of
from inspector.reports.shifts import parse_shifts
from inspector.types import Decision, Record, RecordKind, Verdict
from tests.support import a_record

SHIFTS = parse_shifts("early 06:00, late 14:00, night 22:00")
HOUR_NS = 3_600 * 1_000_000_000
START_NS = 1_790_000_000 * 1_000_000_000
EVIL = "=cmd|' /C calc'!A0"


def judged(part: str, verdict: Verdict, class_: str, hour: int, **changes: object) -> Record:
    decision = Decision(verdict, class_, class_, 0.5, None, "front")
    return a_record(part, decision=decision, decided_time_ns=START_NS + hour * HOUR_NS, **changes)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_log(tmp_path / "log") as log:
        log.records.keep_recipe("a" * 64, EVIL, "/r.toml", "text")
        for number in range(40):
            log.append(judged(f"P{number}", Verdict.PASS, "good", number % 12, recipe_hash="a" * 64))
        rejects = [
            log.append(
                judged(f"R{number}", Verdict.FAIL, "裂纹" if number < 6 else "dent", number, recipe_hash="a" * 64)
            )
            for number in range(9)
        ]
        log.append(override(rejects[0], verdict=Verdict.PASS, reason="clean", note="", who="Ada"))
        log.append(override(rejects[1], verdict=Verdict.REVIEW, reason="unsure", note="", who="Ada"))
        log.append(override(rejects[1], verdict=Verdict.PASS, reason="clean", note="", who="Bo"))
        log.append(confirm(rejects[2], who="Ada"))
        released = log.append(judged("late", Verdict.PASS, "good", 3, recipe_hash="a" * 64))
        log.append(correction(released, reason="too late"))
        log.append(judged("error", Verdict.ERROR, "", 3, recipe_hash="a" * 64))
        log.append(judged("known", Verdict.FAIL, "crack", 3, kind=RecordKind.CHALLENGE, recipe_hash="a" * 64))
        log.append(judged("outside", Verdict.FAIL, "crack", 500, recipe_hash="a" * 64))
    return tmp_path / "log"


@pytest.fixture
def report(folder: Path) -> Report:
    with read_log(folder) as log:
        start_s = START_NS // 10**9
        return report_of(log, start_s - 3600, start_s + 24 * 3600, shifts=SHIFTS, zone=UTC)


def test_that_a_report_counts_what_the_log_holds(report: Report) -> None:
    total = report.total
    assert (total.parts, total.passed, total.failed, total.errors) == (51, 41, 9, 1)
    assert (total.false_rejects, total.confirmed, total.corrected, total.known_bad) == (2, 1, 1, 1)
    assert total.other_overrides == 0  # the last word counts
    assert [(bar.label, bar.count, bar.false_rejects) for bar in report.pareto] == [
        ("裂纹", 6, 2),
        ("dent", 3, 0),
        ("ERROR", 1, 0),
    ]
    assert list(report.by_product) == [EVIL]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_that_other_programs_read_the_files(report: Report, tmp_path: Path, language: str) -> None:
    for ending in ("pdf", "xlsx", "csv", "parquet", "html"):
        write_report(report, tmp_path / f"r.{ending}", language)
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "r.pdf").pages)
    assert "51" in text
    assert ("检验报告" if language == "zh_CN" else "Inspection report") in text
    assert sum(len(page.images) for page in PdfReader(tmp_path / "r.pdf").pages) == 4
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    sheet = book.worksheets[1]
    assert sheet["A5"].value == EVIL
    assert sheet["A5"].data_type == "s"
    assert sheet["B5"].value == 51
    assert len(book.worksheets[5]._charts) == len(book.worksheets[6]._charts) == 1
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert any(row and row[0].startswith("'=cmd") for row in rows)
    assert not any(cell.startswith("=") for row in rows for cell in row)
    table = pyarrow.parquet.read_table(tmp_path / "r.parquet").to_pylist()
    assert {row["grouping"] for row in table} == {"product", "day", "shift", "station"}
    assert sum(row["Parts"] for row in table if row["grouping"] == "shift") == 51
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 4
    assert "&#39; /C calc" in page


def test_that_a_report_of_an_empty_period_is_written_too(folder: Path, tmp_path: Path) -> None:
    with read_log(folder) as log:
        empty = report_of(log, 0, 86_400, shifts=SHIFTS, zone=UTC)
    for ending in ("pdf", "xlsx", "csv", "parquet", "html"):
        write_report(empty, tmp_path / f"r.{ending}")
    assert "No part was inspected" in PdfReader(tmp_path / "r.pdf").pages[0].extract_text()


def test_that_an_unknown_format_names_the_known_ones(report: Report, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_report(report, tmp_path / "r.doc")
    assert ".xlsx" in caught.value.cure


def test_that_the_command_writes_and_prints(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    arguments = ["report", "--log", str(folder), "--from", "2026-09-21T12:00", "--to", "2026-09-22T16:00"]
    assert main([*arguments, "--out", str(tmp_path / "r.pdf"), "--json", str(tmp_path / "r.json")]) == 0
    printed = capsys.readouterr().out
    assert "False rejects confirmed" in printed
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["schema"] == "inspector.report/1"
    assert document["total"]["Parts"] == 51
    assert (tmp_path / "r.pdf").stat().st_size > 10_000
    assert main([*arguments, "--product", "nothing", "--json", "-"]) == 0
    assert '"Parts": 0' in capsys.readouterr().out
    assert main(["report", "--log", str(folder), "--day", "yesterday"]) == 2
    assert main(["report", "--log", str(folder), "--day", "2026-11-24", "--shift", "noon"]) == 2
