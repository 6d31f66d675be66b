"""The audit finds planted wrong labels and planted copies, keeps what it computed, and says why an image is there."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.audit import QUEUES, AuditOptions, load_audit, load_features, load_predictions, run_audit
from datasets.audit.embed import look_at
from datasets.audit.embedders import DescriptorEmbedding
from datasets.audit.fingerprints import code_of
from datasets.audit.label_errors import doubt_labels
from datasets.audit.neighbours import _indexed, nearest
from datasets.audit.predict import judge
from datasets.audit.queues import disagreements, random_sample
from datasets.audit.registration import compare, prepare
from datasets.importer import import_images
from datasets.manifest import open_dataset
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from inspector.cli import main
from inspector.imaging import decode_image, encode_jpeg, encode_png
from inspector.types import Image
from tests.support import tiny_package

OPTIONS = AuditOptions(weights="none", repeats=1, sample=5)
WRONG = {"good": ("009", "017"), "scratch": ("003",)}
"""Pictures per folder that show the other class."""


def draw(rng: np.random.Generator, *, scratched: bool) -> Image:
    grain = cv2.GaussianBlur(rng.normal(0, 30, (96, 96)).astype(np.float32), (0, 0), 1.2)
    grey = 120 + grain
    if scratched:
        x, y = (int(value) for value in rng.integers(20, 60, 2))
        cv2.line(grey, (x, y), (x + 24, y + 18), 235.0, 2)
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    rng = np.random.default_rng(5)
    for name, count in (("good", 30), ("scratch", 20)):
        (folder / "src" / name).mkdir(parents=True)
        for number in range(count):
            wrong = f"{number:03}" in WRONG[name]
            pixels = draw(rng, scratched=(name == "scratch") != wrong)
            (folder / "src" / name / f"{number:03}.png").write_bytes(encode_png(pixels))
    original = decode_image((folder / "src/good/001.png").read_bytes(), "copy")
    (folder / "src/good/copy.jpg").write_bytes(encode_jpeg(np.clip(original * 0.9 + 12, 0, 255).astype(np.uint8)))
    request = ImportRequest(
        folder / "src", folder / "data", pattern="{class}/{id}", good=("good",), rule=SplitRule(seed=1)
    )
    import_images(request)
    return folder / "data"


def test_that_wrong_labels_stand_first_and_copies_are_paired(plates: Path) -> None:
    with open_dataset(plates) as dataset:
        audit = run_audit(dataset, OPTIONS)
    assert tuple(audit.queues) == QUEUES
    first = {(Path(item.path).parent.name, Path(item.path).stem) for item in audit.queues["label_errors"][:5]}
    assert {(name, number) for name, numbers in WRONG.items() for number in numbers} <= first
    assert len(audit.queues["label_errors"]) == 51
    pairs = {frozenset((Path(i.path).stem, Path(str(i.values["other"])).stem)) for i in audit.queues["near_duplicates"]}
    assert pairs == {frozenset(("001", "copy"))}
    assert all(item.reason and item.kind for items in audit.queues.values() for item in items)
    assert load_audit(plates) == audit
    features, predictions = load_features(plates), load_predictions(plates)
    assert features is not None
    assert predictions is not None
    assert features.plane.shape == (51, 2)
    assert np.abs(features.plane).max() <= 1.0
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1.0, atol=1e-5)


def test_that_a_second_look_computes_nothing_and_an_interrupted_one_goes_on(
    plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.audit.embed.SHARD", 8)
    with open_dataset(plates) as dataset:
        items = dataset.items()

    class Failing(DescriptorEmbedding):
        calls = 0

        def embed(self, pictures: object) -> np.ndarray:
            Failing.calls += 1
            if Failing.calls > 2:
                raise KeyboardInterrupt
            return super().embed(pictures)  # type: ignore[arg-type]

    with pytest.raises(KeyboardInterrupt):
        look_at(tmp_path, items, Failing())
    seen: list[int] = []
    look_at(tmp_path, items, DescriptorEmbedding(), lambda done, _total: seen.append(done))
    assert seen[0] == 48  # 32 were kept
    Failing.calls = 3
    assert len(look_at(tmp_path, items, Failing()).items) == 51


def test_that_the_command_needs_no_weights_and_says_so(
    plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert main(["dataset", "audit", str(plates), "--json", str(tmp_path / "a.json"), "--limit", "7"]) == 0
    assert "no ImageNet weights" in capsys.readouterr().out.replace("There are no", "no")
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["schema"] == "inspector.dataset.audit/1"
    assert set(document["queues"]["label_errors"][0]) >= {"path", "given", "suggested", "score", "reason"}
    assert set(document["queues"]["near_duplicates"][0]) >= {"a", "b", "score", "reason"}
    assert max(len(items) for items in document["queues"].values()) == 7


@pytest.mark.parametrize("change", ["brighter", "smaller", "moved", "recompressed"])
def test_that_a_changed_copy_is_known_and_a_stranger_is_not(change: str) -> None:
    rng = np.random.default_rng(8)
    one, stranger = draw(rng, scratched=True), draw(rng, scratched=True)
    other = {
        "brighter": np.clip(one * 0.8 + 20, 0, 255).astype(np.uint8),
        "smaller": np.asarray(cv2.resize(one, (72, 72), interpolation=cv2.INTER_AREA), np.uint8),
        "moved": np.roll(one, (3, -4), (0, 1)),
        "recompressed": decode_image(encode_jpeg(one, quality=50), "copy"),
    }[change]
    assert compare(prepare(one), prepare(other)).duplicate
    assert not compare(prepare(stranger), prepare(other)).duplicate
    assert np.linalg.norm(code_of(one) - code_of(other)) < 0.7 * np.linalg.norm(code_of(stranger) - code_of(other))


def test_that_parts_are_never_in_both_folds() -> None:
    rng = np.random.default_rng(1)
    looks = rng.normal(size=(20, 8)).repeat(6, axis=0)  # six views of each part, all alike: labels are chance
    labels = np.where(rng.permutation(20) < 10, "a", "b").repeat(6)
    found = doubt_labels(looks, labels.tolist(), [str(i) for i in np.arange(20).repeat(6)], repeats=2)
    right = (np.array(found.classes)[found.suggested] == labels).mean()
    assert right < 0.8  # a leak between views would make it 1.0


def test_that_the_index_finds_what_the_exact_search_finds() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(3000, 8)).astype(np.float32)
    exact, _ = nearest(rows, rows, 5)
    indexed, _ = _indexed(rows, rows, 5)
    assert (exact[:, 0] == indexed[:, 0]).mean() > 0.99
    assert np.mean([len(set(a) & set(b)) / 5 for a, b in zip(exact, indexed, strict=True)]) > 0.8


def test_that_a_lost_image_is_told_and_the_rest_is_audited(plates: Path) -> None:
    with open_dataset(plates) as dataset:
        lost = next(item for item in dataset.items() if item.path.stem == "005" and item.label == "good")
        hidden = lost.path.with_suffix(".hidden")
        lost.path.rename(hidden)
        try:
            looks = look_at(plates / "elsewhere", [lost, *dataset.items()[:3]], DescriptorEmbedding())
        finally:
            hidden.rename(lost.path)
    assert [item.item_id for item in looks.unread] == [lost.item_id]
    assert len(looks.items) == 3


def test_that_the_seed_alone_decides_the_random_sample(plates: Path) -> None:
    with open_dataset(plates) as dataset:
        items = dataset.items()
    one, again, other = (random_sample(items, 20, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_that_a_package_is_held_against_the_labels(plates: Path, tmp_path: Path) -> None:
    package = tiny_package(tmp_path / "package")
    with open_dataset(plates) as dataset:
        items = dataset.items()
        found = judge(package.folder, "cpu", items)
    assert found.package_hash == package.hash
    good = found.classes.index("good")
    np.testing.assert_allclose(found.scores, 1.0 - found.probabilities[:, good], atol=1e-5)
    limits = package.card.thresholds
    np.testing.assert_array_equal(found.near, (found.scores >= limits.pass_below) & (found.scores < limits.fail_from))
    differing = {item.item_id for item in disagreements(items, found, ("good",))}
    says = np.array(found.classes)[found.probabilities.argmax(axis=1)]
    assert "scratch" in found.classes
    assert differing == {item.item_id for item, said in zip(items, says, strict=True) if item.label != said}
