"""How often does `inspector promote` let a worse challenger in, and how often an equal or better one?

    python -m tests.performance.promotion_campaign --draws 10000

A simulator with known truth draws acceptance sets of n defective and n good parts. A challenger that is worse by
exactly the margin in one error, and equal in the other, is the hardest one to keep out: the share of such that
are promoted must stay below the stated error rate, up to Monte Carlo error. `differ` is the share of parts on which the
two packages' verdicts differ in the error that is looked at.
"""

from __future__ import annotations

import argparse
import math
import sys
from functools import cache

import numpy as np

from training.paired import Pairs, p_value

WORSE = ((50, 0.05), (100, 0.05), (300, 0.05), (300, 0.01), (1000, 0.01), (2000, 0.01))
DIFFER = (1.0, 1.5, 3.0)
"""Times the margin: 1.0 is a challenger that errs wherever they differ."""


@cache
def passes(n: int, b: int, c: int, margin: float, rate: float) -> bool:
    """Return whether "worse by the margin" is refuted."""
    return p_value(Pairs(n, 0, b, c), margin, rate) <= rate


def share_passed(
    rng: np.random.Generator, n: int, margin: float, rate: float, *, worse_by: float, differ: float, draws: int
) -> float:
    """Return the share of draws in which one error passes.

    Args:
        rng: Source of the draws.
        n: Parts.
        margin: Of the test.
        rate: Of the test.
        worse_by: True difference of the error rates, challenger minus champion.
        differ: True share of parts on which they differ.
        draws: How many acceptance sets.
    """
    shares = [(differ + worse_by) / 2, (differ - worse_by) / 2, 1.0 - differ]
    drawn = rng.multinomial(n, shares, size=draws)
    return float(np.mean([passes(n, int(b), int(c), margin, rate) for b, c, _ in drawn]))


def exact_share_passed(n: int, margin: float, rate: float, differ: float) -> float:
    """Return the probability with which a challenger that is worse by the margin passes, by enumeration.

    Outcomes that are rarer than 1e-8 are not looked at but counted as passed.
    """
    from scipy.stats import binom

    worse, better = (differ + margin) / 2, (differ - margin) / 2
    passed, seen = 0.0, 0.0
    for b in range(n + 1):
        by_c = binom.pmf(b, n, worse) * binom.pmf(np.arange(n - b + 1), n - b, better / (1.0 - worse))
        for c in np.flatnonzero(by_c > 1e-8):
            seen += by_c[c]
            passed += by_c[c] * passes(n, b, int(c), margin, rate)
    return float(passed + 1.0 - seen)


def limit(rate: float, draws: int) -> float:
    """Return the share that a true `rate` exceeds by chance in 1 of 1,000 campaigns of a cell."""
    return rate + 3.09 * math.sqrt(rate * (1.0 - rate) / draws)


def fewest(margin: float, rate: float) -> int:
    """Return the smallest n at which no difference at all is enough."""
    n = int(0.8 * math.log(rate) / math.log(1.0 - margin))  # a proof with less is not possible
    while not passes(n, 0, 0, margin, rate):
        n += 1
    return n


def main() -> int:
    """Print the tables; exit code 1 where a worse challenger was promoted more often than stated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--error-rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, rate, draws = np.random.default_rng(options.seed), options.error_rate, options.draws
    worst = worst_exact = 0.0
    print(f"stated error rate {rate:.1%}, {draws} draws a cell, chance limit {limit(rate, draws):.2%}\n")
    worse = "worse by the margin: passes in that error, exact; drawn | promoted"
    print(f"| n of each kind | margin | differ | {worse} | equal: promoted | better by the margin: promoted |")
    print("|---|---|---|---|---|---|---|")
    for n, margin in WORSE:
        for times in DIFFER:
            differ = times * margin
            found = []
            for worse_by in (margin, 0.0, -margin):
                one = share_passed(rng, n, margin, rate, worse_by=worse_by, differ=differ, draws=draws)
                # the other error: the same in both packages, so only chance decides; both must pass
                other = share_passed(rng, n, margin, rate, worse_by=0.0, differ=differ / 4, draws=draws)
                found.append((one, one * other))
            exact = exact_share_passed(n, margin, rate, differ)
            worst, worst_exact = max(worst, found[0][0]), max(worst_exact, exact)
            cells = [f"{exact:.2%}; {found[0][0]:.2%}", f"{found[0][1]:.2%}"]
            cells += [f"{both:.1%}" for _, both in found[1:]]
            print(f"| {n} | {margin:.0%} | {differ:.1%} | " + " | ".join(cells) + " |", flush=True)
    print(f"\nfewest parts of each kind with which two packages that never differ pass, at {rate:.1%}:")
    for margin in (0.005, 0.01, 0.02, 0.05, 0.1):
        print(f"margin {margin:.1%}: {fewest(margin, rate)}")
    print(f"\nworst share of worse challengers that pass: exact {worst_exact:.2%}, drawn {worst:.2%}")
    return 0 if worst_exact <= rate and worst <= limit(rate, draws) else 1


if __name__ == "__main__":
    sys.exit(main())
