"""`inspector retrain` with real trainings on tiny data: traceable, resumable from any step, promoted by nobody."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from datasets.manifest import open_dataset
from datasets.regression import add_cases
from inspector.cli import main
from inspector.inference.package import Package, open_package
from inspector.release import read_release
from training import retrain_steps
from training.cases import EVIDENCE
from training.checkpoint import save_checkpoint
from training.retrain import STEPS

NETWORK = ["--backbone", "resnet10", "--weights", "none", "--image-size", "48", "--device", "cpu"]
CLASSIFIER = [*NETWORK, "--epochs", "5", "--batch-size", "8", "--learning-rate", "0.01", "--augment", "none"]
MEMORY = [*NETWORK, "--method", "patch-memory"]


@pytest.fixture(scope="module")
def source(plates_factory: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plates_factory(tmp_path_factory.mktemp("growing"), {"good": 16, "spot": 12}, seed=5, masks=False)


@pytest.fixture
def dataset(source: Path, tmp_path: Path) -> Path:
    """A data set of its own to every test; its images lie where they lay."""
    return Path(shutil.copytree(source, tmp_path / "data"))


@pytest.fixture
def release(tmp_path: Path, trained: Package) -> Path:
    """A champion that was trained on other data."""
    folder = tmp_path / "release"
    assert main(["promote", str(folder), str(trained.folder), "--who", "Ada", "--why", "the first"]) == 0
    return folder


Retrain = Callable[..., tuple[int, dict[str, Any], list[dict[str, Any]]]]


@pytest.fixture
def retrain(tmp_path: Path, dataset: Path, capsys: pytest.CaptureFixture[str]) -> Retrain:
    """Run the command; return exit code, result and the JSON lines."""

    def run(*words: str, settings: Sequence[str] = CLASSIFIER) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
        capsys.readouterr()
        found = tmp_path / "found.json"
        found.unlink(missing_ok=True)
        asked = ["retrain", str(dataset), "--release", str(tmp_path / "release"), "--out", str(tmp_path / "out")]
        code = main([*asked, *settings, "--who", "Rita", "--json-lines", "--json", str(found), *words])
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        return code, json.loads(found.read_text()) if found.exists() else {}, lines

    return run


def states(lines: list[dict[str, Any]]) -> dict[str, str]:
    """Return how each step ended."""
    return {line["step"]: line["state"] for line in lines if line["event"] == "step" and "state" in line}


def test_that_package_data_and_report_name_each_other_and_nothing_comes_into_force(
    retrain: Retrain, release: Path, dataset: Path, trained: Package
) -> None:
    code, found, lines = retrain("--margin", "99%")
    assert code == 0
    assert lines[0] == {"schema": "inspector.retrain/1", "event": "plan", "steps": list(STEPS)}
    assert states(lines) == dict.fromkeys(STEPS, "done")
    package = open_package(Path(found["package"]["folder"]))
    with open_dataset(dataset) as live, open_dataset(Path(found["folder"]) / "data") as frozen:
        assert (
            package.card.data["fingerprint"] == live.fingerprint == frozen.fingerprint == found["data"]["fingerprint"]
        )
        assert (dataset / "versions" / f"{live.fingerprint}.csv").is_file()
    assert found["package"]["hash"] == package.hash
    assert found["champion"]["hash"] == trained.hash
    assert found["comparison"]["escape"]["n"] > 0
    assert found["verdict"] == "no worse"
    report = Path(found["report"]).read_text(encoding="utf-8")
    for hash_ in (package.hash, trained.hash, found["data"]["fingerprint"], trained.card.data["fingerprint"]):
        assert hash_ in report
    assert read_release(release).champion == trained.hash
    done = lines[-1]
    assert (done["event"], done["verdict"], done["nothing_to_do"]) == ("done", "no worse", False)
    assert main([*done["promote"], "--who", "Ada", "--why", "better", "--device", "cpu"]) == 0  # as it was told
    assert read_release(release).champion == package.hash
    assert read_release(release).history[-1].evidence[EVIDENCE]["n"] == 0
    code, found, lines = retrain("--margin", "99%")
    assert (code, found["verdict"]) == (0, "in force")


def test_that_the_same_again_has_nothing_to_do_and_other_data_has(
    retrain: Retrain, release: Path, dataset: Path
) -> None:
    first = retrain("--margin", "99%")[1]
    code, again, lines = retrain("--margin", "99%")
    assert code == 0
    assert states(lines) == dict.fromkeys(STEPS, "skipped")
    assert lines[-1]["nothing_to_do"]
    assert again == first
    with open_dataset(dataset) as live:
        changed = [item for item in live.items("train") if item.label == "good"][:3]
        for item in changed:
            live.relabel(item.item_id, "spot", "Rita")
    # the champion of the second run is the first run's package, so that its list of the data is known
    assert main([*lines[-1]["promote"], "--who", "Ada", "--why", "better", "--device", "cpu"]) == 0
    _code, found, lines = retrain("--margin", "99%")
    assert states(lines)["train"] == "done"
    assert found["folder"] != first["folder"]
    assert found["changes"]["how"] == "list"
    assert found["changes"]["counts"] == {"relabelled": 3}
    assert found["changes"]["by"] == [{"what": "relabelled", "who": "Rita", "n": 3}]
    assert {row["sha256"] for row in found["changes"]["rows"]} == {item.sha256 for item in changed}
    assert release.is_dir()


@pytest.mark.parametrize("step", ["train", "promise", "against_champion", "known_misses"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_that_a_run_that_is_stopped_at_any_step_goes_on_with_it(
    retrain: Retrain, release: Path, step: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(retrain_steps, step)

    def stopped(*arguments: Any) -> Any:
        if when == "after":
            real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(retrain_steps, step, stopped)
        assert retrain("--margin", "99%", settings=MEMORY)[0] == 130
    _code, found, lines = retrain("--margin", "99%", settings=MEMORY)
    names = {"train": "train", "promise": "calibrate", "against_champion": "compare", "known_misses": "regression"}
    place = STEPS.index(names[step])
    assert [states(lines)[each] for each in STEPS[:place]] == ["skipped"] * place
    assert [states(lines)[each] for each in STEPS[place:]] == ["done"] * (len(STEPS) - place)
    assert open_package(Path(found["package"]["folder"])).hash == found["package"]["hash"]
    assert release.is_dir()


def test_that_a_training_that_is_stopped_goes_on_after_its_last_epoch(
    retrain: Retrain, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = save_checkpoint

    def stopped(folder: Path, state: Any, *more: Any) -> None:
        real(folder, state, *more)
        if state.epochs_done == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("training.run.save_checkpoint", stopped)
        assert retrain("--margin", "99%")[0] == 130
    code, _found, lines = retrain("--margin", "99%")
    assert code == 0
    begun = next(line for line in lines if line["event"] == "start")
    assert begun["first_epoch"] == 3
    assert release.is_dir()


def test_that_a_killed_run_goes_on(
    dataset: Path, tmp_path: Path, release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["retrain", str(dataset), "--release", str(release), "--out", str(tmp_path / "out"), *MEMORY]
    words += ["--who", "Rita", "--json-lines", "--margin", "99%"]
    with subprocess.Popen(
        [sys.executable, "-m", "inspector.cli", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if '"train"' in line and '"started"' in line:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    capsys.readouterr()
    main(words)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert states(lines) == dict.fromkeys(STEPS, "done") | {"freeze": "skipped"}
    main(words)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert states(lines) == dict.fromkeys(STEPS, "skipped")


def test_that_what_was_damaged_since_is_made_again(retrain: Retrain, release: Path) -> None:
    first = retrain("--margin", "99%", settings=MEMORY)[1]
    weights = Path(first["folder"]) / "trained" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    _code, found, lines = retrain("--margin", "99%", settings=MEMORY)
    assert states(lines)["train"] == "done"
    assert open_package(Path(found["package"]["folder"])).hash == found["package"]["hash"]
    assert release.is_dir()


def test_that_work_on_the_labels_meanwhile_does_not_reach_the_frozen_data(
    retrain: Retrain, release: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_dataset(dataset) as live:
        before = live.fingerprint
    real = retrain_steps.train

    def relabelled_meanwhile(*arguments: Any) -> Any:
        with open_dataset(dataset) as live:
            live.relabel(live.items("train")[0].item_id, "another", "Rita")
        return real(*arguments)

    monkeypatch.setattr(retrain_steps, "train", relabelled_meanwhile)
    found = retrain("--margin", "99%", settings=MEMORY)[1]
    assert found["data"]["fingerprint"] == before
    assert found["package"]["data"]["fingerprint"] == before
    assert release.is_dir()


def test_that_a_known_miss_that_would_be_passed_is_a_finding(
    retrain: Retrain, release: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_dataset(dataset) as live:
        case = next(item for item in live.items("train") if item.label == "spot")
        add_cases(live, [case.item_id], reason="seen at the customer", who="Ada")
    passed = {"part": case.part, "score": 0.1, "reason": "", "paths": [str(case.path)], "sha256": [case.sha256]}
    monkeypatch.setattr(
        retrain_steps, "known_misses", lambda *_: {"n": 1, "met": 0, "cases": [], "withdrawn": [], "passed": [passed]}
    )
    code, found, lines = retrain("--margin", "99%", settings=MEMORY)
    assert (code, found["verdict"]) == (1, "case passed")
    assert lines[-1]["promote"] == []
    assert str(case.path) in Path(found["report"]).read_text(encoding="utf-8")
    assert release.is_dir()


def test_that_a_small_set_shows_nothing_and_says_so(retrain: Retrain, release: Path) -> None:
    code, found, _lines = retrain(settings=MEMORY)
    assert (code, found["verdict"]) == (1, "not shown")
    assert found["comparison"]["escape"]["parts_missing"] is None or found["comparison"]["escape"]["parts_missing"] > 0
    assert release.is_dir()


def test_that_without_a_release_the_package_is_the_first(retrain: Retrain) -> None:
    code, found, lines = retrain(settings=MEMORY)
    assert (code, found["verdict"], found["changes"]) == (0, "first", None)
    assert main([*lines[-1]["promote"], "--who", "Ada", "--why", "the first", "--device", "cpu"]) == 0


def test_that_a_named_risk_is_calibrated_for_and_the_next_retraining_asks_for_the_same(retrain: Retrain) -> None:
    risk = ["--max-overkill", "60%", "--confidence", "50%"]
    code, found, lines = retrain(*risk, settings=MEMORY)
    assert code == 0
    card = open_package(Path(found["package"]["folder"])).card
    assert card.guarantees[0].limit == 0.6
    assert card.training["calibrated_from"][0]["package_hash"] != found["package"]["hash"]
    assert main([*lines[-1]["promote"], "--who", "Ada", "--why", "the first", "--device", "cpu"]) == 0
    _code, again, lines = retrain("--seed", "1", settings=MEMORY)
    assert again["calibration"]["accepted"]["max_overkill"] == 0.6
    assert again["calibration"]["accepted"]["confidence"] == 0.5


def test_that_too_few_parts_for_the_risk_are_said_and_the_training_is_kept(
    retrain: Retrain, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert retrain("--max-escape", "0.1%", settings=MEMORY)[0] == 2
    assert len(list((tmp_path / "out").glob("*/trained/card.json"))) == 1
    _code, found, lines = retrain(settings=MEMORY)
    assert states(lines)["train"] == "skipped"
    assert found["calibration"] is None
    capsys.readouterr()
