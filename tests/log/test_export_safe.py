"""No exported text is a formula to any program that reads CSV."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.log.export import export, export_audit, safe_text
from inspector.types import AuditEntry, Decision, Verdict
from tests.support import a_record

FORMULAS = "=+-@＝＋－＠"
NASTY = st.text(st.sampled_from([*FORMULAS, *" \t\r\n\"',;|'a1\u00a0\u3000\0"]), max_size=8) | st.text(max_size=20)


def begins_formula(cell: str) -> bool:
    return cell.lstrip().lstrip('"\0 \t\r\n').startswith(tuple(FORMULAS))


@given(NASTY)
def test_that_no_cell_begins_a_formula_however_the_line_is_split(text: str) -> None:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerow([safe_text(text)])
    for piece in re.split(r'[,;|\t\r\n"]', file.getvalue()):
        assert not begins_formula(piece)


@given(NASTY)
def test_that_a_reader_of_csv_gets_the_text_back_but_for_the_apostrophes(text: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerow([safe_text(text)])
    (row,) = csv.reader(io.StringIO(file.getvalue(), newline=""), strict=True)
    assert row[0].replace("'", "") == text.replace("'", "")


@given(st.text(st.characters(categories=["L", "Nd", "Zs"]), max_size=20))
def test_that_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '"=1', "'=1", "＝1", "＋1", "－1", "＠x", "a;=1"],
)
def test_that_every_known_way_into_a_formula_is_closed(text: str) -> None:
    assert safe_text(text) != text
    assert not begins_formula(safe_text(text))


def test_that_records_and_audit_trail_are_exported_by_the_same_safe_writer(tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://x")'
    record = a_record(evil, decision=Decision(Verdict.FAIL, evil, evil, 0.9), who=evil)
    export([record], tmp_path / "records.csv")
    export_audit([AuditEntry(evil, evil, evil, evil, evil, evil, evil, 1, {evil: evil})], tmp_path / "audit.csv")
    for name, cells in (("records.csv", 4), ("audit.csv", 7)):
        with (tmp_path / name).open(newline="", encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        assert sum(value == f"'{evil}" for value in row.values()) == cells
        assert not any(begins_formula(value) for value in row.values())
