import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from argon2.profiles import CHEAPEST
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import ModelError, PackageError, UsageError
from inspector.inference.load import load_model, load_reference
from inspector.inference.memory_model import PatchMemoryModel
from inspector.inference.networks import build_network
from inspector.inference.openvino_graph import import_openvino
from inspector.inference.package import WEIGHTS_FILE, Package, open_package, revise_package, write_package
from inspector.inference.references import references_of
from inspector.inference.runtimes import RuntimeKind, files_of, reports
from inspector.people.secrets import Secrets
from inspector.people.users import User, Users, write_users
from inspector.types import Image, Role, Thresholds, Verdict
from tests.training.conftest import MakePlates
from training import openvino_export as ov
from training.config import make_config
from training.conversion import converted
from training.export import candidate_model, export, frozen_set, make_order
from training.graphs import PlacesNetwork, SearchNetwork
from training.parity import FrozenSet, Pair, gate
from training.patch_memory import PatchMemoryConfig, fit_patch_memory
from training.progress import SilentReporter
from training.refit import Move, refit

SIDE = 64
FP32 = ("openvino", "onnxruntime")


def picture(seed: int, height: int = 70, width: int = 60) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def kind(runtime: str, precision: str = "fp32", *, anew: bool = False) -> RuntimeKind:
    return RuntimeKind.model_validate({"runtime": runtime, "precision": precision, "fitted_anew": anew})


@pytest.fixture(scope="module")
def plates(plates_factory: MakePlates, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plates_factory(tmp_path_factory.mktemp("plates"), {"good": 40, "spot": 10})


def fit(plates: Path, folder: Path) -> Package:
    config = make_config(
        PatchMemoryConfig, backbone="resnet10", weights="none", layers=("layer1", "layer2"), width=SIDE, height=SIDE,
        memory=100, dimensions=16, precision="float32",
    )  # fmt: skip
    with open_dataset(plates) as dataset:
        return fit_patch_memory(dataset, folder, config, SilentReporter(), device="cpu")


@pytest.fixture(scope="module")
def memory(plates: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return fit(plates, tmp_path_factory.mktemp("memory") / "package")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Package:
    torch.manual_seed(7)
    card = {
        "method": "classifier", "backbone": "resnet10", "classes": ("good", "spot"), "good": ("good",),
        "preprocessing": {"width": SIDE, "height": 48}, "thresholds": {"pass_below": 0.2, "fail_from": 0.5},
        "training": {}, "data": {}, "metrics": {}, "libraries": {}, "created": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    weights = safetensors.torch.save(build_network("resnet10", 2).state_dict())
    return write_package(tmp_path_factory.mktemp("classifier") / "package", card, {WEIGHTS_FILE: weights})


@pytest.fixture(scope="module")
def memories(memory: Package, plates: Path) -> dict[str, PatchMemoryModel]:
    """The memory on PyTorch, and as graphs in full precision."""
    found = {"torch": load_reference(memory, "cpu")}
    with open_dataset(plates) as dataset:
        for name in FP32:
            found[name] = candidate_model(memory, kind(name), converted(memory, dataset, kind(name)))
    assert all(isinstance(model, PatchMemoryModel) for model in found.values())
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("name", FP32)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 999), height=st.integers(16, 120), width=st.integers(16, 120), dark=st.integers(1, 4))
def test_that_a_graph_in_full_precision_measures_what_torch_measures(
    memories: dict[str, PatchMemoryModel], name: str, seed: int, height: int, width: int, dark: int
) -> None:
    seen = picture(seed, height, width) // dark
    expected, found = memories["torch"], memories[name]
    assert found.anomaly_maps([seen])[0] == pytest.approx(expected.anomaly_maps([seen])[0], rel=1e-3, abs=1e-3)
    assert np.log(found.anomaly_scores([seen])) == pytest.approx(np.log(expected.anomaly_scores([seen])), abs=0.02)


def test_that_a_region_is_measured_the_same_alone_and_among_others(memories: dict[str, PatchMemoryModel]) -> None:
    seen = [picture(seed) for seed in range(4)]
    assert memories["openvino"].predict(seen) == [memories["openvino"].predict([each])[0] for each in seen]


@pytest.mark.parametrize("name", FP32)
def test_that_a_classifiers_graph_gives_the_probabilities_of_torch(
    classifier: Package, plates: Path, name: str
) -> None:
    with open_dataset(plates) as dataset:
        model = candidate_model(classifier, kind(name), converted(classifier, dataset, kind(name)))
    reference = load_reference(classifier, "cpu")
    seen = [picture(seed, 40 + seed, 90) for seed in range(6)]
    for expected, found in zip(reference.predict(seen), model.predict(seen), strict=True):
        assert found.predicted_class == expected.predicted_class
        assert found.score == pytest.approx(expected.score, abs=1e-4)
    assert model.explain(seen[0]) == pytest.approx(reference.explain(seen[0]), abs=1e-5)


def test_that_bf16_keeps_the_search_in_float32(
    memory: Package, plates: Path, memories: dict[str, PatchMemoryModel]
) -> None:
    with open_dataset(plates) as dataset:
        files = converted(memory, dataset, kind("openvino", "bf16"))
    assert files["model.xml"].count(b"DisablePrecisionConversion") > 5  # what OpenVINO makes of the mark
    model = candidate_model(memory, kind("openvino", "bf16"), files)
    assert isinstance(model, PatchMemoryModel)
    ours, theirs = model.anomaly_maps([picture(3)])[0], memories["torch"].anomaly_maps([picture(3)])[0]
    assert np.abs(ours - theirs).max() < 0.03 * theirs.mean()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 999), spread=st.floats(0.05, 5))
def test_that_the_int8_search_gives_the_exact_distance_of_rounded_values(seed: int, spread: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(60, 16, generator=generator) * spread
    places = torch.randn(1, 4, 5, 16, generator=generator) * spread
    reach = float(places.abs().max())
    compiled = import_openvino().Core().compile_model(
        ov.convert(SearchNetwork(rows, reach), places.shape), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )  # fmt: skip
    found = compiled(places.numpy())[0]
    with torch.inference_mode():
        assert found == pytest.approx(SearchNetwork(rows, reach)(places).numpy(), rel=1e-3, abs=1e-3 * spread)
    exact = torch.cdist(places.reshape(-1, 16), rows).amin(1).reshape(1, 4, 5).numpy()
    step = max(reach, float(rows.abs().max())) / 127
    assert np.abs(found - exact).max() <= step * np.sqrt(16)  # both rounded by half a step in each dimension, at most


def test_that_int8_learns_its_memory_again_and_is_kept_where_it_decides_alike(plates: Path, tmp_path: Path) -> None:
    pytest.importorskip("nncf")
    package = fit(plates, tmp_path / "package")
    package = revise_package(package, {"thresholds": {"pass_below": 0.0, "fail_from": 1.0}}, {})
    with open_dataset(plates) as dataset:
        order = make_order(package, "openvino", "int8", bound=1.0)
        written, report = export(package, dataset, order, frozen_set(package, dataset))
    assert report.parity.passed, report.parity.reason
    assert report.fitted_anew
    assert {name.split("/")[-1] for name in files_of(written, "openvino-int8")} == {
        "report.json", "model.xml", "model.bin", "references.safetensors",
    }  # fmt: skip
    assert written.hash != package.hash
    model = load_model(written, "openvino-int8")
    assert model.device == "cpu (OpenVINO int8)"
    (found,) = model.predict([picture(5)])
    assert found.anomaly is not None
    assert np.isfinite(found.anomaly)


def test_that_rows_are_found_again_where_they_came_from(memory: Package, plates: Path) -> None:
    network = PlacesNetwork(memory)

    class Shifted:
        """Other features: the same ones, moved by one in every dimension."""

        device = torch.device("cpu")

        def projected(self, *given: torch.Tensor) -> torch.Tensor:
            return network.features.projected(*given) + 1.0

    config = make_config(
        PatchMemoryConfig, **{name: memory.card.training[name] for name in PatchMemoryConfig.model_fields}
    )
    move = Move(network.features, Shifted(), (network.mean, network.directions), network.rows)
    with open_dataset(plates) as dataset:
        rows, references = refit(dataset, config, move)
    assert rows.numpy() == pytest.approx((network.rows + 1.0).numpy(), abs=1e-3)
    kept = references_of(safetensors.numpy.load(memory.read_file(WEIGHTS_FILE)))
    assert references.distances == pytest.approx(kept.distances, abs=0.02)  # moved together, they are as far apart


def test_that_int8_refuses_another_data_set_than_the_memorys(
    memory: Package, plates_factory: MakePlates, tmp_path: Path
) -> None:
    pytest.importorskip("nncf")
    other = plates_factory(tmp_path, {"good": 12, "spot": 2}, seed=9)
    with open_dataset(other) as dataset, pytest.raises(UsageError, match="is not the data set"):
        converted(memory, dataset, kind("openvino", "int8", anew=True))


def test_that_what_passed_is_verified_like_the_weights(classifier: Package, plates: Path, tmp_path: Path) -> None:
    out = tmp_path / "exported"
    with open_dataset(plates) as dataset:
        order = make_order(classifier, "openvino", "fp32", out=out)
        written, report = export(classifier, dataset, order, frozen_set(classifier, dataset))
    assert report.parity.passed, report.parity.reason
    assert report.parity.flips == 0
    assert open_package(out).hash == written.hash != classifier.hash
    graph = out / "runtimes/openvino-fp32/model.bin"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.write_bytes(data)
    with pytest.raises(PackageError, match="SHA-256 differs"):
        open_package(out)


def test_that_of_a_refused_export_the_report_alone_is_kept_and_it_never_judges(plates: Path, tmp_path: Path) -> None:
    package = fit(plates, tmp_path / "package")
    with open_dataset(plates) as dataset:
        frozen = frozen_set(package, dataset)
        passed, _ = export(package, dataset, make_order(package, "openvino", "fp32", bound=1.0), frozen)
        assert len(files_of(passed, "openvino-fp32")) == 3
        order = make_order(passed, "openvino", "fp32", bound=1e-12)
        refused, report = export(passed, dataset, order, frozen)
    assert "defect score differs" in report.parity.reason
    assert files_of(refused, "openvino-fp32") == ["runtimes/openvino-fp32/report.json"]
    assert sorted(path.name for path in (tmp_path / "package/runtimes/openvino-fp32").iterdir()) == ["report.json"]
    with pytest.raises(ModelError, match="gate refused"):
        load_model(refused, "openvino-fp32")


def test_that_other_limits_make_an_export_void(classifier: Package, plates: Path, tmp_path: Path) -> None:
    with open_dataset(plates) as dataset:
        order = make_order(classifier, "openvino", "fp32", out=tmp_path / "exported")
        written, _ = export(classifier, dataset, order, frozen_set(classifier, dataset))
    assert load_model(written, "openvino-fp32").device == "cpu (OpenVINO fp32)"
    changed = revise_package(written, {"thresholds": {"pass_below": 0.3, "fail_from": 0.5}}, {})
    with pytest.raises(ModelError, match="other limits"):
        load_model(changed, "openvino-fp32")


def test_that_an_export_that_is_not_there_is_named_with_the_command_that_makes_it(memory: Package) -> None:
    with pytest.raises(PackageError, match="no run-time 'openvino-bf16'") as caught:
        load_model(memory, "openvino-bf16")
    assert "--runtime openvino --precision bf16" in caught.value.cure


def test_that_a_precision_that_onnx_runtime_has_not_is_refused(memory: Package) -> None:
    with pytest.raises(UsageError, match="no export in int8"):
        make_order(memory, "onnxruntime", "int8")


VERDICTS = st.sampled_from([Verdict.PASS, Verdict.REVIEW, Verdict.FAIL])
PAIRS = st.lists(
    st.builds(Pair, st.floats(0, 1), st.floats(0, 1), VERDICTS, VERDICTS), min_size=1, max_size=30
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(pairs=PAIRS, same=st.integers(0, 3000), bound=st.floats(0.01, 1))
def test_that_the_gate_passes_only_what_decides_alike(
    memory: Package, pairs: list[Pair], same: int, bound: float
) -> None:
    pairs = [*pairs, *[Pair(0.5, 0.5, Verdict.REVIEW, Verdict.REVIEW)] * same]
    flips = sum(pair.before is not pair.after for pair in pairs)
    beyond = any({pair.before, pair.after} == {Verdict.PASS, Verdict.FAIL} for pair in pairs)
    largest = max(abs(pair.reference - pair.exported) for pair in pairs)
    found = gate(memory.card, pairs, FrozenSet([], "set", "f" * 64, "test"), bound)
    assert found.passed == (not beyond and flips / len(pairs) <= 0.001 and largest <= bound)
    assert (found.flips, found.pictures) == (flips, len(pairs))


def test_that_of_a_calibrated_package_no_decision_of_its_calibration_set_may_flip(
    memory: Package, plates: Path
) -> None:
    calibration = {
        "good_parts": 1, "defective_parts": 1, "created": "2026-01-01T00:00:00+00:00",
        "dataset": {"name": "other", "fingerprint": "0" * 64, "split": "validation"},
    }  # fmt: skip
    card = memory.card.model_validate(
        {**memory.card.model_dump(), "calibration": calibration,
         "files": {**memory.card.files, "calibration.json": {"sha256": "0" * 64, "bytes": 0}}}
    )  # fmt: skip
    calibrated = Package(memory.folder, card, memory.card_bytes)
    with open_dataset(plates) as dataset, pytest.raises(UsageError, match="cannot be counted again"):
        frozen_set(calibrated, dataset)
    pairs = [Pair(0.1, 0.1, Verdict.PASS, Verdict.REVIEW), *[Pair(0, 0, Verdict.PASS, Verdict.PASS)] * 2000]
    frozen = FrozenSet([], "set", "f" * 64, "test")
    assert not gate(card, pairs, frozen, 0.5).passed
    assert gate(memory.card, pairs, frozen, 0.5).passed


def test_that_the_command_says_whether_it_passed(classifier: Package, plates: Path, tmp_path: Path) -> None:
    out, answer = tmp_path / "out", tmp_path / "answer.json"
    common = ["export", str(classifier.folder), "--precision", "fp32", "--data", str(plates), "--out", str(out)]
    assert main([*common, "--json", str(answer)]) == 0
    document = json.loads(answer.read_text())
    assert document["schema"] == "inspector.export/1"
    assert document["name"] == "openvino-fp32"
    assert document["parity"]["passed"]
    assert document["package_hash"] == open_package(out).hash
    assert list(reports(open_package(out))) == ["openvino-fp32"]
    assert main([*common, "--max-difference", "1e-15"]) == 1


def test_that_an_export_judges_without_loading_torch(classifier: Package, plates: Path, tmp_path: Path) -> None:
    with open_dataset(plates) as dataset:
        order = make_order(classifier, "openvino", "fp32", out=tmp_path / "exported")
        export(classifier, dataset, order, frozen_set(classifier, dataset))
    script = (
        "import sys, numpy as np\nfrom pathlib import Path\n"
        "from inspector.inference.package import open_package\nfrom inspector.inference.load import load_model\n"
        f"model = load_model(open_package(Path({str(tmp_path / 'exported')!r})), 'openvino-fp32')\n"
        "model.predict([np.zeros((9, 9, 3), np.uint8)])\n"
        "print([name for name in ('torch', 'openvino_telemetry.main') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_limits_used_by_the_gate_are_those_of_the_card(memory: Package) -> None:
    found = gate(memory.card, [Pair(0, 0, Verdict.PASS, Verdict.PASS)], FrozenSet([], "s", "f", "test"), 0.1)
    assert isinstance(found.thresholds.to_thresholds(), Thresholds)
    assert found.thresholds == memory.card.thresholds


@pytest.mark.usefixtures("own_data_folder")
def test_that_who_may_not_calibrate_cannot_export(
    classifier: Package, plates: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    password = Secrets(CHEAPEST).hashed("nine quiet otters")
    roles = {"Ada": Role.ADMINISTRATOR, "Olaf": Role.OPERATOR}
    write_users(Users(users=tuple(User(name=name, role=role, password=password) for name, role in roles.items())))
    monkeypatch.setattr(sys, "stdin", io.StringIO("nine quiet otters\n"))
    before = classifier.hash
    words = ["export", str(classifier.folder), "--data", str(plates), "--precision", "fp32", "--who", "Olaf"]
    assert main(words) == 2
    assert "may not" in capsys.readouterr().err
    assert open_package(classifier.folder).hash == before
