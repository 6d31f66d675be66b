"""Logging in at the station window: rights come and go, inspection does not care."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.operator.login import LoginSheet
from inspector.people.door import Door
from inspector.people.secrets import Secrets, badge_hint
from inspector.people.users import User, Users, write_users
from inspector.types import Person, Role, Verdict
from tests.gui.conftest import Desk
from tests.people.test_no_listener import listening

WORDS = "nine quiet otters"


@pytest.fixture
def users(own_data_folder: Path, desk: Desk) -> None:
    """Users come to a PC whose line runs already."""
    secrets = Secrets(CHEAPEST)
    desk.session._door = Door(desk.session.log.folder, secrets=secrets)
    hashed, number = secrets.hashed(WORDS), "0012345678"
    badge = {"badge": secrets.hashed(number), "badge_hint": badge_hint(number)}
    write_users(
        Users(
            users=(
                User(name="Ada", role=Role.ADMINISTRATOR, password=hashed, pin=secrets.hashed("2580")),
                User(name="Olaf", role=Role.OPERATOR, password=hashed, **badge),
                User(name="Ugo", role=Role.AUDITOR, password=hashed),
            )
        )
    )
    desk.page.attendance.show()


def login(desk: Desk, name: str, secret: str) -> LoginSheet:
    desk.page.desk.change_operator()
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, LoginSheet)
    sheet.name.setText(name)
    sheet.secret.setText(secret)
    sheet.accept()
    return sheet


@pytest.mark.usefixtures("users")
def test_that_nobody_logged_in_may_nothing_and_is_asked_who_they_are(desk: Desk) -> None:
    record = desk.decide(Verdict.REVIEW)
    assert desk.page.header.operator_button.text() == "Log in"
    desk.page.desk.confirm()
    assert isinstance(desk.page.desk.sheet, LoginSheet)
    desk.page.desk.start_stop()
    assert desk.line.alive, "the lock takes rights; it never stops the inspection"
    assert desk.session.log.amendments(record.record_id) == []
    desk.decide(Verdict.FAIL)


@pytest.mark.usefixtures("users")
def test_that_a_password_lets_in_and_the_record_carries_name_and_role(desk: Desk) -> None:
    record = desk.decide(Verdict.REVIEW)
    login(desk, "ada", WORDS)
    desk.until(lambda: desk.page.header.operator_button.text().startswith("Ada"))
    assert desk.page.desk.sheet is None
    assert desk.session.presence.person == Person("Ada", Role.ADMINISTRATOR)
    desk.page.desk.confirm()
    desk.until(lambda: bool(desk.session.log.amendments(record.record_id)))
    (said,) = desk.session.log.amendments(record.record_id)
    assert (said.who, said.details["role"]) == ("Ada", "administrator")
    desk.until(lambda: bool(desk.session.log.records.audit(action="user.logged-in")))


@pytest.mark.usefixtures("users")
def test_that_a_pin_lets_in_as_an_operator(desk: Desk) -> None:
    login(desk, "Ada", "2580")
    desk.until(lambda: desk.session.presence.person == Person("Ada", Role.OPERATOR))


@pytest.mark.usefixtures("users")
def test_that_a_badge_reader_lets_in_without_a_name(desk: Desk) -> None:
    desk.page.desk.change_operator()
    sheet = desk.page.desk.sheet
    assert isinstance(sheet, LoginSheet)
    QTest.keyClicks(sheet.name, "0012345678")
    sheet._scans[0]._began_s = float("inf")  # however slow this machine is: typed by a reader
    sheet.accept()
    desk.until(lambda: desk.session.presence.person == Person("Olaf", Role.OPERATOR))


@pytest.mark.usefixtures("users")
def test_that_a_wrong_password_is_told_and_forgotten(desk: Desk) -> None:
    sheet = login(desk, "Ada", "wrong password")
    desk.until(lambda: "not known here" in sheet.trouble.text())
    assert sheet.secret.text() == ""
    assert desk.session.presence.person == Person("")


@pytest.mark.usefixtures("users")
def test_that_a_role_without_the_right_is_told_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    record = desk.decide(Verdict.REVIEW)
    desk.session.presence.enter(Person("Ugo", Role.AUDITOR))
    told: list[str] = []
    monkeypatch.setattr(desk.page.toast, "tell", told.append)
    desk.page.desk.confirm()
    desk.page.desk.override()
    assert told == [
        "Ugo (auditor) may not confirm a verdict. Let this be done by: operator, engineer, administrator.",
        "Ugo (auditor) may not override a verdict. Let this be done by: operator, engineer, administrator.",
    ]
    assert desk.session.log.amendments(record.record_id) == []


@pytest.mark.usefixtures("users")
def test_that_idleness_ends_the_login_and_not_the_inspection(desk: Desk) -> None:
    presence = desk.session.presence
    presence.enter(Person("Ada", Role.ADMINISTRATOR))
    desk.page.attendance.show()
    presence._monotonic_s = lambda: presence._touched_s + 3600.0
    desk.page.attendance._on_look()
    assert desk.page.header.operator_button.text() == "Log in"
    assert presence.person == Person("")
    assert desk.line.alive
    desk.decide(Verdict.PASS)


def test_that_without_users_a_name_suffices(desk: Desk) -> None:
    desk.page.desk.change_operator()
    assert not isinstance(desk.page.desk.sheet, LoginSheet)
    desk.page.desk.back()


@pytest.mark.usefixtures("users")
def test_that_the_operator_key_logs_out(desk: Desk) -> None:
    desk.session.presence.enter(Person("Ada", Role.ADMINISTRATOR))
    QTest.keyClick(desk.page, Qt.Key.Key_F10)
    desk.until(lambda: isinstance(desk.page.desk.sheet, LoginSheet))
    assert desk.session.presence.person == Person("")


def test_that_a_station_window_at_work_listens_nowhere(desk: Desk) -> None:
    desk.decide(Verdict.FAIL)
    assert listening() == set()
