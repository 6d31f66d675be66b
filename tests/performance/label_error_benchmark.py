"""How well the audit finds planted wrong labels: `python -m tests.performance.label_error_benchmark DATASET …`.

DATASET is a folder that `inspector dataset import` made, with labels taken for true. Per rate and seed, that share of
the labels is changed (uniformly to another class), and the order of the queue is held against what was changed.
`--retrain` compares logistic regression on the same features, fitted on the training split with the wrong labels, with
the first tenth of the queue put right, and with the true labels, on the test split (true labels).
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audit import AuditOptions
from datasets.audit.embed import Looks, look_at
from datasets.audit.embedders import choose_embedding
from datasets.audit.label_errors import compress, doubt_labels
from datasets.manifest import open_dataset

RATES = (0.03, 0.10)


def main() -> None:
    """Print one row per rate."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--weights", default="none")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--retrain", action="store_true")
    options = parser.parse_args()
    embedding, notes = choose_embedding(AuditOptions(weights=options.weights))
    with open_dataset(options.dataset) as dataset:
        looks = look_at(options.dataset, [item for item in dataset.items() if not item.derived], embedding)
    print(f"{options.dataset.name}: {len(looks.items)} images, {embedding.name}", *notes, sep="\n", flush=True)
    for rate in RATES:
        _report(looks, rate, options)


def _report(looks: Looks, rate: float, options: Namespace) -> None:
    classes, true = np.unique([item.label for item in looks.items], return_inverse=True)
    parts = [item.part for item in looks.items]
    found, scores = [], []
    for seed in range(options.seeds):
        given, wrong = plant(true, len(classes), rate, np.random.default_rng(seed))
        labels = [str(classes[code]) for code in given]
        doubts = doubt_labels(looks.rows, labels, parts, repeats=options.repeats, seed=seed)
        order = np.argsort(-doubts.margin, kind="stable")
        head, tenth = order[: round(0.03 * len(order))], order[: round(0.10 * len(order))]
        found.append((wrong[head].mean(), wrong[tenth].sum() / wrong.sum()))
        if options.retrain:
            fixed = given.copy()
            fixed[tenth] = true[tenth]
            scores.append([_macro_f1(looks, each, true) for each in (given, fixed, true)])
    worst, mean = np.min(found, axis=0), np.mean(found, axis=0)
    print(
        f"{rate:4.0%} wrong: precision in the first 3 % {mean[0]:.3f} (worst {worst[0]:.3f}),"
        f" recall in the first 10 % {mean[1]:.3f} (worst {worst[1]:.3f}), {options.seeds} seeds",
        flush=True,
    )
    if scores:
        noisy, fixed_f1, clean = np.mean(scores, axis=0)
        gain = np.array(scores)[:, 1] - np.array(scores)[:, 0]
        print(
            f"      macro-F1 on test: noisy {noisy:.3f}, first 10 % put right {fixed_f1:.3f}, true labels {clean:.3f};"
            f" gain {gain.mean():+.3f} (worst {gain.min():+.3f})",
            flush=True,
        )


def plant(
    true: NDArray[np.int64], classes: int, rate: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return labels of which a share of `rate` was changed uniformly to another class, and which those are."""
    given, wrong = true.copy(), np.zeros(len(true), np.bool_)
    wrong[rng.choice(len(true), round(rate * len(true)), replace=False)] = True
    given[wrong] = (true[wrong] + rng.integers(1, classes, wrong.sum())) % classes
    return given, wrong


def _macro_f1(looks: Looks, labels: NDArray[np.int64], true: NDArray[np.int64]) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    train = np.array([item.split == "train" for item in looks.items])
    test = np.array([item.split == "test" for item in looks.items])
    flat = compress(looks.rows)
    model = LogisticRegression(C=0.5, max_iter=300).fit(flat[train], labels[train])
    return float(f1_score(true[test], model.predict(flat[test]), average="macro"))


if __name__ == "__main__":
    main()
