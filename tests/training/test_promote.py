"""The exact paired test, and `inspector promote` with real packages on a real data set."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, multinomial

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.inference.package import Package, open_package, write_package
from inspector.release import read_release
from inspector.types import Decision, Verdict
from tests.support import tiny_package
from training.accept_judge import JudgedPart, Take
from training.paired import Pairs, p_value, parts_missing, score
from training.promote_compare import compare

WHO = ["--who", "Ada", "--why", "better light"]


# The test


@pytest.mark.parametrize(
    ("n", "b", "c", "margin"), [(40, 3, 1, 0.1), (100, 0, 0, 0.05), (60, 0, 7, 0.02), (200, 9, 9, 0.05)]
)
def test_that_the_score_is_tangos_with_its_likelihood_maximised_by_search(
    n: int, b: int, c: int, margin: float
) -> None:
    def negative(unknown: float) -> float:
        parts = ((b, unknown + margin), (c, unknown), (n - b - c, 1 - 2 * unknown - margin))
        return -float(sum(count * np.log(max(share, 1e-300)) for count, share in parts if count))

    best = minimize_scalar(negative, bounds=(0.0, (1 - margin) / 2), method="bounded", options={"xatol": 1e-12}).x
    expected = (b - c - n * margin) / np.sqrt(n * (2 * best + margin * (1 - margin)))
    assert score(np.array([b]), np.array([c]), n, margin)[0] == pytest.approx(expected, rel=1e-4)


@given(st.integers(1, 60), st.floats(0.005, 0.4))
def test_that_one_more_error_of_the_challenger_never_looks_better(n: int, margin: float) -> None:
    b, c = (array.ravel() for array in np.meshgrid(np.arange(n), np.arange(n)))
    inside = b + c < n
    b, c = b[inside], c[inside]
    here = score(b, c, n, margin)
    assert np.all(score(b + 1, c, n, margin) >= here - 1e-9)
    assert np.all(score(b, c + 1, n, margin) <= here + 1e-9)


def true_error(n: int, margin: float, differ: float, accepted: dict[tuple[int, int], bool]) -> float:
    """Return the exact probability of promoting a challenger that is worse by just the margin."""
    outcomes = np.array([[b, c, n - b - c] for b, c in accepted])
    worse, better = (differ + margin) / 2, (differ - margin) / 2
    return float(multinomial.pmf(outcomes, n, [worse, better, 1 - worse - better])[list(accepted.values())].sum())


@pytest.mark.parametrize(
    ("n", "margin", "rate"), [(8, 0.3, 0.1), (20, 0.15, 0.05), (30, 0.1, 0.05), (30, 0.1, 0.01), (28, 0.08, 0.1)]
)
def test_that_the_true_error_rate_stays_below_the_stated_one_for_few_parts(n: int, margin: float, rate: float) -> None:
    accepted = {
        (b, c): p_value(Pairs(n, 0, b, c), margin, rate) <= rate
        for b, c in itertools.product(range(n + 1), repeat=2) if b + c <= n
    }  # fmt: skip
    worst = max(true_error(n, margin, differ, accepted) for differ in np.linspace(margin, 1.0, 301))
    assert worst <= rate
    still_worse = max(true_error(n, margin * 1.5, differ, accepted) for differ in np.linspace(margin * 1.5, 1.0, 61))
    assert still_worse <= worst + 1e-9
    assert any(accepted.values()) == (p_value(Pairs(n, 0, 0, n), margin, rate) <= rate)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 400), st.data())
def test_that_the_p_value_grows_with_the_challengers_errors(n: int, data: st.DataObject) -> None:
    b = data.draw(st.integers(0, n))
    c = data.draw(st.integers(0, n - b))
    here = p_value(Pairs(n, 0, b, c), 0.05, 0.05)
    assert 0.0 < here <= 1.0
    if (b - c) / n >= 0.05:
        assert here > 0.05


def test_that_no_difference_needs_about_as_many_parts_as_a_plain_proof_of_one_percent() -> None:
    """Without a single difference the test cannot be won with fewer than the 299 parts of a plain binomial proof."""
    least = next(n for n in range(250, 400) if p_value(Pairs(n, 0, 0, 0), 0.01, 0.05) <= 0.05)
    assert binom.pmf(0, 298, 0.01) > 0.05 >= binom.pmf(0, 299, 0.01)
    assert 299 <= least <= 305
    assert p_value(Pairs(0, 0, 0, 0), 0.01, 0.05) == 1.0


def test_that_the_parts_said_to_be_missing_are_enough_and_not_far_too_many() -> None:
    for pairs in (Pairs(38, 0, 0, 0), Pairs(200, 3, 2, 2), Pairs(100, 5, 0, 1)):
        missing = parts_missing(pairs, 0.02, 0.05)
        assert missing is not None
        n = pairs.n + missing
        grown = [round(count * n / pairs.n) for count in (pairs.challenger_only, pairs.champion_only)]
        assert p_value(Pairs(n, 0, *grown), 0.02, 0.05) <= 0.06
        fewer = round(0.7 * n)
        grown = [round(count * fewer / pairs.n) for count in (pairs.challenger_only, pairs.champion_only)]
        assert p_value(Pairs(fewer, 0, *grown), 0.02, 0.05) > 0.05
    assert parts_missing(Pairs(100, 0, 5, 0), 0.02, 0.05) is None


def judged(defective: bool, verdict: Verdict) -> JudgedPart:
    take = Take(Decision(verdict, ""), {}, {})
    return JudgedPart("P", ("x",), defective, (take,), None, None)


def test_that_escapes_count_among_defective_and_rejects_among_good_parts() -> None:
    champion = [judged(True, v) for v in (Verdict.PASS, Verdict.FAIL, Verdict.FAIL)]
    champion += [judged(False, v) for v in (Verdict.PASS, Verdict.PASS, Verdict.REVIEW)]
    challenger = [judged(True, v) for v in (Verdict.PASS, Verdict.PASS, Verdict.REVIEW)]
    challenger += [judged(False, v) for v in (Verdict.FAIL, Verdict.REVIEW, Verdict.PASS)]
    escape, reject = compare(champion, challenger, margin=0.01, error_rate=0.05)
    assert escape.pairs == Pairs(3, 1, 1, 0)
    assert reject.pairs == Pairs(3, 0, 2, 1)
    assert not escape.passed
    assert not reject.passed


def test_that_without_defective_parts_nothing_is_proven_of_the_escape() -> None:
    good = [judged(False, Verdict.PASS)] * 400
    escape, reject = compare(good, good, margin=0.01, error_rate=0.05)
    assert reject.passed
    assert not escape.passed
    assert escape.missing is not None
    assert escape.missing >= 299


# The command


Promote = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def promote(tmp_path: Path) -> Promote:
    def run(package: Package, *words: str) -> tuple[int, dict[str, Any]]:
        found = tmp_path / "found.json"
        found.unlink(missing_ok=True)
        release = tmp_path / "release"
        code = main(
            ["promote", str(release), str(package.folder), *WHO, "--device", "cpu", "--json", str(found), *words]
        )
        return code, json.loads(found.read_text()) if found.exists() else {}

    return run


@pytest.fixture(scope="module")
def acceptance(plates_factory: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that nothing was trained on."""
    return plates_factory(tmp_path_factory.mktemp("acceptance"), {"good": 40, "spot": 20, "bar": 20}, seed=77)


def with_limits(package: Package, folder: Path, pass_below: float, fail_from: float) -> Package:
    """Return the same network with other limits."""
    card = package.card.model_dump(exclude={"files", "schema_"})
    card["thresholds"] = {"pass_below": pass_below, "fail_from": fail_from}
    return write_package(folder, card, {"weights.safetensors": package.read_file("weights.safetensors")})


def test_that_the_way_of_a_challenger_ends_in_force_only_if_it_is_no_worse(
    tmp_path: Path, promote: Promote, trained: Package, acceptance: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = tmp_path / "release"
    on_set = ["--acceptance", str(acceptance), "--split", "all", "--margin", "15%"]
    assert promote(trained, "--acceptance", str(acceptance), "--split", "all")[0] == 0
    assert read_release(release).history[0].action == "init"

    random = tiny_package(tmp_path / "random", size=48)
    code, found = promote(random, *on_set)
    assert (code, found["promoted"]) == (1, False)
    assert found["schema"] == "inspector.promote/1"
    assert not (release / "packages" / random.hash).exists()
    assert "NOT promoted" in capsys.readouterr().out

    twin = with_limits(trained, tmp_path / "twin", trained.card.thresholds.pass_below, 1.0)
    assert promote(twin, "--shadow")[0] == 0
    assert read_release(release).challenger == twin.hash
    code, found = promote(twin, *on_set)
    assert (code, found["promoted"], found["comparisons_before"]) == (0, True, 1)
    assert found["escape"]["n"] == found["reject"]["n"] == 40
    assert found["escape"]["challenger_only"] == found["escape"]["champion_only"] == 0
    assert open_package(release).hash == twin.hash
    after = read_release(release)
    assert after.challenger is None
    assert [entry.action for entry in after.history] == ["init", "refused", "shadow", "promote"]
    assert after.history[-1].evidence["escape"]["p_value"] == found["escape"]["p_value"]


def test_that_too_few_parts_are_named_and_promote_nothing(
    promote: Promote, trained: Package, acceptance: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(trained)
    twin = with_limits(trained, tmp_path / "twin", trained.card.thresholds.pass_below, 1.0)
    code, found = promote(twin, "--acceptance", str(acceptance), "--split", "all")
    assert code == 1
    assert 255 <= found["escape"]["parts_missing"] <= 275  # 301 and somewhat, less the 40 at hand
    assert "more defective parts would do" in capsys.readouterr().out


def test_that_the_acceptance_set_is_frozen(
    promote: Promote,
    trained: Package,
    acceptance: Path,
    plates: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    twin = with_limits(trained, tmp_path / "twin", trained.card.thresholds.pass_below, 1.0)
    promote(trained, "--acceptance", str(acceptance), "--split", "all")
    assert promote(twin, "--acceptance", str(plates), "--split", "test")[0] == 2
    assert promote(twin, "--acceptance", str(acceptance), "--split", "test")[0] == 2
    assert "frozen acceptance set" in capsys.readouterr().err
    changed = ["--new-acceptance-set", "the old parts wore out", "--margin", "60%"]
    assert promote(twin, "--acceptance", str(acceptance), "--split", "all", *changed)[0] == 2  # it is the frozen one
    code, found = promote(twin, "--acceptance", str(acceptance), "--split", "test", *changed)
    assert found["new_acceptance_set"] == "the old parts wore out"
    assert read_release(tmp_path / "release").acceptance is not None
    assert code in (0, 1)
    with open_dataset(acceptance) as dataset:
        frozen = read_release(tmp_path / "release").acceptance
        assert frozen is not None
        assert (frozen.fingerprint, frozen.split) == (dataset.fingerprint, "test")


def test_that_wrong_use_is_refused_with_a_cure(
    promote: Promote, trained: Package, plates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote(trained, "--shadow")[0] == 2  # nothing there to challenge
    twin = with_limits(trained, tmp_path / "twin", trained.card.thresholds.pass_below, 1.0)
    assert main(["promote", str(twin.folder), str(trained.folder), *WHO]) == 2  # a package is no release
    assert promote(trained)[0] == 0
    copy = tmp_path / "release" / "packages" / trained.hash / "weights.safetensors"
    copy.write_bytes(b"rot")
    assert promote(trained)[0] == 2  # in force already
    assert open_package(tmp_path / "release").hash == trained.hash  # and whole again
    assert promote(twin)[0] == 2  # no acceptance set
    assert promote(twin, "--acceptance", str(plates), "--split", "all")[0] == 2  # trained on it
    said = capsys.readouterr().err
    for words in ("there is no release yet", "plain model package", "in force already", "--acceptance", "trained on"):
        assert words in said
    assert said.count("cure:") == 5
    with pytest.raises(SystemExit, match="2"):
        promote(twin, "--margin", "0")
