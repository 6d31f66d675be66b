"""`inspector calibrate` from the command line to the station, on a really trained package."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.decisions.limits import AcceptedRisk, choose_limits
from inspector.decisions.risk import errors_allowed
from inspector.headless import run_headless
from inspector.inference.calibration import read_calibration, read_calibration_document
from inspector.inference.load import load_model
from inspector.inference.package import Package, open_package
from inspector.log import read_log
from inspector.recipe import load_recipe
from inspector.types import Risk
from tests.support import recipe_text
from training.autoencoder import AutoencoderConfig, train_autoencoder
from training.calibrate_command import rate
from training.progress import make_reporter

COUNTS = {"good": 48, "spot": 24, "bar": 24}
RISK = ["--max-escape", "10%", "--max-overkill", "0.1"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, plates_factory: Any) -> Path:
    """96 parts of two views that the package has never seen."""
    made: Path = plates_factory(tmp_path_factory.mktemp("fresh"), COUNTS, views=2, seed=7)
    return made


@pytest.fixture
def package(tmp_path: Path, trained: Package) -> Path:
    """A copy of the trained package: calibrating changes it."""
    return Path(shutil.copytree(trained.folder, tmp_path / "package"))


def calibrate(package: Path, data: Path, *more: str) -> tuple[int, dict[str, Any]]:
    answer = package.parent / "answer.json"
    code = main(
        ["calibrate", str(package), str(data), "--split", "all", "--device", "cpu", *more, "--json", str(answer)]
    )
    return code, json.loads(answer.read_text("utf-8"))


def test_that_the_document_has_what_programs_rely_on(package: Path, fresh: Path, trained: Package) -> None:
    code, found = calibrate(package, fresh, *RISK)
    assert code == 0
    assert found["schema"] == "inspector.calibrate/1"
    assert found["supported"] is True
    assert found["previous_hash"] == trained.hash
    assert found["package_hash"] == open_package(package).hash
    assert [each["risk"] for each in found["guarantees"]] == ["escape", "overkill"]
    for promise, n in zip(found["guarantees"], (found["n_defective_parts"], found["n_good_parts"]), strict=True):
        assert promise["n"] == n
        assert promise["events"] <= errors_allowed(n, 0.1, 0.95)
        assert promise["bound"] <= promise["limit"] == 0.1
    assert found["n_pictures"] == 192
    assert 0 <= found["ece_after"] <= 1
    for kind in ("good", "defective"):
        row = found["expected"][kind]
        assert row["pass"] + row["review"] + row["fail"] == pytest.approx(1)
        for band in ("pass", "review", "fail"):
            low, high = row[f"{band}_interval"]
            assert low <= row[band] <= high
    rates = [point["rate"] for point in found["curve"]]
    assert rates == sorted(rates)
    assert 0.1 in rates
    assert any(not point["supported"] and point["missing"] > 0 for point in found["curve"])


def test_that_three_of_four_parts_give_the_limits_where_a_temperature_is_fitted(package: Path, fresh: Path) -> None:
    _, found = calibrate(package, fresh, *RISK)
    assert (found["n_good_parts"], found["n_defective_parts"]) == (36, 36)
    assert found["temperature"] == open_package(package).card.calibration.temperature != 1.0  # type: ignore[union-attr]
    scores = read_calibration(open_package(package))
    assert len(scores.parts) == len(set(scores.parts)) == 72


def test_that_all_parts_give_the_limits_where_these_are_needed(package: Path, fresh: Path) -> None:
    _, found = calibrate(package, fresh, "--max-escape", "6.1%")  # 48 parts prove 6.05 %
    assert (found["n_good_parts"], found["n_defective_parts"], found["temperature"]) == (48, 48, 1.0)
    assert len(read_calibration(open_package(package)).parts) == 96  # two pictures are one part


def test_that_the_scores_kept_are_those_that_the_package_now_gives(package: Path, fresh: Path) -> None:
    calibrate(package, fresh, *RISK)
    opened = open_package(package)
    model, kept = load_model(opened, "cpu"), read_calibration(opened)
    with open_dataset(fresh) as dataset:
        items = dataset.items()
    worst: dict[str, float] = {}
    for item, prediction in zip(items, model.predict([item.read_pixels() for item in items]), strict=True):
        held = prediction.score if prediction.predicted_class in opened.card.good else 1.0
        worst[item.part] = max(worst.get(item.part, 0.0), held)
    np.testing.assert_allclose(kept.scores, [worst[part] for part in kept.parts], rtol=1e-3, atol=1e-9)
    again = choose_limits(kept, AcceptedRisk(0.1, 0.1))
    assert again.thresholds == opened.card.thresholds.to_thresholds()
    assert again.guarantees == opened.card.guarantees


def test_that_the_card_and_the_calibration_say_what_was_done(package: Path, fresh: Path, trained: Package) -> None:
    calibrate(package, fresh, *RISK)
    first = open_package(package)
    recipe = package.parent / "recipe.toml"
    recipe.write_text(recipe_text(package), encoding="utf-8")
    _, found = calibrate(package, fresh, "--max-overkill", "20%", "--recipe", str(recipe))
    card = open_package(package).card
    assert card.calibration is not None
    assert [each.risk for each in card.guarantees] == [Risk.OVERKILL]
    assert card.calibration.recipe_hash == load_recipe(recipe).inspection_hash == found["recipe_hash"]
    with open_dataset(fresh) as dataset:
        assert card.calibration.dataset["fingerprint"] == dataset.fingerprint
    assert [each["package_hash"] for each in card.training["calibrated_from"]] == [trained.hash, first.hash]
    document = read_calibration_document(open_package(package))
    assert document["frame_sizes"] == {"0": [[48, 48]], "1": [[48, 48]]}
    assert set(document["health"]) == {"0", "1"}


def test_that_prediction_and_station_decide_by_the_new_limits(package: Path, fresh: Path) -> None:
    _, found = calibrate(package, fresh, *RISK)
    pictures, answer = fresh.parent / "images" / "good", package.parent / "predicted.json"
    assert main(["predict", str(package), str(pictures), "--device", "cpu", "--json", str(answer)]) == 0
    predicted = json.loads(answer.read_text())
    assert predicted["thresholds"] == found["thresholds"]
    path = package.parent / "line.toml"
    path.write_text(recipe_text(package, camera=f'kind = "folder"\npath = "{pictures.as_posix()}"'), encoding="utf-8")
    run_headless(load_recipe(path), package.parent / "log", max_parts=6, quiet=True)
    with read_log(package.parent / "log") as log:
        records = log.find(limit=None)
    assert len(records) == 6
    for record in records:
        assert record.package_hash == found["package_hash"]
        assert record.decision.thresholds is not None
        assert record.decision.thresholds.pass_below == found["thresholds"]["pass_below"]
        assert record.decision.thresholds.fail_from == found["thresholds"]["fail_from"]


def test_that_too_few_parts_are_refused_and_nothing_is_written(
    package: Path, fresh: Path, trained: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = calibrate(package, fresh, "--max-escape", "1%")
    assert code == 2
    assert "251 are missing" in capsys.readouterr().err
    assert found["supported"] is False
    assert found["missing"] == {"escape": 251}
    assert found["supported_bound"]["escape"] == pytest.approx(1 - 0.05 ** (1 / 48))
    assert open_package(package).hash == trained.hash
    assert not (package / "calibration.json").exists()


def test_that_the_expected_rate_needs_fewer_parts_and_is_named_as_such(package: Path, fresh: Path) -> None:
    code, found = calibrate(package, fresh, "--max-escape", "3%", "--expected")
    assert code == 0
    (promise,) = found["guarantees"]
    assert (promise["confidence"], promise["method"]) == (0.0, "conformal risk control")
    assert "in expectation" in found["statements"][0]


def test_that_good_parts_alone_bound_overkill_and_say_nothing_of_escapes(
    package: Path, tmp_path: Path, plates_factory: Any
) -> None:
    good = plates_factory(tmp_path, {"good": 70}, seed=9)
    code, found = calibrate(package, good, "--max-overkill", "5%")
    assert code == 0
    assert (found["n_good_parts"], found["n_defective_parts"]) == (70, 0)
    assert found["thresholds"]["pass_below"] == found["thresholds"]["fail_from"]
    assert found["ece_after"] is None
    assert any("nothing is known of escapes" in note for note in found["notes"])
    assert found["expected"]["defective"]["pass"] is None
    assert calibrate(package, good, "--max-escape", "50%")[0] == 2


def test_that_the_report_needs_nothing_but_itself(package: Path, fresh: Path, tmp_path: Path) -> None:
    code, found = calibrate(package, fresh, *RISK, "--report", str(tmp_path / "report"))
    assert code == 0
    page = (tmp_path / "report" / "calibration.html").read_text("utf-8")
    assert all(link.startswith(("data:", "#")) for link in re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page))
    assert "<script" not in page
    assert page.count("<svg") == 3
    assert found["statements"][0] in page
    assert "parts are missing" in page


def test_that_another_folder_leaves_the_package_as_it_is(package: Path, fresh: Path, trained: Package) -> None:
    out = package.parent / "other"
    code, found = calibrate(package, fresh, *RISK, "--out", str(out))
    assert code == 0
    assert open_package(package).hash == trained.hash
    assert open_package(out).hash == found["package_hash"]
    assert open_package(out).card.guarantees


def test_that_a_split_that_taught_the_package_is_refused(
    package: Path, plates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for split in ("train", "all"):
        assert main(["calibrate", str(package), str(plates), "--split", split, "--max-overkill", "60%"]) == 2
    assert "promise nothing" in capsys.readouterr().err


def test_that_the_validation_split_is_taken_with_a_word_of_warning(
    package: Path, plates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", str(package), str(plates), "--max-overkill", "70%", "--device", "cpu"]) == 0
    assert "chose when the training stopped" in capsys.readouterr().out


def test_that_a_good_class_unknown_to_the_package_is_refused(
    package: Path, tmp_path: Path, plates_factory: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    data = plates_factory(tmp_path / "other", {"good": 10})
    (tmp_path / "other" / "images" / "good").rename(tmp_path / "other" / "images" / "fine")
    shutil.rmtree(data)
    command = ["dataset", "import", str(tmp_path / "other"), str(tmp_path / "fine"), "--good", "fine"]
    assert main([*command, "--pattern", "images/{class}/{part}_{view}.png"]) == 0
    assert calibrate_code(package, tmp_path / "fine") == 2
    assert "fine is good in the data set" in capsys.readouterr().err


def calibrate_code(package: Path, data: Path) -> int:
    return main(["calibrate", str(package), str(data), "--split", "all", "--max-overkill", "50%"])


def test_that_a_method_of_good_parts_alone_is_calibrated_on_its_anomaly_scale(
    tmp_path: Path, plates: Path, fresh: Path
) -> None:
    config = AutoencoderConfig(
        width=48, height=48, epochs=3, batch_size=8, channels=8, latent=4, smoothing=5, top_share=0.02,
        learning_rate=5e-3,
    )  # fmt: skip
    with open_dataset(plates) as dataset:
        train_autoencoder(dataset, tmp_path / "package", config, make_reporter(json_lines=False), device="cpu")
    before = open_package(tmp_path / "package").card
    code, found = calibrate(tmp_path / "package", fresh, "--max-escape", "10%", "--max-overkill", "10%")
    assert code == 0
    opened = open_package(tmp_path / "package")
    assert opened.card.anomaly is not None
    assert before.anomaly is not None
    assert opened.card.anomaly.scale != before.anomaly.scale
    assert opened.card.anomaly.pixel_scale == before.anomaly.pixel_scale
    assert (found["n_good_parts"], found["n_defective_parts"]) == (48, 48)
    kept = read_calibration(opened)
    assert np.isfinite(kept.anomalies).all()
    model = load_model(opened, "cpu")
    with open_dataset(fresh) as dataset:
        items = [item for item in dataset.items() if item.part == kept.parts[0]]
    scores = [each.score for each in model.predict([item.read_pixels() for item in items])]
    assert max(scores) == pytest.approx(kept.fail_scores[0], rel=1e-3)


@pytest.mark.parametrize(("text", "value"), [("1%", 0.01), ("1 %", 0.01), ("0.01", 0.01), (" 0.5% ", 0.005)])
def test_that_rates_are_read_as_people_write_them(text: str, value: float) -> None:
    assert rate(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "risk",
    [
        [],
        ["--max-escape", "1"],
        ["--max-escape", "x"],
        ["--max-escape", "-1%"],
        ["--max-escape", "5%", "--confidence", "0"],
    ],
)
def test_that_a_risk_that_is_none_is_wrong_use(package: Path, plates: Path, risk: list[str]) -> None:
    try:
        code = main(["calibrate", str(package), str(plates), *risk])
    except SystemExit as end:  # argparse
        code = int(end.code or 0)
    assert code == 2
