"""Runs Anomalib's released PatchCore or PaDiM on a list of pictures; `anomaly_benchmark` starts it with another Python.

Reads a JSON file with `model`, `weights` (torchvision-keyed state dict or null), `size`, `coreset`, `train` (paths of
good pictures), `test` (objects with `path`), `maps` (folder for the anomaly maps) and writes a JSON file with `fit_s`,
`scores`, and per inferencer the milliseconds of every picture. The pictures are resized to a square without regard to
their format, as Anomalib does. Validation is switched off, so that `fit_s` is the time to learn and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main(request_file: str, answer_file: str) -> None:
    """Fit, predict, and write the answer."""
    os.environ["TRUST_REMOTE_CODE"] = "1"  # Anomalib's own word for reading the file that it has just written
    import torch
    from anomalib.data import Folder
    from anomalib.deploy import ExportType, TorchInferencer
    from anomalib.engine import Engine
    from anomalib.models import Padim, Patchcore

    request: dict[str, Any] = json.loads(Path(request_file).read_text())
    torch.manual_seed(0)
    size = (request["size"], request["size"])
    layers = ["layer2", "layer3"] if request["model"] == "patchcore" else ["layer1", "layer2", "layer3"]
    made = Patchcore if request["model"] == "patchcore" else Padim
    extra = {"coreset_sampling_ratio": request["coreset"]} if request["model"] == "patchcore" else {}
    model = made(
        backbone="resnet18", layers=layers, pre_trained=False, visualizer=False, evaluator=False,
        pre_processor=made.configure_pre_processor(image_size=size), **extra,
    )  # fmt: skip
    if request["weights"]:
        _load(model.model.feature_extractor, torch.load(request["weights"], weights_only=True))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "good").mkdir()
        for number, path in enumerate(request["train"]):
            (root / "good" / f"{number:05d}{Path(path).suffix}").symlink_to(path)
        data = Folder(
            name="data", root=root, normal_dir="good", train_batch_size=8, num_workers=0,
            test_split_mode="none", val_split_mode="none",
        )  # fmt: skip
        engine = Engine(default_root_dir=root / "out", accelerator="cpu", devices=1, logger=False,
                        limit_val_batches=0, num_sanity_val_steps=0, enable_progress_bar=False)  # fmt: skip
        began = time.perf_counter()
        engine.fit(model=model, datamodule=data)
        answer: dict[str, Any] = {"fit_s": time.perf_counter() - began}
        torch_file = engine.export(model=model, export_type=ExportType.TORCH, export_root=root / "export")
        openvino_file = engine.export(
            model=model, export_type=ExportType.OPENVINO, export_root=root / "export", input_size=size
        )
        own = TorchInferencer(path=torch_file, device="cpu")
        answer |= _predict(request, own, _compiled(Path(openvino_file)))
    Path(answer_file).write_text(json.dumps(answer))


def _load(extractor: Any, state: dict[str, Any]) -> None:
    """Give timm's network torchvision's weights: a ResNet has the same names in both."""
    network = extractor.feature_extractor
    own = set(network.state_dict())
    lacking = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    if lacking:
        raise SystemExit(f"the weights lack {lacking[:3]}")
    network.load_state_dict({name: value for name, value in state.items() if name in own}, strict=False)


def _compiled(exported: Path) -> Any:
    """Compile the exported model as OpenVINOInferencer does.

    The export fixes the batch to the two pictures that it was traced with (anomalib 2.7.0 with torch 2.15), so the
    inferencer, which gives one, is refused. Its model is run on two pictures of the input size instead, and the time
    halved: resizing, and what the inferencer does around the model, are not counted against it.
    """
    import openvino

    return openvino.Core().compile_model(exported, "CPU", {"PERFORMANCE_HINT": "LATENCY"})


def _predict(request: dict[str, Any], own: Any, openvino: Any) -> dict[str, Any]:
    import cv2
    import numpy as np

    from inspector.imaging import read_image

    scores: list[float] = []
    times: dict[str, list[float]] = {"torch": [], "openvino": []}
    for number, item in enumerate(request["test"]):
        picture = read_image(Path(item["path"]))
        began = time.perf_counter()
        found = own.predict(picture)
        times["torch"].append((time.perf_counter() - began) * 1000)
        scores.append(float(found.pred_score.reshape(-1)[0]))
        np.save(
            Path(request["maps"]) / f"{number}.npy", found.anomaly_map.reshape(*found.anomaly_map.shape[-2:]).numpy()
        )
        small = cv2.resize(picture, (request["size"], request["size"]), interpolation=cv2.INTER_AREA)
        pair = np.stack([small.transpose(2, 0, 1).astype(np.float32) / 255.0] * 2)
        began = time.perf_counter()
        openvino(pair)
        times["openvino"].append((time.perf_counter() - began) * 1000 / 2)
    return {"scores": scores, "ms": times}


if __name__ == "__main__":
    main(*sys.argv[1:])
