"""Does the guarantee hold? 1,000 calibrations on random samples, each held against the truth.

    python -m tests.performance.guarantee_campaign                                    # a simulator with known truth
    python -m tests.performance.guarantee_campaign --package P --dataset D --split S  # real scores, judged once

Simulated parts: every calibration draws new parts; the true rate at its limits follows from the distributions. A
promise with 95 % confidence may be violated (true rate above the accepted one) in 5 % of the calibrations, plus the
Monte Carlo error of their number: `allowed` is the 99 % point of Binomial(calibrations, 5 %). Without confidence the
mean of the true rates must stay below the accepted one, plus 2.33 standard errors. `in theory` is what scores without
ties give exactly; ties can only lower it.

Real parts are a finite pool, of which three things can be asked. `drawn`: parts are drawn from the pool with
replacement, so the pool is the whole world and its rate at the limits is the truth. `re-split, whole`: a random half of
the pool calibrates, and the pool's rate is the truth. `re-split, rest`: the other half is the test. There the rate is
that of a small sample and may exceed the accepted one although the promise is kept; how often it does so for
exchangeable parts is known exactly (negative hypergeometric distribution, whatever the scores are), and `allowed` is
the 99 % point of that.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import beta, binom, hypergeom, norm

from inspector.decisions.curve import cost_curve
from inspector.decisions.limits import AcceptedRisk, bands, choose_limits
from inspector.decisions.risk import errors_allowed, errors_allowed_on_average, interval
from inspector.types import CalibrationScores, Risk, Thresholds

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MONTE_CARLO = 0.99


@dataclass(frozen=True, slots=True)
class World:
    """Scores of parts whose distribution is known.

    Attributes:
        name: For the table.
        good: Distribution function of one view of a good part.
        bad: The same of the defective view of a defective part.
        quantile_good: Its inverse.
        quantile_bad: Its inverse.
        views: Per part; one of a defective part's views shows the defect.
        digits: Scores are rounded to so many decimals, so that many are the same; None: not rounded.
    """

    name: str
    good: Callable[[float], float]
    bad: Callable[[float], float]
    quantile_good: Callable[[Floats], Floats]
    quantile_bad: Callable[[Floats], Floats]
    views: int = 1
    digits: int | None = None

    def draw(self, good: int, defective: int, rng: np.random.Generator) -> CalibrationScores:
        """Draw parts."""
        scores = np.r_[
            self.quantile_good(rng.random((good, self.views))).max(1),
            np.maximum(
                self.quantile_bad(rng.random(defective)),
                self.quantile_good(rng.random((defective, self.views))[:, 1:]).max(1, initial=0.0),
            ),
        ]
        return as_scores(scores if self.digits is None else scores.round(self.digits), np.arange(scores.size) >= good)

    def true_rate(self, risk: Risk, limits: Thresholds) -> float:
        """Return the true rate at the limits."""
        if risk is Risk.ESCAPE:
            at = self._rounded(limits.pass_below)
            return self.bad(at) * self.good(at) ** (self.views - 1)
        return 1.0 - self.good(self._rounded(limits.fail_from)) ** self.views

    def _rounded(self, limit: float) -> float:
        """Return the unrounded score below which the rounded one stays strictly below the limit."""
        if self.digits is None:
            return limit
        step = 10.0**-self.digits
        return (math.ceil(limit / step - 1e-9) - 0.5) * step


def as_scores(scores: Floats, defective: Bools, passes: Floats | None = None) -> CalibrationScores:
    """Return parts without names."""
    names = ("",) * scores.size
    held = scores if passes is None else passes
    return CalibrationScores(names, names, defective, held, scores, np.full(scores.size, np.nan))


def normal(name: str, good: float, bad: float, spread: float = 1.5, **more: Any) -> World:
    """Return a world whose scores' logits are normal."""
    return World(
        name,
        good=lambda s: float(norm.cdf(logit(s), good, 1.0)),
        bad=lambda s: float(norm.cdf(logit(s), bad, spread)),
        quantile_good=lambda u: np.asarray(expit(norm.ppf(u, good, 1.0))),
        quantile_bad=lambda u: np.asarray(expit(norm.ppf(u, bad, spread))),
        **more,
    )


def betas(name: str, good: tuple[float, float], bad: tuple[float, float], **more: Any) -> World:
    """Return a world of beta distributed scores."""
    return World(
        name,
        good=lambda s: float(beta.cdf(s, *good)),
        bad=lambda s: float(beta.cdf(s, *bad)),
        quantile_good=lambda u: np.asarray(beta.ppf(u, *good)),
        quantile_bad=lambda u: np.asarray(beta.ppf(u, *bad)),
        **more,
    )


WORLDS = (
    normal("normal", -3.0, 1.5),
    betas("beta", (1.0, 8.0), (4.0, 2.5)),
    betas("beta, two decimals", (1.0, 8.0), (4.0, 2.5), digits=2),
    betas("beta, one decimal", (1.0, 8.0), (4.0, 2.5), digits=1),
    normal("normal, 4 views", -3.5, 1.5, views=4),
)
ORDERS = (
    (AcceptedRisk(max_escape=0.01), 300, 299),
    (AcceptedRisk(max_escape=0.05), 300, 200),
    (AcceptedRisk(max_overkill=0.05), 200, 0),
    (AcceptedRisk(max_overkill=0.01), 500, 0),
    (AcceptedRisk(max_escape=0.02, max_overkill=0.05), 300, 300),
    (AcceptedRisk(max_escape=0.02, confidence=0.0), 300, 100),
    (AcceptedRisk(max_overkill=0.05, confidence=0.0), 100, 0),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: `figure` is the violated share, or the mean rate where only that is promised."""

    parts: str
    promise: str
    n: int
    runs: int
    figure: float
    low: float
    high: float
    allowed: float
    expected: float
    mean_rate: float

    @property
    def kept(self) -> bool:
        """Whether the figure is not above what is allowed."""
        return self.figure <= self.allowed


def simulate(world: World, accepted: AcceptedRisk, good: int, defective: int, runs: int, seed: int) -> list[Row]:
    """Calibrate `runs` times on new parts and hold every promise against the truth."""
    rng = np.random.default_rng(seed)
    rates: dict[Risk, list[float]] = {}
    for _ in range(runs):
        found = choose_limits(world.draw(good, defective, rng), accepted)
        for promise in found.guarantees:
            rates.setdefault(promise.risk, []).append(world.true_rate(promise.risk, found.thresholds))
    counts = {Risk.ESCAPE: defective, Risk.OVERKILL: good}
    return [row_of(world.name, accepted, risk, counts[risk], np.array(own)) for risk, own in rates.items()]


def row_of(
    parts: str,
    accepted: AcceptedRisk,
    risk: Risk,
    n: int,
    rates: Floats,
    theory: float | None = None,
    most: float | None = None,
) -> Row:
    """Return the line for the true rates of all calibrations.

    Args:
        parts: Whose.
        accepted: The risk.
        risk: Which of its rates.
        n: Parts that calibrate.
        rates: True rate of each calibration.
        theory: Share of violations that scores without ties give; None: the binomial one.
        most: Share of violations that is allowed; None: 1 - confidence.
    """
    limit, runs = asked(accepted, risk), rates.size
    if accepted.confidence == 0.0:
        error = float(rates.std(ddof=1)) / runs**0.5
        promise = (errors_allowed_on_average(n, limit) + 1) / (n + 1)
        mean = float(rates.mean())
        return Row(parts, name_of(accepted, risk), n, runs, mean, mean - 1.96 * error, mean + 1.96 * error,
                   limit + 2.33 * error, promise, mean)  # fmt: skip
    violated = int((rates > limit).sum())
    share = interval(violated, runs)
    most = 1.0 - accepted.confidence if most is None else most
    expected = binom.cdf(errors_allowed(n, limit, accepted.confidence), n, limit) if theory is None else theory
    allowed = float(binom.ppf(MONTE_CARLO, runs, most)) / runs
    return Row(parts, name_of(accepted, risk), n, runs, share.value, share.low, share.high, allowed, float(expected),
               float(rates.mean()))  # fmt: skip


def asked(accepted: AcceptedRisk, risk: Risk) -> float:
    """Return the accepted rate."""
    rate = accepted.max_escape if risk is Risk.ESCAPE else accepted.max_overkill
    assert rate is not None
    return rate


def name_of(accepted: AcceptedRisk, risk: Risk) -> str:
    """Return the promise in a few words."""
    how = f"{accepted.confidence:.0%} confidence" if accepted.confidence else "expected"
    return f"{risk.value} ≤ {asked(accepted, risk):.1%}, {how}"


def from_pool(pool: CalibrationScores, accepted: AcceptedRisk, runs: int, seed: int) -> list[Row]:
    """Calibrate on half as many parts as the pool has: drawn with replacement, and as re-splits."""
    rng = np.random.default_rng(seed)
    kinds = [np.flatnonzero(pool.defective == kind) for kind in (False, True)]
    rates: dict[tuple[Risk, str], list[float]] = {}
    for _ in range(runs):
        again = np.concatenate([rng.choice(own, own.size // 2) for own in kinds])
        halves = [rng.permutation(own) for own in kinds]
        half = np.concatenate([own[: own.size // 2] for own in halves])
        rest = rows_of(pool, np.concatenate([own[own.size // 2 :] for own in halves]))
        for name, rows, truths in (
            ("real, drawn", again, {"": pool}),
            ("real, re-split", half, {", whole": pool, ", rest": rest}),
        ):
            found = choose_limits(rows_of(pool, rows), accepted)
            for risk in (promise.risk for promise in found.guarantees):
                for ending, truth in truths.items():
                    rates.setdefault((risk, name + ending), []).append(rate_of(truth, risk, found.thresholds))
    return [_pool_row(name, accepted, risk, kinds, np.array(own)) for (risk, name), own in rates.items()]


def _pool_row(name: str, accepted: AcceptedRisk, risk: Risk, kinds: Sequence[NDArray[np.int64]], rates: Floats) -> Row:
    whole = kinds[1].size if risk is Risk.ESCAPE else kinds[0].size
    n = whole // 2
    if accepted.confidence == 0.0 or name == "real, drawn":
        return row_of(name, accepted, risk, n, rates)
    if name.endswith("rest"):
        theory = rest_above(whole, n, accepted, risk)
        return row_of(name, accepted, risk, n, rates, theory, theory)
    too_many = int(np.floor(asked(accepted, risk) * whole + 1e-9)) + 1  # the fewest of the pool that break the promise
    allowed = errors_allowed(n, asked(accepted, risk), accepted.confidence)
    return row_of(name, accepted, risk, n, rates, float(hypergeom.cdf(allowed, whole, too_many, n)))


def rest_above(whole: int, n: int, accepted: AcceptedRisk, risk: Risk) -> float:
    """Return how often the rate on the rest exceeds the accepted one for exchangeable parts with different scores.

    The x-th error of the rest comes before the (k+1)-th part of the calibration half when at most k of the first k + x
    parts in the order of the scores are of that half.
    """
    limit = asked(accepted, risk)
    allowed = errors_allowed(n, limit, accepted.confidence)
    first_above = int(np.floor(limit * (whole - n) + 1e-9)) + 1
    return float(hypergeom.cdf(allowed, whole, n, allowed + first_above))


def rows_of(pool: CalibrationScores, rows: NDArray[np.int64]) -> CalibrationScores:
    """Return some parts of the pool."""
    return as_scores(pool.fail_scores[rows], pool.defective[rows], pool.scores[rows])


def rate_of(parts: CalibrationScores, risk: Risk, limits: Thresholds) -> float:
    """Return the share of errors at the limits."""
    own = bands(parts, limits, defective=risk is Risk.ESCAPE)
    return (own.passed if risk is Risk.ESCAPE else own.failed) / own.n


def judge_pool(package: Path, dataset: Path, split: str) -> CalibrationScores:
    """Judge every part once, with the scores that the package gives as it is."""
    from datasets.manifest import open_dataset
    from inspector.inference.load import load_model
    from inspector.inference.package import open_package
    from training.calibrate_scores import by_part, calibration_items, judge_pictures, one_per_view

    opened = open_package(package)
    with open_dataset(dataset) as data:
        items = one_per_view(calibration_items(data, split, opened.card))
        judged = judge_pictures(items, load_model(opened), lambda _done, _total: None)
    columns = [name not in opened.card.good for name in opened.card.classes]
    passes = np.array([not columns[row.argmax()] for row in judged.probabilities])
    return by_part(judged, judged.probabilities[:, columns].sum(1).clip(0.0, 1.0), passes)


def pool_orders(pool: CalibrationScores) -> list[AcceptedRisk]:
    """Return risks that half of the pool supports: one that allows no error, one that allows a few, and the mean."""
    orders = []
    halves = {"max_escape": int(pool.defective.sum()) // 2, "max_overkill": int((~pool.defective).sum()) // 2}
    for name, n in halves.items():
        rates = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3)
        for errors in (0, 3):
            rate = next((rate for rate in rates if errors_allowed(n, rate, 0.95) >= errors), None)
            orders += [] if rate is None else [AcceptedRisk(**{name: rate})]
        rate = next((rate for rate in rates if errors_allowed_on_average(n, rate) >= 0), None)
        orders += [] if rate is None else [AcceptedRisk(**{name: rate, "confidence": 0.0})]
    return orders


def table(rows: Sequence[Row]) -> str:
    """Return the lines as Markdown."""
    names = ("parts", "promise", "n", "calibrations", "violated, or mean rate", "95 % interval", "in theory", "allowed",
             "mean true rate", "kept")  # fmt: skip
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    for row in rows:
        ends = f"{max(row.low, 0.0):.2%}–{row.high:.2%}"
        cells = (row.parts, row.promise, str(row.n), f"{row.runs:,}", f"{row.figure:.2%}", ends, f"{row.expected:.2%}",
                 f"{row.allowed:.2%}", f"{row.mean_rate:.2%}", "yes" if row.kept else "NO")  # fmt: skip
        lines.append(" | ".join(cells))
    lines = [f"| {line} |" for line in lines]
    return "\n".join(lines)


def draw_picture(path: Path) -> None:
    """Draw the cost curve of 1,000 good and 600 defective simulated parts."""
    from training.calibrate_document import curve_row
    from training.calibrate_plots import draw_cost
    from training.plots import new_figure

    parts = WORLDS[0].draw(1000, 600, np.random.default_rng(0))
    figure, axes = new_figure()
    points = cost_curve(parts, AcceptedRisk(max_escape=0.01))
    draw_cost(axes, [curve_row(point) for point in points], 0.01, "escape")
    figure.savefig(path, dpi=110)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; exit code 1 where a promise is violated more often than allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="calibrations per line (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--package", type=Path)
    parser.add_argument("--dataset", type=Path, help="parts that the package was not trained on")
    parser.add_argument("--split", default="test", choices=("validation", "test", "train", "all"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw a cost curve and end")
    options = parser.parse_args(arguments)
    if options.picture:
        draw_picture(options.picture)
        return 0
    if (options.package is None) != (options.dataset is None):
        parser.error("give --package and --dataset, or neither")
    if options.package:
        pool = judge_pool(options.package, options.dataset, options.split)
        print(f"{int(pool.defective.sum())} defective and {int((~pool.defective).sum())} good parts in the pool.")
        rows = [row for order in pool_orders(pool) for row in from_pool(pool, order, options.runs, options.seed)]
    else:
        rows = [
            row
            for number, world in enumerate(WORLDS)
            for order, good, defective in ORDERS
            for row in simulate(world, order, good, defective, options.runs, options.seed + number)
        ]
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([{**asdict(row), "kept": row.kept} for row in rows], indent=1))
    return 0 if all(row.kept for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
