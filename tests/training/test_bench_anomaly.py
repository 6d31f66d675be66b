import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from datasets.manifest import open_dataset
from inspector.cli import main
from inspector.errors import UsageError
from inspector.inference.patch_memory import PatchMemory
from training.bench import anomaly, peer
from training.bench.search import search_rows, search_table
from training.bench.timing import Rounds

QUICK = ("--size", "64", "--rows", "50,100", "--rounds", "1", "--round-s", "0.01")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_that_every_run_time_is_measured_and_the_missing_peer_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(anomaly, "_DRAWN", 40)
    monkeypatch.setattr(anomaly, "_DRAWN_PX", 64)
    monkeypatch.setattr(anomaly, "find_peer", lambda _given: None)
    assert main(["bench", "anomaly", *QUICK, "--json", str(tmp_path / "a.json")]) == 0
    document: dict[str, Any] = json.loads((tmp_path / "a.json").read_text())
    assert document["schema"] == "inspector.bench-anomaly/1"
    rows = {(row["runtime"], row["precision"]): row for row in document["rows"]}
    for name in [("torch", "fp32"), ("openvino", "fp32"), ("openvino", "bf16"), ("openvino", "int8")]:
        assert rows[name]["ms_p50"] > 0, rows[name]["reason"]
    assert rows["anomalib-torch", "fp32"]["reason"] == anomaly.NOT_INSTALLED
    assert document["no_quality"] == anomaly.NO_DATA
    assert {each["pictures"] for each in document["quality"]} != {0}
    assert len(document["search"]) == 6
    out = capsys.readouterr().out
    assert "anomalib is not installed" in out
    assert anomaly.NO_DATA in out


def test_that_a_peer_that_fails_gives_a_reason(tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'No module named anomalib' >&2\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(UsageError, match="No module named anomalib"):
        peer.ask(str(script), peer.PeerRequest("patchcore", [], []))


def test_that_a_given_python_is_the_peer() -> None:
    assert peer.find_peer("/some/python") == "/some/python"


def test_that_the_search_is_timed_for_each_size() -> None:
    rows = search_rows((20, 200), Rounds(1, 0.0))
    assert [row.subject for row in rows] == ["search of 20 rows"] * 3 + ["search of 200 rows"] * 3
    assert all(row.ms_p50 and not row.reason for row in rows)
    assert "| 200 rows |" in search_table(rows)


def test_that_what_is_timed_finds_the_nearest_row() -> None:
    random = torch.Generator().manual_seed(0)
    rows, places = torch.randn(30, 8, generator=random), torch.randn(1, 4, 4, 8, generator=random)
    found = PatchMemory.search(places, rows, (rows * rows).sum(1))
    assert np.allclose(found, torch.cdist(places.reshape(-1, 8), rows).amin(1).reshape(1, 4, 4), atol=1e-4)


def test_that_the_drawn_data_set_can_be_learned_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anomaly, "_DRAWN", 20)
    monkeypatch.setattr(anomaly, "_DRAWN_PX", 64)
    with open_dataset(anomaly.draw(tmp_path / "drawn")) as dataset:
        assert any(item.label in dataset.good for item in dataset.items("train"))
        assert dataset.items("test")
