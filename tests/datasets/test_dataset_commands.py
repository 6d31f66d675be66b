from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main

WriteImage = Callable[..., Path]


@pytest.fixture
def folder(source: Path, tmp_path: Path, write_image: WriteImage) -> Path:
    for number in range(10):
        write_image(f"ok/{number}.png")
        write_image(f"crack/{number}.png")
    (source / "ok/bad.png").write_bytes(b"")
    assert (
        main(["dataset", "import", str(source), str(tmp_path / "out"), "--pattern", "{class}/{id}", "--good", "ok"])
        == 0
    )
    return tmp_path / "out"


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_that_show_gives_programs_what_is_documented(folder: Path, tmp_path: Path) -> None:
    assert main(["dataset", "show", str(folder), "--json", str(tmp_path / "show.json")]) == 0
    shown = _json(tmp_path / "show.json")
    assert shown["schema"] == "inspector.dataset/1"
    assert (shown["images"], shown["parts"], shown["good"]) == (20, 20, ["ok"])
    assert shown["classes"] == {"ok": 10, "crack": 10}
    assert shown["splits"] == {"train": 14, "validation": 2, "test": 4} or sum(shown["splits"].values()) == 20
    for split, count in shown["splits"].items():
        assert sum(shown["splits_by_class"][split].values()) == count > 0
    assert len(shown["fingerprint"]) == 64
    assert [(Path(no["path"]).name, no["problem"]) for no in shown["rejected"]] == [("bad.png", "empty")]
    assert shown["rejected"][0]["reason"].endswith("the file is empty.")


def test_that_json_on_standard_output_is_nothing_but_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["dataset", "show", str(folder), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 20


def test_that_splitting_again_follows_seed_and_shares(folder: Path, tmp_path: Path) -> None:
    shown = []
    for arguments in (["--seed", "1", "--split", "50/20/30"], ["--seed", "2"], ["--seed", "1"]):
        assert main(["dataset", "split", str(folder), *arguments, "--json", str(tmp_path / "s.json")]) == 0
        shown.append(_json(tmp_path / "s.json"))
    assert shown[0]["splits"] == {"train": 10, "validation": 4, "test": 6}
    assert shown[0]["fingerprint"] == shown[2]["fingerprint"] != shown[1]["fingerprint"]


def test_that_relabelling_is_in_the_history_and_a_typing_error_is_refused(folder: Path, tmp_path: Path) -> None:
    relabel = ["dataset", "relabel", str(folder), "--path", "crack/3.png", "--who", "Ada", "--label"]
    assert main([*relabel, "okay"]) == 2
    assert main([*relabel, "ok"]) == 0
    assert main(["dataset", "relabel", str(folder), "--path", "3.png", "--who", "Ada", "--label", "ok"]) == 2
    assert main(["dataset", "history", str(folder), "--path", "crack/3.png", "--json", str(tmp_path / "h.json")]) == 0
    changes = _json(tmp_path / "h.json")["images"][0]["history"]
    assert [(change["who"], change["from"], change["to"]) for change in changes] == [
        ("import", None, "crack"),
        ("Ada", "crack", "ok"),
    ]


def test_that_check_finds_missing_and_altered_files(folder: Path, source: Path, tmp_path: Path) -> None:
    check = ["dataset", "check", str(folder), "--json", str(tmp_path / "c.json")]
    assert main(check) == 0
    (source / "ok/0.png").unlink()
    (source / "ok/1.png").write_bytes((source / "ok/2.png").read_bytes())
    assert main(check) == 1
    findings = {Path(no["path"]).name: no["problem"] for no in _json(tmp_path / "c.json")["findings"]}
    assert findings == {"0.png": "missing", "1.png": "altered"}


def test_that_export_needs_a_file_and_writes_both_kinds(folder: Path, tmp_path: Path) -> None:
    assert main(["dataset", "export", str(folder)]) == 2
    lists = ["--csv", str(tmp_path / "l.csv"), "--coco", str(tmp_path / "l.json"), "--split-only", "test"]
    assert main(["dataset", "export", str(folder), *lists]) == 0
    rows = (tmp_path / "l.csv").read_text().splitlines()
    assert rows[0].startswith("path,class,part,view,split,mask,lot")
    assert len(rows) - 1 == len(_json(tmp_path / "l.json")["images"]) > 0


def test_that_progress_comes_as_json_lines(
    source: Path, tmp_path: Path, write_image: WriteImage, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        write_image(f"ok/{number}.png")
    out = ["dataset", "import", str(source), str(tmp_path / "out"), "--pattern", "{class}/{id}", "--json-lines"]
    assert main(out) == 0
    captured = capfd.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert lines[-1] == {"event": "progress", "task": "checking images", "done": 5, "total": 5}
    assert captured.err == ""


def test_that_the_command_loads_nothing_heavy() -> None:
    code = (
        "import sys, datasets.commands; print([m for m in ('numpy', 'cv2', 'torch', 'pysqlite3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_that_splitting_anew_moves_given_splits_and_splitting_again_brings_them_back(
    source: Path, tmp_path: Path, write_image: WriteImage
) -> None:
    for number in range(20):
        write_image(f"{'train' if number < 10 else 'test'}/ok/{number}.png")
    out = str(tmp_path / "out")
    assert main(["dataset", "import", str(source), out, "--format", "folders"]) == 0
    counts = []
    for arguments in ([], ["--split-anew"], []):
        assert main(["dataset", "split", out, *arguments, "--json", str(tmp_path / "s.json")]) == 0
        counts.append(_json(tmp_path / "s.json")["splits"])
    assert counts[0] == counts[2] == {"train": 10, "validation": 0, "test": 10}
    assert counts[1] == {"train": 14, "validation": 3, "test": 3}
