"""Words: complete in both languages, and exact."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gui.i18n
from gui.i18n import qm_bytes, update
from gui.look import Look
from gui.notices import CAUTION_ORDER, FAULT_ORDER, notice_step, notice_title
from gui.texts import REASONS, percent, rate, reason_word, state_word, verdict_word
from inspector.events import CautionCode, FaultCode, StationState
from inspector.types import Verdict

FOLDER = Path(gui.i18n.__file__).parent
TS = FOLDER / "inspector_zh_CN.ts"


def _messages(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """(context, source) -> (translation, state)."""
    found = {}
    for context in ET.parse(path).getroot().iter("context"):  # noqa: S314 - our own file
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            key = (name, message.findtext("source") or "")
            found[key] = (translation.text or "", translation.get("type", ""))
    return found


def test_that_every_source_string_is_translated(tmp_path: Path) -> None:
    fresh = tmp_path / TS.name
    shutil.copy(TS, fresh)
    update.collect(fresh)
    messages = _messages(fresh)
    assert len(messages) > 150
    missing = [key for key, (text, state) in messages.items() if not text or state == "unfinished"]
    assert not missing, f"translate these in {TS}, then run python -m gui.i18n.update: {missing}"
    assert set(messages) == set(_messages(TS)), "run python -m gui.i18n.update"


def test_that_the_compiled_translation_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.qm"
    update.compile_ts(TS, fresh)
    assert fresh.read_bytes() == qm_bytes("zh_CN"), "run python -m gui.i18n.update"


def test_that_translations_keep_the_fields_of_their_source() -> None:
    for (_, source), (text, _) in _messages(TS).items():
        assert set(re.findall(r"{\w+}", source)) == set(re.findall(r"{\w+}", text)), source


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_that_verdicts_states_faults_and_reasons_have_words_of_their_own(look: Look, language: str) -> None:
    look.set_language(language)
    for words in (
        [verdict_word(verdict) for verdict in Verdict],
        [state_word(state) for state in StationState],
        [notice_title(code) for code in (*FaultCode, *CautionCode)],
        [notice_step(code) for code in (*FaultCode, *CautionCode)],
        [reason_word(reason) for reason in REASONS],
    ):
        assert all(words)
        assert len(set(words)) == len(words)
    assert (verdict_word(Verdict.PASS) == "PASS") == (language == "en")


def test_that_every_fault_and_caution_has_its_rank() -> None:
    assert set(FAULT_ORDER) == set(FaultCode)
    assert set(CAUTION_ORDER) == set(CautionCode)


@given(st.floats(1e-7, 1))
def test_that_a_bound_is_never_written_smaller_than_it_is_nor_much_larger(share: float) -> None:
    shown = float(rate(share, upward=True).removesuffix(" %")) / 100
    assert share * (1 - 1e-6) <= shown <= share * 1.0101
    assert float(rate(share).removesuffix(" %")) / 100 == pytest.approx(share, rel=0.0051)


@given(st.floats(0, 1))
def test_that_a_share_is_shown_as_whole_only_where_it_is(share: float) -> None:
    shown = float(percent(share).removesuffix(" %"))
    assert (shown == 100) == (share == 1)
    assert (shown == 0) == (share == 0)
    assert abs(shown - 100 * share) <= 0.51
