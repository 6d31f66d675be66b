"""Small defects in large pictures: tiles from training to calibration and evaluation."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.importer import import_images
from datasets.manifest import Item, open_dataset
from datasets.plan import ImportRequest
from datasets.split_rule import SplitRule
from inspector.cli import main
from inspector.decisions.limits import AcceptedRisk
from inspector.errors import TrainingError
from inspector.imaging import encode_png
from inspector.inference.load import load_model, load_reference
from inspector.inference.package import Package, open_package
from inspector.inference.preprocess import Preprocessing
from inspector.inference.tiling import Tiling
from inspector.types import Image
from training import pictures as pictures_module
from training.calibrate import calibrate
from training.calibrate_card import Source, write_calibrated
from training.calibrate_rescale import rescale
from training.calibrate_scores import calibration_items, judge_pictures
from training.classify import train_classifier
from training.config import make_config
from training.export import export, frozen_set, make_order
from training.metrics import auroc
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.pictures import Pictures, read_checked
from training.progress import SilentReporter
from training.rundata import prepare_data
from training.tiles import by_picture, labelled_tiles, whole_tiles

WIDTH, HEIGHT, SPOT, TILE = 192, 144, 5, 48


def sheet(rng: np.random.Generator, *, bad: bool) -> tuple[Image, Image]:
    """Draw a large grey sheet, one small dark spot on it where it is bad, and the mask."""
    picture = rng.normal(130, 6, (HEIGHT, WIDTH, 1)).repeat(3, axis=2)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    if bad:
        y, x = rng.integers(0, HEIGHT - SPOT), rng.integers(0, WIDTH - SPOT)
        mask[y : y + SPOT, x : x + SPOT] = 255
        picture[mask > 0] -= 90
    return np.clip(picture, 0, 255).astype(np.uint8), mask


def write_sheets(folder: Path, good: int, bad: int, *, masks: bool = True) -> Path:
    rng = np.random.default_rng(4)
    for kind, count in (("good", good), ("spot", bad)):
        for number in range(count):
            picture, mask = sheet(rng, bad=kind == "spot")
            for name, pixels in (("images", picture), ("masks", mask)):
                path = folder / name / kind / f"{kind}{number:03}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                if name == "images" or (kind == "spot" and masks):
                    path.write_bytes(encode_png(pixels))
    request = ImportRequest(
        source=folder, out=folder / "data", pattern="images/{class}/{id}.png",
        mask="masks/{class}/{id}.png" if masks else "", good=("good",), rule=SplitRule(seed=1),
    )  # fmt: skip
    import_images(request)
    return folder / "data"


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sheets(tmp_path_factory.mktemp("sheets"), good=40, bad=40)


SETTINGS = {
    "backbone": "resnet10", "weights": "none", "width": TILE, "height": TILE, "epochs": 4, "batch_size": 16,
    "augment": "light", "learning_rate": 4e-3, "tiling": {"width": TILE, "height": TILE, "overlap": 12},
    "tiles_per_picture": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def package(sheets: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    config = make_config(**SETTINGS)
    with open_dataset(sheets) as dataset:
        out = tmp_path_factory.mktemp("tiled") / "package"
        return train_classifier(dataset, out, config, SilentReporter(), device="cpu")


def test_that_a_tiled_package_finds_spots_and_keeps_one_scale_from_training_to_the_limits(
    package: Package, sheets: Path
) -> None:
    assert package.card.tiling == Tiling(width=TILE, height=TILE, overlap=12)
    model = load_model(package, "cpu")
    with open_dataset(sheets) as dataset:
        items = dataset.items("test")
        scores = np.array([model.predict([read_checked(item)])[0].score for item in items])
        bad = np.array([item.label == "spot" for item in items])
        validation = [item for item in dataset.items("validation") if item.label == "good"]
        usual = [model.predict([read_checked(item)])[0].score for item in validation]
    assert auroc(scores, bad) > 0.95
    limit = package.card.thresholds.pass_below  # chosen by picture: most good ones pass, not only most good tiles
    assert np.mean(np.array(usual) < limit) >= 0.85


def test_that_the_worst_place_of_a_large_picture_is_shown_where_it_is(package: Package, sheets: Path) -> None:
    model = load_model(package, "cpu")
    with open_dataset(sheets) as dataset:
        items = [item for item in dataset.items("test") if item.label == "spot"]
    hits = 0
    for item in items:
        heat, mask = model.explain(read_checked(item)), item.read_mask()
        assert heat.shape == (HEIGHT, WIDTH)
        assert mask is not None
        y, x = np.unravel_index(int(heat.argmax()), heat.shape)
        rows, columns = np.nonzero(mask)
        hits += abs(y - rows.mean()) < 12 and abs(x - columns.mean()) < 12
    assert hits >= 0.8 * len(items)


def test_that_limits_are_calibrated_by_part_with_the_scores_that_the_station_sees(
    package: Package, sheets: Path, tmp_path: Path
) -> None:
    with open_dataset(sheets) as dataset:
        accepted = AcceptedRisk(0.5, None, 0.9)
        done = calibrate(package, dataset, "test", accepted, device="cpu")
        source = Source(dataset.name, dataset.fingerprint, "test", package, None)
        written = write_calibrated(done, source, tmp_path / "calibrated")
        model = load_model(written, "cpu")
        seen = {item.part: model.predict([read_checked(item)])[0] for item in dataset.items("test")}
    assert written.card.tiling == package.card.tiling
    for part, score in zip(done.rescaled.scores.parts, done.rescaled.scores.fail_scores, strict=True):
        assert seen[part].score == pytest.approx(score, abs=1e-5)


def test_that_an_export_of_a_tiled_package_passes_its_gate_with_the_same_tiles(
    package: Package, sheets: Path, tmp_path: Path
) -> None:
    with open_dataset(sheets) as dataset:
        order = make_order(package, "openvino", "fp32", None, tmp_path / "exported")
        written, report = export(package, dataset, order, frozen_set(package, dataset, "test"))
        item = dataset.items("test")[0]
    assert report.parity.passed
    expected = load_reference(written, "cpu").predict([read_checked(item)])[0].score
    found = load_model(written, "openvino-fp32").predict([read_checked(item)])[0].score
    assert found == pytest.approx(expected, abs=1e-3)


def test_that_predict_and_evaluate_take_a_tiled_package(
    package: Package, sheets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_dataset(sheets) as dataset:
        item = dataset.items("test")[0]
    assert main(["predict", str(package.folder), str(item.path), "--device", "cpu", "--json", str(tmp_path / "p")]) == 0
    score = json.loads((tmp_path / "p").read_text())["images"][0]["score"]
    assert score == pytest.approx(load_model(package, "cpu").predict([read_checked(item)])[0].score, abs=1e-6)
    arguments = ["evaluate", str(package.folder), str(sheets), "--device", "cpu", "--resamples", "20"]
    assert main([*arguments, "--json", str(tmp_path / "e"), "--require", "auroc=0.9"]) == 0
    assert json.loads((tmp_path / "e").read_text())["n"] == 12
    capsys.readouterr()


def test_that_a_memory_of_tiles_scales_by_picture_and_finds_the_spot(sheets: Path, tmp_path: Path) -> None:
    config = make_config(
        PatchMemoryConfig, backbone="resnet10", weights="none", layers=("layer1", "layer2"), width=TILE, height=TILE,
        memory=200, dimensions=16, precision="float32", tiles_per_picture=4, top_share=0.02, smoothing=1.0,
        tiling={"width": TILE, "height": TILE, "overlap": 12},
    )  # fmt: skip
    with open_dataset(sheets) as dataset:
        package = fit_patch_memory(dataset, tmp_path / "memory", config, SilentReporter(), device="cpu")
        items = dataset.items("test")
    assert package.card.metrics["n"] == 6  # pictures of the validation split, not tiles
    model = load_model(package, "cpu")
    scores = np.array([model.predict([read_checked(item)])[0].score for item in items])
    bad = np.array([item.label == "spot" for item in items])
    assert auroc(scores, bad) > 0.9
    assert np.mean(scores[~bad] < 0.5) > 0.6


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), min_size=1, max_size=30))
def test_that_a_picture_has_the_largest_value_of_its_tiles(values: list[tuple[int, float]]) -> None:
    rows = sorted(values, key=lambda row: row[0])
    owners, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    expected = [max(score for owner, score in rows if owner == number) for number in sorted(set(owners.tolist()))]
    assert by_picture(scores, owners).tolist() == expected


def test_that_a_tile_is_defective_where_the_mask_says_so(sheets: Path) -> None:
    tiling = Tiling(width=TILE, height=TILE, overlap=12)
    with open_dataset(sheets) as dataset:
        items = dataset.items("train")
    tiles = labelled_tiles(items, tiling, ("good",), most=3, seed=0)
    for number, item in enumerate(items):
        own = [index for index in range(len(tiles.items)) if tiles.owners[index] == number]
        labels = [tiles.items[index].label for index in own]
        assert labels.count("good") == 3
        mask = item.read_mask()
        if mask is None:
            assert set(labels) == {"good"}
            continue
        assert labels.count("spot") >= 1
        for index in own:
            shown = tiles.regions[index].crop(np.dstack([mask] * 3)).sum() // 3 // 255
            assert (shown > 0) == (tiles.items[index].label == "spot")
    assert tiles == tiles
    again = labelled_tiles(items, tiling, ("good",), most=3, seed=0)
    assert again.regions == tiles.regions
    assert labelled_tiles(items, tiling, ("good",), most=3, seed=1).regions != tiles.regions
    assert len(whole_tiles(items, tiling).items) == len(items) * len(tiling.cut(WIDTH, HEIGHT))


def test_that_fitted_tiles_are_the_pixels_of_their_place(sheets: Path) -> None:
    config = make_config(**SETTINGS)
    with open_dataset(sheets) as dataset:
        data = prepare_data(dataset, config)
        tiles = labelled_tiles(dataset.items("train"), Tiling(**SETTINGS["tiling"]), ("good",), 4, 0)  # type: ignore[arg-type]
    for index in (0, 7, len(data.train) - 1):
        pixels, mask = data.train.fitted(index)
        item, tile = tiles.items[index], tiles.regions[index]
        assert np.array_equal(pixels, tile.crop(read_checked(item)))
        assert bool(mask.any()) == (item.label == "spot")


@pytest.mark.parametrize("cache_bytes", [1 << 30, 20 * TILE * TILE * 4, 0])
def test_that_a_large_picture_is_decoded_once_for_all_its_tiles(
    cache_bytes: int, sheets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_dataset(sheets) as dataset:
        items, classes = dataset.items("validation"), dataset.classes
    tiles, fit = whole_tiles(items, Tiling(width=TILE, height=TILE, overlap=12)), Preprocessing(width=TILE, height=TILE)
    own = Pictures(tiles.items, classes, fit, ("good",), cache_bytes, tiles, tmp_path)
    decoded: list[str] = []

    def counted(item: Item) -> Image:
        decoded.append(item.sha256)
        return read_checked(item)

    monkeypatch.setattr(pictures_module, "read_checked", counted)
    for index in np.random.default_rng(0).permutation(len(own)):
        picture, _ = own.fitted(int(index))
        assert np.array_equal(picture, tiles.regions[index].crop(read_checked(tiles.items[index])))
    assert sorted(decoded) == sorted(item.sha256 for item in items)


def test_that_tiles_without_masks_are_refused_with_a_cure(tmp_path: Path) -> None:
    data = write_sheets(tmp_path, good=12, bad=12, masks=False)
    with open_dataset(data) as dataset, pytest.raises(TrainingError) as caught:
        prepare_data(dataset, make_config(**SETTINGS))
    assert "mask" in caught.value.cure


def test_that_a_temperature_is_not_fitted_where_it_could_make_another_tile_the_worst(
    package: Package, sheets: Path
) -> None:
    with open_dataset(sheets) as dataset:
        items = calibration_items(dataset, "test", package.card)
        judged = judge_pictures(items, load_reference(package, "cpu"), lambda _done, _all: None)
    three = package.card.model_copy(update={"classes": (*package.card.classes, "third")})
    third = np.column_stack([judged.probabilities, np.zeros(len(items))])
    found = rescale(replace(judged, probabilities=third), three, AcceptedRisk(0.5, None, 0.9))
    assert found.temperature == 1.0
    assert "another tile" in found.how


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--method", "hybrid", "--tile", "48"], "does not judge by tiles"),
        (["--tile-overlap", "8"], "without tiles"),
        (["--tile", "48", "--tile-overlap", "30"], "more than half"),
    ],
)
def test_that_tiles_that_make_no_sense_are_refused(
    arguments: list[str], what: str, sheets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(sheets), "--out", str(tmp_path / "x"), "--weights", "none", *arguments]) == 2
    assert what in capsys.readouterr().err


def test_that_the_command_trains_with_the_tiles_as_input_size(
    sheets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", str(sheets), "--out", str(tmp_path / "p"), "--backbone", "resnet10", "--weights", "none"]
    code = main([*arguments, "--tile", "48", "--tiles-per-picture", "1", "--epochs", "1", "--device", "cpu"])
    assert code == 0
    card = open_package(tmp_path / "p").card
    assert (card.preprocessing.width, card.preprocessing.height) == (48, 48)
    assert card.tiling == Tiling(width=48, height=48, overlap=12)
    capsys.readouterr()
