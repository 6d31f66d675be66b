"""Pictures go by the recipe's rules, never a record; every deletion is recorded before it happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.cli import main
from inspector.errors import StoreError
from inspector.log import Log, Query, confirm, open_log
from inspector.log.images import shared_mark
from inspector.retention import Deleted, Retention, RetentionWorker
from inspector.retention_policy import DAY_NS, RetentionConfig, Rule, due, is_chosen
from inspector.types import Record, RecordKind, Verdict
from tests.support import a_record, noise_picture, recipe_text

NOW = 1_790_000_000 * 1_000_000_000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with open_log(tmp_path / "log") as opened:
        yield opened


def keep_recipe(log: Log, retention: str, name: str = "test product") -> str:
    text = recipe_text(Path("package"), extra=f"[retention]\n{retention}").replace("test product", name)
    hash_ = f"{hash((name, retention)) % 2**256:064x}"
    log.records.keep_recipe(hash_, name, "/r.toml", text)
    return hash_


def add(log: Log, recipe: str, seed: int, days_old: float, **changes: Any) -> Record:
    image = log.images.put(noise_picture(seed), "front")
    decided = NOW - int(days_old * DAY_NS)
    return log.append(a_record(f"P{seed}", recipe_hash=recipe, images=(image,), decided_time_ns=decided, **changes))


def run(log: Log, *, dry: bool = False) -> Deleted:
    return Retention(log, threading.Event(), dry=dry, now_ns=lambda: NOW).run()


def there(log: Log, record: Record) -> bool:
    return all(log.images.is_there(image) for image in record.images)


def test_that_old_passes_go_and_rejects_and_young_passes_stay(log: Log) -> None:
    recipe = keep_recipe(log, "passes_days = 30")
    old, young = add(log, recipe, 1, 31), add(log, recipe, 2, 29)
    reject = add(log, recipe, 3, 400, verdict=Verdict.FAIL)
    challenge = add(log, recipe, 4, 400, kind=RecordKind.CHALLENGE)
    doubted = add(log, recipe, 5, 400)
    log.append(confirm(doubted, who="Ada"))
    deleted = run(log)
    assert deleted.pictures == {Rule.PASSES_DAYS: 1}
    assert [there(log, each) for each in (old, young, reject, challenge, doubted)] == [False, True, True, True, True]
    assert log.get(old.record_id) == old
    with pytest.raises(StoreError, match=r"deleted at .* passes are kept so many days \(recipe test product\)"):
        log.read_image(old.images[0])
    assert run(log).pictures == {}


def test_that_one_in_so_many_passes_is_kept_and_the_record_decides_which(log: Log) -> None:
    recipe = keep_recipe(log, "pass_every = 4")
    records = [add(log, recipe, seed, 2) for seed in range(40)]
    fresh = [add(log, recipe, 100 + seed, 0.5) for seed in range(5)]
    run(log)
    assert [there(log, each) for each in records] == [is_chosen(each.record_id, 4) for each in records]
    assert all(there(log, each) for each in fresh)
    assert 2 <= sum(there(log, each) for each in records) <= 20


def test_that_the_quota_takes_the_oldest_passes(log: Log) -> None:
    size = len((log.folder / add(log, keep_recipe(log, "", "other"), 99, 50).images[0].path).read_bytes())
    recipe = keep_recipe(log, f"quota_gib = {3.5 * size / 2**30}")
    records = [add(log, recipe, seed, 10 - seed) for seed in range(8)]
    reject = add(log, recipe, 50, 20, verdict=Verdict.REVIEW)
    assert run(log).pictures == {Rule.QUOTA: 5}
    assert [there(log, each) for each in records] == [False] * 5 + [True] * 3
    assert there(log, reject)
    assert run(log).pictures == {}


def test_that_a_picture_that_two_records_name_stays(log: Log) -> None:
    recipe = keep_recipe(log, "passes_days = 1")
    first = add(log, recipe, 1, 5)
    again = add(log, recipe, 1, 5, verdict=Verdict.FAIL)
    assert first.images[0].sha256 == again.images[0].sha256
    assert run(log).pictures == {}
    assert there(log, again)
    assert not log.images.delete(again.images[0])
    assert shared_mark(log.folder / again.images[0].path).exists()


def test_that_a_deletion_is_recorded_first_and_finished_after_a_crash(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = keep_recipe(log, "passes_days = 1")
    record = add(log, recipe, 1, 5)

    def crash(_image: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(log.images, "delete", crash)
        with pytest.raises(KeyboardInterrupt):
            run(log)
    (entry,) = log.records.audit(action="images.deleted")
    assert entry.details["sha256"] == [record.images[0].sha256]
    assert there(log, record)
    run(log)
    assert not there(log, record)
    assert len(log.records.audit(action="images.deleted")) == 1


def test_that_a_dry_run_changes_nothing(log: Log) -> None:
    record = add(log, keep_recipe(log, "passes_days = 1"), 1, 5)
    assert run(log, dry=True).pictures == {Rule.PASSES_DAYS: 1}
    assert there(log, record)
    assert not log.records.audit()
    assert run(log).pictures == {Rule.PASSES_DAYS: 1}


def test_that_a_stricter_recipe_looks_at_old_records_again(log: Log) -> None:
    record = add(log, keep_recipe(log, "passes_days = 30"), 1, 10)
    assert run(log).pictures == {}
    keep_recipe(log, "passes_days = 5")
    assert run(log).pictures == {Rule.PASSES_DAYS: 1}
    assert not there(log, record)


def test_that_a_short_disk_takes_the_oldest_passes_of_recipes_that_yield(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    yielding, keeping = keep_recipe(log, "", "a"), keep_recipe(log, "yields = false", "b")
    first, kept = add(log, yielding, 1, 0.1), add(log, keeping, 2, 0.1)
    reject = add(log, yielding, 3, 0.1, verdict=Verdict.FAIL)
    monkeypatch.setattr(log.images, "is_short", lambda _extra=0: log.images.is_there(first.images[0]))
    deleted = Retention(log, threading.Event(), now_ns=lambda: NOW).make_room()
    assert deleted.pictures == {Rule.DISK: 1}
    assert [there(log, each) for each in (first, kept, reject)] == [False, True, True]


def test_that_a_station_deletes_beside_its_work(log: Log) -> None:
    record = add(log, keep_recipe(log, "passes_days = 0.000001"), 1, 1)
    problems: list[StoreError] = []
    worker = RetentionWorker(log, problems.append, interval_s=0.05)
    worker.start()
    for _ in range(400):
        if not there(log, record):
            break
        threading.Event().wait(0.01)
    worker.stop()
    assert not there(log, record)
    assert not problems
    assert not worker.is_alive()


def test_that_the_command_says_what_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_log(tmp_path) as log:
        record = add(log, keep_recipe(log, "passes_days = 1"), 1, 3650)
    assert main(["log", "retain", "--log", str(tmp_path), "--dry-run"]) == 0
    assert "1 pictures would go" in capsys.readouterr().out
    assert main(["log", "retain", "--log", str(tmp_path), "--json", "-"]) == 0
    assert '"passes_days": 1' in capsys.readouterr().out
    assert not (tmp_path / record.images[0].path).exists()


@given(
    st.sampled_from(list(Verdict)),
    st.booleans(),
    st.floats(0, 4000),
    st.integers(1, 50),
    st.one_of(st.none(), st.floats(0.1, 4000)),
)
def test_that_only_plain_passes_go_unless_rejects_have_days(
    verdict: Verdict, amended: bool, days_old: float, every: int, passes_days: float | None
) -> None:
    record = a_record(verdict=verdict, decided_time_ns=NOW - int(days_old * DAY_NS))
    policy = RetentionConfig(pass_every=every, passes_days=passes_days)
    rule = due(policy, record, amended=amended, now_ns=NOW)
    if verdict is not Verdict.PASS or amended:
        assert rule is None
    if rule is None and verdict is Verdict.PASS and not amended and days_old > 1.01:
        assert is_chosen(record.record_id, every)
    if rule is not None:
        older = replace(record, decided_time_ns=record.decided_time_ns - DAY_NS)
        assert due(policy, older, amended=amended, now_ns=NOW) is not None


def test_that_searches_see_the_records_of_deleted_pictures(log: Log) -> None:
    record = add(log, keep_recipe(log, "passes_days = 1"), 1, 5)
    run(log)
    assert log.search(Query(part_id="P1")) == [record]
