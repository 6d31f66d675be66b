"""`inspector predict` on good, damaged and foreign files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.cli import main
from inspector.imaging import encode_jpeg, encode_png
from tests.support import CLASSES, noise_picture, tiny_package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_package(tmp_path_factory.mktemp("package"), pass_below=0.99, fail_from=0.995).folder


def predict(capsys: pytest.CaptureFixture[str], *arguments: Path | str) -> tuple[int, dict[str, Any]]:
    code = main(["predict", *map(str, arguments), "--device", "cpu", "--json", "-"])
    return code, json.loads(capsys.readouterr().out)


def test_that_every_image_gets_one_row(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deeper").mkdir()
    for number in range(19):
        (tmp_path / f"{number:02}.png").write_bytes(encode_png(noise_picture(number)))
    (tmp_path / "deeper" / "last.JPG").write_bytes(encode_jpeg(noise_picture(50)))
    (tmp_path / "notes.txt").write_text("no image")
    code, found = predict(capsys, package, tmp_path)
    assert code == 0
    assert found["schema"] == "inspector.predict/1"
    assert [Path(row["path"]).name for row in found["images"]] == [f"{n:02}.png" for n in range(19)] + ["last.JPG"]
    assert [Path(path).name for path in found["skipped"]] == ["notes.txt"]
    for row in found["images"]:
        assert set(row["probabilities"]) == set(CLASSES)
        assert row["class"] in CLASSES
        assert row["score"] == pytest.approx(1 - row["probabilities"]["good"])
        assert row["verdict"] in {"PASS", "FAIL", "REVIEW"}


def test_that_a_picture_has_the_same_answer_alone_as_among_others(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(encode_png(noise_picture(number)))
    _, together = predict(capsys, package, tmp_path)
    _, alone = predict(capsys, package, tmp_path / "3.png")
    assert alone["images"][0]["score"] == pytest.approx(together["images"][3]["score"], abs=1e-5)


def test_that_no_malformed_image_ever_passes(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = encode_jpeg(noise_picture(1, 120, 90))
    flipped = bytearray(encode_png(noise_picture(2)))
    flipped[len(flipped) // 2] ^= 0xFF
    bomb = bytearray(encode_png(np.zeros((8, 8, 3), np.uint8)))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    bad = {
        "truncated.jpg": whole[: len(whole) // 2],
        "flipped.png": bytes(flipped),
        "bomb.png": bytes(bomb),
        "text.jpg": b"this is no picture",
        "empty.png": b"",
        "page.png": b"%PDF-1.7 not an image",
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "sound.png").write_bytes(encode_png(noise_picture(3)))
    code, found = predict(capsys, package, tmp_path)
    assert code == 1
    rows = {Path(row["path"]).name: row for row in found["images"]}
    assert set(rows) == {*bad, "sound.png"}
    assert rows["sound.png"]["verdict"] != "ERROR"
    for name in bad:
        assert rows[name]["verdict"] == "ERROR"
        assert rows[name]["probabilities"] is None
        assert name in rows[name]["reason"]
    assert rows["truncated.jpg"]["problem"] == "truncated"
    assert rows["bomb.png"]["problem"] == "too-large"


def test_that_a_named_file_of_any_ending_is_judged(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    code, found = predict(capsys, package, tmp_path / "notes.txt")
    assert code == 1
    assert found["images"][0]["verdict"] == "ERROR"


def test_that_the_verdicts_follow_the_limits_of_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.png").write_bytes(encode_png(noise_picture(1)))
    verdicts = []
    for low, high in ((0.0, 0.0), (0.0, 1.0)):
        folder = tiny_package(tmp_path / f"package{high}", pass_below=low, fail_from=high).folder
        verdicts.append(predict(capsys, folder, tmp_path / "one.png")[1]["images"][0]["verdict"])
    assert verdicts == ["FAIL", "REVIEW"]


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_that_nothing_to_judge_is_wrong_use(package: Path, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["predict", str(package), str(tmp_path / what)]) == 2


def test_that_an_altered_package_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_package(tmp_path / "package").folder
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x55")
    (tmp_path / "one.png").write_bytes(encode_png(noise_picture(1)))
    assert main(["predict", str(folder), str(tmp_path / "one.png")]) == 2
    assert "SHA-256" in capsys.readouterr().err


def test_that_people_read_one_line_per_image(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.png").write_bytes(b"")
    (tmp_path / "one.png").write_bytes(encode_png(noise_picture(1)))
    assert main(["predict", str(package), str(tmp_path), "--device", "cpu"]) == 1
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("ERROR")
    assert "2 images" in told.err
