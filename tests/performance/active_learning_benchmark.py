"""Labels needed to reach an AUROC: by the review's queue, or by chance.

    python -m tests.performance.active_learning_benchmark [--tiles DIR] [--weights FILE] [--seeds 12] [--plot FILE]

Each seed divides a data set into a test set (30 %, stratified) and a pool without labels. 20 images of the pool, drawn
at random, are labelled; then, twenty at a time, those that a strategy chooses. After each round a logistic regression
on frozen features is fitted to what is labelled, with the classes balanced; its AUROC (defective against good) on the
test set is the figure. All strategies of a seed begin with the same twenty. The strategies:

- queue: as the review offers images: near the threshold first (`datasets.audit.queues.near_threshold`, with the limits
  that `training.thresholds` gives), then unlike anything labelled (`outliers`), then at random.
- mixed: half of each twenty as the queue says, half at random.
- random: at random.

The features are those of the audit: a frozen network with ImageNet weights, pooled; the pool's 128 main components.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audit.embed import look_at
from datasets.audit.items import Predictions
from datasets.audit.queues import near_threshold, outliers
from datasets.importer import import_images
from datasets.items import Item
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.synthetic import SyntheticRequest, synthesize

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

START = BATCH = 20
COMPONENTS = 128
FOLDS = 3
TEST_SHARE = 0.3
SHARES_OF_FULL = (0.95, 0.98, 0.99)
COLOURS = {"queue": "#0b7a75", "mixed": "#3b5ba5", "random": "#c8501e"}
TILES = Path(__file__).parents[3] / "shared/data/magnetic_tile"
WEIGHTS = Path(__file__).parents[3] / "shared/weights/mobilenet_v2_imagenet1k.pth"


@dataclass(frozen=True, eq=False)
class Bench:
    """A data set as rows: (n, d) features, and which are defective, (n,)."""

    name: str
    items: tuple[Item, ...]
    rows: Floats
    defective: Bools


@dataclass(frozen=True, eq=False)
class Pool:
    """What one seed sees: features of pool and test, rotated to the pool's main components."""

    items: tuple[Item, ...]
    rows: Floats
    defective: Bools
    test_rows: Floats
    test_defective: Bools


@dataclass(frozen=True, eq=False)
class State:
    """What a strategy knows: which of the pool is labelled, and the scores of the model fitted to that."""

    pool: Pool
    labelled: Bools
    scores: Floats
    own: Floats
    rng: np.random.Generator


Strategy = Callable[[State], Sequence[int]]
"""Gives positions in the pool, the next to be labelled first."""


def by_chance(state: State) -> list[int]:
    """Return what waits, in random order."""
    return [int(position) for position in state.rng.permutation(np.flatnonzero(~state.labelled))]


def by_queue(state: State) -> list[int]:
    """Return what waits as the review offers it: near the threshold, then outliers, then at random."""
    waiting = np.flatnonzero(~state.labelled)
    place = {state.pool.items[position].item_id: int(position) for position in waiting}
    near = near_threshold([state.pool.items[p] for p in waiting], _predictions(state, waiting))
    known = [replace(item, split="train" if done else "test")
             for item, done in zip(state.pool.items, state.labelled, strict=True)]  # fmt: skip
    unit = state.pool.rows / np.linalg.norm(state.pool.rows, axis=1, keepdims=True)
    far = outliers(known, unit.astype(np.float32))
    order = [*(each.item_id for each in near), *(each.item_id for each in far)]
    chosen = [place[number] for number in order if number in place]
    return list(dict.fromkeys([*chosen, *by_chance(state)]))


def half_and_half(state: State) -> list[int]:
    """Return what waits, half of every twenty from the queue."""
    queue, chance = by_queue(state), by_chance(state)
    return list(dict.fromkeys([*queue[: BATCH // 2], *chance]))


STRATEGIES: dict[str, Strategy] = {"queue": by_queue, "mixed": half_and_half, "random": by_chance}


def _predictions(state: State, waiting: Ints) -> Predictions:
    """Return what the model says of what waits; the limits are those that its labelled images give."""
    from training.thresholds import choose_thresholds

    limits = choose_thresholds(state.own, state.pool.defective[state.labelled])
    scores = state.scores[waiting]
    low, high = min(limits.pass_below, 0.35), max(limits.fail_from, 0.65)
    return Predictions(
        item_ids=np.array([state.pool.items[p].item_id for p in waiting], np.int64),
        classes=("good", "defective"),
        probabilities=np.c_[1 - scores, scores].astype(np.float32),
        scores=scores.astype(np.float32),
        package_hash="",
        near=(scores >= low) & (scores < high),
    )


def fit(rows: Floats, defective: Bools, *others: Floats) -> list[Floats]:
    """Return defect scores of `others` by a balanced logistic regression on what is labelled."""
    from sklearn.linear_model import LogisticRegression

    middle, spread = rows.mean(0), rows.std(0) + 1e-9
    model = LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
    model.fit((rows - middle) / spread, defective)
    return [np.asarray(model.predict_proba((other - middle) / spread)[:, 1]) for other in others]


def out_of_fold(rows: Floats, defective: Bools) -> Floats:
    """Return scores of the labelled images by models that did not see them: fitted scores promise too much."""
    found = np.full(len(rows), 0.5)
    order = np.argsort(defective, kind="stable")
    for fold in range(FOLDS):
        out = np.zeros(len(rows), np.bool_)
        out[order[fold::FOLDS]] = True
        if 0 < defective[~out].sum() < (~out).sum():
            found[out] = fit(rows[~out], defective[~out], rows[out])[0]
    return found


def auroc(scores: Floats, defective: Bools) -> float:
    """Return the area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(defective, scores))


def divide(bench: Bench, seed: int) -> Pool:
    """Return pool and test of one seed; the components are those of the pool, which needs no label."""
    rng = np.random.default_rng(seed)
    test = np.zeros(len(bench.items), np.bool_)
    for kind in (False, True):
        own = rng.permutation(np.flatnonzero(bench.defective == kind))
        test[own[: round(TEST_SHARE * len(own))]] = True
    middle = bench.rows[~test].mean(0)
    _, _, axes = np.linalg.svd(bench.rows[~test] - middle, full_matrices=False)
    turned = (bench.rows - middle) @ axes[:COMPONENTS].T
    items = tuple(item for item, out in zip(bench.items, test, strict=True) if not out)
    return Pool(items, turned[~test], bench.defective[~test], turned[test], bench.defective[test])


def first_labels(pool: Pool, seed: int) -> Bools:
    """Return twenty random images; drawn again until both kinds are among them, as a person would go on looking."""
    rng = np.random.default_rng(10_000 + seed)
    while True:
        labelled = np.zeros(len(pool.items), np.bool_)
        labelled[rng.permutation(len(pool.items))[:START]] = True
        if 2 <= pool.defective[labelled].sum() <= START - 2:
            return labelled


def curve(pool: Pool, strategy: Strategy, seed: int, most: int) -> list[float]:
    """Return the AUROC on test after 20, 40, … labels."""
    labelled, rng, found = first_labels(pool, seed), np.random.default_rng(seed), []
    while True:
        rows, defective = pool.rows[labelled], pool.defective[labelled]
        scores, tested = fit(rows, defective, pool.rows, pool.test_rows)
        found.append(auroc(tested, pool.test_defective))
        if labelled.sum() + BATCH > min(most, len(pool.items)):
            return found
        order = strategy(State(pool, labelled.copy(), scores, out_of_fold(rows, defective), rng))
        labelled[list(order[:BATCH])] = True


def needed(values: Sequence[float], target: float, most: int) -> int:
    """Return the labels after which the AUROC stays at or above the target; 20 more than were tried if never."""
    below = [number for number, value in enumerate(values) if value < target]
    rounds = below[-1] + 1 if below else 0
    return START + BATCH * rounds if rounds < len(values) else most + BATCH


def interval(differences: Floats) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean over seeds."""
    rng = np.random.default_rng(0)
    means = rng.choice(differences, (10_000, len(differences))).mean(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def run_bench(bench: Bench, seeds: int, most: int) -> dict[str, Floats]:
    """Return the curves (seeds, rounds) by strategy, print the table, and say what all labels give."""
    pools = [divide(bench, seed) for seed in range(seeds)]
    most = min(most, *(len(pool.items) for pool in pools))
    curves = {name: np.array([curve(pool, strategy, seed, most) for seed, pool in enumerate(pools)])
              for name, strategy in STRATEGIES.items()}  # fmt: skip
    full = [auroc(fit(pool.rows, pool.defective, pool.test_rows)[0], pool.test_defective) for pool in pools]
    share = bench.defective.mean()
    print(
        f"\n{bench.name}: {len(bench.items)} images, {share:.1%} defective; pool {len(pools[0].items)}, {seeds} seeds"
    )
    print(f"  AUROC with all labels of the pool: {np.mean(full):.4f}")
    for count in (40, 100, 200):
        at = (count - START) // BATCH
        if at < curves["random"].shape[1]:
            said = ", ".join(f"{name} {values[:, at].mean():.4f}" for name, values in curves.items())
            print(f"  AUROC after {count:>3} labels: {said}")
    print("  labels until the AUROC stays there (mean over seeds; saved: 95 % interval of the paired difference)")
    for goal in SHARES_OF_FULL:
        _print_goal(curves, full, goal, most)
    return curves


def _print_goal(curves: dict[str, Floats], full: Sequence[float], goal: float, most: int) -> None:
    counts = {
        name: np.array([needed(list(row), goal * top, most) for row, top in zip(values, full, strict=True)], np.float64)
        for name, values in curves.items()
    }
    line = f"  {goal:.0%} of that AUROC: " + ", ".join(f"{name} {values.mean():.0f}" for name, values in counts.items())
    for name in ("queue", "mixed"):
        low, high = interval(counts["random"] - counts[name])
        saved = float((counts["random"] - counts[name]).mean())
        line += f"; {name} saves {saved:.0f} [{low:.0f}, {high:.0f}]"
    print(line, flush=True)


def rows_of(folder: Path, weights: Path, name: str) -> Bench:
    """Return a data set's features; kept with the data set, so that a second run is fast."""
    from inspector.inference.embedding import load_embedding

    with open_dataset(folder) as dataset:
        looks = look_at(folder, dataset.items(), load_embedding("mobilenet_v2", str(weights), "cpu"))
        good = set(dataset.good)
    defective = np.array([item.label not in good for item in looks.items], np.bool_)
    return Bench(name, tuple(looks.items), looks.rows.astype(np.float64), defective)


def with_few_defects(bench: Bench, share: float, name: str) -> Bench:
    """Return the data set with so few defective images that they are `share` of it; a line makes few."""
    bad = np.random.default_rng(0).permutation(np.flatnonzero(bench.defective))
    count = round(share / (1 - share) * (~bench.defective).sum())
    kept = np.sort(np.r_[np.flatnonzero(~bench.defective), bad[:count]])
    return Bench(name, tuple(bench.items[p] for p in kept), bench.rows[kept], bench.defective[kept])


def tiles_and_washers(tiles: Path, weights: Path, work: Path, washers: int) -> list[Bench]:
    """Return the data sets; the tiles are left out where they are not there."""
    found = []
    if tiles.is_dir():
        folder = work / "tiles"
        if not folder.is_dir():
            import_images(ImportRequest(source=tiles, out=folder, format="magnetic-tile"))
        whole = rows_of(folder, weights, "magnetic tiles")
        found += [whole, with_few_defects(whole, 0.1, "magnetic tiles, few defects")]
    folder = work / "washers"
    if not folder.is_dir():
        synthesize(SyntheticRequest(folder, washers, seed=0, difficulty=0.3, size_px=224, defect_share=0.15))
    return [*found, rows_of(folder, weights, "washers (drawn)")]


def draw(curves: dict[str, dict[str, Floats]], file: Path) -> None:
    """Draw the mean AUROC over the labels, with its standard error."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(curves), 3.8), layout="constrained", dpi=110)
    FigureCanvasAgg(figure)
    for number, (name, strategies) in enumerate(curves.items(), 1):
        axes = figure.add_subplot(1, len(curves), number)
        for strategy, values in strategies.items():
            at = START + BATCH * np.arange(values.shape[1])
            mean, error = values.mean(0), values.std(0, ddof=1) / np.sqrt(len(values))
            axes.plot(at, mean, color=COLOURS[strategy], label=strategy, linewidth=2)
            axes.fill_between(at, mean - error, mean + error, color=COLOURS[strategy], alpha=0.18, linewidth=0)
        axes.set(title=name, xlabel="labels", ylabel="AUROC on test" if number == 1 else "")
        axes.grid(color="#e6eaed", linewidth=0.8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.legend(frameon=False, loc="lower right", fontsize=9)
    figure.savefig(file, metadata={"Software": None})


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=Path, default=TILES)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--washers", type=int, default=700)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--most", type=int, default=600, help="labels at which the comparison ends")
    parser.add_argument("--work", type=Path, help="keeps data sets and features for the next run")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        benches = tiles_and_washers(options.tiles, options.weights, options.work or Path(temporary), options.washers)
    curves = {bench.name: run_bench(bench, options.seeds, options.most) for bench in benches}
    if options.plot:
        draw(curves, options.plot)


if __name__ == "__main__":
    main()
